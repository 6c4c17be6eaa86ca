"""Judging without sending."""

import asyncio
import io
from dataclasses import replace

import aiohttp
import pytest

from gateway.api.services import Services
from gateway.pipeline.worker import JudgingError
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import SmallGateway

XML = {"Content-Type": "text/xml"}
WRONG = b"<Invoice>\n  <wrong/>\n</Invoice>"


async def test_the_verdict_needs_no_key_and_leaves_nothing(client: Client, gateway: SmallGateway) -> None:
    async with client.post("/v1/validations?profile=nlcius", data=WRONG, headers=XML) as answer:
        verdict = await answer.json()
    assert (answer.status, verdict["valid"], verdict["profile"]) == (200, False, "nlcius")
    assert (verdict["findings"][0]["rule"], verdict["findings"][0]["line"]) == ("MP-TEST-1", 2)
    assert (gateway.rows, gateway.storage.objects) == ({}, set())


@pytest.mark.parametrize(
    ("disposition", "file"),
    [(None, "document.xml"), ('attachment; filename="factuur.xml"', "factuur.xml"), ("x; =;", "document.xml")],
)
async def test_the_report_names_the_file(client: Client, disposition: str | None, file: str) -> None:
    headers = XML | ({"Content-Disposition": disposition} if disposition else {})
    async with client.post("/v1/validations", data=WRONG, headers=headers) as answer:
        assert (await answer.json())["file"] == file


async def test_the_schema_can_be_left_out(client: Client) -> None:
    async with client.post("/v1/validations?schema=false", data=WRONG, headers=XML) as answer:
        assert (await answer.json())["valid"] is True


async def test_multipart_is_judged_with_its_attachments(client: Client, gateway: SmallGateway) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("attachment", io.BytesIO(b"%PDF-"), content_type="application/pdf", filename="uren.pdf")
    form.add_field("document", io.BytesIO(WRONG), content_type="application/xml", filename="factuur.xml")
    async with client.post("/v1/validations", data=form) as answer:
        verdict = await answer.json()
    assert (answer.status, verdict["findings"][0]["rule"]) == (200, "MP-TEST-1")
    assert [part.attachment.filename for part in gateway.judged_with] == ["uren.pdf"]
    assert [part.head for part in gateway.judged_with] == [b"%PDF-"]
    assert (gateway.rows, gateway.storage.objects, gateway.storage.open_sinks) == ({}, set(), 0)


@pytest.mark.parametrize(("language", "word"), [("nl", "mag hier niet staan"), ("en", "is not allowed here")])
async def test_the_verdict_as_page_and_text(client: Client, language: str, word: str) -> None:
    for accept in ("text/html", "text/plain"):
        headers = {**XML, "Accept": accept, "Accept-Language": language}
        async with client.post("/v1/validations", data=WRONG, headers=headers) as answer:
            text = await answer.text()
        assert word in text
        assert ("<wrong/>" in text) == (accept == "text/plain")


class TestRoom:
    """Only so many bytes are held in memory at the same time."""

    @pytest.fixture
    def services(self, gateway: SmallGateway) -> Services:
        return replace(gateway.services(), validations_bytes_max=1000)

    async def test_beyond_it_the_answer_is_come_back(
        self, client: Client, gateway: SmallGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        began, goes_on, judge = asyncio.Event(), asyncio.Event(), gateway.judge

        async def slowly(document: bytes, **how: object) -> bytes:
            began.set()
            await goes_on.wait()
            return await judge(document, profile=None, checks_schema=True)

        monkeypatch.setattr(gateway, "judge", slowly)
        first = asyncio.create_task(_status(client, bytes(600)))
        await began.wait()
        assert await _status(client, bytes(600)) == (503, "30")
        goes_on.set()
        await first
        monkeypatch.undo()
        assert await _status(client, bytes(600)) == (200, None)

    async def test_a_body_without_a_length_counts_as_the_largest(self, client: Client) -> None:
        async def drops() -> object:
            yield b"<a/>"

        async with client.post("/v1/validations", data=drops(), headers=XML) as answer:
            assert answer.status == 503


async def _status(client: Client, document: bytes) -> tuple[int, str | None]:
    async with client.post("/v1/validations", data=document, headers=XML) as answer:
        return answer.status, answer.headers.get("Retry-After")


async def test_a_document_that_breaks_the_judge_is_reported_so(
    client: Client, gateway: SmallGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(document: bytes, **how: object) -> bytes:
        raise JudgingError("memory")

    monkeypatch.setattr(gateway, "judge", breaks)
    async with client.post("/v1/validations", data=b"<a/>", headers=XML) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["type"].rpartition("/")[2]) == (413, "not-judged")
    assert problem["reference"]
