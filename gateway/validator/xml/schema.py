"""Is the document what its XML Schema says? libxml2 gives the verdict and says where it stops.

All UBL kinds are compiled as one schema (0.1 s, 16 MB): they share the common components. A compiled schema is
used by one thread at a time, because lxml keeps the errors on it; the pool holds as many as ever worked at once.
"""

import re
import secrets
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from html import escape
from itertools import islice

from lxml import etree

import schemas
from gateway.validator.finding import Finding, line_and_column
from gateway.validator.identify import identify
from gateway.validator.kinds import KINDS, SchemaFamily, definition_of
from gateway.validator.model.document import DocumentKind
from gateway.validator.xml.diagnosis import root_offset
from gateway.validator.xml.namespaces import UBL
from gateway.validator.xml.parsing import Attempt, Parsed
from gateway.validator.xml.schema_details import look_further
from gateway.validator.xml.schema_messages import Complaint, element_at, in_words, subject_of, without_echoes
from gateway.validator.xml.tree import parser

FINDINGS_MAX = 50
"""Findings a document gets: enough to repair it by; a broken program makes the same mistake on every line."""
_WHOLE_BYTES_MAX = 64 * 1024
"""A document whose markup is larger is parsed and checked piece by piece (see `parse`)."""
_PIECE_BYTES = 64 * 1024
_END = f"end-{secrets.token_hex(8)}"
"""The instruction fed after a document; no sender can foresee it."""
_TAGS_EXPLAINED_MAX = 20_000
"""How far behind the first error more errors are looked for."""


class _Pool:
    """Compiled schemas, each lent to one thread at a time; compiled when there is none to lend."""

    def __init__(self, driver: "Callable[[], str]") -> None:
        self._driver = driver
        self._idle: deque[etree.XMLSchema] = deque()

    @contextmanager
    def lend(self) -> Iterator[etree.XMLSchema]:
        try:
            schema = self._idle.pop()
        except IndexError:
            schema = etree.XMLSchema(etree.fromstring(self._driver().encode()))
        try:
            yield schema
        finally:
            self._idle.append(schema)


def _driver(family: SchemaFamily) -> str:
    """A schema that imports those of all kinds of a family. The common components come first, from the official
    files: libxml2 reads each namespace once, so the imports in the main documents lead nowhere else."""
    imports = [(f"{UBL}{name}", schemas.common_file(file)) for name, file in _COMMON[family]]
    imports += [(each.namespace, each.schema) for each in KINDS if each.family is family]
    lines = [
        f'<xs:import namespace="{escape(namespace)}" schemaLocation="{escape(path.as_uri())}"/>'
        for namespace, path in imports
    ]
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{"".join(lines)}</xs:schema>'


_COMMON: dict[SchemaFamily, tuple[tuple[str, str], ...]] = {
    SchemaFamily.UBL: (
        ("CommonAggregateComponents-2", "UBL-CommonAggregateComponents-2.1.xsd"),
        ("CommonBasicComponents-2", "UBL-CommonBasicComponents-2.1.xsd"),
        ("CommonExtensionComponents-2", "UBL-CommonExtensionComponents-2.1.xsd"),
    ),
    SchemaFamily.CII: (),
    SchemaFamily.HR_XML: (),
}
_POOLS = {family: _Pool(partial(_driver, family)) for family in SchemaFamily}


def _pool(kind: DocumentKind) -> _Pool:
    return _POOLS[definition_of(kind).family]


def prepare(kind: DocumentKind = DocumentKind.INVOICE) -> None:
    """Compile the schema of this kind now, so that the first document does not wait for it."""
    with _pool(kind).lend():
        pass


def parse(markup: bytes) -> Attempt | None:
    """Parse a large document together with its schema check; None for a small one, or a root that is not known.

    For each error lxml counts the element's siblings, so that 100,000 errors among 100,000 siblings would cost
    100 s when a whole tree is checked. Here the first piece with an error ends it.
    """
    if len(markup) <= _WHOLE_BYTES_MAX:
        return None
    kind = _kind_by_start_tag(markup)
    if kind is None:
        return None
    with _pool(kind).lend() as schema:
        return _parse_in_pieces(markup, schema)


