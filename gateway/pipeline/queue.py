"""The queue: judges what waits, and makes the outcome true.

A few small documents are judged in a thread, which answers soonest. When many wait a worker process is started;
while one is up they go there in batches, so that this process goes on answering and storing. Large ones, those
whose judging broke, and all that a restart finds waiting are judged one by one in worker processes with limits;
after three technical failures a message is set apart and the others go on. Reading ahead is bounded; what waits is
on stable storage, not here.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec
import structlog
from structlog.contextvars import bound_contextvars

from gateway.clock import Clock
from gateway.messages.decision import Decision, Register, broken, decide
from gateway.messages.message import StoredAttachment, Waiting
from gateway.messages.ports import Checkpoint
from gateway.messages.submission import StoredBytes
from gateway.validator.verdict import Verdict

log = structlog.get_logger(__name__)

FEW = 4
"""When more small documents wait, a worker is started: judged here they would keep this process from answering."""
GATHERING_SECONDS = 0.003
"""So long a worker waits for its batch to grow: judging one document takes a tenth of that, and each batch some of
this process's time."""
SETTLE_AGAIN_SECONDS = 0.5
SETTLE_AGAIN_SECONDS_MAX = 60.0
"""Backoff between attempts to settle while the store is in trouble."""


class Job(msgspec.Struct, frozen=True):
    """One document to be judged: its bytes where they are at hand, else where they stand. `beside` are the
    attachments that travelled beside it, where they stand.

    `profile` chooses the rules; only for who asks what a document is worth and sends nothing. The profiles under
    `also` add rules to those that the document claims: what a sender or a recipient asks for never weakens them.
    """

    document: bytes | None
    profile: str | None = None
    beside: tuple[StoredAttachment, ...] = ()
    stored: StoredBytes | None = None
    also: tuple[str, ...] = ()


class JudgingError(Exception):
    """Judging a document failed technically: nothing is known of the document."""


class AlreadyCommittedError(Exception):
    """A message was to be settled that waits no more: nothing was changed."""


class Judges(Protocol):
    """Judges documents; wrong documents are verdicts, never errors."""

    async def judge_small(self, jobs: Sequence[Job]) -> Sequence[Verdict | JudgingError]:
        """A batch of small documents, where that is fastest."""

    @property
    def is_warm(self) -> bool:
        """A process to judge apart is up."""

    async def judge_apart(self, jobs: Sequence[Job]) -> Sequence[Verdict | JudgingError]:
        """A batch of small documents, in a process with limits: when there are many."""

    async def judge_large(self, job: Job) -> Verdict:
        """One document, in a process with limits. Raises JudgingError."""


JudgeBatch = Callable[[Sequence[Job]], Awaitable[Sequence[Verdict | JudgingError]]]


class Settles(Protocol):
    """Makes outcomes true."""

    async def settle(self, outcome: Decision) -> Decision:
        """Answers the outcome that came true, once it is on stable storage."""

    async def settle_all(self, outcomes: Sequence[Decision]) -> Sequence[Decision | BaseException]:
        """The same for several; what goes wrong with one is its answer."""


class QueueObserver(Protocol):
    """Told what happens at the queue."""

    def message_settled(self, waiting: Waiting, outcome: Decision, seconds: float) -> None:
        """The outcome is on stable storage; seconds since the message was received."""

    def judging_failed(self, waiting: Waiting, attempts: int) -> None:
        """Judging a message failed technically, for the so-manyeth time."""


@dataclass(slots=True)
class _Place:
    """A message at the queue. `data` are its bytes while there is room to hold them."""

    waiting: Waiting
    data: bytes | None
    settled: asyncio.Event | None = None
    attempts: int = 0


