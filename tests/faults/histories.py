"""Random histories against a model (F21): messages are accepted, repeated, judged, pushed, leased, confirmed,
replayed and returned, while commits fail or stay unanswered, judging breaks, time passes and the gateway restarts.

The model is a dictionary. After each step the gateway has come to a halt, and every state, mailbox, meter entry
and journal is what the model says.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.exc import OperationalError

from gateway.channels.webhook.delivery import Webhook
from gateway.main import Gateway, open_gateway
from gateway.messages.lifecycle import State, Step, after
from gateway.messages.message import Message, MessageFilter
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.messages.submission import Content, IdempotencyConflictError, Receipt, Submission
from gateway.metering.statement import EntrySelection
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from gateway.pipeline.worker import Job, JudgingError
from gateway.pipeline.workers import Workers
from gateway.settings import DatabaseSettings, Settings
from gateway.store.ledger.audit import audit
from gateway.store.messages.measures import Measures
from gateway.store.writer import Writer
from tests.faults.traffic import PUSHED
from tests.flows.conftest import SUPPLIER, TOWN, HeldClock, numbered
from tests.unit.pki.hierarchies import hierarchy

CALLER = Caller("key", Role.SUPPLIER, "supplier")
COMMITS = ("accept_group", "_write")
"""What the writer performs: accepting, and decisions about messages that were judged."""
LEASE = timedelta(hours=1)
WAITING = {State.CHECKED, State.OFFERED}
HALT_SECONDS_MAX = 30.0
GIVE_UP = timedelta(hours=72)
NUMBERS, KEYS = 5, 6


@dataclass
class Sent:
    """What the model knows of a message."""

    kenmerk: str
    number: int
    to: str
    ours: bool
    """Its sender may send it."""
    state: State = State.RECEIVED
    since: Any = None
    """When it was put into the outbox."""
    is_metered: bool = False
    token: str | None = None
    leased_until: Any = None


@dataclass
class Trouble:
    """What goes wrong now."""

    commits: list[tuple[str, str]] = field(default_factory=list)
    """Of the next commits, by what they are about and when: `before`, nothing was written; `after`, it was, and
    nobody heard of it."""
    judging: bool = False
    recipient: Refusal | None = None
    pushed: list[str] = field(default_factory=list)
    """What the recipient took."""


class Histories(RuleBasedStateMachine):
    """One gateway and its model."""

    database_url: Callable[[], str] = staticmethod(lambda: "")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.patch = pytest.MonkeyPatch()
        self.folder = tempfile.TemporaryDirectory(prefix="meterpoort-histories-")
        self.clock = HeldClock()
        self.trouble = Trouble()
        self.sent: dict[str, Sent] = {}
        self.keys: dict[str, tuple[str, bytes]] = {}
        self.claims: dict[int, str] = {}
        self.settings = _settings(Path(self.folder.name), self.database_url())
        _cause(self.trouble, self.patch)
        self.runner.run(self._open())
        self.runner.run(self._register())

    def teardown(self) -> None:
        """The meter's audit finds nothing."""
        try:
            report = self.runner.run(audit(self.gateway.engines))
            assert report.findings == ()
            self.runner.run(self.stack.aclose())
        finally:
            self.patch.undo()
            self.runner.close()
            self.folder.cleanup()

    # What happens

    @rule(
        documents=st.lists(
            st.tuples(
                st.integers(1, NUMBERS), st.sampled_from(["town", "pushed"]), st.sampled_from([True] * 5 + [False])
            ),
            min_size=1,
            max_size=4,
        ),
        commits=st.lists(st.tuples(st.sampled_from(COMMITS), st.sampled_from(["before", "after"])), max_size=6),
    )
    def accept(self, documents: list[tuple[int, str, bool]], commits: list[tuple[str, str]]) -> None:
        """Several at once, each under its own new key, while commits fail."""
        self.trouble.commits[:] = commits
        new = [(f"n{len(self.keys) + index}", *one) for index, one in enumerate(documents)]
        bodies = [_document(number, to, ours) for _, number, to, ours in new]
        receipts = self.runner.run(self._accept_all([key for key, *_ in new], bodies))
        for (key, number, to, ours), body, receipt in zip(new, bodies, receipts, strict=True):
            assert receipt.kenmerk not in self.sent
            self.keys[key] = (receipt.kenmerk, body)
            self.sent[receipt.kenmerk] = Sent(receipt.kenmerk, number, to, ours)

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), same=st.booleans())
    def repeat(self, data: st.DataObject, same: bool) -> None:
        """The same key again, with the same or another body."""
        key = data.draw(st.sampled_from(sorted(self.keys)))
        kenmerk, body = self.keys[key]
        if same:
            (receipt,) = self.runner.run(self._accept_all([key], [body]))
            assert (receipt.kenmerk, receipt.is_repeat) == (kenmerk, True)
            return
        with pytest.raises(IdempotencyConflictError) as conflict:
            self.runner.run(self._accept_until_answered(key, body + b"<!-- another -->"))
        assert conflict.value.first_kenmerk == kenmerk

    @rule(breaks=st.booleans())
    def judging_breaks(self, breaks: bool) -> None:
        self.trouble.judging = breaks

    @rule(refusal=st.sampled_from([None, None, Refusal.TEMPORARY, Refusal.PERMANENT]))
    def recipient_answers(self, refusal: Refusal | None) -> None:
        self.trouble.recipient = refusal

    @rule(hours=st.sampled_from([0.1, 2, 5, 30]))
    def time_passes(self, hours: float) -> None:
        self.clock.passes(hours=hours)
        self.gateway.observer.wake_delivery()

    @rule(party=st.sampled_from(["town", "pushed"]), count=st.integers(1, 3))
    def take(self, party: str, count: int) -> None:
        """The oldest that nobody has leased, and no others."""
        free = [one for one in self._mailbox(party) if not one.leased_until or one.leased_until <= self.clock()]
        leases = self.runner.run(self.gateway.mailbox.take(party, count, LEASE))
        assert [lease.message.kenmerk for lease in leases] == [one.kenmerk for one in free[:count]]
        for one, lease in zip(free, leases, strict=False):
            one.token, one.leased_until = lease.token, lease.expires_at

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), token=st.sampled_from(["own", "none", "wrong"]))
    def confirm(self, data: st.DataObject, token: str) -> None:
        """With the token of the lease, without one, or with a wrong one."""
        one = self._any(data)
        given = {"own": one.token, "none": None, "wrong": "wrong"}[token]
        is_there = one.state is State.DELIVERED
        done = self._try(lambda: self.gateway.mailbox.confirm(one.to, one.kenmerk, given, "test"))
        assert done == ((is_there and given in {None, one.token}) or one.state is State.CONFIRMED)
        if done:
            one.state = State.CONFIRMED

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        one = self._any(data)
        done = self.runner.run(self.gateway.operations.replay(one.kenmerk, "test"))
        assert done == (one.state in {State.PARKED, State.RETURNED})
        if done:
            one.state = State.RECEIVED

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def return_to_sender(self, data: st.DataObject) -> None:
        one = self._any(data)
        done = self.runner.run(self.gateway.operations.return_to_sender(one.kenmerk, "test", "a reason"))
        assert done == (one.state is State.PARKED)
        if done:
            one.state = State.RETURNED

    @rule(documents=st.lists(st.integers(1, NUMBERS), max_size=3))
    def restart(self, documents: list[int]) -> None:
        """With messages that were accepted and not judged."""
        self.runner.run(self.gateway.queue.stop())
        if documents:
            self.accept([(number, "town", True) for number in documents], [])
        self.runner.run(self.stack.aclose())
        self.runner.run(self._open())

    # What holds

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        self.runner.run(self._halt())
        messages = {one.kenmerk: one for one in self.runner.run(self._messages())}
        assert messages.keys() == self.sent.keys()
        for kenmerk in sorted(self.sent):
            self._follow(self.sent[kenmerk], messages[kenmerk])
        metered = Counter(key.partition(" ")[0] for key in self.runner.run(self._metered()))
        assert metered == Counter(one.kenmerk for one in self.sent.values() if one.is_metered)
        for party in ("town", "pushed"):
            waiting = self.runner.run(self.gateway.mailbox.waiting(party, None, 1_000))
            assert [one.kenmerk for one in waiting.items] == [one.kenmerk for one in self._mailbox(party)]

    def _follow(self, one: Sent, found: Message) -> None:
        """The model's next state of a message."""
        if one.state is State.RECEIVED:
            one.state = self._judged(one, found)
        if one.state in WAITING:
            one.state = self._pushed(one, found)
        assert found.state is one.state, (one, found.state)
        one.is_metered |= one.state is State.DELIVERED
        journal = self.runner.run(self.gateway.store.journal(one.kenmerk))
        state = None
        for entry in journal:
            state = after(state, entry.step)
        assert (state, len(journal)) == (found.state, found.steps)
        assert Counter(entry.step for entry in journal)[Step.DELIVERED] == one.is_metered

    def _judged(self, one: Sent, found: Message) -> State:
        if self.trouble.judging:
            return State.PARKED
        if not one.ours:
            return State.REFUSED
        holder = self.claims.setdefault(
            one.number, one.kenmerk if found.duplicate_of is None else found.duplicate_of
        )
        if holder != one.kenmerk:
            assert found.duplicate_of == holder
            return State.DUPLICATE
        one.since = self.clock()
        return State.DELIVERED if one.to == "town" else State.CHECKED

    def _pushed(self, one: Sent, found: Message) -> State:
        """Delivered, returned, or still waiting while its recipient is left alone."""
        if found.state in WAITING:
            assert self.paused, "nobody offers it"
            return found.state
        if found.state is State.DELIVERED:
            assert one.kenmerk in self.trouble.pushed, "the recipient was never called"
            return State.DELIVERED
        is_expired = self.trouble.recipient is Refusal.TEMPORARY and self.clock() - one.since >= GIVE_UP
        assert is_expired or self.trouble.recipient is Refusal.PERMANENT
        return State.RETURNED

    # How it is done

    def _any(self, data: st.DataObject) -> Sent:
        return self.sent[data.draw(st.sampled_from(sorted(self.sent)))]

    def _mailbox(self, party: str) -> list[Sent]:
        delivered = [one for one in self.sent.values() if one.to == party and one.state is State.DELIVERED]
        return sorted(delivered, key=lambda one: one.kenmerk)

    def _try(self, work: Callable[[], Any]) -> Any:
        """As a careful caller: again until it is answered."""
        while True:
            try:
                return self.runner.run(work())
            except OperationalError:
                continue

    async def _open(self) -> None:
        self.stack = AsyncExitStack()
        self.gateway: Gateway = await self.stack.enter_async_context(open_gateway(self.settings, clock=self.clock))

    async def _register(self) -> None:
        where = {"delivery": "webhook", "delivery_url": "https://localhost/events"}
        for party in (
            Party("supplier", "Leverancier", PartyKind.COMPANY, (SUPPLIER,)),
            Party("town", "Gemeente", PartyKind.NON_RIJK, (TOWN,)),
            Party("pushed", "Waterkant", PartyKind.NON_RIJK, (PUSHED,), settings=where),
        ):
            await self.gateway.register.save(party, "test")

    async def _accept_all(self, keys: Sequence[str], bodies: Sequence[bytes]) -> list[Receipt]:
        return await asyncio.gather(*map(self._accept_until_answered, keys, bodies))

    async def _accept_until_answered(self, key: str, body: bytes) -> Receipt:
        while True:
            try:
                return await self._accept(key, body)
            except OperationalError:
                continue

    async def _accept(self, key: str, body: bytes) -> Receipt:
        return await self.gateway.intake.submit(
            Submission(CALLER, "http", Content(len(body), body), idempotency_key=key)
        )

    async def _halt(self) -> None:
        """Wait until nothing more happens by itself."""
        gateway, measures = self.gateway, Measures(self.gateway.engines)
        async with asyncio.timeout(HALT_SECONDS_MAX):
            while True:
                waiting = (await measures.to_judge()).messages or gateway.queue.waiting_count
                if not waiting and not await gateway.outbox.due(self.clock()):
                    break
                await asyncio.sleep(0.005)
        self.paused = bool(await gateway.outbox.pending())

    async def _messages(self) -> Sequence[Message]:
        return (await self.gateway.store.page(MessageFilter(), None, 10_000)).items

    async def _metered(self) -> list[str]:
        return [entry.key async for page in self.gateway.meter.entries(EntrySelection()) for entry in page]


