"""Workers judge by the limits they were given, in the thread and in the process alike; their end is survived."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import pytest

from gateway.messages.message import StoredAttachment
from gateway.messages.stored_errors import DamagedDocumentError, MissingDocumentError, StoreUnavailableError
from gateway.messages.submission import StoredBytes
from gateway.pipeline.worker import NICE, READY, Answer, Job, JudgingError, frame, read_frame
from gateway.pipeline.workers import LARGE_RENDERING_BYTES, Workers
from gateway.store.documents.storage import Storage
from gateway.validator.model.document import Attachment
from gateway.validator.rendering.render import RenderingRequest
from gateway.validator.verdict import Verdict
from gateway.validator.xml.parsing import DEFAULT_LIMITS, Limits
from tests.samples import SAMPLES, invoice, sample
from tests.samples.pdf import factur_x
from tests.unit.validator.xml.test_pdf import NAMED, SPECIFICATION, bomb, stream, written
from tests.waiting import WAIT_SECONDS_MAX

MEMORY_SIZE_BYTES_MAX = 1 << 30


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    made = Storage(tmp_path.as_uri(), 0)
    yield made
    made.close()


def workers(
    storage: Storage, limits: Limits = DEFAULT_LIMITS, *, seconds: float = 60, ended: list[str]
) -> Workers:
    return Workers(storage, 1, MEMORY_SIZE_BYTES_MAX, seconds, 100, ended.append, limits)


@pytest.mark.parametrize(
    ("limits", "expected"), [(DEFAULT_LIMITS, "MP-ID-ROOT"), (Limits(depth_max=1), "MP-XML-DEPTH")], ids=str
)
async def test_a_limit_holds_for_small_and_large_documents(
    storage: Storage, limits: Limits, expected: str
) -> None:
    judging = workers(storage, limits, ended=[])
    job = Job(b"<a><b/></a>")
    (small,) = await judging.judge_small([job])
    (apart,) = await judging.judge_apart([job])
    (large,) = await judging.judge_large([job])
    await judging.close()
    for verdict in (small, apart, large):
        assert isinstance(verdict, Verdict)
        assert [finding.rule for finding in verdict.findings] == [expected]


async def test_a_document_gets_the_same_verdict_wherever_it_is_judged(storage: Storage) -> None:
    judging = workers(storage, ended=[])
    documents = [*(sample.xml() for sample in SAMPLES.values()), invoice(40).replace(b"21.00", b"21.50", 1)]
    small = await judging.judge_small([Job(document) for document in documents])
    apart = await judging.judge_apart([Job(document) for document in documents])
    assert small == apart
    for number, document in enumerate(documents):
        await storage.put_stable(f"d/{number}", b"before" + document)
        stored = StoredBytes(f"d/{number}", 6, len(document), sha256(document).hexdigest())
        assert await judging.judge_large([Job(None, stored=stored)]) == [small[number]]
        assert await judging.judge_small([Job(None, stored=stored)]) == [small[number]]
        assert await judging.judge_apart([Job(None, stored=stored)]) == [small[number]]
    await judging.close()


async def test_a_pdf_of_any_size_is_judged_in_a_worker(storage: Storage) -> None:
    judging, xml = workers(storage, ended=[]), sample("cii-invoice")
    [alone] = await judging.judge_small([Job(xml)])
    assert not judging.is_warm
    assert await judging.judge_small([Job(factur_x(xml)), Job(xml), Job(factur_x(xml))]) == [alone] * 3
    assert judging.is_warm
    await judging.close()


@pytest.mark.parametrize("where", ["judge_small", "judge_apart", "judge_large"])
async def test_a_bomb_is_a_verdict_and_no_end_of_a_worker(storage: Storage, where: str) -> None:
    """Three hundred times as much as it weighs, in a worker that may have a gibibyte in all."""
    ended: list[str] = []
    judging = workers(storage, ended=ended)
    document = written(NAMED, SPECIFICATION, stream(bomb(256 << 20)))
    [verdict] = await getattr(judging, where)([Job(document)])
    await judging.close()
    assert isinstance(verdict, Verdict)
    assert ([finding.rule for finding in verdict.findings], ended) == (["MP-PDF-SIZE"], [])


async def test_a_document_in_an_object_store_gets_the_same_verdict() -> None:
    storage = Storage("memory:///", 0)
    judging = workers(storage, ended=[])
    key, offset = storage.pack_now([b"before", invoice(2)])
    job = Job(None, stored=StoredBytes(key, offset + 6, len(invoice(2)), sha256(invoice(2)).hexdigest()))
    (small,), (apart,) = await judging.judge_small([job]), await judging.judge_apart([job])
    assert isinstance(small, Verdict)
    assert small.valid
    assert [small] == [apart] == await judging.judge_large([job])
    await judging.close()
    storage.close()


@pytest.mark.parametrize("url", ["", "memory:///"], ids=["a directory", "an object store"])
async def test_detached_attachments_are_checked_wherever_a_document_is_judged(tmp_path: Path, url: str) -> None:
    storage = Storage(url or tmp_path.as_uri(), 0)
    judging = workers(storage, ended=[])
    program = b"MZ" + bytes(3_000)
    key, offset = storage.pack_now([b"before", program, invoice(1)])
    digest = sha256(program).hexdigest()
    facts = Attachment(1, "application/pdf", "a.pdf", len(program), digest)
    detached = (StoredAttachment(facts, StoredBytes(key, offset + 6, len(program), digest)),)
    document = StoredBytes(key, offset + 6 + len(program), len(invoice(1)), sha256(invoice(1)).hexdigest())
    for job in (Job(invoice(1), detached=detached), Job(None, document, detached)):
        judges = (judging.judge_small, judging.judge_apart, judging.judge_large)
        for verdict in [verdict for judge in judges for verdict in await judge([job])]:
            assert isinstance(verdict, Verdict)
            assert [finding.rule for finding in verdict.findings] == ["MP-ATT-DANGEROUS"]
    await judging.close()
    storage.close()


async def test_a_worker_that_takes_too_long_is_replaced(storage: Storage) -> None:
    ended: list[str] = []
    judging = workers(storage, seconds=0.001, ended=ended)
    [judged] = await judging.judge_large([Job(invoice(1))])
    assert isinstance(judged, JudgingError)
    assert "no verdict" in str(judged)
    assert ended == ["time"]
    await judging.close()


async def test_bytes_that_are_gone_are_missing_and_the_worker_goes_on(storage: Storage) -> None:
    judging = workers(storage, ended=[])
    gone = Job(None, stored=StoredBytes("d/none", 0, 10, ""))
    facts = Attachment(1, "application/pdf", None, 10, "0" * 64)
    detached_gone = Job(invoice(1), detached=(StoredAttachment(facts, gone.stored),))
    for judged in (
        *await judging.judge_large([gone, detached_gone]),
        *await judging.judge_small([gone, detached_gone]),
        *await judging.judge_apart([gone, detached_gone]),
    ):
        assert isinstance(judged, MissingDocumentError)
    missing, judged = await judging.judge_apart([detached_gone, Job(invoice(1))])
    assert isinstance(missing, MissingDocumentError)
    assert isinstance(judged, Verdict)
    assert judged.valid
    await judging.close()


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
async def test_a_worker_that_does_not_start_is_no_failure_of_the_document(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    ended: list[str] = []
    judging = workers(storage, ended=ended)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", program)
        for judge in (judging.judge_apart, judging.judge_large):
            [waits] = await judge([Job(invoice(1))])
            assert isinstance(waits, StoreUnavailableError)
        assert (judging.is_warm, ended) == (False, [])
    [judged] = await judging.judge_apart([Job(invoice(1))])
    assert isinstance(judged, Verdict)
    await judging.close()


def worker() -> subprocess.Popen[bytes]:
    """A worker process by itself, and a document for it."""
    limits = msgspec.json.encode(DEFAULT_LIMITS).decode()
    command = (sys.executable, "-m", "gateway.pipeline.worker", str(MEMORY_SIZE_BYTES_MAX), "60", limits, "[]")
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    assert process.stdout.read(len(READY)) == READY
    assert (judges(process), process.poll()) == (True, None)
    return process


def judges(process: subprocess.Popen[bytes]) -> bool:
    """Whether the worker finds a valid document valid."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(frame(msgspec.msgpack.encode([Job(invoice(1))])))
    process.stdin.flush()
    answer = read_frame(cast("BinaryIO", process.stdout))
    assert answer is not None
    verdict = msgspec.msgpack.decode(answer, type=list[Answer])[0].verdict
    return verdict is not None and verdict.valid


