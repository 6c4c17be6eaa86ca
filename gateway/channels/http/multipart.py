"""Reads a multipart body (RFC 2046, RFC 7578) while it streams: one document, and detached attachments.

Only the sinks keep content. They are closed when the whole body was valid, so a malformed body leaves nothing in
storage.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from aiohttp import web
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.http import problems
from gateway.http.body import Digest, pieces
from gateway.http.limits import RequestLimits
from gateway.http.transfer import TransferDecoder, TransferError, decoder
from gateway.i18n import Text, either
from gateway.messages.ports import ContentSink
from gateway.messages.submission import Content, DetachedAttachment
from gateway.validator.media_types import PDF
from gateway.validator.model.document import Attachment

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of what is refused with a problem anyway

MULTIPART_TYPES = ("multipart/form-data", "multipart/mixed", "multipart/related")
DOCUMENT_TYPES = ("application/xml", "text/xml", PDF)
"""What a document may be called. What it is, its bytes say."""

_PART_NAMES = frozenset({b"document", b"attachment"})
_UNTYPED = "application/octet-stream"
"""The type of a file whose type the client does not know. In a form the name says which part is the document."""
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")  # RFC 2046, 5.1.1
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}", re.ASCII)  # RFC 6838, 4.2
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

_Event = tuple[Literal["begin", "field", "value", "header", "headers", "data", "end", "finished"], bytes]


@dataclass(slots=True)
class _Part:
    """One part while it is read."""

    headers: dict[str, str] = field(default_factory=dict)
    is_document: bool = False
    name: str = ""
    """Of the field of the form."""
    media_type: str = ""
    filename: str | None = None
    decoder: TransferDecoder | None = None
    sink: ContentSink | None = None
    size_bytes: int = 0


class Sinks(Protocol):
    """Where the content of parts goes: document storage, or `InMemory`."""

    def sink(self) -> ContentSink:
        """A new sink."""


class _MemorySink:
    """Keeps a part in memory."""

    def __init__(self) -> None:
        self._data = bytearray()

    async def write(self, chunk: bytes) -> None:
        self._data += chunk

    async def close(self) -> Content:
        return Content(len(self._data), bytes(self._data))

    async def abort(self) -> None:
        self._data.clear()


class InMemory:
    """For what is not stored. Implements `Sinks`."""

    def sink(self) -> ContentSink:
        """A new sink."""
        return _MemorySink()


@dataclass(frozen=True, slots=True)
class SentFile:
    """A field of a form: its name; the name of its file as the browser has it, None when it is no file; its bytes
    and its media type."""

    field: str
    name: str | None
    data: bytes
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class SubmittedParts:
    """The document and the attachments of a multipart body."""

    document: Content
    attachments: tuple[DetachedAttachment, ...]


async def read_parts(request: web.BaseRequest, storage: Sinks, limits: RequestLimits) -> SubmittedParts:
    """Read the multipart body of this request. Raises problems, and then leaves nothing in storage."""
    assembler = _Assembler(request.content_type == "multipart/form-data", storage, limits)
    try:
        await _assemble(request, assembler, limits)
        return await assembler.close()
    except BaseException:  # also when the task is cancelled
        await assembler.abort()
        raise


async def read_files(
    request: web.BaseRequest, limits: RequestLimits, fields: Collection[str] = ("file",)
) -> list[SentFile]:
    """Read a form with files into memory: its fields of these names, without empty ones. Raises problems."""
    if request.content_type != "multipart/form-data":
        raise problems.UnsupportedMediaType(request.content_type[:100], ["multipart/form-data"])
    limits = replace(limits, attachments_bytes_max=limits.body_bytes_max)
    assembler = _Assembler(True, InMemory(), limits, frozenset(map(str.encode, fields)))
    await _assemble(request, assembler, limits)
    contents = await assembler.contents()
    return [
        SentFile(part.name, part.filename, content.data, part.media_type)
        for part, content in contents
        if content.data
    ]


async def _assemble(request: web.BaseRequest, assembler: "_Assembler", limits: RequestLimits) -> None:
    splitter, digest = _Splitter(_boundary(request), limits), Digest(request)
    async for chunk in pieces(request, limits.body_bytes_max, limits):
        digest.update(chunk)
        for event in splitter.split(chunk):
            await assembler.handle(event)
    digest.check()


def _boundary(request: web.BaseRequest) -> str:
    _, options = parse_options_header(request.headers.get("Content-Type", ""))
    boundary = options.get(b"boundary", b"").decode("latin-1")
    if not _BOUNDARY.fullmatch(boundary):
        raise _malformed_problem(Text("The Content-Type names no valid boundary."))
    return boundary


class _Splitter:
    """Turns chunks into events. The parser calls back synchronously; sinks are awaited afterwards."""

    def __init__(self, boundary: str, limits: RequestLimits) -> None:
        self._events: list[_Event] = []
        add = self._events.append
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": lambda: add(("begin", b"")),
                "on_header_field": lambda data, start, end: add(("field", data[start:end])),
                "on_header_value": lambda data, start, end: add(("value", data[start:end])),
                "on_header_end": lambda: add(("header", b"")),
                "on_headers_finished": lambda: add(("headers", b"")),
                "on_part_data": lambda data, start, end: add(("data", data[start:end])),
                "on_part_end": lambda: add(("end", b"")),
                "on_end": lambda: add(("finished", b"")),
            },
            max_header_count=limits.part_header_count_max,
            max_header_size=limits.part_header_bytes_max,
        )

    def split(self, chunk: bytes) -> Iterable[_Event]:
        """The events in this chunk."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _malformed_problem(
                Text("A boundary or part header is wrong: {error}.", error=str(error))
            ) from error
        events = self._events.copy()
        self._events.clear()
        return events


