"""Signed messages of ours: answers to requests, and the requests of the afleverservice.

One Signature, one token, Timestamp, and a reference for each part that the profile wants signed. Everything is
written canonically, so the digests are taken over the very bytes that are sent; contents stream through twice
and are never in memory whole.
"""

import functools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pybase64
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.channels.digipoort.wire.algorithms import AlgorithmSuite
from gateway.channels.digipoort.wire.canonical import Binary, split_at, text
from gateway.channels.digipoort.wire.elements import tijdstempel
from gateway.channels.digipoort.wire.names import (
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
from gateway.http.transfer import Base64Encoder
from gateway.pki.certificates import load_certificates, load_key
from gateway.pki.tls import TlsFiles

EXPIRES_AFTER = timedelta(minutes=10)
"""As Digipoort's own messages."""

Octets = Callable[[Binary], AsyncIterator[bytes]]
"""Streams the content of a `Binary` from the start, each time it is called."""


@dataclass(frozen=True, slots=True)
class Headers:
    """The addressing of a message of ours."""

    action: str
    message_id: str
    relates_to: str | None = None
    to: str = ANONYMOUS


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message that can be sent: text, and binaries that are sent as base64."""

    pieces: tuple[bytes | Binary, ...]

    @property
    def size_bytes(self) -> int:
        """As sent."""
        return sum(
            len(piece) if isinstance(piece, bytes) else -(-piece.size_bytes // 3) * 4 for piece in self.pieces
        )

    async def stream(self, octets: Octets) -> AsyncIterator[bytes]:
        """The bytes to send."""
        async for chunk in _stream(self.pieces, octets):
            yield chunk


class Signer:
    """Signs with one certificate and its key."""

    def __init__(self, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        token = _base64(certificate.public_bytes(Encoding.DER))
        self._token = (
            f'<wsse:BinarySecurityToken EncodingType="{BASE64_ENCODING}" ValueType="{X509_V3}"'
            f' wsu:Id="token">{token}</wsse:BinarySecurityToken>'
        )

    def sign(self, headers: Headers, body: str, suite: AlgorithmSuite, now: datetime) -> bytes:
        """The whole message, for a body without binaries."""
        written = _body(body)
        digest = suite.digest(written).digest()
        return self._before_body(headers, digest, suite, now) + written + _AFTER_BODY

    async def sign_streamed(
        self,
        headers: Headers,
        body: str,
        binaries: Sequence[Binary],
        octets: Octets,
        suite: AlgorithmSuite,
        now: datetime,
    ) -> SignedMessage:
        """The message in pieces, for a body that names binaries by their tokens."""
        pieces = tuple(split_at(_body(body), binaries))
        digest = suite.digest(b"")
        async for chunk in _stream(pieces, octets):
            digest.update(chunk)
        head = self._before_body(headers, digest.digest(), suite, now)
        return SignedMessage((head, *pieces, _AFTER_BODY))

    def _before_body(self, headers: Headers, body_digest: bytes, suite: AlgorithmSuite, now: datetime) -> bytes:
        blocks = _addressing(headers, suite)
        timestamp = _timestamp(now)
        references = "".join([one.reference for one in blocks])
        references += _reference("timestamp", suite.digest(timestamp.encode()).digest(), suite)
        references += _reference("body", body_digest, suite)
        signed_info = f"{_methods(suite)}{references}</ds:SignedInfo>"
        value = self._key.sign(signed_info.encode(), _PADDING, suite.hash)
        return (
            f"{_BEFORE_BLOCKS}{''.join([one.written for one in blocks])}{_BEFORE_TIMESTAMP}"
            f"{timestamp}{self._token}{_BEFORE_SIGNED_INFO}{signed_info}"
            f"<ds:SignatureValue>{_base64(value)}</ds:SignatureValue>{_AFTER_VALUE}"
        ).encode()


_PADDING = padding.PKCS1v15()
_BEFORE_BLOCKS = f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header>'
_BEFORE_TIMESTAMP = f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" soapenv:mustUnderstand="1">'
_BEFORE_SIGNED_INFO = f'<ds:Signature xmlns:ds="{DSIG}">'
_AFTER_VALUE = (
    "<ds:KeyInfo><wsse:SecurityTokenReference>"
    f'<wsse:Reference URI="#token" ValueType="{X509_V3}"></wsse:Reference>'
    "</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security></soapenv:Header>"
)
_AFTER_BODY = b"</soapenv:Envelope>"


def _body(content: str) -> bytes:
    return (
        f'<soapenv:Body xmlns:soapenv="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="body">{content}</soapenv:Body>'.encode()
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """A header block as it is sent, and the reference to it in SignedInfo."""

    written: str
    reference: str


def _addressing(headers: Headers, suite: AlgorithmSuite) -> list[_Block]:
    blocks = [
        _constant_block("To", headers.to, suite),
        _block("MessageID", headers.message_id, suite),
        _constant_block("Action", headers.action, suite),
    ]
    if headers.relates_to:
        blocks.append(_block("RelatesTo", headers.relates_to, suite))
    if headers.to != ANONYMOUS:  # a request of ours says where the answer goes
        blocks.append(_reply_to(suite))
    return blocks


def _block(name: str, value: str, suite: AlgorithmSuite) -> _Block:
    return _signed_block(name, text(value), suite)


@functools.lru_cache(256)
def _constant_block(name: str, value: str, suite: AlgorithmSuite) -> _Block:
    """A block whose value comes again and again: the actions, and the addresses that we send to."""
    return _block(name, value, suite)


@functools.lru_cache
def _reply_to(suite: AlgorithmSuite) -> _Block:
    return _signed_block("ReplyTo", f"<wsa:Address>{ANONYMOUS}</wsa:Address>", suite)


def _signed_block(name: str, content: str, suite: AlgorithmSuite) -> _Block:
    written = f'<wsa:{name} xmlns:wsa="{WSA}" xmlns:wsu="{WSU}" wsu:Id="{name}">{content}</wsa:{name}>'
    return _Block(written, _reference(name, suite.digest(written.encode()).digest(), suite))


def _timestamp(now: datetime) -> str:
    return (
        f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="timestamp"><wsu:Created>{tijdstempel(now)}</wsu:Created>'
        f"<wsu:Expires>{tijdstempel(now + EXPIRES_AFTER)}</wsu:Expires></wsu:Timestamp>"
    )


@functools.lru_cache
def _methods(suite: AlgorithmSuite) -> str:
    """SignedInfo up to its references."""
    return (
        f'<ds:SignedInfo xmlns:ds="{DSIG}">'
        f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{suite.signature_uri}"></ds:SignatureMethod>'
    )


def _reference(name: str, digest: bytes, suite: AlgorithmSuite) -> str:
    return (
        f'<ds:Reference URI="#{name}"><ds:Transforms><ds:Transform Algorithm="{EXC_C14N}"></ds:Transform>'
        f'</ds:Transforms><ds:DigestMethod Algorithm="{suite.digest_uri}"></ds:DigestMethod>'
        f"<ds:DigestValue>{_base64(digest)}</ds:DigestValue></ds:Reference>"
    )


def _base64(octets: bytes) -> str:
    return pybase64.b64encode_as_string(octets)


async def _stream(pieces: Sequence[bytes | Binary], octets: Octets) -> AsyncIterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        encoder = Base64Encoder()
        async for chunk in octets(piece):
            yield encoder.feed(chunk)
        yield encoder.finish()


def signer(files: TlsFiles) -> Signer:
    """Signs answers with the server's certificate, as Digipoort does."""
    return Signer(load_certificates(files.server_chain)[0], load_key(files.server_key))
