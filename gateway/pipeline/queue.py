"""The judging queue: judges messages, decides what becomes of them, and commits that.

A few small documents are judged in a thread, which is quickest. When many wait a worker process is started; while
one is up they go there in batches, so that this process goes on answering and storing. Large ones, those whose
judging broke, and all that this gateway took over from one that stopped are judged one by one in worker processes
with limits; after three technical failures a message is parked and the others go on. One whose bytes are damaged
is parked at once; one that cannot be read because storage is away waits until it is back. What waits is on stable
storage; only a bounded part of its bytes is held here.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from gateway.clock import Clock
from gateway.messages.decision import AlreadyCommittedError, Decision, decide, park, set_apart
from gateway.messages.message import Message
from gateway.messages.participants import Register
from gateway.messages.stored_errors import DamagedDocumentError, StoreUnavailableError
from gateway.pipeline.worker import Job, JudgingError
from gateway.pipeline.workers import Judged, NotJudged, Workers
from gateway.settings import MeterSettings
from gateway.tracing import Attributes, span
from gateway.validator.own_rules import is_profile_about
from gateway.validator.verdict import Verdict

log = structlog.get_logger(__name__)

IN_THREAD_MAX = 4
"""When more small documents wait, a worker is started: judged here they would keep this process from answering."""
GATHERING_SECONDS = 0.003
"""So long a worker waits for its batch to grow: judging one document takes a tenth of that, and each batch some of
this process's time."""
BATCH_MAX = 32
"""Small documents that are judged together."""
COMMITS_MAX = 128
"""Batches that wait for their commit at the same time."""
HELD_BYTES_MAX = 32 << 20
"""Bytes of documents that are held in memory; the others are read again when their turn comes."""
COMMIT_RETRY_SECONDS = 0.5
COMMIT_RETRY_SECONDS_MAX = 10.0
"""Pauses between attempts to commit while the store is in trouble."""
READ_RETRY_SECONDS = 0.5
READ_RETRY_SECONDS_MAX = 10.0
"""Pauses between attempts to read a document while storage is away."""


JudgeBatch = Callable[[Sequence[Job]], Awaitable[Sequence[Judged]]]


class DecisionStore(Protocol):
    """Commits decisions."""

    async def commit(self, decision: Decision) -> Decision:
        """Commit a decision; returns it as it was committed. Raises AlreadyCommittedError."""

    async def commit_all(self, decisions: Sequence[Decision]) -> Sequence[Decision | BaseException]:
        """Commit several decisions; for one that fails, the result is its error."""


@dataclass(slots=True)
class _QueuedJob:
    """A message in the queue. `data` are its bytes while there is room to hold them; `is_apart`: it is judged by
    itself in a worker; `profiles` are the rules that its parties ask for on top, once they are known; `verdict`
    is None where judging it failed for good, and `damage` says what is wrong with its bytes."""

    message: Message
    data: bytes | None
    is_apart: bool
    attempts: int = 0
    pause_seconds: float = READ_RETRY_SECONDS
    damage: str | None = None
    profiles: tuple[str, ...] = ()
    verdict: Verdict | None = None