class _Assembler:
    """Writes the content of each part to its own sink."""

    def __init__(
        self, is_form: bool, storage: Sinks, limits: RequestLimits, names: frozenset[bytes] = _PART_NAMES
    ) -> None:
        self._is_form = is_form
        self._names = names
        self._storage = storage
        self._limits = limits
        self._part = _Part()
        self._parts: list[_Part] = []
        self._attachments_bytes = 0
        self._field = b""
        self._value = b""
        self._is_finished = False

    async def handle(self, event: _Event) -> None:
        """Handle the next event."""
        kind, data = event
        if kind == "data":
            await self._write(data)
        elif kind == "field":
            self._field += data
        elif kind == "value":
            self._value += data
        elif kind == "header":
            self._end_header()
        elif kind == "begin":
            self._part = _Part()
        elif kind == "headers":
            self._open()
        elif kind == "end":
            await self._end_part()
        else:
            self._is_finished = True

    def _end_header(self) -> None:
        name = self._field.decode("latin-1").strip().lower()
        if name in self._part.headers:
            raise _malformed_problem(Text("A part has two headers {name}.", name=name))
        if _CONTROL.search(self._value):
            raise _malformed_problem(Text("Header {name} holds control characters.", name=name))
        self._part.headers[name] = self._value.decode("latin-1").strip()
        self._field = self._value = b""

    def _open(self) -> None:
        """The headers are complete: open a sink for the part."""
        part = self._part
        part.media_type = _media_type(part.headers.get("content-type"), self._is_form)
        disposition, options = parse_options_header(part.headers.get("content-disposition"))
        part.filename = _filename(options.get(b"filename"), self._limits.filename_characters_max)
        part.name = options.get(b"name", b"").decode("latin-1")
        part.is_document = self._is_document(part, disposition, options.get(b"name"))
        part.decoder = _decoder(part.headers.get("content-transfer-encoding", "binary"))
        self._admit(part)
        part.sink = self._storage.sink()
        self._parts.append(part)

    def _is_document(self, part: _Part, disposition: bytes, name: bytes | None) -> bool:
        if not self._is_form:
            may_be_pdf = not self._parts and disposition != b"attachment"
            return part.media_type in DOCUMENT_TYPES and (may_be_pdf or part.media_type != PDF)
        if disposition != b"form-data" or name not in self._names:
            names = either([f"`{one.decode()}`" for one in sorted(self._names, reverse=True)])
            raise _malformed_problem(
                Text("A part of multipart/form-data must be form-data and be named {names}.", names=names)
            )
        if name == b"document" and part.media_type not in (*DOCUMENT_TYPES, _UNTYPED):
            raise _malformed_problem(
                Text(
                    "The document is {media_type}; it must be application/xml, text/xml or application/pdf.",
                    media_type=part.media_type,
                )
            )
        return name == b"document"

    def _admit(self, part: _Part) -> None:
        if part.is_document and (before := [other for other in self._parts if other.is_document]):
            if self._is_form or before[0].media_type != PDF:
                raise _malformed_problem(Text("There are two documents; send them separately."))
            before[0].is_document = False  # the XML is the document, and a PDF before it an attachment
            self._count(before[0], before[0].size_bytes)
        if len(self._parts) > self._limits.attachments_count_max:
            most = self._limits.attachments_count_max
            raise _malformed_problem(Text("There are more than {most} attachments.", most=most))

    async def _write(self, data: bytes) -> None:
        part = self._part
        if part.decoder is None or part.sink is None:
            raise _malformed_problem(Text("A part has content before its headers."))
        await self._put(part, part.sink, _decode(part.decoder.feed, data))

    async def _end_part(self) -> None:
        part = self._part
        if part.decoder is None or part.sink is None:
            raise _malformed_problem(Text("A part ends within its headers."))
        finish = part.decoder.finish
        await self._put(part, part.sink, _decode(lambda _: finish(), b""))

    async def _put(self, part: _Part, sink: ContentSink, data: bytes) -> None:
        if not data:
            return
        part.size_bytes += len(data)
        self._count(part, len(data))
        await sink.write(data)

    def _count(self, part: _Part, added: int) -> None:
        if part.is_document:
            return  # it cannot be larger than the body
        self._attachments_bytes += added
        limit = self._limits.attachments_bytes_max
        if self._attachments_bytes > limit:
            raise problems.AttachmentsTooLarge(limit, self._attachments_bytes)

    async def close(self) -> SubmittedParts:
        """Close every sink. Raises MalformedMultipart if the body is not complete or has no document."""
        documents = [part for part in self._parts if part.is_document]
        if self._is_finished and (not documents or not documents[0].size_bytes):
            raise _malformed_problem(Text("There is no part with a document."))
        contents = await self.contents()
        document = next(content for part, content in contents if part.is_document)
        detached = [(part, content) for part, content in contents if not part.is_document]
        return SubmittedParts(
            document, tuple(_attachment(number, *pair) for number, pair in enumerate(detached, start=1))
        )

    async def contents(self) -> list[tuple[_Part, Content]]:
        """Close every sink. Raises MalformedMultipart if the body is not complete."""
        if not self._is_finished:
            raise _malformed_problem(Text("The closing boundary is missing."))
        return [(part, await part.sink.close()) for part in self._parts if part.sink]

    async def abort(self) -> None:
        """Discard everything that was written."""
        for part in self._parts:
            if part.sink is not None:
                await part.sink.abort()


