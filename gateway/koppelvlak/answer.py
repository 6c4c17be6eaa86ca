"""Signed messages of ours: answers to requests, and the requests of the afleverservice.

One Signature, one token, Timestamp, and a reference for each part that the profile wants signed. Everything is
written canonically, so the digests are taken over the very bytes that are sent; contents stream through twice
and are never held whole.
"""

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.koppelvlak.canonical import Binary, split_at, text
from gateway.koppelvlak.elements import tijdstempel
from gateway.koppelvlak.names import (
    ANONYMOUS,
    BASE64_ENCODING,
    DSIG,
    EXC_C14N,
    SOAP,
    WSA,
    WSSE,
    WSU,
    X509_V3,
)
from gateway.koppelvlak.signature import Family

EXPIRES_AFTER = timedelta(minutes=10)
"""As Digipoort's own messages."""

Octets = Callable[[Binary], AsyncIterator[bytes]]
"""Streams what a `Binary` stands for, from the start, each time it is asked."""


@dataclass(frozen=True, slots=True)
class Headers:
    """The addressing of a message of ours."""

    action: str
    message_id: str
    relates_to: str | None = None
    to: str = ANONYMOUS


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message ready to be sent: text, with binaries between it that are sent as base64."""

    pieces: tuple[bytes | Binary, ...]

    @property
    def size_bytes(self) -> int:
        """As sent."""
        return sum(
            len(piece) if isinstance(piece, bytes) else -(-piece.size_bytes // 3) * 4 for piece in self.pieces
        )

    async def stream(self, octets: Octets) -> AsyncIterator[bytes]:
        """The bytes to send."""
        async for chunk in _streamed(self.pieces, octets):
            yield chunk


class Signer:
    """Signs with one certificate and its key."""

    def __init__(self, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        token = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        self._token = (
            f'<wsse:BinarySecurityToken EncodingType="{BASE64_ENCODING}" ValueType="{X509_V3}"'
            f' wsu:Id="token">{token}</wsse:BinarySecurityToken>'
        )

    def sign(self, headers: Headers, body: str, family: Family, now: datetime) -> bytes:
        """The whole message, for a body without binaries."""
        written = _body(body)
        digest = family.digest(written).digest()
        return self._before_body(headers, digest, family, now) + written + _AFTER_BODY

    async def sign_streamed(
        self,
        headers: Headers,
        body: str,
        binaries: Sequence[Binary],
        octets: Octets,
        family: Family,
        now: datetime,
    ) -> SignedMessage:
        """The message in pieces, for a body in which binaries stand by their tokens."""
        pieces = tuple(split_at(_body(body), binaries))
        digest = family.digest(b"")
        async for chunk in _streamed(pieces, octets):
            digest.update(chunk)
        head = self._before_body(headers, digest.digest(), family, now)
        return SignedMessage((head, *pieces, _AFTER_BODY))

    def _before_body(self, headers: Headers, body_digest: bytes, family: Family, now: datetime) -> bytes:
        blocks = _addressing(headers)
        timestamp = _timestamp(now)
        digests = {name: family.digest(part.encode()).digest() for name, part in blocks.items()}
        digests["timestamp"] = family.digest(timestamp.encode()).digest()
        digests["body"] = body_digest
        signed_info = _signed_info(digests, family)
        value = self._key.sign(signed_info.encode(), padding.PKCS1v15(), family.hash)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header>{"".join(blocks.values())}'
            f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" soapenv:mustUnderstand="1">'
            f'{timestamp}{self._token}<ds:Signature xmlns:ds="{DSIG}">{signed_info}'
            f"<ds:SignatureValue>{base64.b64encode(value).decode()}</ds:SignatureValue>"
            f"<ds:KeyInfo><wsse:SecurityTokenReference>"
            f'<wsse:Reference URI="#token" ValueType="{X509_V3}"></wsse:Reference>'
            "</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security></soapenv:Header>"
        ).encode()


_AFTER_BODY = b"</soapenv:Envelope>"


def _body(content: str) -> bytes:
    return (
        f'<soapenv:Body xmlns:soapenv="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="body">{content}</soapenv:Body>'.encode()
    )


def _addressing(headers: Headers) -> dict[str, str]:
    values = {
        "To": headers.to,
        "MessageID": headers.message_id,
        "Action": headers.action,
        "RelatesTo": headers.relates_to,
    }
    written = {
        name: f'<wsa:{name} xmlns:wsa="{WSA}" xmlns:wsu="{WSU}" wsu:Id="{name}">{text(value)}</wsa:{name}>'
        for name, value in values.items()
        if value
    }
    if headers.to != ANONYMOUS:  # a request of ours says where the answer goes
        written["ReplyTo"] = (
            f'<wsa:ReplyTo xmlns:wsa="{WSA}" xmlns:wsu="{WSU}" wsu:Id="ReplyTo">'
            f"<wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo>"
        )
    return written


def _timestamp(now: datetime) -> str:
    return (
        f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="timestamp"><wsu:Created>{tijdstempel(now)}</wsu:Created>'
        f"<wsu:Expires>{tijdstempel(now + EXPIRES_AFTER)}</wsu:Expires></wsu:Timestamp>"
    )


def _signed_info(digests: dict[str, bytes], family: Family) -> str:
    references = "".join(
        f'<ds:Reference URI="#{name}"><ds:Transforms><ds:Transform Algorithm="{EXC_C14N}"></ds:Transform>'
        f'</ds:Transforms><ds:DigestMethod Algorithm="{family.digest_uri}"></ds:DigestMethod>'
        f"<ds:DigestValue>{base64.b64encode(digest).decode()}</ds:DigestValue></ds:Reference>"
        for name, digest in digests.items()
    )
    return (
        f'<ds:SignedInfo xmlns:ds="{DSIG}">'
        f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{family.signature_uri}"></ds:SignatureMethod>'
        f"{references}</ds:SignedInfo>"
    )


async def _streamed(pieces: Sequence[bytes | Binary], octets: Octets) -> AsyncIterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        left = b""
        async for chunk in octets(piece):
            left += chunk
            whole = len(left) - len(left) % 3
            yield base64.b64encode(left[:whole])
            left = left[whole:]
        if left:
            yield base64.b64encode(left)
