"""Judges documents: small ones in a thread of this process, large ones and PDFs in worker processes with limits.
With rule sets of the installation small ones go to a worker too: SaxonC is not loaded where requests are served.

A worker is started when it is needed and ended when it was idle for a while, so that an idle gateway is
small. A worker that dies, hangs or uses too much memory is replaced; the document it had is reported as a
technical failure, and the caller decides whether to try again.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol, TypeGuard

import msgspec
import structlog

from gateway.messages.contents import ChecksContents
from gateway.messages.stored_errors import DamagedDocumentError, StoreUnavailableError
from gateway.messages.submission import StoredBytes
from gateway.pipeline.worker import LENGTH_BYTES, READY, Answer, Job, JudgingError, answer, frame
from gateway.validator import own_rules
from gateway.validator.media_types import HEAD_BYTES, PDF, document_type
from gateway.validator.rendering.render import RenderingRequest
from gateway.validator.unpack import Unpacked
from gateway.validator.verdict import Verdict
from gateway.validator.xml.parsing import DEFAULT_LIMITS, Limits

log = structlog.get_logger(__name__)

PIECE_SIZE_BYTES = 256 * 1024
LARGE_RENDERING_BYTES = 8 << 20
"""A document above this is shown by a worker that ends then."""
WAITS_MAX = 4
"""A verdict is waited for so many times as long as judging may use the processor: a worker has low priority."""

STARTING_SECONDS_MAX = 60.0
IDLE_SECONDS_MAX = 60.0

Pieces = AsyncIterator[bytes | memoryview]
NotJudged = JudgingError | DamagedDocumentError | StoreUnavailableError
"""Why there is no verdict: judging failed, the bytes are damaged, or they cannot be read now."""
Judged = Verdict | NotJudged
WorkerEnded = Callable[[str], None]
"""Called with the reason a worker was replaced: time, crash or age."""


class Streams(ChecksContents, Protocol):
    """Document storage."""

    async def read(self, where: StoredBytes) -> bytes:
        """All the bytes. Raises DamagedDocumentError and StoreUnavailableError."""

    def file_of(self, where: StoredBytes) -> tuple[str, int, int] | None:
        """Path, offset and size in bytes where another process on this machine can read them; else None."""


class Workers:
    """Judges documents; wrong documents are verdicts, never errors."""

    def __init__(
        self,
        streams: Streams,
        count: int,
        memory_size_bytes_max: int,
        judging_seconds_max: float,
        judgements_max: int,
        worker_ended: WorkerEnded,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._streams = streams
        self._memory_size_bytes_max = memory_size_bytes_max
        self._judging_seconds_max = judging_seconds_max
        self._judgements_max = judgements_max
        self._worker_ended = worker_ended
        self._limits = limits
        self._slots = asyncio.Semaphore(count)
        self._idle: list[_Worker] = []
        self._up = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="judge")

    @property
    def is_warm(self) -> bool:
        """A worker is up, or busy."""
        return self._up > 0

    async def judge_small(self, jobs: Sequence[Job]) -> Sequence[Judged]:
        """A batch of small documents, in one turn of one thread; PDFs, which may cost much, in a worker."""
        if own_rules.installed_sets():
            return await self.judge_apart(jobs)
        ready = [await self._ready(job, None) for job in jobs]
        here = [one for one in ready if not _is_pdf(one)]
        judged = iter(await asyncio.get_running_loop().run_in_executor(self._thread, self._judge_each, here))
        return [await self._judge_alone(one) if _is_pdf(one) else next(judged) for one in ready]

    async def judge_apart(self, jobs: Sequence[Job]) -> Sequence[Judged]:
        """A batch of small documents in a worker process, when there are more than one thread can judge.

        A worker that ends takes its whole batch with it: each of them is then to be tried alone.
        """
        ready = [await self._ready(job, self._file_of(job)) for job in jobs]
        judged = iter(await self._in_worker([one for one in ready if isinstance(one, Job)]))
        return [next(judged) if isinstance(one, Job) else one for one in ready]

    async def judge_large(self, jobs: Sequence[Job]) -> Sequence[Judged]:
        """Documents of any size, each by itself in a worker process, to which it passes in pieces."""
        return [await self._judge_alone(job) for job in jobs]

    async def render(self, document: StoredBytes | bytes, request: RenderingRequest) -> bytes:
        """A document as people read it, made in a worker process: it has the same limits of memory and time as
        judging. Raises JudgingError, DamagedDocumentError and StoreUnavailableError."""
        job = Job(document) if isinstance(document, bytes) else Job(stored=document)
        made = await self._answer_on(msgspec.structs.replace(job, rendering=request))
        if made.rendering is None:
            raise JudgingError(made.failure)
        return made.rendering

    async def unpack(self, name: str, data: bytes) -> Unpacked:
        """The documents in a file, found in a worker process. Raises JudgingError."""
        made = await self._answer_on(Job(data, unpacks=name))
        if made.unpacked is None:
            raise JudgingError(made.failure)
        return made.unpacked

    async def _answer_on(self, job: Job) -> Answer:
        """What a worker makes of one document, apart from judging it."""
        file = self._file_of(job)
        pieces, size_bytes = (None, 0) if file else await self._pieces(job)
        sent = msgspec.structs.replace(job, document=None, file=file, follows_bytes=size_bytes)
        [made] = await self._ask_worker([sent], pieces)
        if made.is_unread:
            raise await self._why_unread(job, made.failure)
        return made

    async def _judge_alone(self, job: Job) -> Judged:
        file = self._file_of(job)
        try:
            heads = await self._heads(job)
            pieces, size_bytes = (None, 0) if file else await self._pieces(job)
        except (JudgingError, DamagedDocumentError, StoreUnavailableError) as error:
            return error
        sent = msgspec.structs.replace(job, document=None, heads=heads, file=file, follows_bytes=size_bytes)
        [judged] = await self._in_worker([sent], pieces)
        return judged

    async def _in_worker(self, jobs: Sequence[Job], follows: Pieces | None = None) -> list[Judged]:
        """What a worker says of the jobs; of each the same where it ends."""
        if not jobs:
            return []
        try:
            answers = await self._ask_worker(jobs, follows)
        except (JudgingError, DamagedDocumentError, StoreUnavailableError) as error:
            return [error] * len(jobs)
        return [
            await self._why_unread(job, answer.failure)
            if answer.is_unread
            else answer.verdict or JudgingError(answer.failure)
            for job, answer in zip(jobs, answers, strict=True)
        ]

    async def _ask_worker(self, jobs: Sequence[Job], follows: Pieces | None) -> list[Answer]:
        """Raises JudgingError, StoreUnavailableError where no worker starts, and what reading pieces raises."""
        async with self._slots:
            worker = self._idle.pop() if self._idle else await self._start()
            worker.stay()
            try:
                async with asyncio.timeout(WAITS_MAX * self._judging_seconds_max):
                    answers = await worker.judge(jobs, follows)
            except TimeoutError:
                await self._end(worker, "time")
                raise JudgingError(
                    f"no verdict within {WAITS_MAX * self._judging_seconds_max:g} seconds"
                ) from None
            except (EOFError, BrokenPipeError, ConnectionResetError):
                status = await self._end(worker, "crash")
                raise JudgingError(f"the worker ended with status {status}") from None
            except asyncio.CancelledError:  # the gateway stops: that is no end to report
                await self._dismiss(worker)
                raise
            except BaseException:
                await self._end(worker, "crash")
                raise
            await (self._dismiss(worker) if any(map(_fills_memory, jobs)) else self._keep(worker))
            return answers

    async def _why_unread(self, job: Job, failure: str) -> NotJudged:
        """A worker could not read a document, or read other bytes: the storage says whether it is damaged."""
        try:
            if job.stored is not None:
                await self._streams.check(job.stored)
        except (DamagedDocumentError, StoreUnavailableError) as error:
            return error
        return StoreUnavailableError(failure)

    async def close(self) -> None:
        """End every worker."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        for worker in self._idle:
            await worker.end()
        self._idle.clear()

    async def _pieces(self, job: Job) -> tuple[Pieces, int]:
        """The document in pieces, so that a large one is never whole in this process on its way; and its size in
        bytes. Raises DamagedDocumentError and StoreUnavailableError."""
        if job.stored is None:
            return _slices(job.document or b""), len(job.document or b"")
        content = await self._streams.check(job.stored)
        return content.stream(), content.size_bytes

    def _judge_each(self, jobs: Sequence[Job | NotJudged]) -> list[Judged]:
        return [_judge_one(one, self._limits) if isinstance(one, Job) else one for one in jobs]

    async def _ready(self, job: Job, file: tuple[str, int, int] | None) -> Job | NotJudged:
        """The job with what it takes to judge it: the document in memory where no file is read, and how each
        attachment begins."""
        document = None if file else job.document
        try:
            if document is None and file is None and job.stored is not None:
                document = await self._streams.read(job.stored)
            return msgspec.structs.replace(job, document=document, heads=await self._heads(job), file=file)
        except (JudgingError, DamagedDocumentError, StoreUnavailableError) as error:
            return error

    async def _heads(self, job: Job) -> tuple[bytes, ...]:
        """How each detached attachment begins. Raises what is in NotJudged."""
        return job.heads or tuple([await self._head(one.stored) for one in job.detached])

    async def _head(self, stored: StoredBytes | None) -> bytes:
        if stored is None:
            raise JudgingError("a detached attachment is not stored")
        content = await self._streams.check(stored)
        return b"".join([piece async for piece in content.stream(0, HEAD_BYTES)])

    def _file_of(self, job: Job) -> tuple[str, int, int] | None:
        return self._streams.file_of(job.stored) if job.stored is not None else None

    async def _start(self) -> "_Worker":
        cpu_seconds = int(self._judging_seconds_max) + 1
        limits = msgspec.json.encode(self._limits).decode()
        own = own_rules.encode(own_rules.installed_sets())
        arguments = (str(self._memory_size_bytes_max), str(cpu_seconds), limits, own)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.pipeline.worker", *arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1 << 20,
            )
        except OSError as error:
            raise _not_started(error) from error
        worker = _Worker(process)
        try:
            async with asyncio.timeout(STARTING_SECONDS_MAX):
                await worker.wait_until_ready()
        except (EOFError, TimeoutError) as error:
            await worker.end()
            raise _not_started(error) from None
        except BaseException:
            await worker.end()
            raise
        self._up += 1
        return worker

    async def _keep(self, worker: "_Worker") -> None:
        if worker.judgements >= self._judgements_max:
            await self._end(worker, "age")
            return
        self._idle.append(worker)
        worker.leave_after(IDLE_SECONDS_MAX, self._let_go)

    def _let_go(self, worker: "_Worker") -> None:
        with suppress(ValueError):  # it was taken just now
            self._idle.remove(worker)
            self._up -= 1
            worker.close_pipe()

    async def _end(self, worker: "_Worker", why: str) -> int | None:
        status = await self._dismiss(worker)
        if status == -signal.SIGTERM:  # who stops the gateway stopped its workers, too
            return status
        reason = "time" if status == -signal.SIGXCPU else why
        self._worker_ended(reason)
        log.warning("worker_ended", why=reason)
        return status

    async def _dismiss(self, worker: "_Worker") -> int | None:
        self._up -= 1
        return await worker.end()


