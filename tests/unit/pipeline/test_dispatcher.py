"""Order, patience and independence: what waits reaches its recipient, or comes back, and delays nobody else."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateway.messages.contents import Contents
from gateway.messages.decision import AlreadyCommittedError, Decision
from gateway.messages.delivery import AttemptResult
from gateway.messages.lifecycle import Foutcode, Step
from gateway.messages.message import Message
from gateway.messages.participants import Party, PartyKind
from gateway.messages.ports import CheckedBytes
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.messages.submission import StoredBytes
from gateway.pipeline.backoff import Backoff
from gateway.pipeline.dispatcher import Dispatcher
from gateway.pipeline.ports import (
    Destination,
    Failure,
    NotDeliveredError,
    Refusal,
)
from gateway.settings import MeterSettings
from gateway.testing.doubles import START, MemoryOutbox
from gateway.validator.model.identifiers import PartyIdentifier
from tests.waiting import WAIT_SECONDS_MAX


class Recipients:
    """Delivers to recipients that behave as the test says, by their address."""

    def __init__(self, outbox: MemoryOutbox) -> None:
        self.outbox = outbox
        self.got: dict[str, list[str]] = {}
        self.behaviour: dict[str, Callable[[str], None]] = {}
        self.hanging: dict[str, asyncio.Event] = {}

    into_mailbox = True

    async def deliver(self, url: str, message: Message, contents: Contents) -> None:
        """A delivery method."""
        if url in self.hanging:
            await self.hanging[url].wait()
        behave = self.behaviour.get(url)
        if behave is not None:
            behave(message.kenmerk)
        assert [piece async for piece in contents.document.stream()]
        self.got.setdefault(url, []).append(message.kenmerk)


def down(_: str) -> None:
    raise NotDeliveredError(Refusal.TEMPORARY, Failure.CONNECTION, "no connection", Foutcode.AFS400)


class Counted:
    """Keeps every attempt."""

    def __init__(self) -> None:
        self.attempts: list[tuple[AttemptResult, Failure | None]] = []

    def count_attempt(self, method: str, result: AttemptResult, failure: Failure | None, seconds: float) -> None:
        """One more."""
        assert method == "webhook"
        assert seconds >= 0
        self.attempts.append((result, failure))


class Register:
    """Every party is a municipality."""

    def by_id(self, party_id: str) -> Party | None:
        return Party(party_id, party_id, PartyKind.NON_RIJK)

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        return None


class World:
    """A dispatcher on a clock that the test moves."""

    def __init__(self, outbox: MemoryOutbox | None = None) -> None:
        self.outbox = outbox or MemoryOutbox()
        self.recipients = Recipients(self.outbox)
        self.counted = Counted()
        self.is_alive = True
        methods = {"webhook": self.recipients}
        self.dispatcher = Dispatcher(
            self.outbox,
            self.outbox,
            self.outbox.commit,
            methods,
            Register(),
            MeterSettings(),
            lambda: self.outbox.now,
            Backoff(spread=0),
            trouble_seconds=0.001,
            attempted=self.counted.count_attempt,
            is_alive=lambda: self.is_alive,
        )

    def put(self, recipient: str, *kenmerken: str) -> None:
        self.outbox.send_to(recipient, "webhook", recipient)
        for kenmerk in kenmerken:
            self.outbox.add(recipient, kenmerk)

    async def run_until(self, is_done: Callable[[], bool]) -> None:
        """Let it work, and let time pass whenever it rests."""
        task = asyncio.create_task(self.dispatcher.run())
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                while not is_done():
                    await asyncio.sleep(0.001)
                    due_at = await self.outbox.next_due_at()
                    if due_at and due_at > self.outbox.now:
                        self.outbox.now = due_at
                    self.dispatcher.wake()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class _StorageAway(MemoryOutbox):
    """Its documents cannot be read the first three times."""

    asked = 0

    async def check(self, where: StoredBytes) -> CheckedBytes:
        self.asked += 1
        if self.asked <= 3:
            raise StoreUnavailableError("the folder is not there")
        return await super().check(where)


class _Restarting(MemoryOutbox):
    """A store that does not answer the first times it is asked."""

    unanswered = 3

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        if self.unanswered:
            self.unanswered -= 1
            raise ConnectionError("the database restarts")
        return await super().due(now)


async def test_a_store_that_does_not_answer_is_asked_again() -> None:
    world = World(_Restarting())
    world.put("a", "1")
    await world.run_until(lambda: world.recipients.got == {"a": ["1"]})


async def test_messages_of_a_recipient_arrive_in_their_order() -> None:
    world = World()
    kenmerken = [f"{number:03}" for number in range(50)]
    world.put("a", *kenmerken)
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.recipients.got["a"] == kenmerken
    assert world.outbox.codes("007") == ["405", "400"]


async def test_a_recipient_that_was_away_gets_everything_in_order() -> None:
    world = World()
    world.put("a", "1", "2", "3")
    failures = iter([down, down, down])
    world.recipients.behaviour["a"] = lambda kenmerk: next(failures, lambda _: None)(kenmerk)
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.recipients.got["a"] == ["1", "2", "3"]
    assert world.outbox.codes("1") == ["405", "420", "405", "420", "405", "420", "405", "400"]
    assert world.outbox.codes("2") == ["405", "400"]
    assert world.outbox.now - START == timedelta(seconds=10 + 20 + 40)


async def test_after_72_hours_messages_come_back_each_by_its_own_age() -> None:
    world = World()
    world.put("dead", "old")
    world.outbox.now += timedelta(hours=10)
    world.put("dead", "young")
    world.recipients.behaviour["dead"] = down
    await world.run_until(lambda: world.outbox.codes("old")[-1:] == ["410"])
    assert world.outbox.journal["old"][-1].foutcode == Foutcode.AFS600
    # The clock of this test may be one pause of four hours further than the journal.
    assert timedelta(hours=72) <= world.outbox.now - START <= timedelta(hours=80.1)
    assert [one.message.kenmerk for one in world.outbox.waiting["dead"]] == ["young"]
    await world.run_until(lambda: not world.outbox.waiting["dead"])
    assert world.outbox.codes("young")[-1] == "410"
    assert world.outbox.now - START >= timedelta(hours=82)


async def test_every_line_about_a_message_has_its_kenmerk() -> None:
    world = World()
    for recipient in ("a", "b"):
        world.put(recipient, f"{recipient}1", f"{recipient}2")
    failing_a, failing_b = iter([down]), iter([_broken])
    world.recipients.behaviour["a"] = lambda kenmerk: next(failing_a, lambda _: None)(kenmerk)
    world.recipients.behaviour["b"] = lambda kenmerk: next(failing_b, lambda _: None)(kenmerk)
    with capture_logs([merge_contextvars]) as lines:
        await world.run_until(lambda: len(world.recipients.got.get("a", ())) == 2 and len(lines) > 1)
    assert {(line["event"], line["kenmerk"]) for line in lines} == {
        ("delivery_failed", "a1"),
        ("delivery_broke", "b1"),
    }


def _broken(_: str) -> None:
    raise ZeroDivisionError


async def test_a_dead_recipient_is_called_seldom() -> None:
    world = World()
    world.put("dead", *(str(number) for number in range(1_000)))
    world.recipients.behaviour["dead"] = down
    await world.run_until(lambda: world.outbox.now - START > timedelta(hours=24))
    attempts = sum(len(codes) for codes in map(world.outbox.codes, world.outbox.journal)) / 2
    assert attempts < 25  # growing pauses: not one attempt a message


async def test_a_message_that_is_refused_for_good_makes_way_for_the_next() -> None:
    world = World()
    world.put("a", "1", "2", "3")

    def refuse_the_second(kenmerk: str) -> None:
        if kenmerk == "2":
            raise NotDeliveredError(Refusal.PERMANENT, Failure.STATUS, "refused (422)")

    world.recipients.behaviour["a"] = refuse_the_second
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.recipients.got["a"] == ["1", "3"]
    last = world.outbox.journal["2"][-1]
    assert (last.statuscode, last.foutcode, last.detail) == ("410", Foutcode.AFO100, "refused (422)")


async def test_the_observer_gets_the_result_of_every_attempt() -> None:
    world = World()
    world.put("a", "1", "2", "3", "4")
    del world.outbox.documents["3"]
    failures = iter([down, down])

    def behave(kenmerk: str) -> None:
        next(failures, lambda _: None)(kenmerk)
        if kenmerk == "2":
            raise NotDeliveredError(Refusal.PERMANENT, Failure.STATUS, "refused (422)")

    world.recipients.behaviour["a"] = behave
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.counted.attempts == [
        (AttemptResult.TROUBLED, Failure.CONNECTION),
        (AttemptResult.TROUBLED, Failure.CONNECTION),
        (AttemptResult.DELIVERED, None),
        (AttemptResult.REFUSED, Failure.STATUS),
        (AttemptResult.DELIVERED, None),
    ]


async def test_a_message_tried_for_72_hours_counts_as_expired() -> None:
    world = World()
    world.put("a", "1")
    world.recipients.behaviour["a"] = down
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.counted.attempts[-1] == (AttemptResult.EXPIRED, Failure.CONNECTION)
    assert {outcome for outcome, _ in world.counted.attempts[:-1]} == {AttemptResult.TROUBLED}


async def test_a_recipient_that_hangs_delays_nobody() -> None:
    world = World()
    world.put("slow", "s1")
    world.put("quick", *(f"q{number}" for number in range(20)))
    world.recipients.hanging["slow"] = asyncio.Event()
    await world.run_until(lambda: not world.outbox.waiting["quick"])
    assert len(world.recipients.got["quick"]) == 20
    assert world.outbox.waiting["slow"]


async def test_a_recipient_that_changes_its_way_loses_nothing() -> None:
    world = World()
    world.put("a", "1", "2")
    world.recipients.behaviour["a"] = down
    await world.run_until(lambda: "420" in world.outbox.codes("1"))
    world.outbox.send_to("a", "webhook", "elsewhere")
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.recipients.got["elsewhere"] == ["1", "2"]


async def test_a_change_holds_from_the_next_message_on() -> None:
    """However many wait: what was chosen while the first was on its way is not put off until all are gone."""
    world = World()
    world.put("a", "1", "2", "3")

    def choose_another_address(kenmerk: str) -> None:
        if kenmerk == "2":
            world.outbox.send_to("a", "webhook", "elsewhere")

    world.recipients.behaviour["a"] = choose_another_address
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.recipients.got == {"a": ["1", "2"], "elsewhere": ["3"]}


async def test_a_change_to_a_way_that_is_not_open_leaves_the_rest_waiting() -> None:
    world = World()
    world.put("a", "1", "2")
    world.recipients.behaviour["a"] = lambda _: world.outbox.send_to("a", "afleverservice", "elsewhere")
    await world.run_until(lambda: "a" in world.recipients.got)
    assert [one.message.kenmerk for one in world.outbox.waiting["a"]] == ["2"]
    assert world.outbox.mailboxes == ["1"]


async def test_a_message_whose_content_is_gone_is_set_apart_before_its_recipient_hears_of_it() -> None:
    world = World()
    world.put("a", "1", "2")
    del world.outbox.documents["1"]
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert [entry.step for entry in world.outbox.journal["1"]] == [Step.CONTENT_DAMAGED]
    assert world.recipients.got["a"] == ["2"]


async def test_while_storage_is_away_nobody_is_called_and_nothing_is_counted_against_the_recipient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.pipeline.dispatcher._IDLE_SECONDS", 0.001)
    world = World(_StorageAway())
    world.put("a", "1")
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.outbox.codes("1") == ["405", "400"]
    assert world.counted.attempts == [(AttemptResult.DELIVERED, None)]


async def test_a_gateway_that_others_count_as_dead_calls_nobody() -> None:
    world = World()
    world.is_alive = False
    world.put("a", "1")
    await world.run_until(lambda: bool(world.outbox.journal["1"]))
    assert world.recipients.got == {}
    world.is_alive = True
    await world.run_until(lambda: not world.outbox.waiting["a"])
    assert world.recipients.got == {"a": ["1"]}


class _Overtaken(MemoryOutbox):
    """Another gateway was quicker to offer the first message, once."""

    was_quicker = True

    async def commit(self, decision: Decision) -> Decision:
        if self.was_quicker:
            self.was_quicker = False
            raise AlreadyCommittedError([decision])
        return await super().commit(decision)


async def test_a_message_that_another_gateway_offers_is_left_to_it() -> None:
    world = World(_Overtaken())
    world.put("a", "1")
    with capture_logs() as lines:
        await world.run_until(lambda: not world.outbox.waiting["a"])
    assert [line["event"] for line in lines] == ["delivered_elsewhere"]
    assert world.outbox.codes("1") == ["405", "400"]


@pytest.mark.parametrize(("failures", "seconds"), [(1, 10), (2, 20), (5, 160), (12, 14_400), (1_000, 14_400)])
def test_pauses_grow_and_stop_growing(failures: int, seconds: float) -> None:
    assert Backoff(spread=0).after(failures) == timedelta(seconds=seconds)
    assert abs(Backoff().after(failures).total_seconds() / seconds - 1) <= 0.1