def check(parsed: Parsed, kind: DocumentKind) -> list[Finding]:
    """What the schema has to say of the document, in document order, at most FINDINGS_MAX findings; empty:
    valid."""
    if parsed.attempt is not None and parsed.attempt.root is parsed.root:
        return []
    with _pool(kind).lend() as schema:
        complaints = without_echoes(_complaints(parsed, schema))
        if not complaints or _is_valid_without_padding(parsed, schema):
            return []
        reported = complaints[:FINDINGS_MAX]
        reported += look_further(schema, reported, FINDINGS_MAX - len(reported))
        reported = [one for one in reported if not _is_about_padding(one, schema)] or reported
    return sorted(in_words(parsed, without_echoes(reported)), key=line_and_column)


def _is_padded(element: etree._Element) -> bool:
    """Whether it is a date or time with white space around it: valid, for their type collapses white space before
    it looks (XML Schema part 2, 4.3.6), but libxml2 refuses it."""
    text = element.text
    if not text or len(element) or not str(element.tag).endswith(("Date", "Time")):
        return False
    return text != (stripped := text.strip(_SPACE)) and _DATE_OR_TIME.fullmatch(stripped) is not None


_SPACE = " \t\r\n"
_DATE_OR_TIME = re.compile(r"(-?\d{4,}-\d\d-\d\d)?T?(\d\d:\d\d:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def _is_valid_without_padding(parsed: Parsed, schema: etree.XMLSchema) -> bool:
    """Whether white space around dates and times is all that libxml2 has against the document.

    The whole document is asked again without it, piece by piece, so that nothing else can slip through.
    """
    padded = {element: element.text or "" for element in parsed.root.iter(etree.Element) if _is_padded(element)}
    if not padded:
        return False
    with _without_padding(padded):
        markup = etree.tostring(parsed.root, encoding="utf-8")
    return _parse_in_pieces(markup, schema).root is not None


def _is_about_padding(complaint: Complaint, schema: etree.XMLSchema) -> bool:
    """Whether white space around a date or time is all that this complaint is about."""
    element = complaint.element
    if element is None or "is not a valid value" not in complaint.message or not _is_padded(element):
        return False
    with _without_padding({element: element.text or ""}):
        return bool(schema.validate(element))


@contextmanager
def _without_padding(texts: Mapping[etree._Element, str]) -> Iterator[None]:
    """For as long as it lasts, these elements have no white space around their texts."""
    try:
        for element, text in texts.items():
            element.text = text.strip(_SPACE)
        yield
    finally:
        for element, text in texts.items():
            element.text = text


def _complaints(parsed: Parsed, schema: etree.XMLSchema) -> list[Complaint]:
    """What libxml2 says of the document; empty: valid."""
    if len(parsed.markup) > _WHOLE_BYTES_MAX and (complaints := _check_in_pieces(parsed, schema)):
        return complaints
    if schema.validate(parsed.root):
        return []
    return _of_log(parsed.root, schema.error_log)


def _of_log(root: etree._Element, log: "etree._ListErrorLog") -> list[Complaint]:
    entries = [entry for _, entry in zip(range(FINDINGS_MAX), log, strict=False)]
    return [Complaint(entry.type_name, entry.message, element_at(root, entry.path)) for entry in entries]


# --- large documents ---------------------------------------------------------------------------------------


def _kind_by_start_tag(markup: bytes) -> DocumentKind | None:
    """The kind by the root's start tag; None where that is not known yet."""
    start = root_offset(markup, len(BOM_UTF8) if markup.startswith(BOM_UTF8) else 0)
    end = markup.find(b">", start)
    try:
        alone = etree.fromstring(markup[start:end].rstrip(b"/") + b"/>", parser())
    except etree.XMLSyntaxError:
        return None
    kind = identify(alone)
    return kind if isinstance(kind, DocumentKind) else None


def _parse_in_pieces(markup: bytes, schema: etree.XMLSchema) -> Attempt:
    feeding = parser(schema)
    try:
        for start in range(0, len(markup), _PIECE_BYTES):
            feeding.feed(markup[start : start + _PIECE_BYTES])
            if len(feeding.feed_error_log):
                return Attempt(stopped_at=start)
        feeding.feed(f"<?{_END}?>".encode())
        root: etree._Element | None = feeding.close()
    except etree.XMLSyntaxError:
        return Attempt()
    return Attempt(root) if _was_read_to_its_end(root) else Attempt()


def _was_read_to_its_end(root: etree._Element | None) -> bool:
    """With a schema, lxml's feed parser keeps silent about XML that is not well-formed and gives the tree
    up to there. What was fed last is not in that tree."""
    if root is None:
        return False
    last = root
    while (following := last.getnext()) is not None:
        last = following
    if last is root or not isinstance(last, etree._ProcessingInstruction) or last.target != _END:
        return False
    etree.Element("aside").append(last)  # moved there: it is not the document's
    return True


def _check_in_pieces(parsed: Parsed, schema: etree.XMLSchema) -> list[Complaint]:
    attempt = parsed.attempt or _parse_in_pieces(parsed.markup, schema)
    if attempt.root is not None:
        return []
    try:
        return _explained_from(parsed, schema, attempt.stopped_at or 0)
    except etree.XMLSyntaxError:  # a parser fed in pieces gave up on what a whole parse took: the tree will tell
        return []


def _explained_from(parsed: Parsed, schema: etree.XMLSchema, start: int) -> list[Complaint]:
    """Parse up to the first bad piece, then tag by tag, so that each error is known by the tag that raised it."""
    second = _SecondParse(parsed, schema)
    for at in range(0, start, _PIECE_BYTES):
        second.feed(at, min(at + _PIECE_BYTES, start))
        second.forget()
    for _ in range(_TAGS_EXPLAINED_MAX):
        if start >= len(parsed.markup) or len(second.complaints) >= FINDINGS_MAX:
            break
        end = parsed.markup.find(b">", start) + 1 or len(parsed.markup)
        second.feed(start, end)
        second.listen(start, end)
        start = end
    return second.complaints


class _SecondParse:
    """A parse of a document that is known to break its schema, to hear which elements the errors are about."""

    def __init__(self, parsed: Parsed, schema: etree.XMLSchema) -> None:
        self.complaints: list[Complaint] = []
        self._parsed = parsed
        self._parser = etree.XMLPullParser(
            events=("start",),
            tag=str(parsed.root.tag),  # the root alone: an event for each element would cost more than the parse
            schema=schema,
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            collect_ids=False,
        )
        self._root: etree._Element | None = None
        self._forgotten = 0
        self._ends = 0
        """End tags since the last start tag: so many elements, from the last one up, are closed."""
        self._twin = (0, parsed.root)

    def feed(self, start: int, end: int) -> None:
        self._parser.feed(self._parsed.markup[start:end])
        if self._root is None:
            self._root = next((element for _, element in self._parser.read_events()), None)

    def forget(self) -> None:
        """Take the root's finished children out: this tree is only built to be checked."""
        if self._root is not None:
            finished = max(0, len(self._root) - 2)
            del self._root[:finished]
            self._forgotten += finished

    def listen(self, start: int, end: int) -> None:
        """Take down what the tag that ends this piece gave rise to."""
        tag = self._parsed.markup[max(start, self._parsed.markup.rfind(b"<", start, end)) : end]
        if tag.startswith(b"</"):
            self._ends += 1
        elif tag.startswith(b"<") and not tag.startswith((b"<!", b"<?")):
            self._ends = 1 if tag.endswith(b"/>") else 0
        heard = list(self._parser.feed_error_log)[len(self.complaints) :]
        if heard:
            at = self._at_hand()
            self.complaints += [
                Complaint(entry.type_name, entry.message, self._same(_subject(at, entry.message)))
                for entry in heard
            ]

    def _at_hand(self) -> etree._Element | None:
        """The element whose tag was read last: the last in document order, or as many up as were closed since."""
        at = self._root
        while at is not None and len(at):
            at = at[-1]
        for _ in range(self._ends - 1):
            parent = at.getparent() if at is not None else None
            at = at if parent is None else parent
        return at

    def _same(self, other: etree._Element | None) -> etree._Element:
        """The element of the document's own tree at the position of `other` in this one."""
        steps: list[int] = []
        while other is not None and (parent := other.getparent()) is not None:
            steps.append(parent.index(other))
            other = parent
        if not steps:
            return self._parsed.root
        at = self._child_of_root(steps.pop() + self._forgotten)
        for step in reversed(steps):
            at = at[step]
        return at

    def _child_of_root(self, number: int) -> etree._Element:
        """Counted from the one asked for before: there may be 100,000, and errors come in document order."""
        before, at = self._twin
        if before > number or at is self._parsed.root:
            before, at = 0, self._parsed.root[0]
        if number > before:
            at = next(islice(at.itersiblings(), number - before - 1, None))
        self._twin = (number, at)
        return at


def _subject(element: etree._Element | None, message: str) -> etree._Element | None:
    """The element that the message is about: its own element; for loose text, or an element where only text may
    occur, the one around it."""
    at, name = element, subject_of(message)
    if at is not None and "Element content is not allowed" in message:
        at = at.getparent()
    while at is not None and at.tag != name:
        at = at.getparent()
    return element if at is None else at
