"""The attachments inside a document: decoded in pieces, measured, and looked at for what they really are.

Each is decoded from the original bytes, never from the tree: memory stays flat, and a wrong character is known by
its place. The limit is on the decoded bytes of all attachments of a message together, detached ones
included.
"""

import hashlib
import re
from binascii import Error as Base64Trouble
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from lxml import etree
from pybase64 import b64decode, b64encode

from gateway.i18n import Text
from gateway.validator import media_types as content_types
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.kinds import definition_of
from gateway.validator.model.document import Attachment, DetachedPart, DocumentKind
from gateway.validator.xml.locations import Paths, Position
from gateway.validator.xml.parsing import ATTACHMENT_TAGS, Limits, Parsed

FILENAME_CHARACTERS_MAX = 80
"""Digipoort's `bestandsnaam` (koppelvlak 1.2)."""

_PIECE_BYTES = 192 * 1024
_QUOTED_CHARACTERS_MAX = 100


class Base64Error(ValueError):
    """The content of the attachment is not base64. `offset` is the byte of the document where it goes wrong."""

    def __init__(self, offset: int, reason: Text) -> None:
        super().__init__(reason.en)
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attached:
    """The attachments of a message and what is wrong with them."""

    attachments: tuple[Attachment, ...] = ()
    findings: list[Finding] = field(default_factory=list)


def read_attachments(
    parsed: Parsed, kind: DocumentKind, limits: Limits, detached: Sequence[DetachedPart] = ()
) -> Attached:
    """Every attachment in the document, after detached ones, in order.

    Each is looked at by its content, wherever it is. Size and SHA-256 of detached ones were
    measured when they were received.
    """
    embedded = list(parsed.root.iter(*ATTACHMENT_TAGS)) if b"BinaryObject" in parsed.markup else []
    travelled = [one.attachment for one in detached]
    if not embedded and not detached:
        return Attached()
    if len(embedded) + len(detached) > limits.attachments_max:
        return Attached(tuple(travelled), [_too_many(len(embedded) + len(detached), limits)])
    numbers = count(max((one.number for one in travelled), default=0) + 1)
    collected = _Collected(parsed, definition_of(kind).media_types, travelled, numbers)
    for element in embedded:
        collected.read(element)
    for one in detached:
        collected.look_at(one.attachment, one.head)
    return Attached(tuple(collected.attachments), collected.findings(limits))


# --- base64 ------------------------------------------------------------------------------------------------

_WHITE = b" \t\r\n"
_WRONG = re.compile(rb"[^A-Za-z0-9+/= \t\r\n]")
_REFERENCE = re.compile(rb"&#(?:x0*([0-9A-Fa-f]{1,2})|0*([0-9]{1,3}));")
_REFERENCE_BYTES_MAX = 64


def decode_base64(document: bytes | memoryview, start: int, end: int) -> Iterator[bytes]:
    """Decode the base64 between two offsets as XML Schema's base64Binary does: white space anywhere, padding at
    the end and nowhere else, unused bits zero. Characters may be written as references, and comments may be
    between them. Raises Base64Error."""
    carry = last = b""
    for at, raw in _pieces(document, start, end):
        symbols = carry + _bare(raw)
        whole = len(symbols) - len(symbols) % 4
        carry = symbols[whole:]
        if not whole:
            continue
        if last.endswith(b"="):
            raise _wrong(document, start, at, end)
        last = symbols[whole - 4 : whole]
        try:
            yield b64decode(symbols[:whole], validate=True)
        except Base64Trouble:
            raise _wrong(document, start, at, min(end, at + len(raw))) from None
    if carry or not _ends_well(last):
        raise _wrong(document, start, max(start, end - _PIECE_BYTES), end)


def _pieces(document: bytes | memoryview, start: int, end: int) -> Iterable[tuple[int, bytes]]:
    """The run in pieces with their offsets. The text of a run with markup in it is one piece."""
    if _has_markup(document, start, end):
        return [(start, _text_of(document, start, end))]
    if end - start <= _PIECE_BYTES:
        return [(start, bytes(document[start:end]))]
    return _pieces_of_text(document, start, end)


