"""Damaged and missing content is never given out, and an outage of storage passes without an operator."""

import asyncio
import random
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.clock import utc_now
from gateway.messages.lifecycle import State
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.messages.submission import StoredBytes
from gateway.store.messages.documents_audit import DocumentsAudit, audit_documents
from tests.flows.conftest import House, numbered
from tests.flows.test_attachments import LARGE_BYTES, embedded, submit
from tests.samples import invoice
from tests.waiting import WAIT_SECONDS_MAX, until

LARGE = invoice(400)
FLIPS = 60
"""At each way out, of the document, a large document and an attachment."""


def documents_folder(house: House) -> Path:
    return house.gateway.settings.data_directory / "documents"


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


async def stop_judging(house: House) -> None:
    """What is accepted from now on waits, and is read from storage when its turn comes."""
    await house.gateway.queue.stop()
    house.gateway.queue._free_bytes = 0


async def sent(house: House, document: bytes) -> str:
    answer = await house.send("supplier", document)
    body = await answer.json()
    assert (answer.status, body["state"]) == (201, "delivered"), body
    return str(body["kenmerk"])


async def stored_document(house: House, kenmerk: str) -> StoredBytes:
    message = await house.gateway.store.message(kenmerk, None)
    assert message is not None
    return message.document


async def problem(house: House, path: str) -> tuple[int, str]:
    answer = await house.session.get(path, headers=house.as_("town"))
    return answer.status, str((await answer.json())["type"]).rpartition("/")[2]


async def leased(house: House) -> list[str]:
    async with house.client("town") as town:
        return [lease.message.kenmerk async for lease in town.mailbox(50)]


async def audited(house: House) -> DocumentsAudit:
    gateway, steps = house.gateway, list[tuple[int, int]]()
    found = await audit_documents(
        gateway.engines, gateway.writer, gateway.storage, utc_now(), lambda *step: steps.append(step)
    )
    assert steps[-1][0] == steps[-1][1]
    return found


async def until_marked(house: House, number: int) -> None:
    """What reading finds is recorded a moment later."""

    async def is_marked() -> bool:
        return len(await house.gateway.engines.rows(text("SELECT kenmerk FROM damage"))) == number

    await until(is_marked)


@pytest.mark.parametrize("document", [numbered("DM-1"), LARGE], ids=["in a pack", "its own object"])
async def test_a_flipped_bit_is_an_incident_and_not_an_answer(house: House, document: bytes) -> None:
    kenmerk, other = await sent(house, document), await sent(house, numbered("DM-2"))
    where = await stored_document(house, kenmerk)
    pack, chosen = documents_folder(house) / where.key, random.Random(1)
    path = f"/v1/messages/{kenmerk}/document"
    for _ in range(FLIPS):
        bit = 8 * where.offset + chosen.randrange(8 * where.size_bytes)
        flip(pack, bit)
        assert await problem(house, path) == (500, "document-damaged")
        flip(pack, bit)
    flip(pack, 8 * where.offset)
    await until_marked(house, 1)
    assert await leased(house) == [other]
    found = await audited(house)
    assert [(one.kenmerk, one.number) for one in found.findings] == [(kenmerk, 0)]
    flip(pack, 8 * where.offset)
    assert (await audited(house)).findings == ()
    assert await leased(house) == [kenmerk]
    answer = await house.session.get(path, headers=house.as_("town"))
    assert await answer.read() == document


@pytest.mark.parametrize("is_embedded", [True, False], ids=["embedded", "detached"])
@pytest.mark.parametrize("size_bytes", [50, LARGE_BYTES])
async def test_no_attachment_with_a_flipped_bit_is_given_out(
    house: House, size_bytes: int, *, is_embedded: bool
) -> None:
    """An embedded one is part of the document: a flip anywhere in that keeps it back."""
    pdf, chosen = b"%PDF-1.7\n" + bytes(size_bytes), random.Random(2)
    if is_embedded:
        answer = await house.send("supplier", embedded("DM-6", "application/pdf", pdf))
        kenmerk = (await answer.json())["kenmerk"]
    else:
        kenmerk = (await submit(house, "DM-7", "application/pdf", pdf)).kenmerk
    [held] = await house.gateway.store.attachments(kenmerk)
    where = held.stored or await stored_document(house, kenmerk)
    pack, path = documents_folder(house) / where.key, f"/v1/messages/{kenmerk}/attachments/1"
    for _ in range(FLIPS):
        bit = 8 * where.offset + chosen.randrange(8 * where.size_bytes)
        flip(pack, bit)
        assert await problem(house, path) == (500, "document-damaged")
        flip(pack, bit)
    answer = await house.session.get(path, headers=house.as_("town"))
    assert await answer.read() == pdf


