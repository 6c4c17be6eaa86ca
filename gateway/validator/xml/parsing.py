"""Untrusted bytes to an XML tree, safely and in little memory.

Of a PDF, the XML that it carries is read (`xml/pdf.py`). What is done, in this order, each step linear in the size
of the document:

1. look at the first bytes: what is plainly not UTF-8 XML gets a finding that names it;
2. walk the prolog: a DOCTYPE is refused before any parser has seen it, so there is no entity to expand
   and nothing to fetch;
3. cut the base64 of attachments out and put a token in its place, so that libxml2 parses a small
   remainder with all its guards on (its limit of 10 million characters a text node would refuse
   a 20 MB attachment, and `huge_tree` would lift every guard with it);
4. hold the remainder to the caps below by counting bytes, before a tree is built;
5. parse, and find each token back in exactly one element.

XInclude, schemaLocation, xml-stylesheet and other processing instructions are never acted upon.
"""

import re
import secrets
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Finding
from gateway.validator.media_types import PDF, document_type
from gateway.validator.xml import diagnosis
from gateway.validator.xml.locations import Cut, Position, SourceMap, offset_of_line
from gateway.validator.xml.pdf import CarriedXml, carried_xml
from gateway.validator.xml.tree import root_of as tree_of

ATTACHMENTS = (
    "EmbeddedDocumentBinaryObject",
    *("AttachmentBinaryObject", "DescriptionBinaryObject", "IncludedBinaryObject"),
)
"""The elements that hold an attachment's base64: that of UBL, and those of CII."""

ATTACHMENT_TAGS = tuple(f"{{*}}{name}" for name in ATTACHMENTS)
"""The same in lxml's form, in any namespace."""

_LIBXML2_DEPTH_MAX = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on what is read. Honest documents stay far below; each cap closes one way to make reading costly."""

    document_bytes_max: int = 48 * 1024 * 1024
    """The whole document. 20 MiB of attachments is 27 MiB of base64, 28 MiB with line ends, 30 MiB where these
    are written as character references; the rest is room for the markup."""
    markup_bytes_max: int = 16 * 1024 * 1024
    """What is left when the base64 is cut out, the part that becomes a tree: 10,000 invoice lines are 9 MB."""
    elements_max: int = 320_000
    """Each element costs some 600 bytes of memory over all stages; 10,000 invoice lines have 170,000, and 10,000
    order lines that break everything, or 100,000 short reports of hours, stay below the cap."""
    attributes_max: int = 320_000
    """Over all elements together; an attribute costs as much as an element."""
    attributes_per_element_max: int = 100
    """UBL's richest element has 8; namespace declarations on the root count too. Some readers search them one
    by one."""
    name_length_max: int = 512
    """Bytes of one element or attribute name. UBL's longest has 62; names come back in findings."""
    depth_max: int = _LIBXML2_DEPTH_MAX
    """Elements inside one another. The parser's own stack stops at 256, so a higher value changes nothing; honest
    documents stay below 30. A lower value costs one pass over the tree."""
    text_bytes_max: int = 256 * 1024
    """One piece of text, attachments not counted. General terms of 100 pages fit; the schema check of a text in
    pieces costs its length times their number."""
    text_pieces_max: int = 100
    """Comments, CDATA sections and instructions with no tag between them, which split a text in pieces."""
    references_max: int = 50_000
    """Character and entity references (&amp;), each of which is a piece of its text."""
    attachments_max: int = 200
    """Attachments of one message: more is most likely a mistake of a program."""
    attachments_bytes_max: int = 20 * 1024 * 1024
    """Decoded bytes of all attachments of a message together: Digipoort's 20 MB (20,971,520 octets in its
    schema)."""

    @property
    def uncounted_bytes(self) -> int:
        """Markup so small that nothing in it need be counted: an element takes four bytes at least, as do a
        reference and a comment, an attribute five; and a text in pieces hurts no more."""
        counted = min(4 * self.elements_max, 4 * self.references_max, 5 * self.attributes_max)
        return min(counted, self.markup_bytes_max, 64 * 1024)


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A parse with its schema check, in one pass. `root` where the document is well-formed and schema-valid;
    else `stopped_at`: the byte of the markup where the schema's trouble begins, or None where the XML itself is
    wrong."""

    root: etree._Element | None = None
    stopped_at: int | None = None


class Parsed:
    """A document that could be read: its tree, and what ties the tree to the original bytes."""

    def __init__(
        self,
        document: bytes | memoryview,
        markup: bytes,
        root: etree._Element,
        source_map: SourceMap,
        tokens: Mapping[str, Cut],
        attempt: Attempt | None = None,
    ) -> None:
        self.document = document
        """The XML: of a PDF, that in it."""
        self.carried: CarriedXml | None = None
        """How a PDF carries it; None where the XML came as such."""
        self.markup = markup
        """The document with each attachment's base64 replaced by a token."""
        self.root = root
        self.source_map = source_map
        self.attempt = attempt
        """What a parse with the schema gave, where one was made."""
        self._tokens = tokens

    @cached_property
    def attachments(self) -> dict[etree._Element, Cut]:
        """The cut of each attachment element."""
        return _tokens_found(self.root, self._tokens) if self._tokens else {}