def _attachment(number: int, part: _Part, content: Content) -> DetachedAttachment:
    facts = Attachment(number, part.media_type, part.filename, content.size_bytes, content.sha256)
    return DetachedAttachment(facts, content)


def _media_type(header: str | None, is_form: bool) -> str:
    if header is None:
        return "text/plain" if is_form else _UNTYPED
    media_type = parse_options_header(header)[0].decode("latin-1")
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("multipart/", "message/")):
        raise _malformed_problem(Text("A part's Content-Type is not a media type of one file."))
    return media_type


def _filename(value: bytes | None, characters_max: int) -> str | None:
    """The last segment of the name, without control characters. It is shown to people, never used as a path."""
    if value is None:
        return None
    try:
        name = value.decode("utf-8")
    except UnicodeDecodeError:
        name = value.decode("latin-1")
    name = _UNPRINTABLE.sub("", re.split(r"[/\\]", name)[-1]).strip()
    return name[:characters_max] or None


def _decoder(encoding: str) -> TransferDecoder:
    try:
        return decoder(encoding)
    except TransferError as error:
        raise _malformed_problem(
            Text("The encoding of a part is not known: {error}.", error=str(error))
        ) from error


def _decode(feed: Callable[[bytes], bytes], data: bytes) -> bytes:
    try:
        return feed(data)
    except TransferError as error:
        raise _malformed_problem(Text("A part is wrongly encoded: {error}.", error=str(error))) from error


def _malformed_problem(text: Text) -> problems.MalformedMultipart:
    return problems.MalformedMultipart(text, closes=True)
