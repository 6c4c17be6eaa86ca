"""Messages over HTTP."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import ClientPayloadError

from gateway.messages.stored_errors import DamagedDocumentError, MissingDocumentError, StoreUnavailableError
from gateway.messages.submission import StoredBytes
from gateway.store.documents.checked import HeldContent
from gateway.validator.model.document import Attachment
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import SUPPLIER as SENDER
from tests.unit.small_gateway import SmallGateway

XML = {"Content-Type": "application/xml"}
SUPPLIER = {"Authorization": "Bearer mp_supplier"}
INVOICE = b"<?xml version='1.0'?><Invoice/>"


async def test_a_document_is_taken_in_and_can_be_followed(client: Client) -> None:
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
    assert codes == ["105", "100", "110", "200", "301", "301", "405", "400"]


async def test_the_verdict_comes_when_asked_to_wait(client: Client) -> None:
    headers = {**XML, **SUPPLIER, "Prefer": "respond-async, wait=5"}
    async with client.post("/v1/messages", data=b"<Invoice><wrong/></Invoice>", headers=headers) as answer:
        message = await answer.json()
        assert (answer.status, answer.headers["Preference-Applied"]) == (201, "wait=5")
    assert (message["state"], message["report"]["valid"]) == ("refused", False)


async def test_waiting_in_vain_is_202(client: Client, gateway: SmallGateway) -> None:
    gateway.judges_at_once = False
    headers = {**XML, **SUPPLIER, "Prefer": "wait=1"}
    async with client.post("/v1/messages", data=INVOICE, headers=headers) as answer:
        assert answer.status == 202
        assert answer.headers["Preference-Applied"] == "wait=1"


async def _sent(
    client: Client, document: bytes = INVOICE, key: str = "mp_supplier", more: dict[str, str] | None = None
) -> str:
    """Submit a document; the kenmerk."""
    headers = {**XML, "X-API-Key": key, **(more or {})}
    async with client.post("/v1/messages", data=document, headers=headers) as answer:
        return str((await answer.json())["kenmerk"])


async def test_a_repeat_gets_the_first_answer(client: Client, gateway: SmallGateway) -> None:
    headers = {**XML, **SUPPLIER, "Idempotency-Key": '"factuur 1"'}
    async with client.post("/v1/messages", data=INVOICE, headers=headers) as answer:
        first = (answer.status, answer.headers["Location"], await answer.read())
        assert "Idempotency-Replayed" not in answer.headers
    async with client.post("/v1/messages", data=INVOICE, headers=headers) as answer:
        assert (answer.status, answer.headers["Location"], await answer.read()) == first
        assert answer.headers["Idempotency-Replayed"] == "true"
    async with client.post("/v1/messages", data=b"<Other/>", headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["firstKenmerk"]) == (409, first[1].rpartition("/")[2])
    assert len(gateway.rows) == 1


async def test_a_key_bare_or_in_quotes_is_the_same_key(client: Client) -> None:
    quoted = await _sent(client, more={"Idempotency-Key": '"abc"'})
    assert await _sent(client, more={"Idempotency-Key": "abc"}) == quoted


async def test_what_the_sender_says_in_headers_is_kept(client: Client) -> None:
    kenmerk = await _sent(
        client,
        more={
            "Meterpoort-Berichtsoort": "FACTUUR",
            "Meterpoort-Aanleverkenmerk": "K-7",
            "Meterpoort-Recipient": "OIN:00000001002220647000",
        },
    )
    async with client.get(f"/v1/messages/{kenmerk}", headers=SUPPLIER) as answer:
        message = await answer.json()
    assert (message["berichtsoort"], message["aanleverkenmerk"]) == ("FACTUUR", "K-7")
    assert message["recipient"] == "0190:00000001002220647000"


@pytest.mark.parametrize("right", [True, False])
async def test_content_digest_is_checked(client: Client, gateway: SmallGateway, right: bool) -> None:
    digest = base64.b64encode(hashlib.sha256(INVOICE if right else b"other").digest()).decode()
    headers = {**XML, **SUPPLIER, "Content-Digest": f"sha-512=:AAAA:, sha-256=:{digest}:"}
    async with client.post("/v1/messages", data=INVOICE, headers=headers) as answer:
        assert answer.status == (202 if right else 400)
    assert len(gateway.rows) == right


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("mp_supplier", "", 200),
        ("mp_intermediary", "", 200),
        ("mp_municipality", "", 200),
        ("mp_operator", "", 200),
        ("mp_finance", "", 200),
        ("mp_other", "", 404),
        ("mp_other", "/document", 404),
        ("mp_other", "/statuses", 404),
        ("mp_operator", "/report", 200),
        ("mp_operator", "/document", 403),
        ("mp_operator", "/attachments", 403),
        ("mp_finance", "/report", 403),
        ("mp_finance", "/document", 403),
        ("mp_municipality", "/document", 200),
    ],
)
async def test_who_sees_what_of_a_delivered_message(client: Client, key: str, path: str, status: int) -> None:
    kenmerk = await _sent(client)
    async with client.get(f"/v1/messages/{kenmerk}{path}", headers={"X-API-Key": key}) as answer:
        assert answer.status == status


@pytest.mark.parametrize("path", ["/report", "/document", "/attachments", "/attachments/1"])
async def test_the_recipient_reads_nothing_that_was_not_delivered(client: Client, path: str) -> None:
    """Else a document could be had without being metered, and a refusal would be no secret of its sender."""
    kenmerk = await _sent(client, b"<Invoice><wrong/></Invoice>")
    async with client.get(f"/v1/messages/{kenmerk}{path}", headers={"X-API-Key": "mp_municipality"}) as answer:
        assert answer.status == 404


async def test_lists_hold_ones_own_in_pages(client: Client) -> None:
    sent = [await _sent(client) for _ in range(5)]
    await _sent(client, key="mp_other")
    address, found = (
        "/v1/messages?limit=2&state=delivered&kind=Invoice&receivedFrom=2026-01-01T00:00:00%2B01:00",
        [],
    )
    while address:
        async with client.get(address, headers=SUPPLIER) as answer:
            page = await answer.json()
            following = answer.links.get("next")
        found += [message["kenmerk"] for message in page["items"]]
        assert (page["links"]["next"] is None) == (following is None)
        address = page["links"]["next"]
    assert found == sent[::-1]


async def test_a_strange_cursor_is_refused(client: Client) -> None:
    async with client.get("/v1/messages?cursor=strange", headers=SUPPLIER) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/plain;q=0.5, text/html;q=0.4, application/json;q=0", "text/plain"),
    ],
)
async def test_the_report_in_three_forms(client: Client, accept: str, media_type: str) -> None:
    kenmerk = await _sent(client, b"<Invoice>\n <wrong/></Invoice>")
    headers = {**SUPPLIER, "Accept": accept, "Accept-Language": "nl"}
    async with client.get(f"/v1/messages/{kenmerk}/report", headers=headers) as answer:
        text = await answer.text()
    assert answer.content_type == media_type
    assert "MP-TEST-1" in text
    assert ("<wrong/>" in text) == (media_type != "text/html")
    if media_type != "application/json":
        assert "geweigerd" in text


async def test_who_has_the_document_is_not_sent_it_again(client: Client) -> None:
    kenmerk = await _sent(client)
    async with client.get(f"/v1/messages/{kenmerk}/document", headers=SUPPLIER) as answer:
        tag = answer.headers["ETag"]
    headers = {**SUPPLIER, "If-None-Match": tag}
    async with client.get(f"/v1/messages/{kenmerk}/document", headers=headers) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with client.head(f"/v1/messages/{kenmerk}/document", headers=SUPPLIER) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(INVOICE)))


async def test_a_stuck_message_is_replayed_or_returned_by_an_operator(client: Client) -> None:
    operator = {"X-API-Key": "mp_operator"}
    kenmerk = await _sent(client, b"<Invoice><poison/></Invoice>")
    async with client.post(f"/v1/messages/{kenmerk}/returns", json={"reason": ""}, headers=operator) as answer:
        assert answer.status == 400
    async with client.post(
        f"/v1/messages/{kenmerk}/returns", json={"reason": "kapot"}, headers=operator
    ) as answer:
        assert (answer.status, (await answer.json())["state"]) == (200, "returned")
    async with client.post(f"/v1/messages/{kenmerk}/replays", headers=operator) as answer:
        assert answer.status == 202
    async with client.post(f"/v1/messages/{kenmerk}/replays", headers=operator) as answer:
        assert answer.status == 409
    async with client.post(f"/v1/messages/{kenmerk}/replays", headers=SUPPLIER) as answer:
        assert answer.status == 403
    async with client.get(f"/v1/messages/{kenmerk}/statuses", headers=SUPPLIER) as answer:
        actors = [status["actor"] for status in (await answer.json())["items"]]
    assert actors == [SENDER, "gateway", "gateway", "gateway", "operator", "operator"]


async def test_an_embedded_attachment_is_decoded_while_it_streams(client: Client, gateway: SmallGateway) -> None:
    content = bytes(range(256)) * 40
    encoded = base64.encodebytes(content)
    kenmerk = await _sent(client, b"<Invoice>" + encoded + b"</Invoice>")
    facts = Attachment(
        1, "application/pdf", "a\r\nb.pdf", len(content), hashlib.sha256(content).hexdigest(), 9, 9 + len(encoded)
    )
    await gateway.attach(kenmerk, facts)
    async with client.get(f"/v1/messages/{kenmerk}/attachments/1", headers=SUPPLIER) as answer:
        assert await answer.read() == content
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="a__b.pdf"')
    async with client.get(f"/v1/messages/{kenmerk}/attachments/2", headers=SUPPLIER) as answer:
        assert answer.status == 404


async def test_a_large_document_streams_to_storage_and_comes_back(client: Client, gateway: SmallGateway) -> None:
    large = b"<Invoice>" + b"x" * 900_000 + b"</Invoice>"
    kenmerk = await _sent(client, large)
    assert gateway.submissions[kenmerk].document.data is None
    async with client.get(f"/v1/messages/{kenmerk}/document", headers=SUPPLIER) as answer:
        assert await answer.read() == large
    assert gateway.storage.open_sinks == 0


async def test_an_answer_that_breaks_off_is_not_taken_for_whole(
    client: Client, gateway: SmallGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    kenmerk = await _sent(client, b"<a>" + b"x" * 5000 + b"</a>")

    class Breaks(HeldContent):
        async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
            yield b"<a>"
            if end is None:  # how it begins can be read
                raise StoreUnavailableError("the disk is gone")

    read = gateway.storage.read

    async def check(where: StoredBytes) -> HeldContent:
        return Breaks(await read(where))

    monkeypatch.setattr(gateway.storage, "check", check)
    async with client.get(f"/v1/messages/{kenmerk}/document", headers=SUPPLIER) as answer:
        assert answer.status == 200
        with pytest.raises(ClientPayloadError):
            await answer.read()


@pytest.mark.parametrize(
    ("error", "status", "slug", "retry"),
    [
        (DamagedDocumentError, 500, "document-damaged", None),
        (MissingDocumentError, 500, "document-missing", None),
        (StoreUnavailableError, 503, "store-unavailable", "5"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_content_that_cannot_be_given_is_a_problem_before_the_first_byte(
    client: Client,
    gateway: SmallGateway,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[StoredBytes], Exception],
    status: int,
    slug: str,
    retry: str | None,
    method: str,
) -> None:
    kenmerk = await _sent(client, b"<a/>")

    async def check(where: StoredBytes) -> HeldContent:
        raise error(where)

    monkeypatch.setattr(gateway.storage, "check", check)
    async with client.request(method, f"/v1/messages/{kenmerk}/document", headers=SUPPLIER) as answer:
        assert (answer.status, answer.headers.get("Retry-After")) == (status, retry)
        assert method == "HEAD" or (await answer.json())["type"].endswith(f"/problems/{slug}")
        assert "ETag" not in answer.headers


async def test_a_state_that_does_not_exist_is_reported_in_the_callers_words(client: Client) -> None:
    async with client.get("/v1/messages?state=delivred", headers={"X-API-Key": "mp_supplier"}) as answer:
        [error] = (await answer.json())["errors"]
    assert (error["in"], error["name"]) == ("query", "state")
    assert error["reason"].startswith("must be one of received, checked, ")


async def items(client: Client, key: str, query: str) -> list[str]:
    async with client.get(f"/v1/messages?{query}", headers={"X-API-Key": key}) as answer:
        assert answer.status == 200, await answer.text()
        return [item["kenmerk"] for item in (await answer.json())["items"]]


@pytest.mark.parametrize(
    "query",
    [
        "q=2026-0",
        "number=2026-001%20",
        "q=korst",
        "senderId=bakkerij%20de%20korst%20b.v.",
        "receivedFrom=2026-01-01",
    ],
)
async def test_messages_are_found_by_what_people_say(client: Client, query: str) -> None:
    kenmerk = await _sent(client)
    assert await items(client, "mp_operator", query) == [kenmerk]
    assert await items(client, "mp_operator", "q=none") == []
    assert await items(client, "mp_operator", "receivedUntil=2001-01-01") == []


async def test_a_party_that_nobody_knows_is_named_with_those_that_are_like_it(client: Client) -> None:
    await _sent(client)
    for query in ("senderId=bakerij", "q=korts"):
        async with client.get(f"/v1/messages?{query}", headers={"X-API-Key": "mp_operator"}) as answer:
            assert "Bakkerij De Korst B.V." in await answer.text(), query


async def test_a_party_does_not_learn_of_others_by_their_names(client: Client) -> None:
    """To one that has no messages with it, a party that is registered looks like one that is not."""
    answers = []
    for name in ("gemeente-waterrijk", "nobody"):
        async with client.get(f"/v1/messages?senderId={name}", headers={"X-API-Key": "mp_other"}) as answer:
            answers.append((answer.status, (await answer.text()).replace(name, "")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("value", ["yesterday", "2026-11-29T12:00:00", "9999-12-31", "0001-01-01"])
async def test_a_moment_that_is_none_is_refused(client: Client, value: str) -> None:
    async with client.get(f"/v1/messages?receivedUntil={value}", headers={"X-API-Key": "mp_operator"}) as answer:
        assert answer.status in ({400} if value != "0001-01-01" else {200, 400})