async def test_missing_content_is_an_error_before_the_first_byte(house: House) -> None:
    kenmerk = await sent(house, LARGE)
    where = await stored_document(house, kenmerk)
    (documents_folder(house) / where.key).rename(house.gateway.settings.data_directory / "kept")
    assert await problem(house, f"/v1/messages/{kenmerk}/document") == (500, "document-missing")
    await until_marked(house, 1)
    assert await leased(house) == []
    page = await house.session.get(
        f"/v1/messages/{kenmerk}/report", headers=house.as_("town") | {"Accept": "text/html"}
    )
    assert page.status == 200
    [finding] = (await audited(house)).findings
    assert finding.reason == "its bytes are not in document storage"


async def test_content_that_is_damaged_before_it_is_judged_is_parked_at_once(house: House) -> None:
    """A flip between acceptance and judging: nothing is delivered or metered, and a replay mends it."""
    gateway = house.gateway
    await stop_judging(house)
    answer = await house.send("supplier", numbered("DM-3"), wait=False)
    kenmerk = (await answer.json())["kenmerk"]
    where = await stored_document(house, kenmerk)
    pack = documents_folder(house) / where.key
    flip(pack, 8 * where.offset + 77)
    gateway.queue.start()
    assert await gateway.intake.wait_until_settled(kenmerk, WAIT_SECONDS_MAX)
    shown = await house.get("supplier", f"/v1/messages/{kenmerk}")
    assert (shown["state"], shown["disposition"]) == ("parked", "pending")
    journal = await gateway.store.journal(kenmerk)
    assert [(one.step.value, one.detail) for one in journal[3:]] == [
        ("content-damaged", "its bytes are not those that were accepted")
    ]
    flip(pack, 8 * where.offset + 77)
    assert await gateway.operations.replay(kenmerk, "test")
    assert await gateway.intake.wait_until_settled(kenmerk, WAIT_SECONDS_MAX)
    assert (await house.get("supplier", f"/v1/messages/{kenmerk}"))["state"] == "delivered"
    assert await leased(house) == [kenmerk]


@pytest.mark.parametrize("comes_back_as", ["the folder itself", "a copy of it"])
async def test_an_outage_of_storage_passes_without_an_operator(house: House, comes_back_as: str) -> None:
    """The folder goes away while messages come: 503 and not ready; what was accepted waits and then goes on."""
    gateway, folder = house.gateway, documents_folder(house)
    await stop_judging(house)
    answers = [await house.send("supplier", numbered(f"DM-{n}"), wait=False) for n in range(10, 50)]
    away = folder.with_name("away")
    folder.rename(away)
    gateway.queue.start()
    statuses = []
    for number in range(20):
        answer = await house.send("supplier", numbered(f"DM-X{number}"), wait=False)
        statuses.append((answer.status, answer.headers.get("Retry-After"), (await answer.json())["type"][-17:]))
    assert set(statuses) == {(503, "5", "store-unavailable")}
    large = await house.send("supplier", LARGE, wait=False)
    assert large.status == 503
    ready = await house.session.get("/readyz")
    assert (ready.status, (await ready.json())["failing"]) == (503, ["storage"])
    assert not folder.exists()
    await asyncio.sleep(2)
    if comes_back_as == "a copy of it":
        shutil.copytree(away, folder)
    else:
        away.rename(folder)
    kenmerken = [(await answer.json())["kenmerk"] for answer in answers]
    for kenmerk in kenmerken:
        assert (await house.settled(kenmerk)).state is State.DELIVERED
    assert (await house.send("supplier", numbered("DM-99"))).status == 201
    assert (await audited(house)).findings == ()
    assert (await gateway.engines.rows(text("SELECT kenmerk FROM damage"))) == []


async def test_no_kenmerk_is_given_for_what_is_in_a_pack_that_is_gone(house: House) -> None:
    kenmerk = await sent(house, numbered("DM-4"))
    pack = documents_folder(house) / (await stored_document(house, kenmerk)).key
    pack.unlink()
    refused = await house.send("supplier", numbered("DM-5"), wait=False)
    assert refused.status == 503
    accepted = await house.send("supplier", numbered("DM-5"), wait=False)
    assert accepted.status == 202
    where = await stored_document(house, (await accepted.json())["kenmerk"])
    assert await house.gateway.storage.read(where) == numbered("DM-5")


async def test_a_judge_waits_for_storage_and_spends_no_attempt(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes cannot be read for a while, by the gateway and by its worker."""
    gateway, asked = house.gateway, list[StoredBytes]()
    check = gateway.storage.check

    async def away(where: StoredBytes) -> object:
        asked.append(where)
        if len(asked) <= 4:
            raise StoreUnavailableError("the folder is not there")
        return await check(where)

    monkeypatch.setattr(gateway.storage, "check", away)
    monkeypatch.setattr(gateway.storage, "file_of", lambda _where: None)
    monkeypatch.setattr("gateway.pipeline.queue.READ_RETRY_SECONDS_MAX", 0.5)
    answer = await house.send("supplier", LARGE)
    assert (await answer.json())["state"] == "delivered"
    assert len(asked) == 5
