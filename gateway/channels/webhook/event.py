"""The event that tells a recipient of a message: CloudEvents 1.0 by the NL GOV profile, signed by RFC 9421.

The source is `urn:nld:oin:…`, the type a reversed domain, the mode structured JSON. The content stays behind
`dataref`, so that events are small and nothing confidential is sent twice.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

from gateway.channels.proces import Identiteit, Proces
from gateway.messages.message import Message

EVENT_TYPE = "nl.meterpoort.bericht.klaargezet"
_CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_COVERED = ("@method", "@target-uri", "content-type", "content-digest")


class MessageData(msgspec.Struct, frozen=True, rename="camel"):
    """The data of the event: what the message is about."""

    kenmerk: str
    berichtsoort: str
    aanleverkenmerk: str | None
    belanghebbende: Identiteit
    ontvanger: Identiteit | None
    media_type: str
    size_bytes: int
    sha256: str
    attachments: int
    is_test: bool


class CloudEvent(msgspec.Struct, frozen=True):
    """A CloudEvent 1.0. Its id is the kenmerk, so that a recipient recognises a repeated event."""

    id: str
    source: str
    subject: str
    time: datetime
    dataref: str
    data: MessageData
    type: str = EVENT_TYPE
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


def event_of(
    message: Message, proces: Proces, *, oin: str, base_url: str, now: datetime, media_type: str
) -> CloudEvent:
    """The event about a message. `oin` is the gateway's own; `base_url` is where recipients reach its API;
    `media_type` is the document's."""
    return CloudEvent(
        id=proces.kenmerk,
        source=f"urn:nld:oin:{oin}:systeem:meterpoort",
        subject=proces.kenmerk,
        time=now,
        dataref=f"{base_url}/v1/messages/{proces.kenmerk}/document",
        data=MessageData(
            kenmerk=proces.kenmerk,
            berichtsoort=proces.berichtsoort,
            aanleverkenmerk=proces.aanleverkenmerk,
            belanghebbende=proces.belanghebbende,
            ontvanger=proces.ontvanger,
            media_type=media_type,
            size_bytes=message.document.size_bytes,
            sha256=message.document.sha256,
            attachments=len(message.attachments),
            is_test=message.is_test,
        ),
    )


@dataclass(slots=True)
class _Request:
    """A request as `http_message_signatures` reads it."""

    url: str
    headers: dict[str, str]
    method: str = "POST"


class EventSigner:
    """Signs requests by HTTP Message Signatures (RFC 9421, `rsa-pss-sha512`), over a Content-Digest (RFC 9530)."""

    def __init__(self, key: rsa.RSAPrivateKey, key_id: str) -> None:
        """`key_id`: the SHA-256 fingerprint of the certificate, in hexadecimal: recipients pin it."""
        self._key_id = key_id
        self._signer = HTTPMessageSigner(
            signature_algorithm=algorithms.RSA_PSS_SHA512,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key}),
        )

    def headers(self, url: str, body: bytes, created: datetime) -> dict[str, str]:
        """The headers of a signed POST. Raises HTTPMessageSignaturesException for an address that is no URL."""
        request = _Request(url, {"Content-Type": _CONTENT_TYPE})
        self._signer.sign(
            request,
            key_id=self._key_id,
            created=created,
            label="meterpoort",
            covered_component_ids=_COVERED,
            body=body,
        )
        return request.headers
