"""Signed messages of ours: answers to requests, and the requests of the afleverservice.

One Signature, one token, Timestamp, and a reference for each part that the profile wants signed. Everything is
written canonically, so the digests are taken over the very bytes that are sent; contents stream through twice
and are never in memory whole.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pybase64
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.channels.digipoort.wire.algorithms import AlgorithmSuite
from gateway.channels.digipoort.wire.canonical import split_at_tokens, text
from gateway.channels.digipoort.wire.elements import SentInhoud, tijdstempel
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
_PADDING = padding.PKCS1v15()


@dataclass(frozen=True, slots=True)
class Headers:
    """The WS-Addressing headers of a message of ours."""

    action: str
    message_id: str
    relates_to: str | None = None
    to: str = ANONYMOUS


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message that can be sent: text, and contents that are sent as base64."""

    pieces: tuple[bytes | SentInhoud, ...]

    @property
    def size_bytes(self) -> int:
        """As sent."""
        return sum(
            len(piece) if isinstance(piece, bytes) else -(-piece.size_bytes // 3) * 4 for piece in self.pieces
        )

    async def stream(self) -> AsyncIterator[bytes]:
        """The bytes to send, from the start each time."""
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            encoder = Base64Encoder()
            async for chunk in piece.octets():
                yield encoder.feed(chunk)
            yield encoder.finish()


class Signer:
    """Signs with one certificate and its key."""

    def __init__(self, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self._token = (
            f'<wsse:BinarySecurityToken EncodingType="{BASE64_ENCODING}" ValueType="{X509_V3}" wsu:Id="token">'
            f"{pybase64.b64encode_as_string(certificate.public_bytes(Encoding.DER))}</wsse:BinarySecurityToken>"
        )

    def sign(self, headers: Headers, body: str, suite: AlgorithmSuite, now: datetime) -> bytes:
        """The whole message, for a body without contents."""
        written = _body(body)
        return self._before_body(headers, suite.digest(written).digest(), suite, now) + written + _AFTER_BODY

    async def sign_streamed(
        self, headers: Headers, body: str, contents: Sequence[SentInhoud], suite: AlgorithmSuite, now: datetime
    ) -> SignedMessage:
        """The message in pieces, for a body with the tokens of contents."""
        pieces = tuple(split_at_tokens(_body(body), {one.token: one for one in contents}))
        digest = suite.digest(b"")
        async for chunk in SignedMessage(pieces).stream():
            digest.update(chunk)
        return SignedMessage((self._before_body(headers, digest.digest(), suite, now), *pieces, _AFTER_BODY))

    def _before_body(self, headers: Headers, body_digest: bytes, suite: AlgorithmSuite, now: datetime) -> bytes:
        blocks, timestamp = _header_blocks(headers), _timestamp(now)
        references = [
            _reference(name, suite.digest(written.encode()).digest(), suite)
            for name, written in {**blocks, "timestamp": timestamp}.items()
        ]
        signed_info = (
            f'<ds:SignedInfo xmlns:ds="{DSIG}">'
            f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}"></ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{suite.signature_uri}"></ds:SignatureMethod>'
            f"{''.join(references)}{_reference('body', body_digest, suite)}</ds:SignedInfo>"
        )
        value = pybase64.b64encode_as_string(self._key.sign(signed_info.encode(), _PADDING, suite.hash))
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header>'
            f"{''.join(blocks.values())}"
            f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" soapenv:mustUnderstand="1">'
            f'{timestamp}{self._token}<ds:Signature xmlns:ds="{DSIG}">{signed_info}'
            f"<ds:SignatureValue>{value}</ds:SignatureValue>{_KEY_INFO}</ds:Signature>"
            "</wsse:Security></soapenv:Header>"
        ).encode()


_KEY_INFO = (
    "<ds:KeyInfo><wsse:SecurityTokenReference>"
    f'<wsse:Reference URI="#token" ValueType="{X509_V3}"></wsse:Reference>'
    "</wsse:SecurityTokenReference></ds:KeyInfo>"
)
_AFTER_BODY = b"</soapenv:Envelope>"


def _body(content: str) -> bytes:
    return (
        f'<soapenv:Body xmlns:soapenv="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="body">{content}</soapenv:Body>'.encode()
    )


def _header_blocks(headers: Headers) -> dict[str, str]:
    """The WS-Addressing headers as they are sent, by name, which is also their Id."""
    contents = {
        "To": text(headers.to),
        "MessageID": text(headers.message_id),
        "Action": text(headers.action),
    }
    if headers.relates_to:
        contents["RelatesTo"] = text(headers.relates_to)
    if headers.to != ANONYMOUS:  # a request of ours says where the answer goes
        contents["ReplyTo"] = f"<wsa:Address>{ANONYMOUS}</wsa:Address>"
    return {
        name: f'<wsa:{name} xmlns:wsa="{WSA}" xmlns:wsu="{WSU}" wsu:Id="{name}">{content}</wsa:{name}>'
        for name, content in contents.items()
    }


def _timestamp(now: datetime) -> str:
    return (
        f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="timestamp"><wsu:Created>{tijdstempel(now)}</wsu:Created>'
        f"<wsu:Expires>{tijdstempel(now + EXPIRES_AFTER)}</wsu:Expires></wsu:Timestamp>"
    )


def _reference(name: str, digest: bytes, suite: AlgorithmSuite) -> str:
    return (
        f'<ds:Reference URI="#{name}"><ds:Transforms><ds:Transform Algorithm="{EXC_C14N}"></ds:Transform>'
        f'</ds:Transforms><ds:DigestMethod Algorithm="{suite.digest_uri}"></ds:DigestMethod>'
        f"<ds:DigestValue>{pybase64.b64encode_as_string(digest)}</ds:DigestValue></ds:Reference>"
    )


def signer(files: TlsFiles) -> Signer:
    """Signs answers with the server's certificate, as Digipoort does."""
    return Signer(load_certificates(files.server_chain)[0], load_key(files.server_key))