def read(
    document: bytes | memoryview,
    limits: Limits = DEFAULT_LIMITS,
    with_schema: Callable[[bytes], Attempt | None] | None = None,
) -> Parsed | Finding:
    """Read a document, or say in one finding why it cannot be read. Raises nothing on any input.

    `with_schema` may parse the markup and hold it to its schema in one pass, which for large documents saves one.
    """
    if len(document) > limits.document_bytes_max:
        return _too_much("MP-XML-SIZE", Text("bytes"), len(document), limits.document_bytes_max)
    whole = bytes(document)
    if document_type(whole) != PDF:
        return _read_xml(document, whole, limits, with_schema)
    carried = carried_xml(whole, limits.document_bytes_max)
    if isinstance(carried, Finding):
        return carried
    parsed = _read_xml(carried.xml, carried.xml, limits, with_schema)
    if isinstance(parsed, Parsed):
        parsed.carried = carried
    return parsed


def _read_xml(
    document: bytes | memoryview,
    whole: bytes,
    limits: Limits,
    with_schema: Callable[[bytes], Attempt | None] | None,
) -> Parsed | Finding:
    if refused := diagnosis.not_xml(whole):
        return refused
    start = len(BOM_UTF8) if whole.startswith(BOM_UTF8) else 0
    if refused := diagnosis.prolog_problem(whole, start):
        return refused
    reader = _Reader(document, whole, limits, with_schema)
    return reader.read(_cuts(whole, limits.attachments_max + 1)) or reader.read_whole()


@dataclass(frozen=True, slots=True)
class _Reader:
    """One document and how it is to be read."""

    document: bytes | memoryview
    whole: bytes
    limits: Limits
    with_schema: Callable[[bytes], Attempt | None] | None

    def read_whole(self) -> Parsed | Finding:
        """Read the document with its attachments in it."""
        outcome = self.read([])
        if outcome is None:  # pragma: no cover - nothing is cut out that could be missed
            raise TypeError("a document without cuts lost one")
        return outcome

    def read(self, cuts: list[Cut]) -> Parsed | Finding | None:
        """Read the document without these runs of it; None where they were not the texts of attachments."""
        markup, tokens = _without(self.whole, cuts)
        source_map = SourceMap(self.whole, markup, cuts)
        if refused := (
            _encoding_problem(markup, source_map)
            or _count_problem(markup, self.limits)
            or _tags_problem(markup, self.limits, source_map)
        ):
            return refused
        attempt = self.with_schema(markup) if self.with_schema else None
        root = attempt.root if attempt else None
        if root is None:
            try:
                root = tree_of(markup)
            except etree.XMLSyntaxError as error:
                return _not_well_formed(error, markup, source_map, self.limits)
        if refused := _depth_problem(root, self.limits):
            return refused
        parsed = Parsed(self.document, markup, root, source_map, tokens, attempt)
        return parsed if len(parsed.attachments) == len(cuts) else None


# --- attachments cut out -----------------------------------------------------------------------------------

