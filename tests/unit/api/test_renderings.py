"""The document of a message as people read it, over HTTP."""

import pytest

from gateway.validator.model.document import Attachment as FileFacts
from tests.samples import sample
from tests.samples.document import Attachment, Sample
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import SmallGateway

XML = {"Content-Type": "application/xml"}
SUPPLIER = {"Authorization": "Bearer mp_supplier"}
INVOICE = sample("nlcius-invoice-full")


async def _sent(client: Client, document: bytes = INVOICE) -> str:
    async with client.post("/v1/messages", data=document, headers={**XML, **SUPPLIER}) as answer:
        return str((await answer.json())["kenmerk"])


@pytest.mark.parametrize(
    ("accept", "query", "media_type", "beginning"),
    [
        ("text/html", "", "text/html; charset=utf-8", b"<!doctype html>"),
        ("application/pdf", "", "application/pdf", b"%PDF-"),
        ("text/plain", "", "text/plain; charset=utf-8", b"INVOICE 2026-0418"),
        ("*/*", "", "text/html; charset=utf-8", b"<!doctype html>"),
        ("text/html", "?format=pdf", "application/pdf", b"%PDF-"),
        ("text/html", "?format=text&lang=nl", "text/plain; charset=utf-8", b"FACTUUR 2026-0418"),
    ],
)
async def test_a_document_is_shown_in_the_form_that_is_asked_for(
    client: Client, accept: str, query: str, media_type: str, beginning: bytes
) -> None:
    kenmerk = await _sent(client)
    address = f"/v1/messages/{kenmerk}/rendering{query}"
    async with client.get(address, headers={**SUPPLIER, "Accept": accept}) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
        assert (await answer.read()).startswith(beginning)


async def test_the_language_is_that_of_the_reader(client: Client) -> None:
    kenmerk = await _sent(client)
    for language, word in (("nl", "Te betalen"), ("en", "Amount due")):
        headers = {**SUPPLIER, "Accept": "text/html", "Accept-Language": language}
        async with client.get(f"/v1/messages/{kenmerk}/rendering", headers=headers) as answer:
            assert answer.headers["Content-Language"] == language
            assert word in await answer.text()


async def test_the_page_may_run_nothing_and_fetch_nothing(client: Client) -> None:
    kenmerk = await _sent(client)
    async with client.get(f"/v1/messages/{kenmerk}/rendering", headers=SUPPLIER) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("mp_supplier", 200),
        ("mp_municipality", 200),
        ("mp_other", 404),
        ("mp_operator", 403),
        ("mp_finance", 403),
    ],
)
async def test_those_who_may_read_the_document_may_read_this(client: Client, key: str, status: int) -> None:
    kenmerk = await _sent(client)
    for part in ("rendering", "document"):
        async with client.get(f"/v1/messages/{kenmerk}/{part}", headers={"X-API-Key": key}) as answer:
            assert answer.status == status


async def test_what_was_found_is_next_to_the_term(client: Client) -> None:
    kenmerk = await _sent(client, INVOICE.replace(b"</Invoice>", b"<wrong/></Invoice>"))
    async with client.get(f"/v1/messages/{kenmerk}/rendering?format=text", headers=SUPPLIER) as answer:
        assert "MP-TEST-1" in await answer.text()


@pytest.mark.parametrize(
    ("media_type", "is_viewed"),
    [
        ("application/pdf", True),
        ("image/png", True),
        ("text/csv", True),
        ("text/html", False),
        ("image/svg+xml", False),
    ],
)
async def test_an_attachment_is_shown_only_where_it_runs_nothing(
    client: Client, gateway: SmallGateway, media_type: str, is_viewed: bool
) -> None:
    script = b"<script>alert(1)</script>"
    document = Sample(attachments=(Attachment("B1", "Uren", script, media_type, "a.b"),)).xml()
    kenmerk = await _sent(client, document)
    start = document.index(b"PHNjcmlwd")
    facts = FileFacts(1, media_type, "a.b", len(script), "ab" * 32, start, document.index(b"<", start))
    await gateway.attach(kenmerk, facts)
    address = f"/v1/messages/{kenmerk}/attachments/1"
    async with client.get(f"/v1/messages/{kenmerk}/rendering", headers=SUPPLIER) as page:
        assert (f'"{address}?view=true"' in await page.text()) == is_viewed
    async with client.get(f"{address}?view=true", headers=SUPPLIER) as answer:
        assert answer.headers["Content-Disposition"].startswith("inline" if is_viewed else "attachment")
        expected = "text/plain; charset=utf-8" if media_type == "text/csv" else media_type
        assert answer.headers["Content-Type"] == expected
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert await answer.read() == script
    async with client.get(address, headers=SUPPLIER) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_another_media_type_is_a_problem(client: Client) -> None:
    kenmerk = await _sent(client)
    headers = {**SUPPLIER, "Accept": "image/png"}
    async with client.get(f"/v1/messages/{kenmerk}/rendering", headers=headers) as answer:
        assert answer.status == 406


async def test_a_message_leads_to_its_rendering(client: Client) -> None:
    kenmerk = await _sent(client)
    async with client.get(f"/v1/messages/{kenmerk}", headers=SUPPLIER) as answer:
        assert (await answer.json())["links"]["rendering"] == f"/v1/messages/{kenmerk}/rendering"
    headers = {**SUPPLIER, "Accept": "text/html"}
    for page in (f"/v1/messages/{kenmerk}/report", f"/portal/messages/{kenmerk}"):
        async with client.get(page, headers=headers) as answer:
            assert f"/v1/messages/{kenmerk}/rendering" in await answer.text()