class _Worker:
    """One worker process and the pipe to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._leaving: asyncio.TimerHandle | None = None
        self.judgements = 0

    async def wait_until_ready(self) -> None:
        """Raises EOFError when it ends before."""
        await self._read(len(READY))

    async def judge(self, jobs: Sequence[Job], document: Pieces | None) -> list[Answer]:
        if self._process.stdin is None:
            raise EOFError
        self._process.stdin.write(frame(msgspec.msgpack.encode(jobs)))
        await self._process.stdin.drain()
        if document is not None:
            async for piece in document:
                self._process.stdin.write(piece)
                await self._process.stdin.drain()
        length = await self._read(LENGTH_BYTES)
        answers = await self._read(int.from_bytes(length, "big"))
        self.judgements += len(jobs)
        return _answers.decode(answers)

    async def _read(self, size_bytes: int) -> bytes:
        if self._process.stdout is None:
            raise EOFError
        try:
            return await self._process.stdout.readexactly(size_bytes)
        except asyncio.IncompleteReadError:
            raise EOFError from None

    def leave_after(self, seconds: float, let_go: "Callable[[_Worker], None]") -> None:
        self._leaving = asyncio.get_running_loop().call_later(seconds, let_go, self)

    def stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def close_pipe(self) -> None:
        """The worker ends by itself when nobody asks any more."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def end(self) -> int | None:
        self.stay()
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()


_answers = msgspec.msgpack.Decoder(list[Answer])


def _not_started(error: Exception) -> StoreUnavailableError:
    """A program that was replaced under a running gateway, or no memory: that is no failure of a document, which
    waits until a worker starts again."""
    log.warning("worker_not_started", error=type(error).__name__)
    return StoreUnavailableError("no worker process starts")


async def _slices(document: bytes) -> Pieces:
    view = memoryview(document)
    for start in range(0, len(view), PIECE_SIZE_BYTES):
        yield view[start : start + PIECE_SIZE_BYTES]


def _fills_memory(job: Job) -> bool:
    """Whether a worker is better replaced after it: showing a large document takes some hundred MB, of which
    Python does not give everything back."""
    size_bytes = job.stored.size_bytes if job.stored else job.follows_bytes
    return job.rendering is not None and size_bytes > LARGE_RENDERING_BYTES


def _is_pdf(job: Job | NotJudged) -> TypeGuard[Job]:
    return isinstance(job, Job) and document_type(job.document or b"") == PDF


def _judge_one(job: Job, limits: Limits) -> Verdict | JudgingError:
    judged = answer(job, limits)
    return judged.verdict or JudgingError(judged.failure)
