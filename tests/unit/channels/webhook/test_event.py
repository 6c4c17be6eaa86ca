"""The event and its signature, verified by hand from the signature base of RFC 9421 section 2.5."""

import base64
import hashlib
import re
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.channels.webhook.event import EventSigner, event_of
from gateway.pki.certificates import fingerprint
from tests.unit.pki.hierarchies import pair
from tests.unit.recipients import outbox_with, proces_of

URL = "https://ontvangst.example.nl/berichten?soort=factuur"
CREATED = datetime(2026, 11, 23, 9, 6, 4, tzinfo=UTC)
OIN = "00000099000000009000"


def signed(body: bytes) -> dict[str, str]:
    certificate, key = pair("gemeente")
    return EventSigner(key, fingerprint(certificate)).headers(URL, body, CREATED)


def verify(url: str, headers: dict[str, str], body: bytes) -> None:
    """As a recipient does that knows only the RFC. Raises InvalidSignature."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    found = re.fullmatch(
        r"meterpoort=(\(.*\);created=(\d+);keyid=\"(.*)\";alg=\"(.*)\")", headers["Signature-Input"]
    )
    assert found is not None
    certificate, _ = pair("gemeente")
    assert (found[2], found[4]) == (str(int(CREATED.timestamp())), "rsa-pss-sha512")
    assert found[3] == hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    assert found[1].startswith('("@method" "@target-uri" "content-type" "content-digest");')
    base = (
        f'"@method": POST\n"@target-uri": {url}\n"content-type": {headers["Content-Type"]}\n'
        f'"content-digest": sha-256=:{digest}:\n"@signature-params": {found[1]}'
    )
    signature = re.fullmatch(r"meterpoort=:(.*):", headers["Signature"])
    assert signature is not None
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
    key.verify(base64.b64decode(signature[1]), base.encode(), pss, hashes.SHA512())


def test_the_signature_verifies_by_the_rfc() -> None:
    verify(URL, signed(b"{}"), b"{}")


@pytest.mark.parametrize(
    ("url", "body"), [(URL, b"{ }"), (URL.replace("factuur", "order"), b"{}"), (URL.upper(), b"{}")]
)
def test_another_body_or_address_does_not_verify(url: str, body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify(url, signed(b"{}"), body)


def test_the_digest_is_that_of_rfc_9530() -> None:
    digest = base64.b64encode(hashlib.sha256(b"{}").digest()).decode()
    assert signed(b"{}")["Content-Digest"] == f"sha-256=:{digest}:"


async def test_an_event_follows_cloudevents_and_its_dutch_profile() -> None:
    message = outbox_with(b"<Invoice/>").message("k-1")
    event = event_of(
        message,
        await proces_of(message),
        oin=OIN,
        base_url="https://gateway.example.nl",
        now=CREATED,
        media_type="application/pdf",
    )
    assert msgspec.json.decode(msgspec.json.encode(event)) == {
        "specversion": "1.0",
        "id": "k-1",
        "source": f"urn:nld:oin:{OIN}:systeem:meterpoort",
        "type": "nl.meterpoort.bericht.klaargezet",
        "subject": "k-1",
        "time": "2026-11-23T09:06:04Z",
        "datacontenttype": "application/json",
        "dataref": "https://gateway.example.nl/v1/messages/k-1/document",
        "data": {
            "kenmerk": "k-1",
            "berichtsoort": "E-Factuur-UBL",
            "aanleverkenmerk": None,
            "belanghebbende": {"nummer": "27418562", "type": "KvK"},
            "ontvanger": {"nummer": "00000099000000001000", "type": "OIN"},
            "mediaType": "application/pdf",
            "sizeBytes": 10,
            "sha256": hashlib.sha256(b"<Invoice/>").hexdigest(),
            "attachments": 1,
            "isTest": False,
        },
    }
