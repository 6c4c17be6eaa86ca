"""The queue when judging breaks: nothing is lost, the others go on, an operator can act."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateway.clock import Clock
from gateway.log import format_error
from gateway.messages.decision import Decision
from gateway.messages.lifecycle import State
from gateway.messages.participants import Role
from gateway.pipeline.queue import JudgingQueue
from gateway.pipeline.worker import Job, JudgingError
from gateway.pipeline.workers import Workers
from gateway.settings import MeterSettings
from gateway.testing.doubles import MemoryRegister
from gateway.validator.judge import judge
from gateway.validator.verdict import Verdict
from tests.flows.conftest import numbered
from tests.samples import SAMPLES, sample
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN, received

POISON = b"poison"
BUG = b"bug"
QUOTED = "NL48MPRT0417164300"
"""What an error may quote of a document."""


class Judges(Workers):
    """Judges as the real ones do, but in this thread, dies of poison and has a bug."""

    def __init__(self) -> None:
        """There is nothing to open."""

    async def judge_small(self, jobs: Sequence[Job]) -> Sequence[Verdict | JudgingError]:
        return [self._one(job) for job in jobs]

    @property
    def is_warm(self) -> bool:
        return True

    async def judge_apart(self, jobs: Sequence[Job]) -> Sequence[Verdict | JudgingError]:
        return await self.judge_small(jobs)

    async def judge_large(self, jobs: Sequence[Job]) -> Sequence[Verdict | JudgingError]:
        return await self.judge_small(jobs)

    def _one(self, job: Job) -> Verdict | JudgingError:
        if job.document == BUG:
            raise ValueError(QUOTED)
        if job.document is None:
            return JudgingError("its bytes cannot be read")
        if job.document == POISON:
            return JudgingError("it died")
        return judge(job.document, profile=job.profile, also=job.also)


class Store:
    """Keeps decisions; in trouble at first, as on a full disk."""

    def __init__(self, troubles: int = 0) -> None:
        self.decisions: dict[str, Decision] = {}
        self._troubles = troubles

    async def commit(self, decision: Decision) -> Decision:
        if self._troubles:
            self._troubles -= 1
            raise OSError("no room")
        self.decisions[decision.kenmerk] = decision
        return decision

    async def commit_all(self, decisions: Sequence[Decision]) -> Sequence[Decision | BaseException]:
        done: list[Decision | BaseException] = []
        for decision in decisions:
            try:
                done.append(await self.commit(decision))
            except OSError as error:
                done.append(error)
        return done


async def until_committed(store: Store, *kenmerken: str) -> None:
    """Wait until there is a decision about each, twenty seconds at most."""
    for _ in range(2_000):
        if store.decisions.keys() >= set(kenmerken):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(store.decisions)


def new_queue(
    store: Store, town_wants: str | None = None, clock: Clock = lambda: datetime.now(UTC)
) -> JudgingQueue:
    return JudgingQueue(
        store,
        MemoryRegister(SUPPLIER, replace(TOWN, settings={"profile": town_wants} if town_wants else {})),
        Judges(),
        MeterSettings(),
        clock,
        small_size_bytes_max=1 << 18,
        workers=1,
        attempts_max=3,
    )


@pytest.mark.parametrize("is_suspect", [False, True])
async def test_what_kills_or_breaks_judging_is_parked_and_the_others_go_on(is_suspect: bool) -> None:
    store = Store()
    queue = new_queue(store)
    queue.start()
    documents = {"a": numbered("D-1"), "b": POISON, "c": numbered("D-2"), "d": BUG, "e": numbered("D-3")}
    for kenmerk, document in documents.items():
        queue.offer(received(kenmerk), document, is_suspect=is_suspect)
    await until_committed(store, *documents)
    await queue.stop()
    states = {kenmerk: decision.state for kenmerk, decision in sorted(store.decisions.items())}
    good, apart = State.DELIVERED, State.PARKED
    assert states == {"a": good, "b": apart, "c": good, "d": apart, "e": good}
    assert [entry.statuscode for entry in store.decisions["b"].entries] == ["321"]


@pytest.mark.parametrize("is_suspect", [False, True])
async def test_every_line_about_a_message_has_its_kenmerk_and_none_its_content(is_suspect: bool) -> None:
    store = Store(troubles=1)
    queue = new_queue(store)
    queue.start()
    with capture_logs([merge_contextvars, format_error]) as lines:
        for kenmerk, document in {"a": POISON, "b": BUG, "c": numbered("D-5")}.items():
            queue.offer(received(kenmerk), document, is_suspect=is_suspect)
        await until_committed(store, "a", "b", "c")
        await queue.stop()
    logged = [(line["event"], line.get("kenmerk")) for line in lines]
    assert {kenmerk for event, kenmerk in logged if event == "judging_failed"} == {"a", "b"} | (
        set() if is_suspect else {"c"}  # judged in one batch with what broke
    )
    assert ("judging_broke", "b") in logged
    assert "commit_failed" in {event for event, _ in logged}
    assert [event for event, kenmerk in logged if kenmerk not in {"a", "b", "c"}] == []
    assert QUOTED not in str(lines)


@pytest.mark.parametrize("sender_wants", [None, "en16931", "basisfactuur-rijk"])
@pytest.mark.parametrize("town_wants", [None, "en16931", "nlcius"])
async def test_nobody_can_weaken_what_a_document_claims(sender_wants: str | None, town_wants: str | None) -> None:
    """The invoice claims NLCIUS and breaks a rule of it: no request, of sender or recipient, lets it through."""
    store = Store()
    queue = new_queue(store, town_wants)
    queue.start()
    good = numbered("D-6", SAMPLES["nlcius-invoice"].xml())
    wrong = good.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"')
    queue.offer(replace(received("a"), wanted_profile=sender_wants), wrong)
    await until_committed(store, "a")
    await queue.stop()
    decision = store.decisions["a"]
    assert decision.state is State.REFUSED
    assert decision.verdict is not None
    assert "BR-NL-1" in {finding.rule for finding in decision.verdict.fatal}


async def test_the_rules_that_sender_and_recipient_ask_for_are_both_applied() -> None:
    store = Store()
    queue = new_queue(store, "nlcius")
    queue.start()
    queue.offer(replace(received("a"), wanted_profile="basisfactuur-rijk"), numbered("D-7"))
    await until_committed(store, "a")
    await queue.stop()
    verdict = store.decisions["a"].verdict
    assert verdict is not None
    assert {used.name for used in verdict.rule_sets} == {"EN 16931", "NLCIUS", "Basisfactuur Rijk"}


@pytest.mark.parametrize(
    ("town_wants", "sets"),
    [
        ("basisfactuur-rijk, basisorder-rijk", ["Peppol order", "Basisorder Rijk"]),
        ("basisfactuur-rijk", ["Peppol order"]),
    ],
)
async def test_a_profile_of_a_party_is_for_what_it_sends_too(town_wants: str, sets: list[str]) -> None:
    """A buyer at the Rijk asks for the basisorder in its orders. What is about invoices is left out."""
    store = Store()
    queue = new_queue(store, town_wants)
    queue.start()
    queue.offer(replace(received("a", "town"), role=Role.GOVERNMENT), sample("order"))
    await until_committed(store, "a")
    await queue.stop()
    decision = store.decisions["a"]
    assert decision.verdict is not None
    assert [used.name for used in decision.verdict.rule_sets] == sets
    assert decision.verdict.findings == ()


async def test_an_order_that_is_not_what_its_buyer_asks_for_is_refused() -> None:
    store = Store()
    queue = new_queue(store, "basisorder-rijk")
    queue.start()
    order = re.sub(rb"<cac:Contact>.*?</cac:Contact>", b"", sample("order"), count=1, flags=re.DOTALL)
    queue.offer(replace(received("a", "town"), role=Role.GOVERNMENT), order)
    await until_committed(store, "a")
    await queue.stop()
    decision = store.decisions["a"]
    assert decision.verdict is not None
    assert (decision.state, decision.verdict.fatal[0].rule) == (State.REFUSED, "BR-NL-BOR-5")


async def test_bytes_that_cannot_be_read_set_a_message_apart() -> None:
    store = Store()
    queue = new_queue(store)
    queue.start()
    queue.offer(received("a"), None)
    await until_committed(store, "a")
    await queue.stop()
    assert store.decisions["a"].state is State.PARKED


async def test_a_store_in_trouble_is_asked_again() -> None:
    store = Store(troubles=1)
    queue = new_queue(store)
    queue.start()
    queue.offer(received("a"), numbered("D-4"))
    await until_committed(store, "a")
    await queue.stop()
    assert store.decisions["a"].state is State.DELIVERED


async def test_a_decision_that_is_committed_later_bears_the_time_at_which_it_was() -> None:
    """What is metered counts in the day in which it was recorded, however long the store was in trouble."""
    store, now = Store(troubles=2), NOW
    queue = new_queue(store, clock=lambda: now)
    queue.start()
    queue.offer(received("a"), numbered("D-8"))
    await asyncio.sleep(0.2)
    now += timedelta(days=1)
    await until_committed(store, "a")
    await queue.stop()
    decision = store.decisions["a"]
    assert (decision.at, [entry.at for entry in decision.usage]) == (now, [now])


async def test_a_message_is_in_the_queue_once_until_it_is_committed() -> None:
    store = Store()
    queue = new_queue(store)
    for _ in range(2):
        queue.offer(received("a"), numbered("D-9"))
    queue.offer(received("b"), numbered("D-10"))
    assert (queue.waiting_count, "a" in queue, "c" in queue) == (2, True, False)
    queue.start()
    await until_committed(store, "a", "b")
    await queue.stop()
    assert (queue.waiting_count, "a" in queue) == (0, False)
