"""Events as the gateway signs them, verified as a recipient does."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.channels.webhook.event import EventSigner, event_of
from gateway.client import WebhookVerifier
from gateway.client.webhook import WrongSignatureError
from gateway.pki.certificates import fingerprint
from tests.unit.pki.hierarchies import pair
from tests.unit.recipients import outbox_with, proces_of

URL = "https://ontvangst.example.nl/berichten?soort=factuur"


@pytest.fixture
def verifier() -> WebhookVerifier:
    return WebhookVerifier(pair("gemeente")[0].public_bytes(Encoding.PEM))


async def event() -> bytes:
    message, _ = await outbox_with(b"<Invoice/>").ready("k-1")
    proces = await proces_of(message)
    now, xml, base_url = datetime.now(UTC), "application/xml", "https://poort.example"
    event = event_of(message, proces, oin="0" * 20, base_url=base_url, now=now, media_type=xml)
    return msgspec.json.encode(event)


def signed(body: bytes, who: str = "gemeente", age: timedelta = timedelta(0)) -> dict[str, str]:
    certificate, key = pair(who)
    return EventSigner(key, fingerprint(certificate)).headers(URL, body, datetime.now(UTC) - age)


async def test_an_event_of_the_gateway_is_read(verifier: WebhookVerifier) -> None:
    body = await event()
    found = verifier.event(URL, signed(body), body)
    assert (found.id, found.type) == (found.kenmerk, "nl.meterpoort.bericht.klaargezet")
    assert found.dataref == f"https://poort.example/v1/messages/{found.kenmerk}/document"
    assert found.data["berichtsoort"] == "E-Factuur-UBL"


async def test_what_was_changed_is_refused(verifier: WebhookVerifier) -> None:
    body = await event()
    headers = signed(body)
    for url, sent, content in (
        (URL, headers, body.replace(b"E-Factuur", b"X-Factuur")),
        (URL.replace("factuur", "order"), headers, body),
        (URL, headers | {"Content-Type": "text/plain"}, body),
        (URL, {name: value for name, value in headers.items() if name != "Content-Digest"}, body),
        (URL, {"Content-Type": headers["Content-Type"]}, body),
    ):
        with pytest.raises(WrongSignatureError):
            verifier.event(url, sent, content)


async def test_another_certificate_is_refused(verifier: WebhookVerifier) -> None:
    body = await event()
    with pytest.raises(WrongSignatureError):
        verifier.event(URL, signed(body, "leverancier"), body)


async def test_an_old_event_is_refused(verifier: WebhookVerifier) -> None:
    body = await event()
    with pytest.raises(WrongSignatureError):
        verifier.event(URL, signed(body, age=timedelta(minutes=10)), body)


async def test_what_is_no_event_is_refused(verifier: WebhookVerifier) -> None:
    with pytest.raises(WrongSignatureError):
        verifier.event(URL, signed(b"[]"), b"[]")
