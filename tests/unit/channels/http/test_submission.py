"""A POST as one `Submission`: what its headers and its body say."""

import base64
import hashlib

import pytest

from gateway.channels.http.submission import read_idempotency_key
from tests.unit.api.openapi_watch import Client
from tests.unit.channels.http.broken_multipart import INVOICE
from tests.unit.small_gateway import MUNICIPALITY, SmallGateway

HEADERS = {"Authorization": "Bearer mp_supplier", "Content-Type": "application/xml"}
LARGE = b"<Invoice>" + b" " * 400_000 + b"</Invoice>"


@pytest.mark.parametrize("given", ['"order 7"', "order-7", ' "order-7" '])
def test_a_key_is_a_string_in_quotes_or_a_bare_word(given: str) -> None:
    assert read_idempotency_key(given) == given.strip().strip('"')


def test_backslashes_in_a_quoted_key_are_resolved() -> None:
    assert read_idempotency_key(r'"a\"b\\c"') == r"a\b\c".replace("\\b", '"b')


@pytest.mark.parametrize("given", ["", '""', "two words", '"open', "é", "a" * 256, r'"a\b"'])
def test_a_key_of_another_form_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 printable ASCII characters"):
        read_idempotency_key(given)


async def test_every_header_that_is_wrong_is_named(client: Client, gateway: SmallGateway) -> None:
    wrong = {
        "Idempotency-Key": "two words",
        "Meterpoort-Recipient": "nobody",
        "Meterpoort-Profile": "unheard-of",
        "Meterpoort-Berichtsoort": "x" * 81,
    }
    async with client.post("/v1/messages", data=INVOICE, headers=HEADERS | wrong) as answer:
        problem = await answer.json()
    assert answer.status == 400
    assert [(one["in"], one["name"]) for one in problem["errors"]] == [("header", name) for name in wrong]
    async with client.get("/v1/messages", headers=HEADERS) as answer:
        assert (await answer.json())["items"] == []


async def test_what_the_headers_say_is_kept_with_the_message(client: Client, gateway: SmallGateway) -> None:
    described = {"Meterpoort-Berichtsoort": "E-Factuur-UBL", "Meterpoort-Aanleverkenmerk": "ons-7"}
    async with client.post("/v1/messages", data=INVOICE, headers=HEADERS | described) as answer:
        own = (await answer.json())["links"]["self"]
    async with client.get(own, headers=HEADERS) as answer:
        message = await answer.json()
    assert (message["berichtsoort"], message["aanleverkenmerk"]) == ("E-Factuur-UBL", "ons-7")
    assert (message["channel"], message["recipientId"]) == ("http", MUNICIPALITY)


@pytest.mark.parametrize("document", [INVOICE, LARGE], ids=["in memory", "streamed"])
async def test_a_digest_is_checked_before_anything_is_stored(
    client: Client, gateway: SmallGateway, document: bytes
) -> None:
    digest = base64.b64encode(hashlib.sha256(document).digest()).decode()
    for sent, status in ((document, 202), (document.replace(b"<Invoice", b"<invoice", 1), 400)):
        headers = HEADERS | {"Content-Digest": f"sha-256=:{digest}:"}
        async with client.post("/v1/messages", data=sent, headers=headers) as answer:
            assert answer.status == status, await answer.text()
    async with client.get("/v1/messages", headers=HEADERS) as answer:
        assert len((await answer.json())["items"]) == 1
    assert gateway.storage.open_sinks == 0


async def test_an_empty_body_is_refused(client: Client) -> None:
    async with client.post("/v1/messages", data=b"", headers=HEADERS) as answer:
        problem = await answer.json()
    assert (answer.status, problem["errors"][0]["in"]) == (400, "body")
