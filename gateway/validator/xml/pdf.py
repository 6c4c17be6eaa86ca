"""The XML that a PDF carries: Factur-X, ZUGFeRD and XRechnung put a CII invoice in a PDF/A-3 as an embedded file.

Everything about the PDF is untrusted. pypdf reads it strictly, under the limits below. What does not fit is a
finding, never an error.
"""

import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, TypeGuard

from gateway.i18n import Text
from gateway.validator.finding import Finding
from gateway.validator.media_types import PDF, document_type, extension
from gateway.validator.xml.diagnosis import refusal

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject, IndirectObject, PdfObject

NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
"""How the embedded invoice is called, in any case (Factur-X 1.0 and ZUGFeRD 2, 6.2)."""
RELATIONSHIPS = ("/Alternative", "/Data", "/Source")
"""What its AFRelationship may say (the same clause); ISO 19005-3, 6.8 asks for one."""

OBJECTS_MAX = 200_000
"""Objects in the PDF."""
STRUCTURE_BYTES_MAX = 2 * 1024 * 1024
"""Of each table or stream of objects that is read to find the embedded files, packed and unpacked."""
SECONDS_MAX = 10
"""Processor time to read the PDF, which takes milliseconds: the last limit, on all that the others leave."""
FILES_MAX = 200
"""Embedded files."""
TREE_NODES_MAX = 200
"""Nodes of the tree of their names (ISO 32000-2, 7.9.6)."""
_NAME_CHARACTERS_MAX = 80
_TABLE_LINE = re.compile(rb"\d{5} [fn]")
_LIBRARY = "pypdf"

logging.getLogger(_LIBRARY).setLevel(logging.CRITICAL)  # what it warns of quotes the document


@dataclass(frozen=True, slots=True)
class CarriedXml:
    """The XML in a PDF, and what is wrong with how it is carried."""

    xml: bytes
    findings: tuple[Finding, ...] = ()


def xml_of(document: bytes, bytes_max: int) -> bytes:
    """The XML of a document: itself, or what a PDF carries; empty where that is none or cannot be read."""
    if document_type(document) != PDF:
        return document
    carried = carried_xml(document, bytes_max)
    return carried.xml if isinstance(carried, CarriedXml) else b""


def carried_xml(document: bytes, bytes_max: int) -> CarriedXml | Finding:
    """The XML in a PDF, at most so many bytes, or why there is none to be read. Raises nothing on any bytes but
    MemoryError."""
    from pypdf import Configuration, PdfReader, apply_configuration  # seldom wanted, and takes a while to load

    stream = _Timed(document)
    limits = Configuration(
        zlib_maximum_output_length=STRUCTURE_BYTES_MAX,
        zlib_maximum_recovery_input_length=0,
        lzw_maximum_output_length=STRUCTURE_BYTES_MAX // 2,
        run_length_maximum_output_length=STRUCTURE_BYTES_MAX,
        stream_filters_maximum_length=1,
        maximum_declared_stream_length=STRUCTURE_BYTES_MAX,
        jbig2dec_binary=None,  # it would start a program
    )
    try:
        with apply_configuration(limits):
            if any(islice(_TABLE_LINE.finditer(document), OBJECTS_MAX, None)):  # pypdf holds every line
                return _TOO_LARGE
            reader = PdfReader(stream, strict=True, xref_stream_maximum_entries=OBJECTS_MAX)
            if reader.is_encrypted:
                return _ENCRYPTED
            chosen = _choose(list(_EmbeddedFiles(reader).all()))
            if isinstance(chosen, Finding):
                return chosen
            longer = {"zlib_maximum_output_length": bytes_max, "maximum_declared_stream_length": bytes_max}
            with apply_configuration(limits.with_overwrites(**longer)):
                xml = _unpack(chosen.content)
    except MemoryError:
        raise
    except Exception as error:  # pypdf raises errors of many kinds on what is no PDF; they say little
        if stream.is_over_time or _is_limit(error):
            return _TOO_LARGE
        return _ENCRYPTED if b"/Encrypt" in document else _DAMAGED
    return CarriedXml(xml, chosen.findings) if len(xml) <= bytes_max else _TOO_LARGE


class _Timed(BytesIO):
    """The bytes of a PDF, to be read within SECONDS_MAX of processor time; every step of a reader seeks."""

    def __init__(self, document: bytes) -> None:
        super().__init__(document)
        self._until = time.thread_time() + SECONDS_MAX

    @property
    def is_over_time(self) -> bool:
        return time.thread_time() > self._until

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Raises LimitReachedError when the time is over."""
        if self.is_over_time:
            raise _limit_reached()
        return super().seek(offset, whence)


@dataclass(frozen=True, slots=True)
class _EmbeddedFile:
    """An embedded file: what it is called, its relationship, and its stream."""

    name: str
    relationship: str
    content: "IndirectObject"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with its name and its relationship."""
        wrong_name = [] if self.is_named_well else [_wrong_name(self.name)]
        is_related = self.relationship in RELATIONSHIPS
        return (*wrong_name, *([] if is_related else [_wrong_relationship(self)]))

    @property
    def is_named_well(self) -> bool:
        return self.name.lower() in NAMES


