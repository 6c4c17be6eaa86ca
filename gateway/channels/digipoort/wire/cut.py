"""Reading a SOAP message of any size in little memory: long base64 is cut out while it streams in.

lxml refuses a text node over 10 million characters, and a tree of 28 MB of base64 would cost several times
that. So text between two tags that is long and nothing but base64 goes to a spool file, and a token takes its
place in what the parser sees: the skeleton. The token is base64 itself, so that the schema holds the skeleton to
the same rules. Digests are taken over the spooled text in the token's place.
"""

import binascii
import itertools
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol

import pybase64

from gateway.channels.digipoort.wire.faults import MalformedError
from gateway.http.transfer import Base64Decoder, TransferError
from gateway.i18n import Text

_WHITESPACE = b" \t\r\n"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_PIECE_BYTES = 192 * 1024
"""A multiple of 3 and of 4: pieces of base64 and of octets match."""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Limits on one message. Sizes in bytes."""

    body_bytes_max: int = 96 * 1024 * 1024
    """A document and 20 MiB of attachments, both as base64, with room for line breaks and headers."""
    inhoud_bytes_max: int = 20 * 1024 * 1024
    """koppelvlak 1.2: maxLength of inhoud, after decoding, each by itself."""
    cut_bytes_min: int = 64 * 1024
    """Shorter base64 stays in the tree: a cut costs more than it saves."""
    cut_whole_bytes_min: int = 1024
    """The same in a message that is in memory, where a cut is cheap."""
    skeleton_bytes_max: int = 4 * 1024 * 1024
    """Headers, names and short contents; ten attachments below the cut fit six times."""
    memory_bytes_max: int = 1024 * 1024
    """The spool stays in memory up to here; then it is a file."""
    tags_max: int = 20_000
    namespaces_max: int = 200
    """Canonicalization looks through them for every element."""
    quotes_max: int = 4_000
    """Each attribute has two. Canonicalization sorts an element's attributes in quadratic time: a hundred
    thousand of them took minutes. A signed message has some fifty."""
    parts_max: int = 100
    """MTOM: more than any message has attachments."""


class Inhoud(Protocol):
    """The value of one `inhoud`, in memory or in the spool."""

    @property
    def size_bytes(self) -> int:
        """Of the decoded value, computed without decoding it."""

    def canonical(self) -> Iterator[bytes]:
        """Its characters in the canonical XML."""

    def octets(self) -> Iterator[bytes]:
        """Decoded. Raises MalformedError when it is not base64."""


class InlineInhoud:
    """Base64Decoder that stayed in the tree."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._characters = text.translate(None, _WHITESPACE)

    @property
    def size_bytes(self) -> int:
        return len(self._characters) // 4 * 3 - self._characters[-2:].count(b"=")

    def canonical(self) -> Iterator[bytes]:
        yield self._text

    def octets(self) -> Iterator[bytes]:
        yield _decode(self._characters)


@dataclass(frozen=True, slots=True)
class DecodedBase64:
    """Base64Decoder of a short message, without whitespace, and what it decodes to."""

    characters: bytes
    decoded: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.decoded)

    def canonical(self) -> Iterator[bytes]:
        yield self.characters

    def octets(self) -> Iterator[bytes]:
        yield self.decoded


@dataclass(frozen=True, slots=True)
class SpooledBase64:
    """Base64Decoder that was cut out of the text, line ends as XML sees them."""

    spool: IO[bytes]
    start: int
    length: int
    characters: int
    """Without whitespace."""

    @property
    def size_bytes(self) -> int:
        padding = _last(self.spool, self.start, self.length)[-2:].count(b"=")
        return self.characters // 4 * 3 - padding

    def canonical(self) -> Iterator[bytes]:
        return _pieces(self.spool, self.start, self.length)

    def octets(self) -> Iterator[bytes]:
        decoder = Base64Decoder()
        try:
            for piece in self.canonical():
                yield decoder.feed(piece)
            decoder.finish()
        except TransferError as error:
            raise _not_base64() from error


@dataclass(frozen=True, slots=True)
class SpooledOctets:
    """An MTOM part: octets in the spool, canonically the base64 of them (XOP 1.0, section 3.1)."""

    spool: IO[bytes]
    start: int
    length: int

    @property
    def size_bytes(self) -> int:
        return self.length

    def canonical(self) -> Iterator[bytes]:
        for piece in self.octets():
            yield pybase64.b64encode(piece)

    def octets(self) -> Iterator[bytes]:
        return _pieces(self.spool, self.start, self.length)


def new_token() -> str:
    """A random name for a cut: 24 characters of base64."""
    return "mpX" + secrets.token_hex(10) + "X"


def cut_whole(message: bytes, limits: ReadingLimits) -> tuple[bytes, dict[str, Inhoud]]:
    """The skeleton and the cuts of a short message that is in memory.

    Only the first `inhoud` is cut out, and only when it is base64 of some length on one line; any other stays in
    the tree.
    """
    start = message.find(b"inhoud>") + 7
    end = message.find(b"<", start)
    if start < 7 or end - start < limits.cut_whole_bytes_min:
        return message, {}
    characters = message[start:end]
    decoded = _decoded_at_once(characters)
    if decoded is None:
        return message, {}
    before, after = message[:start], message[end:]
    token = _unused_token(before, after)
    return b"".join((before, token.encode(), after)), {token: DecodedBase64(characters, decoded)}


def _decoded_at_once(characters: bytes) -> bytes | None:
    """The decoded base64, or None when it is anything but its alphabet, padded to whole groups."""
    try:
        return pybase64.b64decode(characters, validate=True)
    except binascii.Error:
        return None