class JudgingQueue:
    """Everything between "accepted" and "delivered, refused, returned or set apart"."""

    def __init__(
        self,
        settles: Settles,
        register: Register,
        judges: Judges,
        clock: Clock,
        observer: QueueObserver,
        checkpoint: Checkpoint,
        *,
        small_size_bytes_max: int,
        workers: int,
        attempts_max: int,
        batch_max: int = 32,
        settling_max: int = 128,
        held_size_bytes_max: int = 32 << 20,
    ) -> None:
        self._settles = settles
        self._register = register
        self._judges = judges
        self._clock = clock
        self._observer = observer
        self._checkpoint = checkpoint
        self._small_size_bytes_max = small_size_bytes_max
        self._workers = workers
        self._attempts_max = attempts_max
        self._batch_max = batch_max
        self._room_bytes = held_size_bytes_max
        self._places: dict[str, _Place] = {}
        self._small: deque[_Place] = deque()
        self._few_wait = asyncio.Event()
        self._many_wait = asyncio.Event()
        self._large: asyncio.Queue[_Place] = asyncio.Queue()
        self._settling = asyncio.Semaphore(settling_max)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting_count(self) -> int:
        """Messages at the queue."""
        return len(self._places)

    @property
    def oldest_received_at(self) -> datetime | None:
        """When the message that waits longest was received."""
        first = next(iter(self._places.values()), None)
        return first.waiting.received_at if first else None

    async def waiting_messages(self) -> int:
        """Messages at the queue, for whoever asks by waiting."""
        return len(self._places)

    def start(self) -> None:
        """Begin to judge."""
        self._run(_kept(self._small_lane))
        for _ in range(self._workers):
            self._run(_kept(self._large_lane))
            self._run(_kept(self._second_lane))

    async def stop(self) -> None:
        """Stop judging. What waits stays where it is: on stable storage."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def offer(self, waiting: Waiting, data: bytes | None, *, is_suspect: bool = False) -> None:
        """Have a stored message judged. `data` spares reading it again; `is_suspect`: only in a worker."""
        if waiting.kenmerk in self._places:
            return
        place = self._places[waiting.kenmerk] = _Place(waiting, self._hold(data))
        if is_suspect or waiting.document.size_bytes > self._small_size_bytes_max:
            self._large.put_nowait(place)
        else:
            self._small.append(place)
            self._wake()

    async def wait_until_settled(self, kenmerk: str, timeout_seconds: float) -> bool:
        """Wait until the message has left the queue, at most so long; whether it has."""
        place = self._places.get(kenmerk)
        if place is None:
            return True
        if place.settled is None:
            place.settled = asyncio.Event()
        try:
            await asyncio.wait_for(place.settled.wait(), timeout_seconds)
        except TimeoutError:
            return False
        return True

    # -- lanes -------------------------------------------------------------------------------

    async def _small_lane(self) -> None:
        while True:
            await self._few_wait.wait()
            await self._judge_batch(self._take_small(), self._judges.judge_small)

    async def _second_lane(self) -> None:
        """Small documents when many come: in a worker, so that this process goes on answering and storing."""
        while True:
            await self._many_wait.wait()
            if len(self._small) < self._batch_max:
                await asyncio.sleep(GATHERING_SECONDS)
            if batch := self._take_small():
                await self._judge_batch(batch, self._judges.judge_apart)

    def _take_small(self) -> list[_Place]:
        batch = [self._small.popleft() for _ in range(min(self._batch_max, len(self._small)))]
        self._wake()
        return batch

    def _wake(self) -> None:
        """Wake the lane that is to take what waits: the thread while no worker is up, and then the workers."""
        is_warm = self._judges.is_warm
        _put(self._many_wait, len(self._small) > (0 if is_warm else FEW))
        _put(self._few_wait, bool(self._small) and not is_warm)

    async def _judge_batch(self, batch: Sequence[_Place], judge: JudgeBatch) -> None:
        verdicts = await self._verdicts(judge, batch)
        self._checkpoint("judged")
        judged: list[tuple[_Place, Decision]] = []
        for place, verdict in zip(batch, verdicts, strict=True):
            if isinstance(verdict, JudgingError):
                self._failed(place, verdict)
                continue
            try:
                outcome = self._decide(place.waiting, verdict)
            except Exception as error:  # a broken program must not take messages with it
                self._failed(place, _broke(place, error))
                continue
            if self._recipients_profile(outcome, verdict):
                with _about(place):
                    await self._settle_soon(place, verdict)
            else:
                judged.append((place, outcome))
        if judged:
            await self._settling.acquire()
            self._run(self._settle_batch(judged))

    async def _verdicts(self, judge: JudgeBatch, batch: Sequence[_Place]) -> Sequence[Verdict | JudgingError]:
        """The verdicts; whatever breaks in judging is a technical failure of each message, tried again alone."""
        try:
            return await judge([_case(place) for place in batch])
        except Exception as error:  # a broken program must not take messages with it
            return [_broke(place, error) for place in batch]

    async def _large_lane(self) -> None:
        while True:
            place = await self._large.get()
            with _about(place):
                await self._judge_alone(place)

    async def _judge_alone(self, place: _Place) -> None:
        try:
            verdict = await self._judges.judge_large(_case(place))
        except JudgingError as error:
            self._failed(place, error)
        except Exception as error:  # a broken program must not take messages with it
            self._failed(place, _broke(place, error))
        else:
            await self._settle_soon(place, verdict)

    def _hold(self, data: bytes | None) -> bytes | None:
        """Keep the bytes at hand while there is room; else they are read again when their turn comes."""
        if data is None or len(data) > self._room_bytes:
            return None
        self._room_bytes -= len(data)
        return data

    def _leave(self, place: _Place) -> None:
        self._places.pop(place.waiting.kenmerk, None)
        self._room_bytes += len(place.data or b"")
        if place.settled is not None:
            place.settled.set()

    def _failed(self, place: _Place, error: JudgingError) -> None:
        place.attempts += 1
        with _about(place):
            self._observer.judging_failed(place.waiting, place.attempts)
            log.warning("judging_failed", attempts=place.attempts, reason=str(error))
            if place.attempts < self._attempts_max:
                self._large.put_nowait(place)
            else:
                detail = f"judging failed technically {place.attempts} times"
                self._run(self._make_true(place, broken(place.waiting, self._clock(), detail)))

    # -- settling ----------------------------------------------------------------------------

    async def _settle_soon(self, place: _Place, verdict: Verdict) -> None:
        """Settle in a task of its own, so that the lane judges on while outcomes gather for one commit."""
        await self._settling.acquire()
        self._run(self._settle(place, verdict))

    async def _settle_batch(self, judged: Sequence[tuple[_Place, Decision]]) -> None:
        """Settle what was judged together; one that goes wrong is tried again alone."""
        try:
            done = await self._settles.settle_all([outcome for _, outcome in judged])
            self._checkpoint("settled")
            for (place, outcome), result in zip(judged, done, strict=True):
                if isinstance(result, BaseException):
                    with _about(place):
                        self._run(self._make_true(place, outcome))
                else:
                    self._settled(place, result)
        finally:
            self._settling.release()

    async def _settle(self, place: _Place, verdict: Verdict) -> None:
        try:
            outcome = self._decide(place.waiting, verdict)
            if wanted := self._recipients_profile(outcome, verdict):
                verdict = await self._judges.judge_large(_case(place, wanted))
                outcome = self._decide(place.waiting, verdict)
            await self._make_true(place, outcome)
        except JudgingError as error:
            self._failed(place, error)
        except Exception as error:  # a broken program must not take messages with it
            self._failed(place, _broke(place, error))
        finally:
            self._settling.release()

    def _decide(self, waiting: Waiting, verdict: Verdict) -> Decision:
        """What becomes of it. Where a rule failed technically nobody can say, so it is set apart at once."""
        if verdict.is_broken:
            return broken(waiting, self._clock(), "a rule failed technically", verdict)
        return decide(waiting, verdict, self._register, self._clock())

    def _recipients_profile(self, outcome: Decision, verdict: Verdict) -> str | None:
        """The profile that the recipient asks for on top, where rules are about the document and it was not judged
        by it yet."""
        if not verdict.rule_sets:
            return None
        wanted = outcome.recipient.settings.get("profile") if outcome.recipient else None
        return wanted if wanted and wanted != verdict.profile else None

    async def _make_true(self, place: _Place, outcome: Decision) -> None:
        done = await self._settle_until_done(outcome)
        if done is None:
            self._leave(place)
            return
        self._checkpoint("settled")
        self._settled(place, done)

    def _settled(self, place: _Place, outcome: Decision) -> None:
        self._leave(place)
        seconds = (self._clock() - place.waiting.received_at).total_seconds()
        self._observer.message_settled(place.waiting, outcome, seconds)

    async def _settle_until_done(self, outcome: Decision) -> Decision | None:
        """Settle, trying again with growing pauses while the store is in trouble (a full disk, a lost
        connection). None: it was settled before."""
        pause_seconds = SETTLE_AGAIN_SECONDS
        while True:
            try:
                return await self._settles.settle(outcome)
            except AlreadyCommittedError:
                log.warning("settled_before")
                return None
            except Exception as error:  # whatever the store's trouble is, the message stays and is tried again
                log.exception("settling_failed", error=type(error).__name__)
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, SETTLE_AGAIN_SECONDS_MAX)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("desk_task_failed", error=repr(error), exc_info=error)


def _about(place: _Place) -> AbstractContextManager[None]:
    """Every line that is logged meanwhile, also by what is begun meanwhile, has the kenmerk of this message."""
    return bound_contextvars(kenmerk=place.waiting.kenmerk)


def _broke(place: _Place, error: Exception) -> JudgingError:
    with _about(place):
        log.error("judging_broke", error=type(error).__name__, exc_info=error)
    return JudgingError(f"{type(error).__name__} while judging")


def _case(place: _Place, recipients: str | None = None) -> Job:
    """The job of a message: with the rules that its sender asks for on top, and those of its recipient."""
    waiting = place.waiting
    also = tuple(name for name in (waiting.wanted_profile, recipients) if name)
    return Job(place.data, None, waiting.beside, waiting.document, also)


async def _kept(lane: Callable[[], Awaitable[None]]) -> None:
    """Run a lane for ever: one that breaks is logged and begins again."""
    while True:
        try:
            await lane()
        except Exception as error:  # a lane that stays down would let messages wait for ever
            log.exception("lane_broke", error=type(error).__name__)
            await asyncio.sleep(SETTLE_AGAIN_SECONDS)


def _put(event: asyncio.Event, is_set: bool) -> None:
    if is_set:
        event.set()
    else:
        event.clear()
