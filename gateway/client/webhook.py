"""For recipients by webhook: verifies that an event is the gateway's, and reads it.

The signature is that of RFC 9421 (`rsa-pss-sha512`) over method, address, content type and the digest of the body
(RFC 9530).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureComponentResolver,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from gateway.client.errors import ClientError

_COVERED = ("@method", "@target-uri", "content-type", "content-digest")


class WrongSignatureError(ClientError):
    """The event is not the gateway's, or was changed: answer 401, and the gateway tries again."""


class Event(msgspec.Struct, frozen=True):
    """There is a message for you: fetch it with `Client.document(event.kenmerk)`. An event may come twice, with
    the same `id`."""

    id: str
    type: str
    time: datetime
    dataref: str
    data: dict[str, object]

    @property
    def kenmerk(self) -> str:
        """The message's."""
        return self.id


@dataclass(frozen=True, slots=True)
class _Received:
    method: str
    url: str
    headers: Mapping[str, str]


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, certificates: list[x509.Certificate]) -> None:
        self._keys = {one.fingerprint(hashes.SHA256()).hex(): one.public_key() for one in certificates}

    def resolve_public_key(self, key_id: str) -> object:
        return self._keys.get(key_id.lower())


class WebhookVerifier:
    """Verifies events with the certificates that you trust: the gateway's, and for a while its next one."""

    def __init__(self, *certificates: Path | bytes, age_seconds_max: float = 300.0) -> None:
        """`certificates`: PEM files, or what is in them. `age_seconds_max`: how old a signature may be."""
        read = [one if isinstance(one, bytes) else one.read_bytes() for one in certificates]
        found = [certificate for pem in read for certificate in x509.load_pem_x509_certificates(pem)]
        self._age_max = timedelta(seconds=age_seconds_max)
        self._verifier = HTTPMessageVerifier(
            signature_algorithm=algorithms.RSA_PSS_SHA512,
            key_resolver=_Keys(found),
            component_resolver_class=HTTPSignatureComponentResolver,
        )

    def event(self, url: str, headers: Mapping[str, str], body: bytes) -> Event:
        """The event of a POST to `url`: your address as the gateway has it. Raises WrongSignatureError."""
        received = _Received("POST", url, headers)
        try:
            self._verifier.verify(received, max_age=self._age_max, require_components=_COVERED, body=body)
            return msgspec.json.decode(body, type=Event)
        except (InvalidSignature, msgspec.MsgspecError) as error:
            raise WrongSignatureError(str(error)) from error