def _settings(folder: Path, database_url: str) -> Settings:
    plain = Settings(data_directory=folder, database=DatabaseSettings(url=database_url))
    return msgspec.structs.replace(
        plain, digipoort=msgspec.structs.replace(plain.digipoort, tls_directory=hierarchy())
    )


def _cause(trouble: Trouble, patch: pytest.MonkeyPatch) -> None:
    """Have the gateway meet the trouble, and not pause long."""
    transact = Writer._transact  # the moment of the commit
    judge_small = Workers.judge_small

    def fails(group: Sequence[Any], when: str) -> bool:
        for name in {getattr(one.perform, "__name__", "") for one in group if not callable(one.work)}:
            if (name, when) in trouble.commits:
                trouble.commits.remove((name, when))
                return True
        return False

    def transact_or_fail(self: Writer, group: Sequence[Any]) -> list[object]:
        if fails(group, "before"):
            raise OperationalError("COMMIT", None, OSError("no room"))
        results = transact(self, group)
        if fails(group, "after"):
            raise OperationalError("COMMIT", None, OSError("no answer"))
        return results

    async def judge(self: Workers, jobs: Sequence[Job]) -> Sequence[Any]:
        """In this process, large or not: worker processes are tested elsewhere."""
        return [JudgingError("broken")] * len(jobs) if trouble.judging else await judge_small(self, jobs)

    async def deliver(_self: Webhook, _url: str, message: Message, *_: object) -> None:
        if trouble.recipient is not None:
            raise NotDeliveredError(trouble.recipient, Failure.STATUS, "no")
        trouble.pushed.append(message.kenmerk)

    patch.setattr(Writer, "_transact", transact_or_fail)
    for name in ("judge_small", "judge_apart", "judge_large"):
        patch.setattr(Workers, name, judge)
    patch.setattr(Webhook, "deliver", deliver)
    patch.setattr("gateway.pipeline.queue.COMMIT_RETRY_SECONDS", 0.005)
    patch.setattr("gateway.pipeline.dispatcher._IDLE_SECONDS", 0.02)


def _document(number: int, to: str, ours: bool) -> bytes:
    document = numbered(f"H-{number}")
    document = document if to == "town" else document.replace(TOWN.value.encode(), PUSHED.value.encode())
    return document if ours else document.replace(SUPPLIER.value.encode(), b"11223344")


def run_histories(new_database: Callable[[], str], histories: int, steps: int, seed_of_all: int) -> None:
    """Run so many histories of so many steps, each on a new database; the same ones from the same seed."""

    @seed(seed_of_all)
    class OnDatabase(Histories):
        database_url = staticmethod(new_database)

    run_state_machine_as_test(
        OnDatabase,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