def _pieces_of_text(document: bytes | memoryview, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The pieces of a run without markup; a character reference is never cut in two."""
    at = start
    while at < end:
        to = min(end, at + _PIECE_BYTES)
        raw = bytes(document[at:to])
        if to < end and (reference := raw.rfind(b"&", -_REFERENCE_BYTES_MAX)) > 0 and b";" not in raw[reference:]:
            raw = raw[:reference]
        yield at, raw
        at += len(raw)


def _has_markup(document: bytes | memoryview, start: int, end: int) -> bool:
    if isinstance(document, memoryview):
        return any(
            b"<" in bytes(document[at : min(end, at + _PIECE_BYTES)]) for at in range(start, end, _PIECE_BYTES)
        )
    return document.find(b"<", start, end) >= 0


def _text_of(document: bytes | memoryview, start: int, end: int) -> bytes:
    """The text of a run of well-formed content, without comments and instructions. Raises Base64Error."""
    parser = etree.XMLParser(encoding="utf-8", huge_tree=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(b"<a>" + bytes(document[start:end]) + b"</a>", parser)
    except etree.XMLSyntaxError:
        raise _wrong(document, start, start, end) from None
    return str(root.xpath("string()")).encode()


def _bare(raw: bytes) -> bytes:
    """Without white space, and with what references stand for: some programs end each line in &#13;."""
    if b"&" in raw:
        raw = _REFERENCE.sub(_character, raw)
    if b"\n" in raw or b"\r" in raw or b" " in raw or b"\t" in raw:
        return raw.translate(None, _WHITE)
    return raw


def _character(reference: re.Match[bytes]) -> bytes:
    """The character of a reference; the reference itself where that is none of ASCII, and so no base64."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return bytes([code]) if code < 128 else reference[0]


def _ends_well(quantum: bytes) -> bool:
    """Whether the unused bits of the last four symbols are zero, as in `QQ==` but not `QR==`."""
    return not quantum.endswith(b"=") or b64encode(b64decode(quantum)) == quantum


def _wrong(document: bytes | memoryview, start: int, at: int, to: int) -> Base64Error:
    """The error at the first byte that is no base64, else at the first padding, else at the end."""
    raw = _REFERENCE.sub(_as_long, bytes(document[at:to]))
    if (wrong := _WRONG.search(raw)) is not None:
        character = raw[wrong.start() : wrong.start() + 4].decode("utf-8", "ignore")[:1] or "?"
        return Base64Error(
            at + wrong.start(),
            Text("the character {character} is no base64", character=repr(character)),
        )
    padding = raw.find(b"=")
    reason = Text("its length or padding is wrong")
    return Base64Error(at + padding if padding >= 0 else max(start, to - 1), reason)


def _as_long(reference: re.Match[bytes]) -> bytes:
    """The reference itself; as many letters as it has bytes where it stands for base64 or white space."""
    is_wrong = _WRONG.match(_character(reference)) is not None
    return reference[0] if is_wrong else b"A" * len(reference[0])


# --- one attachment ----------------------------------------------------------------------------------------


class _AttachmentFinding(NamedTuple):
    """A finding and what it is about: an element, in which its location is, and where it goes wrong, as a byte of
    the document. A detached attachment has neither."""

    finding: Finding
    element: etree._Element | None
    offset: int | None = None


@dataclass(slots=True)
class _Collected:
    """Attachments and findings while the document is gone through. Places are worked out at the end, all in one
    pass: there may be hundreds of findings in a document of many megabytes."""

    parsed: Parsed
    media_types: Collection[str] | None
    """Those that a document of its kind may carry; None for any."""
    attachments: list[Attachment]
    numbers: Iterator[int]
    """Those of the next ones."""
    found: list[_AttachmentFinding] = field(default_factory=list)

    def read(self, element: etree._Element) -> None:
        """An attachment element: its base64, unless that is broken up or not there."""
        cut = self.parsed.attachments.get(element)
        if cut is None:
            self._read_without_cut(element)
            return
        try:
            size, digest, head = _measure(decode_base64(self.parsed.document, cut.start, cut.end))
        except Base64Error as error:
            self.found.append(_AttachmentFinding(_not_base64(error), element, error.offset))
            return
        attachment = Attachment(
            number=next(self.numbers),
            media_type=(element.get("mimeCode") or "").strip() or "application/octet-stream",
            filename=element.get("filename"),
            size_bytes=size,
            sha256=digest,
            start=cut.start,
            end=cut.end,
        )
        self.attachments.append(attachment)
        self.look_at(attachment, head, element)

    def look_at(self, attachment: Attachment, head: bytes, element: etree._Element | None = None) -> None:
        """An attachment, by what its sender says of it and by how it begins."""
        end = content_types.extension(attachment.filename)
        for finding in (
            _not_allowed(attachment, self.media_types),
            _poor_filename(attachment),
            _dangerous_name(attachment, end),
            _other_content(attachment, head, end) if head else _empty(attachment.number),
        ):
            if finding is not None:
                self.found.append(_AttachmentFinding(finding, element))

    def _read_without_cut(self, element: etree._Element) -> None:
        is_empty = not str(element.xpath("string()")).strip() and next(element.iterchildren("*"), None) is None
        self.found.append(_AttachmentFinding(_empty() if is_empty else _broken_up(), element))

    def findings(self, limits: Limits) -> list[Finding]:
        """Every finding at its place, in the order of the attachments."""
        findings = self._at_their_places() if self.found else []
        if sum(attachment.size_bytes for attachment in self.attachments) > limits.attachments_bytes_max:
            findings.append(_too_large(self.attachments, limits))
        return findings

    def _at_their_places(self) -> list[Finding]:
        source_map, paths = self.parsed.source_map, Paths()
        offsets = sorted(one.offset for one in self.found if one.offset is not None)
        positions: dict[object, Position] = dict(zip(offsets, source_map.of_offsets(offsets), strict=True))
        elements = [one.element for one in self.found if one.element is not None]
        positions.update(source_map.of_elements(self.parsed.root, elements).items())
        placed: list[Finding] = []
        for finding, element, offset in self.found:
            if element is None:
                placed.append(finding.at("", None, None))
                continue
            position = positions[element if offset is None else offset]
            placed.append(finding.at(paths.of(element) + finding.location, position.line, position.column))
        return placed


def _measure(pieces: Iterator[bytes]) -> tuple[int, str, bytes]:
    """Size, SHA-256 and the first bytes of what is decoded."""
    size, digest, head = 0, hashlib.sha256(), b""
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
        head = head or piece[: content_types.HEAD_BYTES]
    return size, digest.hexdigest(), head


# --- findings ----------------------------------------------------------------------------------------------


def _not_allowed(attachment: Attachment, media_types: Collection[str] | None) -> Finding | None:
    """A media type that a document of this kind may not carry."""
    if media_types is None or attachment.media_type in media_types:
        return None
    media_type = attachment.media_type[:_QUOTED_CHARACTERS_MAX]
    allowed = ", ".join(content_types.EN16931)
    return _finding(
        "MP-ATT-MEDIA-TYPE",
        Text(
            "Attachment {attachment} has media type {media_type}, which an invoice may not carry.",
            attachment=attachment.number,
            media_type=media_type,
        ),
        Text("Allowed are {allowed}.", allowed=allowed),
        location="/@mimeCode",
        found=media_type,
        expected=allowed,
    )


def _poor_filename(attachment: Attachment) -> Finding | None:
    problem = filename_problem(attachment.filename)
    if problem is None:
        return None
    return _finding(
        "MP-ATT-FILENAME",
        Text("The file name of attachment {attachment} {problem}.", attachment=attachment.number, problem=problem),
        Text("Give it a plain short name, as factuur.pdf."),
        flag=Flag.WARNING,
        location="/@filename",
        found=(attachment.filename or "")[:_QUOTED_CHARACTERS_MAX],
    )


def _dangerous_name(attachment: Attachment, end: str) -> Finding | None:
    """A file name whose end, given here, is that of something that runs."""
    if end not in content_types.EXECUTABLE:
        return None
    return _finding(
        "MP-ATT-DANGEROUS",
        Text(
            "The file name of attachment {attachment} ends in .{end}: a computer may run such a file.",
            attachment=attachment.number,
            end=end,
        ),
        Text("Send a document, and give it the name of one, as factuur.pdf."),
        location="/@filename",
        found=(attachment.filename or "")[:_QUOTED_CHARACTERS_MAX],
        expected=content_types.extension_for(attachment.media_type) or None,
    )


def filename_problem(filename: str | None) -> Text | None:
    """What is wrong with the file name of an attachment, as the end of a sentence, or None."""
    if filename is None:
        return None
    if not filename.strip():
        return Text("is empty")
    if "/" in filename or "\\" in filename or filename in {".", ".."}:
        return Text("holds a path")
    if not filename.isprintable():
        return Text("holds control characters")
    if len(filename) > FILENAME_CHARACTERS_MAX:
        most = FILENAME_CHARACTERS_MAX
        return Text("is longer than {most} characters", most=most)
    return None


def _other_content(attachment: Attachment, head: bytes, end: str) -> Finding | None:
    """What the content is, if that is not what it is declared to be. `end` is that of its file name."""
    found = content_types.recognise(head)
    media_type = attachment.media_type[:_QUOTED_CHARACTERS_MAX]
    if found is not None and found.is_dangerous:
        return _dangerous(attachment, found, media_type)
    if content_types.fits(attachment.media_type, head, found):
        if content_types.fits(content_types.EXTENSIONS.get(end, ""), head, found):
            return None
        return _other_extension(attachment, end, _name(found))
    return _finding(
        "MP-ATT-CONTENT",
        Text(
            "Attachment {attachment} is said to be {media_type}, but it is {name}.",
            attachment=attachment.number,
            media_type=media_type,
            name=_name(found),
        ),
        Text("Give the media type that belongs to the content; the recipient may not be able to open it."),
        flag=Flag.WARNING,
        found=_name(found),
        expected=media_type,
    )


def _name(found: content_types.RecognizedContent | None) -> Text:
    return found.name if found else Text("something else")


def _other_extension(attachment: Attachment, end: str, name: Text) -> Finding:
    expected = content_types.extension_for(attachment.media_type) or None
    return _finding(
        "MP-ATT-EXTENSION",
        Text(
            "The file name of attachment {attachment} ends in .{end}, but it is {name}.",
            attachment=attachment.number,
            end=end,
            name=name,
        ),
        Text("The recipient's computer opens a file by the end of its name: let it be that of the content."),
        flag=Flag.WARNING,
        location="/@filename",
        found=(attachment.filename or "")[:_QUOTED_CHARACTERS_MAX],
        expected=expected,
    )


def _dangerous(attachment: Attachment, found: content_types.RecognizedContent, media_type: str) -> Finding:
    return _finding(
        "MP-ATT-DANGEROUS",
        Text(
            "Attachment {attachment} is {found}, not {media_type}.",
            attachment=attachment.number,
            found=found.name,
            media_type=media_type,
        ),
        Text("Send a document, as a PDF."),
        found=found.name,
        expected=media_type,
    )


def _not_base64(error: Base64Error) -> Finding:
    return _finding(
        "MP-ATT-BASE64",
        Text("The attachment is not base64: {reason}.", reason=error.reason),
        Text("Encode the whole file as base64 (RFC 4648), letters A-Z a-z 0-9 + / and = at the end."),
    )


def _broken_up() -> Finding:
    return _finding(
        "MP-ATT-BASE64",
        Text("The base64 of the attachment is interrupted by other markup."),
        Text("Put the base64 in one piece, without comments or elements in it."),
    )


def _empty(number: int | None = None) -> Finding:
    return _finding(
        "MP-ATT-EMPTY",
        Text("Attachment {number} is empty.", number=number) if number else Text("The attachment is empty."),
        Text("Leave the attachment out, or fill it."),
        flag=Flag.WARNING,
    )


def _too_many(count: int, limits: Limits) -> Finding:
    most = limits.attachments_max
    return _finding(
        "MP-ATT-NUMBER",
        Text("The message has more than {most} attachments; no more are accepted.", most=most),
        Text("Put them together in fewer files."),
        found=str(count),
        expected=f"<= {most}",
    )


def _too_large(attachments: Sequence[Attachment], limits: Limits) -> Finding:
    total = sum(attachment.size_bytes for attachment in attachments)
    limit = limits.attachments_bytes_max
    megabytes = f"{limit / (1024 * 1024):g}"
    return _finding(
        "MP-ATT-SIZE",
        Text(
            "The attachments are {total:n} bytes together; at most {limit:n} bytes ({megabytes} MB) are accepted.",
            total=total,
            limit=limit,
            megabytes=megabytes,
        ),
        Text("Make the attachments smaller, or send some of them another way."),
        found=str(total),
        expected=f"<= {limit}",
    )


def _finding(
    rule: str,
    sentence: Text,
    advice: Text,
    *,
    flag: Flag = Flag.FATAL,
    location: str = "",
    found: Text | str | None = None,
    expected: str | None = None,
) -> Finding:
    return Finding(
        rule,
        flag,
        Stage.ATTACHMENTS,
        sentence,
        location=location,
        terms=("BT-125",),
        found=found,
        expected=expected,
        advice=advice,
    )