class JudgingQueue:
    """Everything between "accepted" and "delivered, refused, returned, parked or to be pushed"."""

    def __init__(
        self,
        store: DecisionStore,
        register: Register,
        judges: Workers,
        policy: MeterSettings,
        clock: Clock,
        *,
        small_size_bytes_max: int,
        workers: int,
        attempts_max: int,
    ) -> None:
        self._store = store
        self._register = register
        self._judges = judges
        self._policy = policy
        self._clock = clock
        self._small_size_bytes_max = small_size_bytes_max
        self._workers = workers
        self._attempts_max = attempts_max
        self._free_bytes = HELD_BYTES_MAX
        self._queued: dict[str, _QueuedJob] = {}
        self._small: deque[_QueuedJob] = deque()
        self._few_wait = asyncio.Event()
        self._many_wait = asyncio.Event()
        self._large: asyncio.Queue[_QueuedJob] = asyncio.Queue()
        self._commits = asyncio.Semaphore(COMMITS_MAX)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting_count(self) -> int:
        """Messages in the queue."""
        return len(self._queued)

    def __contains__(self, kenmerk: str) -> bool:
        """Whether the message is in the queue."""
        return kenmerk in self._queued

    def start(self) -> None:
        """Begin to judge."""
        self._run(_forever(self._judge_small_here))
        for _ in range(self._workers):
            self._run(_forever(self._judge_large))
            self._run(_forever(self._judge_small_apart))

    async def stop(self) -> None:
        """Stop judging. What waits remains on stable storage."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def offer(self, message: Message, data: bytes | None, *, is_suspect: bool = False) -> None:
        """Have a stored message judged. `data` spares reading it again; `is_suspect`: only in a worker."""
        if message.kenmerk in self._queued:
            return
        is_apart = is_suspect or message.size_bytes > self._small_size_bytes_max
        job = self._queued[message.kenmerk] = _QueuedJob(message, self._hold(data), is_apart)
        self._line_up(job)

    def _line_up(self, job: _QueuedJob) -> None:
        if job.is_apart:
            self._large.put_nowait(job)
        else:
            self._small.append(job)
            self._wake()

    # Judging

    async def _judge_small_here(self) -> None:
        while True:
            await self._few_wait.wait()
            await self._judge_batch(self._take_small(), self._judges.judge_small)

    async def _judge_small_apart(self) -> None:
        """Judge small documents in a worker when many come, so that this process goes on answering and storing."""
        while True:
            await self._many_wait.wait()
            if len(self._small) < BATCH_MAX:
                await asyncio.sleep(GATHERING_SECONDS)
            if batch := self._take_small():
                await self._judge_batch(batch, self._judges.judge_apart)

    async def _judge_large(self) -> None:
        while True:
            job = await self._large.get()
            with _log_context(job):
                await self._judge_batch([job], self._judges.judge_large)

    def _take_small(self) -> list[_QueuedJob]:
        batch = [self._small.popleft() for _ in range(min(BATCH_MAX, len(self._small)))]
        self._wake()
        return batch

    def _wake(self) -> None:
        """Wake the task that is to judge small documents: the thread's until a worker is up, then the workers'."""
        is_warm = self._judges.is_warm
        _set(self._many_wait, len(self._small) > (0 if is_warm else IN_THREAD_MAX))
        _set(self._few_wait, bool(self._small) and not is_warm)

    async def _judge_batch(self, batch: Sequence[_QueuedJob], judge: JudgeBatch) -> None:
        verdicts = await self._verdicts(judge, batch)
        decisions = [
            self._decision_unless_again(job, verdict) for job, verdict in zip(batch, verdicts, strict=True)
        ]
        decided = [(job, decision) for job, decision in zip(batch, decisions, strict=True) if decision]
        if decided:
            await self._commits.acquire()
            self._run(self._commit_batch(decided))

    async def _verdicts(self, judge: JudgeBatch, batch: Sequence[_QueuedJob]) -> Sequence[Judged]:
        """The verdicts; whatever breaks in judging is a technical failure of each message, tried again alone."""
        with ExitStack() as stack:
            spans = [stack.enter_context(span("judge", job.message.traceparent, _about(job))) for job in batch]
            try:
                verdicts = await judge([_job(job) for job in batch])
            except Exception as error:  # a broken program must not take messages with it
                verdicts = [_judging_error(job, error) for job in batch]
            for judging, verdict in zip(spans, verdicts, strict=True):
                judging.add(_outcome(verdict), is_error=not isinstance(verdict, Verdict))
        return verdicts

    def _decision_unless_again(self, job: _QueuedJob, verdict: Judged) -> Decision | None:
        """What becomes of it; None where it is judged again: after a failure, or by its recipient's rules too."""
        if not isinstance(verdict, Verdict):
            self._record_failure(job, verdict)
            return None
        job.verdict = verdict
        try:
            decision = self._decide(job)
        except Exception as error:  # a broken program must not take messages with it
            self._record_failure(job, _judging_error(job, error))
            return None
        if not job.profiles and (profiles := self._profiles_on_top(decision, verdict)):
            job.profiles, job.is_apart = profiles, True
            self._line_up(job)
            return None
        return decision

    def _decide(self, job: _QueuedJob) -> Decision:
        """What becomes of it as far as is known here: the store knows the claims."""
        if job.damage is not None:
            return set_apart(job.message, job.damage, self._clock())
        if job.verdict is None:
            detail = f"judging failed technically {job.attempts} times"
            return park(job.message, detail, self._clock())
        return decide(job.message, job.verdict, self._register, {}, self._policy, self._clock())

    def _profiles_on_top(self, decision: Decision, verdict: Verdict) -> tuple[str, ...]:
        """The profiles that the sender and the recipient are registered with, which are about such a document, and
        which it was not judged by yet."""
        message = decision.message
        if verdict.kind is None or message.recipient_id is None:
            return ()
        parties = [self._register.by_id(each) for each in (message.sender_id, message.recipient_id) if each]
        wanted = dict.fromkeys(name for party in parties if party for name in party.profiles)
        judged_by = {verdict.profile, message.wanted_profile}
        return tuple(name for name in wanted if name not in judged_by and is_profile_about(name, verdict.kind))

    def _record_failure(self, job: _QueuedJob, error: NotJudged) -> None:
        """Judge it again, or set it apart. What cannot be read now is no failure of the document: it waits."""
        with _log_context(job):
            if isinstance(error, StoreUnavailableError):
                log.warning("document_not_read", reason=str(error), again_after_seconds=job.pause_seconds)
                asyncio.get_running_loop().call_later(job.pause_seconds, self._line_up, job)
                job.pause_seconds = min(job.pause_seconds * 2, READ_RETRY_SECONDS_MAX)
                return
            job.attempts += 1
            job.is_apart = True
            log.warning("judging_failed", attempts=job.attempts, reason=str(error))
            if isinstance(error, DamagedDocumentError):
                job.damage = str(error)
            if job.damage is None and job.attempts < self._attempts_max:
                self._line_up(job)
            else:
                job.verdict = None
                self._run(self._commit_alone(job))

    # Committing

    async def _commit_batch(self, decided: Sequence[tuple[_QueuedJob, Decision]]) -> None:
        """Commit what was judged together; one that fails is tried again alone."""
        try:
            results = await self._store.commit_all([decision for _, decision in decided])
            for (job, _), result in zip(decided, results, strict=True):
                if isinstance(result, BaseException):
                    with _log_context(job):
                        log.warning("commit_failed", error=type(result).__name__)
                        self._run(self._commit_alone(job))
                else:
                    self._leave(job)
        finally:
            self._commits.release()

    async def _commit_alone(self, job: _QueuedJob) -> None:
        """Decide and commit, trying again with growing pauses while the store is in trouble (a full disk, a lost
        connection): what is metered bears the time at which it was."""
        pause_seconds = COMMIT_RETRY_SECONDS
        while True:
            try:
                await self._store.commit(self._decide(job))
            except AlreadyCommittedError:
                log.warning("committed_before")
                break
            except Exception as error:  # whatever the store's trouble is, the message stays and is tried again
                log.exception("commit_failed", error=type(error).__name__)
            else:
                break
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, COMMIT_RETRY_SECONDS_MAX)
        self._leave(job)

    def _hold(self, data: bytes | None) -> bytes | None:
        """Hold the bytes in memory while there is room."""
        if data is None or len(data) > self._free_bytes:
            return None
        self._free_bytes -= len(data)
        return data

    def _leave(self, job: _QueuedJob) -> None:
        self._queued.pop(job.message.kenmerk, None)
        self._free_bytes += len(job.data or b"")

    # Tasks

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish_task)

    def _finish_task(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("queue_task_failed", error=repr(error), exc_info=error)


def _log_context(job: _QueuedJob) -> AbstractContextManager[None]:
    """Every line that is logged meanwhile, also by tasks that are begun meanwhile, has the message's kenmerk
    and trace."""
    return bound_contextvars(**job.message.log_context)


def _about(job: _QueuedJob) -> Attributes:
    return {"meterpoort.kenmerk": job.message.kenmerk}


def _outcome(verdict: Judged) -> Attributes:
    if not isinstance(verdict, Verdict):
        return {"error.type": type(verdict).__name__}
    names = [f"{one.name} {one.version}".strip() for one in verdict.rule_sets]
    return {"meterpoort.valid": verdict.valid, "meterpoort.rule_sets": names}


def _judging_error(job: _QueuedJob, error: Exception) -> JudgingError:
    with _log_context(job):
        log.error("judging_broke", error=type(error).__name__, exc_info=error)
    return JudgingError(f"{type(error).__name__} while judging")


def _job(queued: _QueuedJob) -> Job:
    """The job of a message: with the rules that are asked for on top, with it and by its parties."""
    message = queued.message
    also = tuple([name for name in (message.wanted_profile, *queued.profiles) if name])
    return Job(queued.data, message.document, message.detached_attachments, also=also)


async def _forever(work: Callable[[], Awaitable[None]]) -> None:
    """Run it for ever; an error is logged, and it begins again."""
    while True:
        try:
            await work()
        except Exception as error:  # ended, it would let messages wait for ever
            log.exception("judging_task_broke", error=type(error).__name__)
            await asyncio.sleep(COMMIT_RETRY_SECONDS)


def _set(event: asyncio.Event, is_set: bool) -> None:
    if is_set:
        event.set()
    else:
        event.clear()
