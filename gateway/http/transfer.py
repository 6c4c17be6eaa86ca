"""Content-Transfer-Encoding of a MIME part (RFC 2045), decoded strictly while it streams; base64 also encoded.

Everything in the gateway that decodes or encodes base64 in pieces uses `Base64Decoder` and `Base64Encoder`.
"""

import binascii
import re
from typing import Protocol

import pybase64

_LINE_BYTES_MAX = 998  # RFC 5322, 2.1.1
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-F]{2}|\r?\n)")


class TransferError(ValueError):
    """The content does not follow its Content-Transfer-Encoding."""


class TransferDecoder(Protocol):
    """Decodes one encoding. Both methods raise TransferError."""

    def feed(self, chunk: bytes) -> bytes:
        """Decode as much as is complete with this chunk."""

    def finish(self) -> bytes:
        """Decode the rest."""


class IdentityDecoder:
    """7bit, 8bit and binary: the bytes are the content."""

    def feed(self, chunk: bytes) -> bytes:
        """The chunk itself."""
        return chunk

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class Base64Decoder:
    """base64 (RFC 4648, section 4): its alphabet and white space only, padding at the end only."""

    def __init__(self) -> None:
        self._held = b""
        self._is_at_end = False

    def feed(self, chunk: bytes) -> bytes:
        """The complete groups of four so far."""
        text = self._held + chunk.translate(None, b"\r\n \t")
        if self._is_at_end and text:
            raise TransferError("base64 goes on after its padding")
        whole = len(text) - len(text) % 4
        self._held = text[whole:]
        return self._decode(text[:whole])

    def finish(self) -> bytes:
        """Return nothing. Raises TransferError if an incomplete group is left."""
        if self._held:
            raise TransferError("base64 ends within a group of four characters")
        return b""

    def _decode(self, text: bytes) -> bytes:
        self._is_at_end = text.endswith(b"=")
        try:
            return pybase64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise TransferError("not base64") from error


class Base64Encoder:
    """Encodes content that comes in pieces of any size."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """The base64 of the complete groups of three bytes so far."""
        content = self._held + chunk
        whole = len(content) - len(content) % 3
        self._held = content[whole:]
        return pybase64.b64encode(content[:whole])

    def finish(self) -> bytes:
        """The base64 of the last bytes, padded."""
        return pybase64.b64encode(self._held)


class QuotedPrintableDecoder:
    """quoted-printable, line by line."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """The complete lines so far."""
        text = self._held + chunk
        whole = text.rfind(b"\n") + 1
        self._held = text[whole:]
        if len(self._held) > _LINE_BYTES_MAX:
            raise TransferError("a line of quoted-printable is too long")
        return self._decode(text[:whole])

    def finish(self) -> bytes:
        """Decode the last line, which has no line end."""
        return self._decode(self._held)

    def _decode(self, text: bytes) -> bytes:
        if _BAD_ESCAPE.search(text):
            raise TransferError("not quoted-printable: '=' without two hexadecimal digits")
        return binascii.a2b_qp(text)


_DECODERS: dict[str, type[IdentityDecoder] | type[Base64Decoder] | type[QuotedPrintableDecoder]] = {
    "7bit": IdentityDecoder,
    "8bit": IdentityDecoder,
    "binary": IdentityDecoder,
    "base64": Base64Decoder,
    "quoted-printable": QuotedPrintableDecoder,
}


def decoder(encoding: str) -> TransferDecoder:
    """The decoder for a Content-Transfer-Encoding. Raises TransferError for one that is not known."""
    try:
        return _DECODERS[encoding.strip().lower()]()
    except KeyError:
        raise TransferError(f"Content-Transfer-Encoding {encoding!r} is not known") from None
