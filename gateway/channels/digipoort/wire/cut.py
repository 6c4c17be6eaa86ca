"""Reading a SOAP message of any size in little memory: long base64 is cut out while it streams in.

lxml refuses a text node over 10 million characters, and a tree of 28 MB of base64 would cost several times
that. So text between two tags that is long and nothing but base64 goes to a spool file, and a token takes its
place in what the parser sees: the skeleton. The token is base64 itself, so that the schema holds the skeleton to
the same rules. Digests are taken over the spooled text in the token's place.
"""

import binascii
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol

import pybase64

from gateway.channels.digipoort.wire.canonical import new_token
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
    """Shorter base64 stays in the tree, and a message that is shorter as a whole is read in memory."""
    skeleton_bytes_max: int = 2 * 1024 * 1024
    """Headers, names and short contents; ten attachments below the cut fit three times."""
    memory_bytes_max: int = 1024 * 1024
    """The spool stays in memory up to here; then it is a file."""
    tags_max: int = 1_000
    """Elements. A message has some forty, and four more for each attachment."""
    namespaces_max: int = 200
    """Canonicalization looks through them for every element."""
    namespace_name_bytes_max: int = 512
    """Canonicalization writes it out for every element that uses it."""
    quotes_max: int = 600
    """Each attribute has two. Canonicalization sorts an element's attributes in quadratic time: a hundred
    thousand of them took minutes. A signed message has some fifty."""
    parts_max: int = 100
    """MTOM: more than any message has attachments."""


class Inhoud(Protocol):
    """The value of one `inhoud`, in memory or in the spool."""

    @property
    def size_bytes(self) -> int:
        """Of the decoded value. Raises MalformedError when it is in memory and not base64."""

    def canonical(self) -> Iterator[bytes]:
        """Its characters in the canonical XML."""

    def octets(self) -> Iterator[bytes]:
        """Decoded. Raises MalformedError when it is not base64."""


class InlineBase64:
    """Base64 in memory: it stayed in the tree, or was cut out of a short message."""

    def __init__(self, text: bytes, decoded: bytes | None = None) -> None:
        """`decoded`: what it decodes to, where that is known."""
        self._text = text
        self._known = decoded

    @property
    def size_bytes(self) -> int:
        return len(self._content)

    def canonical(self) -> Iterator[bytes]:
        yield self._text

    def octets(self) -> Iterator[bytes]:
        yield self._content

    @property
    def _content(self) -> bytes:
        if self._known is None:
            try:
                self._known = pybase64.b64decode(self._text.translate(None, _WHITESPACE), validate=True)
            except binascii.Error as error:
                raise _not_base64() from error
        return self._known


@dataclass(slots=True)
class SpooledBase64:
    """Base64 that was cut out of the text, with the line ends of XML 1.0, section 2.11."""

    spool: IO[bytes]
    start: int
    length: int = 0
    characters: int = 0
    """Without whitespace."""
    padding: int = 0
    ends_in_return: bool = False

    def add(self, text: bytes) -> None:
        """Write more of it to the spool: CR LF and CR become LF, also where two texts meet."""
        if not text:
            return
        rest = text[1:] if self.ends_in_return and text.startswith(b"\n") else text
        self.ends_in_return = text.endswith(b"\r")
        normal = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self.spool.write(normal)
        self.length += len(normal)
        self.characters += len(normal.translate(None, _WHITESPACE))
        self.padding += normal.count(b"=")

    @property
    def size_bytes(self) -> int:
        return self.characters // 4 * 3 - min(self.padding, 2)

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


def _cut_whole(message: bytes) -> tuple[bytes, dict[str, Inhoud]]:
    """The skeleton and the cuts of a short message.

    Only the first `inhoud` is cut out, and only when it is base64 on one line; any other stays in the tree.
    """
    start = message.find(b"inhoud>") + 7
    end = message.find(b"<", start)
    if start < 7 or end <= start:
        return message, {}
    characters = message[start:end]
    try:
        content = InlineBase64(characters, pybase64.b64decode(characters, validate=True))
    except binascii.Error:
        return message, {}
    token = new_token()
    return b"".join((message[:start], token.encode(), message[end:])), {token: content}