@dataclass(frozen=True, slots=True)
class _EmbeddedFiles:
    """Walks the embedded files of a PDF: those in the tree of names, and those associated with the document."""

    reader: "PdfReader"

    def all(self) -> Iterator[_EmbeddedFile]:
        """Each embedded file once, by its stream."""
        from pypdf.generic import IndirectObject

        catalog = self._resolve(self.reader.trailer.raw_get("/Root"))
        seen: set[int] = set()
        for specification in self._specifications(catalog):
            held = self._get(specification, "/EF")
            contents = [held.raw_get(key) for key in ("/UF", "/F") if key in held] if _is_dictionary(held) else []
            name = str(self._get(specification, "/UF") or self._get(specification, "/F") or "")
            relationship = str(self._get(specification, "/AFRelationship") or "")
            for content in contents:
                if isinstance(content, IndirectObject) and content.idnum not in seen:
                    seen.add(content.idnum)
                    yield _EmbeddedFile(name, relationship, content)

    def _specifications(self, catalog: "PdfObject | None") -> Iterator["PdfObject | None"]:
        nodes = [self._get(self._get(catalog, "/Names"), "/EmbeddedFiles")]
        found: list[PdfObject] = [*self._list(self._get(catalog, "/AF"))]
        visited = 0
        while nodes:
            visited += 1
            node = nodes.pop()
            nodes += [self._resolve(kid) for kid in self._list(self._get(node, "/Kids"))]
            found += self._list(self._get(node, "/Names"))[1::2]
            if visited + len(nodes) > TREE_NODES_MAX or len(found) > 2 * FILES_MAX:
                raise _limit_reached()
        return (self._resolve(one) for one in found)

    def _list(self, value: "PdfObject | None") -> list["PdfObject"]:
        return list(value) if isinstance(value, list) else []

    def _get(self, holder: "PdfObject | None", key: str) -> "PdfObject | None":
        """The value of a key, resolved; None where the holder is no dictionary or has none."""
        return self._resolve(holder.raw_get(key)) if _is_dictionary(holder) and key in holder else None

    def _resolve(self, value: "PdfObject | None") -> "PdfObject | None":
        """The object that a reference is to."""
        from pypdf.generic import IndirectObject, NullObject

        if isinstance(value, IndirectObject):
            value = value.get_object()
        return None if isinstance(value, NullObject) else value


def _is_dictionary(value: "PdfObject | None") -> "TypeGuard[DictionaryObject]":
    return isinstance(value, dict)


def _unpack(reference: "IndirectObject") -> bytes:
    """The bytes of an embedded file. Raises what pypdf raises; also for another packing than deflate, which no
    program embeds files with."""
    from pypdf.errors import PdfReadError
    from pypdf.generic import StreamObject

    stream = reference.get_object()
    usual = (None, "/FlateDecode", ["/FlateDecode"])
    if not isinstance(stream, StreamObject) or stream.get("/Filter") not in usual:
        raise PdfReadError("the file is packed in an unusual way")
    return stream.get_data()


def _limit_reached() -> Exception:
    from pypdf.errors import LimitReachedError

    return LimitReachedError("more objects than are read")


def _is_limit(error: BaseException | None) -> bool:
    """Whether a limit was reached, or that is why another error was raised."""
    from pypdf.errors import LimitReachedError

    while error is not None and not isinstance(error, LimitReachedError | RecursionError):
        error = error.__context__
    return error is not None


def _choose(files: list[_EmbeddedFile]) -> _EmbeddedFile | Finding:
    """The embedded invoice: the file that is named as one, or the only XML there is."""
    candidates = [one for one in files if one.is_named_well] or [
        one for one in files if extension(one.name) == "xml"
    ]
    if not candidates:
        return _NO_XML
    return candidates[0] if len(candidates) == 1 else _several(candidates)


# --- findings ----------------------------------------------------------------------------------------------

_NAMES_ADVICE = Text("Call the embedded invoice {names}.", names=" / ".join(NAMES))
_XML_OR_FACTURX = Text("Send the XML of the invoice itself, or a PDF with its CII in it (Factur-X, ZUGFeRD).")
_TOO_LARGE = refusal(
    "MP-PDF-SIZE",
    Text("This PDF has more objects, more embedded files or larger ones than are read."),
    Text("Make it again with the invoice and what belongs to it, or send the XML of the invoice itself."),
)
_DAMAGED = refusal(
    "MP-PDF-BROKEN",
    Text("This PDF cannot be read: it is damaged, cut off, or made in a way that is not read here."),
    Text("Make it again and send the whole file, or send the XML of the invoice itself."),
)
_ENCRYPTED = refusal(
    "MP-PDF-ENCRYPTED",
    Text("This PDF is encrypted."),
    Text("Send it without encryption or password, as PDF/A-3 asks."),
)
_NO_XML = refusal(
    "MP-PDF-NO-XML",
    Text("This PDF carries no XML: a picture of an invoice is no e-invoice."),
    _XML_OR_FACTURX,
    expected=" / ".join(NAMES),
)


def _several(candidates: list[_EmbeddedFile]) -> Finding:
    return refusal(
        "MP-PDF-SEVERAL",
        Text("This PDF carries {count} files that may be the invoice.", count=len(candidates)),
        Text("Embed one invoice, called factur-x.xml."),
        found=", ".join(_printable(one.name) for one in candidates),
        expected="1",
    )


def _wrong_name(name: str) -> Finding:
    return refusal(
        "MP-PDF-NAME",
        Text(
            "The XML in this PDF is called {name}; by that name nobody finds the invoice.", name=_printable(name)
        ),
        _NAMES_ADVICE,
        found=_printable(name),
        expected=" / ".join(NAMES),
    )


def _wrong_relationship(file: _EmbeddedFile) -> Finding:
    allowed = " / ".join(one.removeprefix("/") for one in RELATIONSHIPS)
    return refusal(
        "MP-PDF-RELATIONSHIP",
        Text("The PDF does not say that {name} is its invoice.", name=_printable(file.name)),
        Text("Set AFRelationship of the embedded file to {allowed}.", allowed=allowed),
        found=_printable(file.relationship.removeprefix("/")) or None,
        expected=allowed,
    )


def _printable(name: str) -> str:
    return "".join(filter(str.isprintable, name[:_NAME_CHARACTERS_MAX]))