_numbers = itertools.count()


def _unused_token(*texts: bytes) -> str:
    """A token that none of these texts contains. A number is enough, because the whole message is checked."""
    while True:
        token = f"mpX{next(_numbers):020x}X"
        if not any(token.encode() in text for text in texts):
            return token


class Cutter:
    """Reads a message while it streams, and leaves its skeleton and its cuts."""

    def __init__(self, limits: ReadingLimits, spool: IO[bytes]) -> None:
        self._limits = limits
        self._spool = spool
        self._skeleton = bytearray()
        self._run: bytearray | None = None
        self._spilled: tuple[int, int, int] | None = None
        self._ends_in_return = False
        self._waiting: bytearray | None = bytearray()
        self.cuts: dict[str, Inhoud] = {}
        self.too_large: MalformedError | None = None

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes. What is too large is noted, not kept: the caller reads on and then refuses."""
        if self._waiting is not None:  # nothing to cut in a message that is short as a whole
            self._waiting += chunk
            if len(self._waiting) <= self._limits.cut_bytes_min:
                return
            chunk, self._waiting = bytes(self._waiting), None
        at = 0
        while at < len(chunk) and self.too_large is None:
            at = self._in_markup(chunk, at) if self._run is None else self._in_text(chunk, at)

    def close(self) -> bytes:
        """The skeleton of the complete message. Raises MalformedError."""
        if self._waiting is not None:
            return bytes(self._waiting)
        if self.too_large is not None:
            raise self.too_large
        if self._spilled is not None:
            raise MalformedError(Text("the message ends inside a value"))
        if self._run:
            self._skeleton += self._run
        return bytes(self._skeleton)

    def _in_markup(self, chunk: bytes, at: int) -> int:
        end = chunk.find(b">", at) + 1
        self._keep(chunk[at : end or len(chunk)])
        if end:
            self._run = bytearray()
        return end or len(chunk)

    def _in_text(self, chunk: bytes, at: int) -> int:
        end = chunk.find(b"<", at)
        text = chunk[at : len(chunk) if end < 0 else end]
        if text.translate(None, _BASE64 + _WHITESPACE):
            self._plain_text()
            return at  # looked at again, as markup
        self._add(text)
        if end >= 0:
            self._end_of_text()
        return at + len(text)

    def _plain_text(self) -> None:
        """Not base64. Text that was spooled before this point is no valid value either."""
        if self._spilled is not None:
            self.too_large = _not_base64()
            return
        self._keep(bytes(self._run or b""))
        self._run = None

    def _add(self, text: bytes) -> None:
        run = self._run
        if run is None:
            return
        if self._spilled is None:
            run += text
            if len(run) < self._limits.cut_bytes_min:
                return
            self._spool.seek(0, 2)
            self._spilled, self._ends_in_return = (self._spool.tell(), 0, 0), False
            text = bytes(run)
            run.clear()
        self._spill(text)

    def _spill(self, text: bytes) -> None:
        if self._spilled is None:
            return
        start, length, characters = self._spilled
        normal = self._line_ends(text)
        self._spool.write(normal)
        characters += len(normal.translate(None, _WHITESPACE))
        self._spilled = start, length + len(normal), characters
        if characters // 4 * 3 > self._limits.inhoud_bytes_max + 2:
            self.too_large = too_large(characters // 4 * 3, self._limits.inhoud_bytes_max)

    def _line_ends(self, text: bytes) -> bytes:
        """XML 1.0 section 2.11: CR LF and CR become LF, also where chunks meet."""
        if self._ends_in_return and text.startswith(b"\n"):
            text = text[1:]
            self._ends_in_return = False
        if text:
            self._ends_in_return = text.endswith(b"\r")
        return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text

    def _end_of_text(self) -> None:
        if self._spilled is None:
            self._keep(bytes(self._run or b""))
        else:
            token = new_token()
            self.cuts[token] = SpooledBase64(self._spool, *self._spilled)
            self._keep(token.encode())
        self._run, self._spilled = None, None

    def _keep(self, data: bytes) -> None:
        if len(self._skeleton) + len(data) > self._limits.skeleton_bytes_max:
            self.too_large = MalformedError(Text("the message has too much text around its contents"))
            return
        self._skeleton += data


def new_spool(limits: ReadingLimits) -> IO[bytes]:
    """Where cuts are kept: in memory while small, then in an unnamed temporary file."""
    return tempfile.SpooledTemporaryFile(max_size=limits.memory_bytes_max)


def too_large(size_bytes: int, size_bytes_max: int) -> MalformedError:
    """The inhoud is over its limit."""
    return MalformedError(
        Text(
            "an inhoud of at least {size_bytes} bytes is over the limit of {size_bytes_max}",
            size_bytes=size_bytes,
            size_bytes_max=size_bytes_max,
        )
    )


def _pieces(spool: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    while length > 0:
        spool.seek(start)
        piece = spool.read(min(_PIECE_BYTES, length))
        if not piece:
            raise EOFError("the spool is shorter than what was put in it")
        start, length = start + len(piece), length - len(piece)
        yield piece


def _last(spool: IO[bytes], start: int, length: int) -> bytes:
    """The last characters that are not whitespace."""
    spool.seek(start + max(0, length - 4096))
    return spool.read(min(4096, length)).translate(None, _WHITESPACE)


def _decode(characters: bytes) -> bytes:
    try:
        return pybase64.b64decode(characters, validate=True)
    except binascii.Error as error:
        raise _not_base64() from error


def _not_base64() -> MalformedError:
    return MalformedError(Text("an inhoud is not base64"))