class Cutter:
    """Reads a message while it streams, and leaves its skeleton and its cuts."""

    def __init__(self, limits: ReadingLimits, spool: IO[bytes]) -> None:
        self._limits = limits
        self._spool = spool
        self._skeleton = bytearray()
        self._tags = 0
        self._is_in_text = False
        self._text = bytearray()
        """Base64 since the last tag, while it may still be short."""
        self._long: SpooledBase64 | None = None
        """The same, once it is long."""
        self._waiting: bytearray | None = bytearray()
        self.cuts: dict[str, Inhoud] = {}
        self.problem: MalformedError | None = None

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes. A problem is noted, and nothing kept: the caller reads on and then refuses."""
        if self._waiting is not None:  # a message that is short as a whole is cut at its end
            self._waiting += chunk
            if len(self._waiting) <= self._limits.cut_bytes_min:
                return
            chunk, self._waiting = bytes(self._waiting), None
        self._tags += chunk.count(b"<")
        if self._tags > 2 * self._limits.tags_max:
            self.problem = self.problem or too_many_parts()
        at = 0
        while at < len(chunk) and self.problem is None:
            at = self._read_text(chunk, at) if self._is_in_text else self._read_markup(chunk, at)

    def close(self) -> bytes:
        """The skeleton of the complete message. Raises MalformedError."""
        if self._waiting is not None:
            skeleton, self.cuts = _cut_whole(bytes(self._waiting))
            return skeleton
        if self.problem is not None:
            raise self.problem
        if self._long is not None:
            raise MalformedError(Text("the message ends inside a value"))
        return bytes(self._skeleton + self._text)

    def _read_markup(self, chunk: bytes, at: int) -> int:
        end = chunk.find(b">", at) + 1
        self._keep(chunk[at : end or len(chunk)])
        self._is_in_text = end > 0
        return end or len(chunk)

    def _read_text(self, chunk: bytes, at: int) -> int:
        end = chunk.find(b"<", at)
        if end == at and not self._text and self._long is None:  # as after most tags
            self._is_in_text = False
            return at
        text = chunk[at : len(chunk) if end < 0 else end]
        if not text.translate(None, _BASE64 + _WHITESPACE):
            self._add(text)
            if end >= 0:
                self._end_text()
            return at + len(text)
        if self._long is not None:
            self.problem = _not_base64()
        self._end_text()
        return at  # looked at again, as markup

    def _add(self, text: bytes) -> None:
        self._text += text
        if self._long is None and len(self._text) >= self._limits.cut_bytes_min:
            self._long = SpooledBase64(self._spool, self._spool.seek(0, 2))
        if self._long is not None:
            self._long.add(bytes(self._text))
            self._text.clear()
            size_bytes, size_bytes_max = self._long.characters // 4 * 3, self._limits.inhoud_bytes_max
            if size_bytes > size_bytes_max + 2:  # of padding
                self.problem = inhoud_too_large(size_bytes, size_bytes_max)

    def _end_text(self) -> None:
        if self._long is not None:
            token = new_token()
            self.cuts[token] = self._long
            self._text += token.encode()
        self._keep(bytes(self._text))
        self._text.clear()
        self._is_in_text, self._long = False, None

    def _keep(self, data: bytes) -> None:
        if len(self._skeleton) + len(data) > self._limits.skeleton_bytes_max:
            self.problem = MalformedError(Text("the message has too much text around its contents"))
            return
        self._skeleton += data


def new_spool(limits: ReadingLimits) -> IO[bytes]:
    """Where cuts are kept: in memory while small, then in an unnamed temporary file."""
    return tempfile.SpooledTemporaryFile(max_size=limits.memory_bytes_max)


def inhoud_too_large(size_bytes: int, size_bytes_max: int) -> MalformedError:
    """The inhoud is over its limit."""
    return MalformedError(
        Text(
            "an inhoud of at least {size_bytes} bytes is over the limit of {size_bytes_max}",
            size_bytes=size_bytes,
            size_bytes_max=size_bytes_max,
        )
    )


def too_many_parts() -> MalformedError:
    """The message would cost too much to read."""
    return MalformedError(Text("the message has too many elements, attributes or namespaces"))


def _pieces(spool: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    while length > 0:
        spool.seek(start)
        piece = spool.read(min(_PIECE_BYTES, length))
        if not piece:
            raise EOFError("the spool is shorter than what was put in it")
        start, length = start + len(piece), length - len(piece)
        yield piece


def _not_base64() -> MalformedError:
    return MalformedError(Text("an inhoud is not base64"))