def test_ctrl_c_leaves_the_end_of_a_worker_to_the_gateway() -> None:
    process = worker()
    process.send_signal(signal.SIGINT)
    assert judges(process)
    assert process.communicate(timeout=WAIT_SECONDS_MAX) == (b"", b"")
    assert process.returncode == 0


def test_a_worker_whose_gateway_was_killed_ends_without_a_word() -> None:
    process = worker()
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.write(frame(msgspec.msgpack.encode([Job(invoice(1))])))
    process.stdin.close()
    with process.stderr as output:
        assert output.read() == b""
    assert process.wait(WAIT_SECONDS_MAX) == 0


def test_a_worker_has_a_lower_priority_than_the_server() -> None:
    process = worker()
    try:
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == NICE > os.getpriority(os.PRIO_PROCESS, 0)
    finally:
        process.communicate(timeout=WAIT_SECONDS_MAX)


@pytest.mark.parametrize("where", ["folder", "memory"])
async def test_a_stored_document_is_shown_by_a_worker(storage: Storage, where: str) -> None:
    storage = storage if where == "folder" else Storage("memory:///", 0)
    ended: list[str] = []
    judging = workers(storage, ended=ended)
    document = invoice(2)
    await storage.put_stable("d/1", b"before" + document)
    stored = StoredBytes("d/1", 6, len(document), sha256(document).hexdigest())
    for form, beginning in (("html", b"<!doctype html>"), ("pdf", b"%PDF-"), ("text", b"FACTUUR")):
        shown = await judging.render(stored, RenderingRequest(form, "nl"))
        assert shown.startswith(beginning)
    with pytest.raises(JudgingError, match="KeyError"):
        await judging.render(stored, RenderingRequest("docx", "nl"))
    await storage.put_stable("d/2", document[:-1] + b"!")
    with pytest.raises(DamagedDocumentError):
        await judging.render(
            StoredBytes("d/2", 0, len(document), sha256(document).hexdigest()), RenderingRequest("text", "nl")
        )
    await judging.close()
    assert ended == []


async def test_a_worker_that_showed_a_large_document_is_replaced(storage: Storage) -> None:
    """Else documents near the limits, one after the other, are more than its memory."""
    ended: list[str] = []
    judging = workers(storage, ended=ended)
    large = invoice(1).replace(b"?>", b"?><!--" + b" " * LARGE_RENDERING_BYTES + b"-->", 1)
    for document, is_kept in ((invoice(1), True), (large, False), (invoice(1), True)):
        assert await judging.render(document, RenderingRequest("text", "nl"))
        assert judging.is_warm is is_kept
    await judging.close()
    assert ended == []
