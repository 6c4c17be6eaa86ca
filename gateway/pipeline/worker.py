"""A worker process: judges documents, some at a time, under limits of memory and time.

Runs as `python -m gateway.pipeline.worker MEMORY_BYTES CPU_SECONDS LIMITS OWN`, the limits of reading and the rule
sets of the installation as JSON; frames on standard input and output are a length of eight bytes and so many bytes
of MessagePack. The server's side is `workers.py`.
"""

import gc
import hashlib
import os
import resource
import signal
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from gateway.messages.message import StoredAttachment
from gateway.messages.submission import StoredBytes
from gateway.validator import own_rules
from gateway.validator.judge import judge
from gateway.validator.model.document import DetachedPart
from gateway.validator.rendering.render import RenderingRequest, render
from gateway.validator.unpack import Unpacked, unpack
from gateway.validator.verdict import Verdict
from gateway.validator.xml.parsing import Limits

LENGTH_BYTES = 8
READY = b"ready\n"
"""What a worker says before anything else: it started."""
FRAMES_MAX = 6
"""How many calls are reported of where judging broke."""
NICE = 10
"""How far a worker lowers its priority (nice(2))."""


class Job(msgspec.Struct, frozen=True, array_like=True):
    """One document to be judged: its bytes if they are in memory, else where they are stored, and the attachments
    that came with it.

    `profile` chooses the rules; only for validation of a document that is not sent. The profiles under `also` add
    rules to those that the document claims: what a sender or a recipient asks for never weakens them.
    """

    document: bytes | None = None
    stored: StoredBytes | None = None
    detached: tuple[StoredAttachment, ...] = ()
    profile: str | None = None
    also: tuple[str, ...] = ()
    schema: bool = True
    heads: tuple[bytes, ...] = ()
    """How each detached attachment begins, for the judge."""
    file: tuple[str, int, int] | None = None
    """Path, offset and size in bytes of the document, where a worker reads it itself."""
    follows_bytes: int = 0
    """The document comes after the frame, as it is: a large one passes through the asking process in pieces."""
    rendering: RenderingRequest | None = None
    """How it is to be shown; then it is not judged."""
    unpacks: str | None = None
    """The name of a file whose documents are asked for; then it is not judged."""


class JudgingError(Exception):
    """Judging a document failed technically: nothing is known of the document."""


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """The verdict on a document, or why judging it failed technically. `is_unread`: it was not judged, because its
    bytes cannot be read or are not those of its SHA-256."""

    verdict: Verdict | None = None
    failure: str = ""
    is_unread: bool = False
    rendering: bytes | None = None
    """The document as people read it, where that was asked for."""
    unpacked: Unpacked | None = None
    """The documents in the file, where those were asked for."""


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, or None when the other side has gone."""
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    frame = stream.read(size)
    return frame if len(frame) == size else None


def frame(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Hold this process to so much address space, and to so much processor time for one document. With rule sets
    of the installation it is so much data: SaxonC reserves 32 GiB of address space, and uses little of it."""
    memory = resource.RLIMIT_DATA if own_rules.installed_sets() else resource.RLIMIT_AS
    resource.setrlimit(memory, (memory_bytes, memory_bytes))
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + cpu_seconds + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))


def _broke(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Say in a line of the log that this process ends by an error; a worker has no other log."""
    line = {"event": "worker_broke", "level": "error", "at": datetime.now(UTC), "exception": _location(error)}
    sys.stderr.write(msgspec.json.encode(line).decode() + "\n")


def main(memory_bytes: int, cpu_seconds: int, limits: Limits) -> None:
    """Judge until the other side closes the pipe, or is gone."""
    sys.excepthook = _broke
    os.nice(NICE)  # an accepted message can wait, the sender of a request cannot
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they are for the gateway, which closes the pipe
    gc.freeze()  # rules and schemas stay: no collection needs to walk through them again
    decoder, encoder = msgspec.msgpack.Decoder(list[Job]), msgspec.msgpack.Encoder()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(READY)
    target.flush()
    while (payload := read_frame(source)) is not None:
        limit(memory_bytes, cpu_seconds)
        answers = [_answer(job, source, limits) for job in decoder.decode(payload)]
        del payload
        try:
            target.write(frame(encoder.encode(answers)))
            target.flush()
        except BrokenPipeError:  # the gateway was killed: when it starts again it asks again
            os.dup2(os.open(os.devnull, os.O_WRONLY), target.fileno())  # or the flush at exit fails too
            return


def _answer(job: Job, source: BinaryIO, limits: Limits) -> Answer:
    try:
        return answer(_whole(job, source), limits)
    except OSError as error:
        return Answer(failure=f"its bytes cannot be read: {error}", is_unread=True)


def _whole(job: Job, source: BinaryIO) -> Job:
    """The job with its document. Raises OSError when that cannot be read."""
    if job.file is not None:
        document = read_file(*job.file)
        if job.stored is None or hashlib.sha256(document).hexdigest() != job.stored.sha256:
            raise OSError("they are not those that were accepted")
        return msgspec.structs.replace(job, document=document)
    if job.follows_bytes:
        return msgspec.structs.replace(job, document=source.read(job.follows_bytes))
    return job


def read_file(path: str, offset: int, size_bytes: int) -> bytes:
    """Part of a file. Raises OSError when it cannot be read, or ends too soon."""
    with Path(path).open("rb") as file:
        file.seek(offset)
        data = file.read(size_bytes)
    if len(data) < size_bytes:
        raise OSError(f"{path} ends too soon")
    return data


def answer(job: Job, limits: Limits) -> Answer:
    """The verdict on one document, or its rendering. What breaks in a check is reported as a failure, never as a
    valid document."""
    heads = zip(job.detached, job.heads, strict=True)
    try:
        if job.unpacks is not None:
            return Answer(unpacked=unpack(job.unpacks, job.document or b""))
        if job.rendering is not None:
            return Answer(rendering=render(job.document or b"", job.rendering, limits))
        verdict = judge(
            job.document or b"",
            profile=job.profile,
            also=job.also,
            limits=limits,
            schema=job.schema,
            detached=[DetachedPart(one.attachment, head) for one, head in heads],
            own=own_rules.installed_sets(),
        )
    except Exception as error:  # a broken check is our fault, not the document's: it is tried apart
        return Answer(failure=f"{type(error).__name__} while judging, at {_location(error)}")
    return Answer(verdict)


def _location(error: BaseException) -> str:
    """Where in our code it broke, innermost first. Its words are left out: they may quote the document."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:])
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)


if __name__ == "__main__":
    own_rules.install(own_rules.decode(sys.argv[4]))
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        msgspec.json.decode(sys.argv[3], type=Limits),
    )
