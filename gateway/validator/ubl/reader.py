"""Reads a UBL document into the semantic invoice: one walk over its tree, driven by the tables of `bindings`.

The walk also notes what the rules of the UBL syntax ask for (`breaches`, `si_ubl`), so that nothing walks the
document again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.validator.model.invoice import Coded, Invoice
from gateway.validator.model.terms import Group, Repeated, without_collecting
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.bindings import UBL
from gateway.validator.ubl.path_nodes import Fill, PathNode, PathNodes, Use
from gateway.validator.ubl.path_rules import Topic

Located = tuple[int, etree._Element]
"""An element with its ordinal."""


@dataclass(slots=True)
class SyntaxNotes:
    """What the rules of the UBL syntax ask of a document; elements by their ordinals."""

    unused: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Elements, or elements with attributes, that have no use, by the rule that says so."""
    once: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """What the document may have once, by the rule that says so."""
    broken: list[tuple[str, int]] = field(default_factory=list)
    """Rules that one element breaks by what is inside it."""
    topics: dict[Topic, list[Located]] = field(default_factory=lambda: defaultdict(list))
    """Elements whose texts must be looked at."""
    long_amounts: list[Located] = field(default_factory=list)
    """Amounts with more than two characters after the dot."""
    blanks: list[Located] = field(default_factory=list)
    """Elements without elements and without text but white space."""


@dataclass(slots=True)
class Reading:
    """What reading a document returns."""

    root: etree._Element
    invoice: Invoice
    notes: SyntaxNotes

    def elements(self, ordinals: Iterable[int]) -> dict[int, etree._Element]:
        """The elements with these ordinals."""
        wanted = set(ordinals)
        last = max(wanted, default=-1)
        found: dict[int, etree._Element] = {}
        for ordinal, element in enumerate(self.root.iter("*")):
            if ordinal in wanted:
                found[ordinal] = element
            if ordinal >= last:
                break
        return found


_nodes: dict[str, PathNodes] = {}


def _root_node(root: etree._Element, vocabulary: Vocabulary) -> PathNode:
    name = vocabulary.name_of(str(root.tag))
    if name not in vocabulary.roots:
        raise ValueError(f"{root.tag!r} is not one of {', '.join(vocabulary.roots)}")
    nodes = _nodes.get(name)
    if nodes is None or nodes.is_full:
        nodes = _nodes[name] = PathNodes(vocabulary, name)
    return nodes.root


def read(root: etree._Element) -> Reading:
    """Read an Invoice or CreditNote, schema-valid or not. Raises ValueError where the root is neither."""
    node = _root_node(root, UBL)
    with without_collecting():
        return _Walk(node).read(root)


class _Frame:
    """An element that collects something of the elements inside it."""

    __slots__ = ("counts", "repeated", "terms", "waiting")

    def __init__(self, terms: dict[str, Any]) -> None:
        self.terms = terms
        self.counts: dict[str, int] = {}
        self.repeated: dict[str, list[str]] = {}
        """All texts of terms that there is room for once and that the document has several times."""
        self.waiting: list[tuple[PathNode, int, _Frame]] = []
        """Groups inside that need terms of this one."""

    def fill(self, fill: Fill, value: Any) -> None:
        terms, name = self.terms, fill.field
        if fill.is_many:
            terms.setdefault(name, []).append(value)
        elif name not in terms:
            terms[name] = value
        elif isinstance(value, str):
            self.repeated.setdefault(name, [terms[name]]).append(value)