_NAME = b"BinaryObject"
"""What their names end with."""
_REST_OF_START_TAG = re.compile(rb"""(?:\s++[^\s=<>"'/]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))*+\s*+>""")
_USUAL_START_TAG = re.compile(rb"""(?: [A-Za-z]++="[^"<]*+")++>""")
"""The same as most programs write it."""
_OPENING = re.compile(
    rb"<(?:[^\s<>/=\"'!?:]{1,256}:)?(?:%s)" % b"|".join(each.encode().removesuffix(_NAME) for each in ATTACHMENTS)
)
_SECTION = re.compile(rb"[ \t\r\n]*+<!\[CDATA\[")
_SPACE = re.compile(rb"[ \t\r\n]*+")
_BLANK = re.compile(
    rb"(?:[ \t\r\n]++|&#(?:x0*+(?:20|[9AaDd])|0*+(?:32|9|10|13));|<!\[CDATA\[[ \t\r\n]*+\]\]>"
    rb"|<!--[^-]*+(?:-(?!->)[^-]*+)*+-->|<\?[^?]*+(?:\?(?!>)[^?]*+)*+\?>)*+"
)
"""White space however it is written, with comments and instructions in it."""
_ENDS = {b"<!--": b"-->", b"<![C": b"]]>"}


class Asides:
    """The comments, CDATA sections and instructions of a document, from the first to the last. In a well-formed
    document `<!` and `<?` are nowhere else, so this is exact."""

    def __init__(self, whole: bytes) -> None:
        self._whole = whole
        self._known = {b"<!": -1, b"<?": -1}
        self._nearest = -1

    def next(self, begin: int) -> int:
        """Where the first begins from here on, which must be outside all; the document's end where none does."""
        for opening, known in self._known.items():
            if known < begin:  # else it is looked for once, not again and again up to the end
                second = self._whole.find(opening[1:], begin + 1)  # much faster than two, and mostly absent
                found = self._whole.find(opening, second - 1) if second > 0 else -1
                self._known[opening] = len(self._whole) if found < 0 else found
        self._nearest = min(self._known.values())
        return self._nearest

    def end_of(self, start: int) -> int:
        """Where the one ends that begins here; the end of the document where it does not."""
        opening = self._whole[start : start + 4]
        closing = b"?>" if opening.startswith(b"<?") else _ENDS.get(opening, b">")
        end = self._whole.find(closing, start + len(opening))
        return len(self._whole) if end < 0 else end + len(closing)

    def around(self, at: int, begin: int) -> int | None:
        """The end of the one that a byte is in; None where it is in none. None is open at `begin` before it."""
        if at < self._nearest:
            return None
        while (start := self.next(begin)) < at:
            begin = self.end_of(start)
            if begin > at:
                return begin
        return None


def _cuts(whole: bytes, most: int) -> list[Cut]:
    """What is inside each attachment element, by a linear scan; elements with nothing but white space are left."""
    cuts: list[Cut] = []
    asides = Asides(whole)
    at = outside = 0
    while len(cuts) < most and (start := whole.find(_NAME, at)) >= 0:
        if (end := asides.around(start, outside)) is not None:
            at = outside = end
            continue
        at = start + len(_NAME)
        opening = whole.rfind(b"<", max(0, start - 274), start)
        if opening < 0 or not _OPENING.fullmatch(whole, opening, start):
            continue
        tag = _USUAL_START_TAG.match(whole, at) or _REST_OF_START_TAG.match(whole, at)
        if tag is not None and (cut := _content(whole, tag.end(), asides)):
            cuts.append(cut)
            outside = cut.end + 3 if whole.startswith(b"]]>", cut.end) else cut.end
            at = whole.find(b">", outside)  # behind the name in its end tag
            if at < 0:
                break
    return cuts


def _content(whole: bytes, begin: int, asides: Asides) -> Cut | None:
    """The text from here up to an end tag, with the comments and such in it, or that of the CDATA section that is
    all there is. None where that is blank, and where an element comes first."""
    end = whole.find(b"<", begin)
    while end >= 0 and not whole.startswith(b"</", end):
        if not whole.startswith(_ASIDE, end):
            return None
        end = whole.find(b"<", asides.end_of(end))
    if section := _SECTION.match(whole, begin):
        close = whole.find(b"]]>", section.end())
        if 0 <= close < end and _end_of_space(whole, close + 3) == end:
            begin, end = section.end(), close
    blank = _BLANK.match(whole, begin)
    return None if blank and blank.end() >= end else Cut(begin, end)


