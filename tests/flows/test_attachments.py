"""An attachment is judged by its content, embedded or detached, and also after a restart."""

import base64
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import aiohttp

from gateway.client import Attachment, Message
from gateway.main import listen, open_gateway
from gateway.settings import DatabaseSettings, HttpSettings, Settings
from tests.flows.conftest import HeldClock, House, furnish, numbered
from tests.waiting import WAIT_SECONDS_MAX

START = b"<cac:AccountingSupplierParty>"
LARGE_BYTES = 400_000
"""More than a message holds in memory: streamed to storage, and judged in a worker when it is in the document."""


@dataclass(frozen=True)
class Attached:
    """An attachment, and what becomes of the invoice that has it."""

    number: str
    media_type: str
    content: bytes
    state: str = "delivered"
    rules: frozenset[str] = frozenset()


REFUSED = ("refused", frozenset({"MP-ATT-DANGEROUS"}))
CONTENTS = (
    Attached("program", "application/pdf", b"MZ" + bytes(100), *REFUSED),
    Attached("large-program", "application/pdf", b"\x7fELF" + bytes(LARGE_BYTES), *REFUSED),
    Attached("web-page", "text/csv", b"<html><script></script></html>", *REFUSED),
    Attached("zip", "text/csv", b"PK\x03\x04" + bytes(50), "delivered", frozenset({"MP-ATT-CONTENT"})),
    Attached("nothing", "application/pdf", b"", "delivered", frozenset({"MP-ATT-EMPTY"})),
    Attached("pdf", "application/pdf", b"%PDF-1.7\n" + bytes(50)),
    Attached("large-pdf", "application/pdf", b"%PDF-1.7\n" + bytes(LARGE_BYTES)),
)


def embedded(number: str, media_type: str, content: bytes) -> bytes:
    """The sample invoice with this in it."""
    reference = (
        b"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        b'<cbc:EmbeddedDocumentBinaryObject mimeCode="%b" filename="a">%b</cbc:EmbeddedDocumentBinaryObject>'
        b"</cac:Attachment></cac:AdditionalDocumentReference>"
    ) % (media_type.encode(), base64.b64encode(content))
    return numbered(number).replace(START, reference + START, 1)


async def test_a_large_attachment_can_be_read_with_its_invoice(house: House) -> None:
    """Four megabytes: a worker makes the page, the source is folded, and the attachment is looked at apart."""
    content = b"%PDF-1.7\n" + bytes(3_000_000)
    body = BytesIO(embedded("large", "application/pdf", content))
    headers = house.as_("supplier") | {"Content-Type": "application/xml", "Prefer": "wait=60"}
    async with house.session.post("/v1/messages", data=body, headers=headers) as answer:
        kenmerk = (await answer.json())["kenmerk"]
    own = f"/v1/messages/{kenmerk}"
    pages = {}
    for path in ("rendering?format=html&lang=en", "rendering?format=pdf", "rendering?format=text", "report"):
        headers = house.as_("town") | {"Accept": "text/html"}
        async with house.session.get(f"{own}/{path}", headers=headers) as shown:
            assert shown.status == 200
            pages[path] = await shown.read()
    page = pages["rendering?format=html&lang=en"].decode()
    assert ("Amount due" in page, "3.0 MB" in page, len(page) < 100_000) == (True, True, True)
    assert pages["rendering?format=pdf"].startswith(b"%PDF-")
    assert b" \xc3\x97 base64]" in pages["report"]
    assert len(pages["report"]) < 100_000
    async with house.session.get(f"{own}/attachments/1?view=true", headers=house.as_("town")) as viewed:
        assert viewed.headers["Content-Disposition"].startswith("inline")
        assert await viewed.read() == content


async def submit(
    house: House, number: str, media_type: str, content: bytes, wait_seconds: float = WAIT_SECONDS_MAX
) -> Message:
    """Submit the sample invoice with a detached attachment, as multipart/form-data."""
    attachment = Attachment("a", content, media_type)
    async with house.client("supplier") as supplier:
        return await supplier.submit(numbered(number), attachments=[attachment], wait_seconds=wait_seconds)


async def rules_of(house: House, kenmerk: str) -> frozenset[str]:
    async with house.client("supplier") as supplier:
        return frozenset(finding.rule for finding in (await supplier.verdict(kenmerk)).findings)


async def test_content_detached_is_judged_as_content_in_it(house: House) -> None:
    for one in CONTENTS:
        async with house.client("supplier") as supplier:
            document = embedded(f"A-{one.number}", one.media_type, one.content)
            inside = await supplier.submit(document, wait_seconds=20)
        detached = await submit(house, f"B-{one.number}", one.media_type, one.content)
        disposition = {"delivered": "billable"}.get(one.state, one.state)
        for message in (inside, detached):
            found = message.state, message.disposition, await rules_of(house, message.kenmerk)
            assert found == (one.state, disposition, one.rules), one.number


async def test_after_a_restart_too(database_url: str, tmp_path: Path) -> None:
    settings = Settings(
        data_directory=tmp_path, database=DatabaseSettings(url=database_url), http=HttpSettings(port=0)
    )
    async with (
        open_gateway(settings) as first,
        listen(first) as address,
        aiohttp.ClientSession(address) as session,
    ):
        house = House(first, address, session, HeldClock())
        await furnish(house)
        await first.queue.stop()  # it accepts and judges nothing
        accepted = [(one, await submit(house, one.number, one.media_type, one.content, 0)) for one in CONTENTS]
    async with (
        open_gateway(settings) as second,
        listen(second) as address,
        aiohttp.ClientSession(address) as session,
    ):
        house = House(second, address, session, HeldClock(), house.keys)
        async with house.client("supplier") as supplier:
            for one, message in accepted:
                settled = await supplier.wait_until_settled(message.kenmerk, WAIT_SECONDS_MAX)
                assert (settled.state, await rules_of(house, message.kenmerk)) == (one.state, one.rules), (
                    one.number
                )