class _Walk:
    """One document while it is read."""

    def __init__(self, root: PathNode) -> None:
        self.root = root
        self.notes = SyntaxNotes()
        self.frames: list[_Frame] = []
        self.groups: dict[type[Group], list[Group]] = defaultdict(list)
        self.codes: dict[Coded, dict[str | None, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.repeats: list[tuple[Group, str]] = []

    def read(self, root: etree._Element) -> Reading:
        """The whole document."""
        node = self.root
        frame = _Frame({"kind": node.vocabulary.root_name})
        self.frames.append(frame)
        if root.items():
            self.attributes(root, node, 0)
        if len(root):
            self.children(root, node, 0)
        if _is_blank(root):
            self.notes.blanks.append((0, root))
        self.check(node, frame, root, 0)
        invoice = self.made(node, 0, frame)
        if not isinstance(invoice, Invoice):
            raise TypeError(f"the root of a document became a {type(invoice).__name__}")
        invoice.nodes, invoice.coded, invoice.repeats = self.groups, self.codes, tuple(self.repeats)
        return Reading(root, invoice, self.notes)

    def children(self, element: etree._Element, parent: PathNode, ordinal: int) -> int:
        """Read what is inside an element with this ordinal; the ordinal of the last element in it."""
        known, blanks = parent.children, self.notes.blanks
        for child in element:
            node = known.get(child.tag) or parent.child(child.tag)
            if node is None:
                continue
            ordinal += 1
            if node.has_notes:
                self.note(child, node, ordinal)
            if node.is_frame:
                ordinal = self.frame(child, node, ordinal)
                continue
            if child.items() or node.has_currency:
                self.attributes(child, node, ordinal)
            if len(child):
                ordinal = self.mixed(child, node, ordinal)
                continue
            text = child.text or ""
            if node.takes_text:
                self.text(child, node, ordinal, text)
            if (not text or text.isspace()) and not text.strip(" \t\r\n"):
                blanks.append((ordinal, child))
        return ordinal

    def mixed(self, element: etree._Element, node: PathNode, ordinal: int) -> int:
        """Read an element with elements or comments inside."""
        last = self.children(element, node, ordinal)
        if node.takes_text:
            self.text(element, node, ordinal, str(element.xpath("string()")))
        if last == ordinal and _is_blank(element):
            self.notes.blanks.append((ordinal, element))
        return last

    def frame(self, element: etree._Element, node: PathNode, ordinal: int) -> int:
        """Read an element that becomes a group, or in which something is counted."""
        frame = _Frame(dict(node.fixed))
        self.frames.append(frame)
        if element.items() or node.has_currency:
            self.attributes(element, node, ordinal)
        last = self.mixed(element, node, ordinal)
        self.check(node, frame, element, ordinal)
        self.make_waiting(frame)
        self.frames.pop()
        if node.binding is None:
            return last
        if node.parent_fields:
            self.frames[-1].waiting.append((node, ordinal, frame))
        else:
            self.add(node, ordinal, frame)
        return last

    def make_waiting(self, frame: _Frame) -> None:
        """Make the groups that waited for the terms of the group around them."""
        for node, ordinal, inner in frame.waiting:
            for name, above in node.parent_fields:
                if above in frame.terms:
                    repeated = frame.repeated.get(above)
                    inner.terms[name] = Repeated(tuple(repeated)) if repeated else frame.terms[above]
            self.add(node, ordinal, inner)

    def add(self, node: PathNode, ordinal: int, frame: _Frame) -> None:
        """Make the group of an element and give it to the groups around it."""
        group = self.made(node, ordinal, frame)
        self.groups[type(group)].append(group)
        for fill in node.parts:
            self.frames[fill.group].fill(fill, group)

    def made(self, node: PathNode, ordinal: int, frame: _Frame) -> Group:
        terms = frame.terms
        for name in node.tuples:
            if name in terms:
                terms[name] = tuple(terms[name])
        for name, texts in frame.repeated.items():
            terms[name] = Repeated(tuple(texts))
        group = self._kind(node, terms)(ordinal, **terms)
        self.repeats += [(group, name) for name in frame.repeated]
        return group

    @staticmethod
    def _kind(node: PathNode, terms: dict[str, Any]) -> type[Group]:
        binding = node.binding
        if binding is None:
            raise TypeError(f"no group is bound to {node.path}")
        return binding.choose(terms) if binding.choose else binding.kind

    def text(self, element: etree._Element, node: PathNode, ordinal: int, text: str) -> None:
        """Give a text to the groups that have it as a term."""
        for fill in node.fills:
            self.frames[fill.group].fill(fill, text)
        if node.code is not None:
            self.codes[node.code][text].append(ordinal)
        if node.is_amount and "." in text[:-3]:
            self.notes.long_amounts.append((ordinal, element))

    def attributes(self, element: etree._Element, node: PathNode, ordinal: int) -> None:
        """Read the attributes of an element."""
        known = node.attributes
        for name, value in element.items():
            use = known[name] if name in known else node.use_of(name)
            if use is not None:
                self.attribute(element, use, ordinal, value)
        if node.has_currency and element.get("currencyID") is None:
            self.codes[Coded.AMOUNT_CURRENCY][None].append(ordinal)

    def attribute(self, element: etree._Element, use: Use, ordinal: int, value: str) -> None:
        for fill in use.fills:
            self.frames[fill.group].fill(fill, value)
        if use.code is not None:
            self.codes[use.code][value].append(ordinal)
        for rule in use.unused:
            self.notes.unused[rule].append(ordinal)
        if use.once is not None:
            self.notes.once[use.once].append(ordinal)
        for nth, path in use.counts:
            counts = self.frames[nth].counts
            counts[path] = counts.get(path, 0) + 1
        if use.topic is not None:
            self.notes.topics[use.topic].append((ordinal, element))

    def note(self, element: etree._Element, node: PathNode, ordinal: int) -> None:
        """Note what the rules of syntax ask for, and marks."""
        for rule in node.unused:
            self.notes.unused[rule].append(ordinal)
        if node.once is not None:
            self.notes.once[node.once].append(ordinal)
        for nth, path in node.counts:
            counts = self.frames[nth].counts
            counts[path] = counts.get(path, 0) + 1
        for nth, name, value in node.marks:
            self.frames[nth].terms[name] = value
        if node.topic is not None:
            self.notes.topics[node.topic].append((ordinal, element))

    def check(self, node: PathNode, frame: _Frame, element: etree._Element, ordinal: int) -> None:
        """How often something may be inside an element."""
        for check in node.checks:
            if check.holds(frame.counts):
                continue
            if check.topic is not None:
                self.notes.topics[check.topic].append((ordinal, element))
            else:
                self.notes.broken.append((check.rule, ordinal))


def _is_blank(element: etree._Element) -> bool:
    if any(isinstance(child.tag, str) for child in element):
        return False
    return not str(element.xpath("string()")).strip(" \t\r\n")