def _end_of_space(whole: bytes, start: int) -> int:
    space = _SPACE.match(whole, start)
    return space.end() if space else start


def _without(whole: bytes, cuts: list[Cut]) -> tuple[bytes, dict[str, Cut]]:
    """The document with a token for each cut: 24 characters of valid base64 that nobody can foresee."""
    if not cuts:
        return whole, {}
    nonce = secrets.token_hex(8)
    tokens = {f"{nonce}{number:08d}": cut for number, cut in enumerate(cuts)}
    pieces: list[bytes] = []
    at = 0
    for token, (start, end) in tokens.items():
        pieces.append(whole[at:start])
        pieces.append(token.encode())
        at = end
    pieces.append(whole[at:])
    return b"".join(pieces), tokens


def _tokens_found(root: etree._Element, tokens: Mapping[str, Cut]) -> dict[etree._Element, Cut]:
    """The elements that hold a token, with their cuts. An attachment in any namespace counts."""
    found: dict[etree._Element, Cut] = {}
    for element in root.iter(*ATTACHMENT_TAGS):
        text = (element.text or "").strip()
        if text in tokens and len(element) == 0:
            found[element] = tokens[text]
    return found


# --- encoding ----------------------------------------------------------------------------------------------


def _encoding_problem(markup: bytes, source_map: SourceMap) -> Finding | None:
    """UTF-8 throughout, checked before libxml2 sees a byte; in pieces, so that memory stays flat."""
    if markup.isascii():
        return None
    decoder = getincrementaldecoder("utf-8")()
    step = 1 << 16
    for start in range(0, len(markup), step):
        try:
            decoder.decode(markup[start : start + step], start + step >= len(markup))
        except UnicodeDecodeError as error:
            return _bad_byte(markup, start, error, source_map)
    return None


def _bad_byte(markup: bytes, start: int, error: UnicodeDecodeError, source_map: SourceMap) -> Finding:
    # The decoder may have carried up to three bytes of an unfinished character over from the last piece.
    offset = start + error.start - (len(error.object) - min(1 << 16, len(markup) - start))
    return diagnosis.refusal(
        "MP-XML-BYTES",
        Text(
            "Byte 0x{markup} is not UTF-8 here; the document was probably saved as Windows-1252 or ISO 8859-1.",
            markup=format(markup[offset], "02X"),
        ),
        Text("Save or send the document as UTF-8."),
        source_map.at(offset),
        found=f"0x{markup[offset]:02X}",
        expected="UTF-8",
    )


# --- caps --------------------------------------------------------------------------------------------------


def _tags_problem(markup: bytes, limits: Limits, source_map: SourceMap) -> Finding | None:
    """The caps on single tags and texts."""
    if _are_tags_short(markup, limits):
        return None
    return _every_tag_problem(markup, limits, source_map)


def _are_tags_short(markup: bytes, limits: Limits) -> bool:
    """Whether it is sure, at little cost, that no tag or text is over its cap.

    A < begins every tag, comment, CDATA section and instruction, and is nowhere in a tag or a text. So what is
    between one < and the next holds at most one tag and one text. Only what is long there is looked at.
    """
    if len(markup) > limits.uncounted_bytes and not _are_asides_few(markup, limits):
        return False
    stride = _stride(limits)
    at, size = 0, len(markup)
    while at < size:
        start = markup.rfind(b"<", at + 1, at + stride)
        if start < 0:
            start = markup.find(b"<", at + stride)
            start = size if start < 0 else start
            if not _is_within_caps(markup, at, start, limits):
                return False
        at = start
    return True


def _are_asides_few(markup: bytes, limits: Limits) -> bool:
    """Whether no text is split by too many comments, CDATA sections and instructions, and none is too long with
    them."""
    asides = Asides(markup)
    start = asides.next(0)
    while start < len(markup):
        before, pieces, end = markup.rfind(b"<", 0, start), 0, start
        while end == start < len(markup):
            pieces += 1
            end = markup.find(b"<", asides.end_of(start))
            end = len(markup) if end < 0 else end
            start = asides.next(end)
        if pieces > limits.text_pieces_max or end - before > limits.text_bytes_max:
            return False
    return True


