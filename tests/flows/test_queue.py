"""The queue when judging fails: nothing is lost, other messages continue, an operator can act."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateway.log import format_error
from gateway.main import no_checkpoint
from gateway.messages.decision import Decision
from gateway.messages.lifecycle import State
from gateway.messages.message import Waiting
from gateway.messages.participants import Party, PartyKind, Role
from gateway.messages.submission import StoredBytes
from gateway.pipeline.queue import Job, JudgingError, JudgingQueue
from gateway.validator.judge import judge
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.verdict import Verdict
from tests.flows.conftest import SUPPLIER, TOWN, numbered
from tests.samples import SAMPLES

POISON = b"poison"
BUG = b"bug"
QUOTED = "NL48MPRT0417164300"
"""What an error may quote of a document."""


class Judges:
    """Judges as the real ones do, but dies of poison and has a bug."""

    async def judge_small(self, jobs: Sequence[Job]) -> Sequence[Verdict | JudgingError]:
        return [self._one(job) for job in jobs]

    @property
    def is_warm(self) -> bool:
        return True

    async def judge_apart(self, jobs: Sequence[Job]) -> Sequence[Verdict | JudgingError]:
        return await self.judge_small(jobs)

    async def judge_large(self, job: Job) -> Verdict:
        judged = self._one(job)
        if isinstance(judged, JudgingError):
            raise judged
        return judged

    def _one(self, job: Job) -> Verdict | JudgingError:
        if job.document == BUG:
            raise ValueError(QUOTED)
        if job.document is None:
            return JudgingError("its bytes cannot be read")
        if job.document == POISON:
            return JudgingError("it died")
        return judge(job.document, profile=job.profile, also=job.also)


class Store:
    """Keeps outcomes; in trouble at first, as on a full disk."""

    def __init__(self, troubles: int = 0) -> None:
        self.outcomes: dict[str, Decision] = {}
        self._troubles = troubles

    async def settle(self, outcome: Decision) -> Decision:
        if self._troubles:
            self._troubles -= 1
            raise OSError("no room")
        self.outcomes[outcome.kenmerk] = outcome
        return outcome

    async def settle_all(self, outcomes: Sequence[Decision]) -> Sequence[Decision | BaseException]:
        done: list[Decision | BaseException] = []
        for outcome in outcomes:
            try:
                done.append(await self.settle(outcome))
            except OSError as error:
                done.append(error)
        return done


class Register:
    """A supplier and a municipality."""

    def __init__(self, town_wants: str | None = None) -> None:
        party_settings = {"profile": town_wants} if town_wants else {}
        self._parties = (
            Party("supplier", "L", PartyKind.COMPANY, (SUPPLIER,)),
            Party("town", "G", PartyKind.NON_RIJK, (TOWN,), settings=party_settings),
        )

    def by_id(self, party_id: str) -> Party | None:
        return next((party for party in self._parties if party.party_id == party_id), None)

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        return next((party for party in self._parties if identifier in party.identifiers), None)


class Silent:
    """Does nothing."""

    def message_settled(self, waiting: Waiting, outcome: Decision, seconds: float) -> None: ...

    def judging_failed(self, waiting: Waiting, attempts: int) -> None: ...


def queue_on(store: Store, town_wants: str | None = None) -> JudgingQueue:
    return JudgingQueue(
        store,
        Register(town_wants),
        Judges(),
        lambda: datetime.now(UTC),
        Silent(),
        no_checkpoint,
        small_size_bytes_max=1 << 18,
        workers=1,
        attempts_max=3,
    )


def waiting(kenmerk: str, size_bytes: int = 20_000) -> Waiting:
    place = StoredBytes("packs/x", 0, size_bytes, "")
    return Waiting(kenmerk, datetime.now(UTC), place, "http", Role.SUPPLIER, "supplier", False, None, None)


@pytest.mark.parametrize("is_suspect", [False, True])
async def test_what_kills_or_breaks_judging_is_set_apart_and_the_others_go_on(is_suspect: bool) -> None:
    store = Store()
    working = queue_on(store)
    working.start()
    documents = {"a": numbered("D-1"), "b": POISON, "c": numbered("D-2"), "d": BUG, "e": numbered("D-3")}
    for kenmerk, document in documents.items():
        working.offer(waiting(kenmerk), document, is_suspect=is_suspect)
    for kenmerk in documents:
        assert await working.wait_until_settled(kenmerk, 20), kenmerk
    await working.stop()
    states = {kenmerk: outcome.state for kenmerk, outcome in sorted(store.outcomes.items())}
    good, apart = State.DELIVERED, State.PARKED
    assert states == {"a": good, "b": apart, "c": good, "d": apart, "e": good}
    assert [entry.statuscode for entry in store.outcomes["b"].entries] == ["321"]


@pytest.mark.parametrize("is_suspect", [False, True])
async def test_every_line_about_a_message_has_its_kenmerk_and_none_its_content(is_suspect: bool) -> None:
    store = Store(troubles=1)
    working = queue_on(store)
    working.start()
    with capture_logs([merge_contextvars, format_error]) as lines:
        for kenmerk, document in {"a": POISON, "b": BUG, "c": numbered("D-5")}.items():
            working.offer(waiting(kenmerk), document, is_suspect=is_suspect)
        for kenmerk in ("a", "b", "c"):
            assert await working.wait_until_settled(kenmerk, 20), kenmerk
        await working.stop()
    events = [(line["event"], line.get("kenmerk")) for line in lines]
    assert {kenmerk for event, kenmerk in events if event == "judging_failed"} == {"a", "b"} | (
        set() if is_suspect else {"c"}  # judged in one batch with what broke
    )
    assert ("judging_broke", "b") in events
    assert "settling_failed" in {event for event, _ in events}
    assert [event for event, kenmerk in events if kenmerk not in {"a", "b", "c"}] == []
    assert QUOTED not in str(lines)


@pytest.mark.parametrize("sender_wants", [None, "en16931", "basisfactuur-rijk"])
@pytest.mark.parametrize("town_wants", [None, "en16931", "nlcius"])
async def test_nobody_can_weaken_what_a_document_claims(sender_wants: str | None, town_wants: str | None) -> None:
    """The invoice claims NLCIUS and breaks a rule of it: no profile of the sender or the recipient lets it
    pass."""
    store = Store()
    working = queue_on(store, town_wants)
    working.start()
    good = numbered("D-6", SAMPLES["nlcius-invoice"].xml())
    wrong = good.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"')
    working.offer(replace(waiting("a"), wanted_profile=sender_wants), wrong)
    assert await working.wait_until_settled("a", 20)
    await working.stop()
    outcome = store.outcomes["a"]
    assert outcome.state is State.REFUSED
    assert outcome.verdict is not None
    assert "BR-NL-1" in {finding.rule for finding in outcome.verdict.fatal}


async def test_the_profiles_of_sender_and_recipient_are_both_used() -> None:
    store = Store()
    working = queue_on(store, "nlcius")
    working.start()
    working.offer(replace(waiting("a"), wanted_profile="basisfactuur-rijk"), numbered("D-7"))
    assert await working.wait_until_settled("a", 20)
    await working.stop()
    verdict = store.outcomes["a"].verdict
    assert verdict is not None
    assert {used.name for used in verdict.rule_sets} == {"EN 16931", "NLCIUS", "Basisfactuur Rijk"}


async def test_bytes_that_cannot_be_read_set_a_message_apart() -> None:
    store = Store()
    working = queue_on(store)
    working.start()
    working.offer(waiting("a"), None)
    assert await working.wait_until_settled("a", 20)
    await working.stop()
    assert store.outcomes["a"].state is State.PARKED


async def test_a_store_in_trouble_is_asked_again() -> None:
    store = Store(troubles=1)
    working = queue_on(store)
    working.start()
    working.offer(waiting("a"), numbered("D-4"))
    assert await working.wait_until_settled("a", 20)
    await working.stop()
    assert store.outcomes["a"].state is State.DELIVERED
