"""Messages through the door."""

import base64
import hashlib

from aiohttp import ClientSession

from tests.unit.web.memory import MemoryGateway

XML = {"Content-Type": "application/xml"}
SUPPLIER = {"Authorization": "Bearer mp_supplier"}
INVOICE = b"<?xml version='1.0'?><Invoice/>"


async def test_a_document_is_taken_in_and_can_be_followed(client: ClientSession) -> None:
    async with client.post("/v1/messages", data=INVOICE, headers={**XML, **SUPPLIER}) as answer:
        assert answer.status == 202
        taken = await answer.json()
        assert answer.headers["Location"] == f"/v1/messages/{taken['kenmerk']}"
    async with client.get(answer.headers["Location"], headers=SUPPLIER) as shown:
        message = await shown.json()
    assert (message["kenmerk"], message["state"]) == (taken["kenmerk"], "delivered")
    assert message["sha256"] == hashlib.sha256(INVOICE).hexdigest()
    async with client.get(message["links"]["document"], headers=SUPPLIER) as document:
        assert await document.read() == INVOICE
        digest = base64.b64encode(hashlib.sha256(INVOICE).digest()).decode()
        assert document.headers["Content-Digest"] == f"sha-256=:{digest}:"
    async with client.get(message["links"]["statuses"], headers=SUPPLIER) as journal:
        codes = [status["statuscode"] for status in (await journal.json())["items"]]
    assert codes == ["105", "301", "405", "400"]


async def test_the_verdict_comes_when_asked_to_wait(client: ClientSession) -> None:
    headers = {**XML, **SUPPLIER, "Prefer": "respond-async, wait=5"}
    async with client.post("/v1/messages", data=b"<Invoice><wrong/></Invoice>", headers=headers) as answer:
        message = await answer.json()
        assert (answer.status, answer.headers["Preference-Applied"]) == (201, "wait=5")
    assert (message["state"], message["report"]["valid"]) == ("refused", False)


async def test_waiting_in_vain_is_202(client: ClientSession, gateway: MemoryGateway) -> None:
    gateway.judges_at_once = False
    headers = {**XML, **SUPPLIER, "Prefer": "wait=1"}
    async with client.post("/v1/messages", data=INVOICE, headers=headers) as answer:
        assert answer.status == 202
        assert answer.headers["Preference-Applied"] == "wait=1"