def _is_within_caps(markup: bytes, start: int, end: int, limits: Limits) -> bool:
    """Whether a tag that begins here and the text behind it are within the caps."""
    tag = None if markup.startswith(_ASIDE, start) else _MARKUP.match(markup, start, end)
    if tag is None:
        return end - start <= limits.text_bytes_max
    is_short = tag.end() - start <= _stride(limits)
    if not is_short and _tag_problem(markup, start, tag.end(), limits) is not None:
        return False
    return end - tag.end() <= limits.text_bytes_max


def _count_problem(markup: bytes, limits: Limits) -> Finding | None:
    """The caps that show in the bytes of a document. Counting is far cheaper than building a tree to find it too
    big."""
    if len(markup) <= limits.uncounted_bytes:
        return None
    opened = markup.count(b"<")
    if len(markup) > limits.markup_bytes_max:
        return _too_much("MP-XML-SIZE", Text("bytes of markup"), len(markup), limits.markup_bytes_max)
    if opened > limits.elements_max and (elements := opened - markup.count(b"</")) > limits.elements_max:
        what = _COUNTED[b"<!" in markup or b"<?" in markup]
        return _too_much("MP-XML-ELEMENTS", what, elements, limits.elements_max)
    if len(markup) > 4 * limits.references_max and (references := _count(markup, b"&")) > limits.references_max:
        return _too_much("MP-XML-REFERENCES", Text("references (&…;)"), references, limits.references_max)
    if len(markup) > 5 * limits.attributes_max and markup.count(b"=") > limits.attributes_max:
        attributes = markup.count(b'="') + markup.count(
            b"='"
        )  # ten times as fast; all of them, but for odd spaces
        if attributes <= limits.attributes_max:
            attributes = sum(1 for _ in _ATTRIBUTE_VALUE.finditer(markup))
        if attributes > limits.attributes_max:
            return _too_much("MP-XML-ATTRIBUTES", Text("attributes"), attributes, limits.attributes_max)
    return None


def _count(markup: bytes, byte: bytes) -> int:
    """How often a byte that is mostly absent occurs: looking for the first is much faster than counting."""
    return markup.count(byte) if byte in markup else 0


_COUNTED = {
    False: Text("elements"),
    True: Text("elements, comments, CDATA sections and instructions together"),
}
"""What was counted, by whether there are asides: they cost as much as elements."""


_ASIDE = (b"<!", b"<?")
_ATTRIBUTE_VALUE = re.compile(rb"=\s*+[\"']")
# Beginning at white space keeps the search linear on a name of millions of characters.
_ATTRIBUTE = re.compile(rb"""\s([^\s=<>"'/]++)\s*+=\s*+(?:"[^"]*+"|'[^']*+')""")
_TAG_NAME = re.compile(rb"</?([^\s<>/]*+)")
_MARKUP = re.compile(
    rb"""<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""",
    re.DOTALL,
)


def _stride(limits: Limits) -> int:
    """A tag within so many bytes breaks no cap: a name over its cap is longer, an attribute takes at least
    five."""
    return min(limits.name_length_max, 5 * limits.attributes_per_element_max)


def _every_tag_problem(markup: bytes, limits: Limits, source_map: SourceMap) -> Finding | None:
    """Look at each tag, and at each text with the comments, CDATA sections and instructions that split it.

    libxml2's schema check appends each piece of a split text to those before it and measures the whole again.
    """
    stride = _stride(limits)
    before = text = pieces = 0
    for match in _MARKUP.finditer(markup):
        start, end = match.span()
        text += start - before
        is_aside = markup.startswith(_ASIDE, start)
        if is_aside:
            text += end - start
            pieces += 1
        if text > limits.text_bytes_max:
            return _too_much("MP-XML-TEXT", _TEXT, text, limits.text_bytes_max, source_map.at(before))
        if pieces > limits.text_pieces_max:
            return _too_much("MP-XML-TEXT", _ASIDES, pieces, limits.text_pieces_max, source_map.at(start))
        if not is_aside:
            text = pieces = 0
            if end - start > stride and (problem := _tag_problem(markup, start, end, limits)):
                return problem(source_map.at(start))
        before = end
    return None


