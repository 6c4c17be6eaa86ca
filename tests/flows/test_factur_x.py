"""A PDF with an invoice in it is submitted, judged, shown and delivered as it was."""

import hashlib
from dataclasses import replace
from io import BytesIO
from typing import Any

import aiohttp
import pikepdf
import pytest
from sqlalchemy import select

from gateway.store.ledger.tables import usage_entries
from tests.flows.conftest import House, numbered
from tests.samples import CII_SAMPLES, sample
from tests.samples.cii import cii
from tests.samples.document import Attachment
from tests.samples.pdf import carrying, factur_x, page

CONTENT = b"%PDF-1.7\nbijlage"
ATTACHED = cii(replace(CII_SAMPLES["cii-invoice"], attachments=(Attachment("1", content=CONTENT),)))
"""An invoice with a supporting document in it."""


async def submit(house: House, document: bytes, media_type: str = "application/pdf") -> dict[str, Any]:
    """The message with its report, once it is settled."""
    headers = house.as_("supplier") | {"Content-Type": media_type, "Prefer": "wait=60"}
    async with house.session.post("/v1/messages", data=BytesIO(document), headers=headers) as answer:
        body: dict[str, Any] = await answer.json()
    assert answer.status == 201, body
    return body


async def fetch(house: House, path: str, accept: str = "*/*") -> tuple[bytes, aiohttp.ClientResponse]:
    headers = house.as_("town") | {"Accept": accept}
    async with house.session.get(path, headers=headers) as answer:
        return await answer.read(), answer


async def metered(house: House) -> list[str]:
    async with house.gateway.engines.read.connect() as connection:
        return [row.kind for row in await connection.execute(select(usage_entries.c.kind))]


@pytest.mark.parametrize("size_bytes", [0, 400_000], ids=["in memory", "streamed"])
async def test_the_recipient_gets_the_pdf_as_it_was_sent(house: House, size_bytes: int) -> None:
    """Also one that is larger than a message holds in memory."""
    sent = carrying(
        [("factur-x.xml", ATTACHED), ("scan.png", b"\x89PNG" + bytes(size_bytes))], compress_streams=False
    )
    message = await submit(house, sent)
    own = f"/v1/messages/{message['kenmerk']}"
    assert (message["state"], message["kind"], message["sha256"]) == (
        "delivered",
        "CrossIndustryInvoice",
        hashlib.sha256(sent).hexdigest(),
    )
    document, answer = await fetch(house, f"{own}/document")
    assert document == sent
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith('.pdf"')
    assert (await fetch(house, f"{own}/document", "application/octet-stream"))[0] == sent
    assert (await fetch(house, f"{own}/document", "application/xml"))[1].status == 406
    assert (await fetch(house, f"{own}/rendering?format=xml"))[0] == ATTACHED
    assert (await fetch(house, f"{own}/attachments/1"))[0] == CONTENT
    for words in ("2026-0417", message["amount"].replace(".", ","), "Gemeente"):
        found = await house.get("supplier", f"/v1/messages?q={words}")
        assert [one["kenmerk"] for one in found["items"]] == [message["kenmerk"]]  # type: ignore[attr-defined]


async def test_a_pdf_is_read_and_counted_as_any_invoice(house: House) -> None:
    message = await submit(house, factur_x(ATTACHED))
    own = f"/v1/messages/{message['kenmerk']}"
    page_shown, _ = await fetch(house, f"{own}/rendering?lang=en", "text/html")
    assert b"Amount due" in page_shown
    assert b"bijlage.pdf" in page_shown
    readable, _ = await fetch(house, f"{own}/rendering?format=pdf")
    with pikepdf.open(BytesIO(readable)) as pdf:
        assert len(pdf.pages) >= 1
    report, _ = await fetch(house, f"{own}/report", "text/html")
    assert b"rsm:CrossIndustryInvoice" in report, "the lines of the XML are shown"
    again = await submit(house, factur_x(ATTACHED))
    alone = await submit(house, ATTACHED, "application/xml")
    assert [again["state"], alone["state"]] == ["duplicate", "duplicate"]
    assert await metered(house) == ["delivered-to"], "the first is counted, once"


@pytest.mark.parametrize("kind", ["form", "mixed"])
async def test_a_pdf_comes_with_attachments_too(house: House, kind: str) -> None:
    sent, csv = factur_x(numbered("2026-0999", ATTACHED)), b"uren;8"
    writer = aiohttp.MultipartWriter("form-data" if kind == "form" else "mixed")
    for name, content, media_type in (("document", sent, "application/pdf"), ("attachment", csv, "text/csv")):
        part = writer.append(content, {"Content-Type": media_type})
        if kind == "form":
            part.set_content_disposition("form-data", name=name, filename=name)
    headers = house.as_("supplier") | {"Prefer": "wait=60"}
    async with house.session.post("/v1/messages", data=writer, headers=headers) as answer:
        message = await answer.json()
    assert message["state"] == "delivered", message
    assert (await fetch(house, f"/v1/messages/{message['kenmerk']}/document"))[0] == sent
    held = [(await fetch(house, f"/v1/messages/{message['kenmerk']}/attachments/{nth}"))[0] for nth in (1, 2)]
    assert held == [csv, CONTENT]


async def test_what_is_no_invoice_is_refused_and_says_why(house: House) -> None:
    """By content, whatever it is called; also without sending it."""
    minimum = ATTACHED.replace(
        b"urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0", b"urn:factur-x.eu:1p0:minimum"
    )
    wrong = {
        "MP-PDF-NO-XML": page(),
        "MP-PDF-UBL": carrying([("factur-x.xml", sample("nlcius-invoice-full"))]),
        "MP-PDF-BROKEN": factur_x(ATTACHED)[:-1_000],
        "MP-ID-NO-LINES": factur_x(minimum),
        "MP-XML-TEXT-FIRST": b"no PDF",
    }
    for rule, document in wrong.items():
        message = await submit(house, document)
        assert message["state"] == "refused"
        assert [one["rule"] for one in message["report"]["findings"]] == [rule]
        assert message["report"]["findings"][0]["message_nl"] != message["report"]["findings"][0]["message"]
        async with house.session.post(
            "/v1/validations", data=document, headers={"Content-Type": "application/pdf"}
        ) as answer:
            verdict = await answer.json()
        assert (verdict["valid"], [one["rule"] for one in verdict["findings"]]) == (False, [rule])
    assert await metered(house) == []
