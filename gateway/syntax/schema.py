"""Is the document what its XML Schema says? libxml2 gives the verdict and says where it stops.

All UBL kinds are compiled as one schema (0.1 s, 16 MB): they share the common components. A compiled schema is
used by one thread at a time, because lxml keeps the errors on it; the pool holds as many as ever worked at once.
"""

import secrets
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from itertools import islice
from pathlib import Path

from lxml import etree

import schemas
from gateway.model.document import DocumentKind
from gateway.model.finding import Finding
from gateway.syntax.bodies import root_offset
from gateway.syntax.identify import NAMESPACES, identify
from gateway.syntax.schema_words import Complaint, in_words, subject_of, without_echoes
from gateway.syntax.xml import Attempt, Parsed, parser

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


def _driver(kinds: tuple[DocumentKind, ...]) -> str:
    """A schema that imports those of all these kinds. The common components come first, from the official files:
    libxml2 reads each namespace once, so the imports in the main documents lead nowhere else."""
    common = (
        ("CommonAggregateComponents-2", "UBL-CommonAggregateComponents-2.1.xsd"),
        ("CommonBasicComponents-2", "UBL-CommonBasicComponents-2.1.xsd"),
        ("CommonExtensionComponents-2", "UBL-CommonExtensionComponents-2.1.xsd"),
    )
    imports = [
        (f"urn:oasis:names:specification:ubl:schema:xsd:{name}", schemas.common_file(file))
        for name, file in common
    ]
    imports += [(NAMESPACES[kind], schemas.ubl_file(kind.value)) for kind in kinds]
    return _importing(imports)


def _importing(imports: list[tuple[str, Path]]) -> str:
    lines = [
        f'<xs:import namespace="{escape(namespace)}" schemaLocation="{escape(path.as_uri())}"/>'
        for namespace, path in imports
    ]
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{"".join(lines)}</xs:schema>'


def _time_card_driver() -> str:
    return _importing([(NAMESPACES[DocumentKind.TIME_CARD], schemas.FOLDER / "setu-1.4" / "TimeCard.xsd")])


_UBL_KINDS = tuple(kind for kind in DocumentKind if kind is not DocumentKind.TIME_CARD)
_UBL = _Pool(partial(_driver, _UBL_KINDS))
_TIME_CARD = _Pool(partial(_time_card_driver))


def _pool(kind: DocumentKind) -> _Pool:
    return _TIME_CARD if kind is DocumentKind.TIME_CARD else _UBL


def prepare(kind: DocumentKind = DocumentKind.INVOICE) -> None:
    """Compile the schema of this kind now, so that the first document does not wait for it."""
    with _pool(kind).lend():
        pass


def parse(markup: bytes) -> Attempt | None:
    """Parse a large document with its schema at hand; None for a small one, or a root that is not known.

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
        complaints = _check_in_pieces(parsed, schema) if len(parsed.markup) > _WHOLE_BYTES_MAX else []
        if not complaints:
            if schema.validate(parsed.root):
                return []
            complaints = _complaints(parsed.root, schema.error_log)
    return _findings(parsed, complaints)


def _findings(parsed: Parsed, complaints: list[Complaint]) -> list[Finding]:
    complaints = without_echoes(complaints)[:FINDINGS_MAX]
    return in_words(parsed, complaints)


def _complaints(root: etree._Element, log: "etree._ListErrorLog") -> list[Complaint]:
    entries = [entry for _, entry in zip(range(FINDINGS_MAX), log, strict=False)]
    return [Complaint(entry.type_name, entry.message, _element_at(root, entry.path)) for entry in entries]


def _element_at(root: etree._Element, path: str | None) -> etree._Element | None:
    """The element that libxml2's path names; its prefixes are the document's own."""
    if not path:
        return None
    at = root
    for step in path.lstrip("/").split("/")[1:]:
        name, _, number = step.partition("[")
        position = int(number.rstrip("]")) if number.rstrip("]").isdigit() else 1
        prefix, _, local = name.rpartition(":")
        following = _child(at, prefix, local, position)
        if following is None:
            return at
        at = following
    return at


def _child(parent: etree._Element, prefix: str, local: str, position: int) -> etree._Element | None:
    """The nth child of this name as xmlGetNodePath counts: `*` for a name in a default namespace counts all
    elements."""
    if local.startswith("@") or local in {"text()", "comment()", "processing-instruction()"}:
        return None
    left = position
    for child in parent.iterchildren("*"):
        if local != "*" and (etree.QName(child).localname != local or (child.prefix or "") != prefix):
            continue
        left -= 1
        if not left:
            return child
    return None


# --- large documents ---------------------------------------------------------------------------------------


def _kind_by_start_tag(markup: bytes) -> DocumentKind | None:
    """The kind that the root's start tag tells; None where that cannot be told so soon."""
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
    """With a schema at hand, lxml's feed parser keeps silent about XML that is not well-formed and gives the tree
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
        """The element of the document's own tree that stands where `other` stands in this one."""
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
    """The element that the message is about: the one at hand; for loose text, or an element where only text may
    stand, the one around it."""
    at, name = element, subject_of(message)
    if at is not None and "Element content is not allowed" in message:
        at = at.getparent()
    while at is not None and at.tag != name:
        at = at.getparent()
    return element if at is None else at