_TEXT = Text("bytes in one piece of text")
_ASIDES = Text("comments, CDATA sections and instructions in a row")
_Problem = Callable[[Position], Finding]


def _tag_problem(markup: bytes, start: int, end: int, limits: Limits) -> _Problem | None:
    """What is wrong with one tag by the caps on names, attributes and length."""
    found = islice(_ATTRIBUTE.finditer(markup, start, end), limits.attributes_per_element_max + 1)
    names = [name.span(1) for name in found]
    if len(names) > limits.attributes_per_element_max:
        return partial(_attributes_too_many, limits.attributes_per_element_max)
    if (element := _TAG_NAME.match(markup, start, end)) is not None:
        names.append(element.span(1))
    longest = max((to - at for at, to in names), default=0)
    if longest > limits.name_length_max:
        return partial(_too_much, "MP-XML-NAME", Text("bytes in one name"), longest, limits.name_length_max)
    if end - start > limits.text_bytes_max:
        return partial(_too_much, "MP-XML-TEXT", _TEXT, end - start, limits.text_bytes_max)
    return None


def _attributes_too_many(most: int, at: Position) -> Finding:
    return diagnosis.refusal(
        "MP-XML-ATTRIBUTES",
        Text("An element has more than {most} attributes.", most=most),
        Text("No invoice or order needs this; check the program that made the document."),
        at,
        expected=f"<= {most}",
    )


def _depth_problem(root: etree._Element, limits: Limits) -> Finding | None:
    if limits.depth_max >= _LIBXML2_DEPTH_MAX:
        return None
    if not root.xpath("boolean(" + "/*" * (limits.depth_max + 1) + ")"):
        return None
    return _too_deep(limits.depth_max)


def _too_deep(depth_max: int, at: Position | None = None) -> Finding:
    return diagnosis.refusal(
        "MP-XML-DEPTH",
        Text("Elements are nested more than {depth_max} deep.", depth_max=depth_max),
        Text("No invoice or order needs this; check the program that made the document."),
        at,
        expected=str(depth_max),
    )


# --- findings ----------------------------------------------------------------------------------------------


def _not_well_formed(error: etree.XMLSyntaxError, markup: bytes, source_map: SourceMap, limits: Limits) -> Finding:
    offset = source_map.syntax_error_offset(error.lineno or 1, error.offset or 1)
    position = source_map.at(offset)
    if "depth" in (error.msg or ""):
        return _too_deep(min(limits.depth_max, _LIBXML2_DEPTH_MAX), position)
    message = diagnosis.SyntaxMessage.of(
        error,
        before=markup[max(0, offset - 1) : offset],
        ended=b">" not in markup[offset:],
        tags=_tags_that_differ(error, markup, offset, source_map),
    )
    return diagnosis.refusal(
        message.rule, message.text, message.advice, position, found=message.found, expected=message.expected
    )


_MISMATCH = re.compile(r"tag mismatch: (\S{1,200}) line (\d+) and ")
_NAME_HERE = re.compile(rb"[^\s<>/]{1,200}")


def _tags_that_differ(
    error: etree.XMLSyntaxError, markup: bytes, offset: int, source_map: SourceMap
) -> diagnosis.Tags | None:
    """The two tags that do not match, with their prefixes. `offset` is where the name of the end tag is."""
    mismatch, closed = _MISMATCH.search(error.msg or ""), _NAME_HERE.match(markup, offset)
    if mismatch is None or closed is None:
        return None
    start = re.compile(rb"<((?:[^\s<>:/]{1,100}:)?%s)[\s/>]" % re.escape(mismatch[1].encode()))
    opened = start.search(markup, offset_of_line(markup, int(mismatch[2])), offset)
    if opened is None:
        return None
    line = source_map.at(opened.start()).line
    return diagnosis.Tags(opened[1].decode("utf-8", "replace"), line, closed[0].decode("utf-8", "replace"))


def _too_much(rule: str, what: Text, found: int, limit: int, at: Position | None = None) -> Finding:
    return diagnosis.refusal(
        rule,
        Text(
            "The document has {found:n} {what}; at most {limit:n} are read.", found=found, what=what, limit=limit
        ),
        Text("Split the document, or check the program that made it."),
        at,
        found=str(found),
        expected=f"<= {limit}",
    )
