"""Where things are: byte offsets to line and column, elements to XPath text.

lxml's `sourceline` stops counting at 65,535 and knows no column, and the tree is built from markup that lacks the
attachments. So places are worked out from byte offsets in the original document, and only for findings: one expat
pass over the markup yields the offsets of the few elements that are asked for.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple
from xml.parsers import expat

from lxml import etree

from gateway.validator.xml.namespaces import CII

_TOKEN_BYTES = 24
"""Length of the token in the markup for each run that was cut out of the document."""

PREFIXES = {
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2": "cac",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2": "cbc",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2": "ext",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2": "sig",
    "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2": "sac",
    "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2": "sbc",
    "http://www.w3.org/2000/09/xmldsig#": "ds",
    "http://ns.hr-xml.org/2007-04-15": "hr",
    **{namespace: prefix for prefix, namespace in CII.items()},
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
"""The usual prefixes, whatever the document itself calls them. Every other UBL namespace is that of a root:
`ubl`."""

_UBL_ROOT = re.compile(r"urn:oasis:names:specification:ubl:schema:xsd:\w+-2\Z")


class Cut(NamedTuple):
    """A run of the document, from byte `start` up to byte `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both from 1; the column counts characters."""

    line: int
    column: int


class SourceMap:
    """Lines and columns in a document of which some runs are replaced by tokens in the markup."""

    def __init__(self, document: bytes, markup: bytes, cuts: Sequence[Cut] = ()) -> None:
        self._document = document
        self._markup = markup
        self._cuts = cuts
        if not cuts:
            self._gained, self._cut_starts = [0], []
            return
        gained = accumulate(cut.end - cut.start - _TOKEN_BYTES for cut in cuts)
        self._gained = [0, *gained]
        shifts = zip(cuts, self._gained, strict=False)
        self._cut_starts = [cut.start - shift for cut, shift in shifts]

    def offset_in_document(self, markup_offset: int) -> int:
        """The byte of the document for this byte of the markup; inside a token, the run's first."""
        passed = bisect_right(self._cut_starts, markup_offset)
        if passed and markup_offset < self._cut_starts[passed - 1] + _TOKEN_BYTES:
            return self._cuts[passed - 1].start
        return markup_offset + self._gained[passed]

    def at(self, markup_offset: int) -> Position:
        """The position of a byte of the markup in the original document."""
        return next(self.of_offsets([self.offset_in_document(markup_offset)]))

    def of_offsets(self, offsets: Iterable[int]) -> Iterator[Position]:
        """The positions of byte offsets of the document, which must ascend: the document is walked once."""
        line, at, column = 1, 0, 1
        if self._document.startswith(b"\xef\xbb\xbf"):
            at = 3
        for offset in offsets:
            offset = max(offset, at)
            ends, line_start = _line_ends(self._document, at, offset)
            if ends:
                line += ends
                at, column = line_start, 1
            column += _characters(self._document[at:offset])
            at = offset
            yield Position(line, column)

    def of_elements(
        self, root: etree._Element, wanted: Iterable[etree._Element]
    ) -> dict[etree._Element, Position]:
        """The positions of the start tags of elements of this document's tree."""
        ordinals = _ordinals(root, set(wanted))
        offsets = _start_tag_offsets(self._markup, sorted(ordinals))
        positions = self.of_offsets(self.offset_in_document(offset) for offset in offsets)
        return {ordinals[number]: at for number, at in zip(sorted(ordinals), positions, strict=False)}

    def syntax_error_offset(self, line: int, column: int) -> int:
        """The byte where the markup stops being well-formed: by expat, which counts bytes; else what libxml2
        said."""
        parser = expat.ParserCreate(namespace_separator=" ")
        try:
            parser.Parse(self._markup, True)
        except expat.ExpatError:
            return min(parser.ErrorByteIndex, len(self._markup))
        return min(offset_of_line(self._markup, line) + max(column - 1, 0), len(self._markup))


def _line_ends(document: bytes, start: int, end: int) -> tuple[int, int]:
    """How many lines end between two bytes, and where the line that holds `end` begins. A line ends in a line
    feed, a carriage return or both (XML 1.0, 2.11)."""
    feeds = document.count(b"\n", start, end)
    last = document.rfind(b"\n", start, end)
    if document.find(b"\r", start, end) < 0:
        return feeds, last + 1
    alone = document.count(b"\r", start, end) - document.count(b"\r\n", start, end + 1)
    at = document.rfind(b"\r", start, end)
    while at > last and document.startswith(b"\n", at + 1):  # its line feed follows `end`
        at = document.rfind(b"\r", start, at)
    return feeds + alone, max(last, at) + 1


def _characters(utf8: bytes) -> int:
    return len(utf8) if utf8.isascii() else len(utf8.decode("utf-8", "replace"))


def offset_of_line(markup: bytes, line: int) -> int:
    at = 0
    for _ in range(min(line, 65_536) - 1):
        found = markup.find(b"\n", at)
        if found < 0:
            break
        at = found + 1
    return at


def _ordinals(root: etree._Element, wanted: set[etree._Element]) -> dict[int, etree._Element]:
    """The elements' numbers in document order, from 0; elements of another tree have none."""
    left = len(wanted)
    ordinals: dict[int, etree._Element] = {}
    for ordinal, element in enumerate(root.iter("*")):
        if element in wanted:
            ordinals[ordinal] = element
            left -= 1
            if not left:
                break
    return ordinals


class _FoundAll(Exception):  # noqa: N818  # no error: the way out of expat
    """Leaves expat early: every wanted element was met."""


def _start_tag_offsets(markup: bytes, ordinals: Sequence[int]) -> list[int]:
    """The byte offsets of the start tags with these ascending numbers; fewer where expat disagrees on the
    document."""
    if not ordinals:
        return []
    offsets: list[int] = []
    wanted = iter(ordinals)
    following = next(wanted)
    count = -1
    parser = expat.ParserCreate()

    def start(_name: str, _attributes: list[str]) -> None:
        nonlocal count, following
        count += 1
        if count == following:
            offsets.append(parser.CurrentByteIndex)
            following = next(wanted, -1)
            if following < 0:
                raise _FoundAll

    parser.ordered_attributes = True
    parser.StartElementHandler = start
    with suppress(_FoundAll, expat.ExpatError):
        parser.Parse(markup, True)
    return offsets


class Paths:
    """Elements as XPath text with the usual prefixes: `/ubl:Invoice/cac:InvoiceLine[3]/cbc:ID`.

    A number is given only where there are siblings of the same name. For many elements of one document keep one of
    these: counting a sibling's number then starts at the last one counted, not at the first of 100,000.
    """

    def __init__(self) -> None:
        self._counted: dict[tuple[etree._Element, str], tuple[etree._Element, int]] = {}

    def of(self, element: etree._Element, attribute: str | None = None) -> str:
        """The path of the element, or of its attribute (in lxml's form, `{namespace}name`)."""
        steps: list[str] = []
        at: etree._Element | None = element
        while at is not None:
            tag = str(at.tag)
            parent = at.getparent()
            steps.append(name_of(tag) + (self._number(at, tag, parent) if parent is not None else ""))
            at = parent
        path = "/" + "/".join(reversed(steps))
        return f"{path}/@{name_of(attribute)}" if attribute else path

    def _number(self, element: etree._Element, tag: str, parent: etree._Element) -> str:
        last, number = self._counted.get((parent, tag), (None, 0))
        count = 1
        if last is element:
            count = number
        else:
            for sibling in element.itersiblings(tag, preceding=True):
                if sibling is last:
                    count += number
                    break
                count += 1
        self._counted[parent, tag] = element, count
        has_others = count > 1 or any(True for _ in element.itersiblings(tag))
        return f"[{count}]" if has_others else ""


def xpath_of(element: etree._Element, attribute: str | None = None) -> str:
    """The path of one element, or of its attribute, as `Paths` writes it."""
    return Paths().of(element, attribute)


def name_of(tag: str) -> str:
    """`{namespace}name` with the usual prefix; `*:name` where the namespace is not one of this trade."""
    namespace, brace, name = tag.removeprefix("{").rpartition("}")
    if not brace:
        return tag
    prefix = PREFIXES.get(namespace) or ("ubl" if _UBL_ROOT.match(namespace) else "*")
    return f"{prefix}:{name}"
