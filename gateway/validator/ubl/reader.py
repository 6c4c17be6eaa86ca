"""Reads a document into its model: one walk over its tree, driven by the tables of a vocabulary.

It knows no model and no syntax. The walk also notes what the rules on the XML itself ask for (`breaches`,
`si_ubl`), so that nothing walks the document again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

from lxml import etree

from gateway.validator.model.terms import Document, Group, Repeated, without_collecting
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.path_nodes import Fill, Notes, PathNode, PathNodes

_D = TypeVar("_D", bound=Document)
Located = tuple[int, etree._Element]
"""An element with its ordinal."""


@dataclass(slots=True)
class SyntaxNotes:
    """What the rules on the XML itself ask of a document; elements by their ordinals."""

    unused: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Elements, or elements with attributes, that have no use, by the rule that says so."""
    once: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """What the document may have once, by the rule that says so."""
    broken: list[tuple[str, int]] = field(default_factory=list)
    """Rules that one element breaks by what is inside it."""
    topics: dict[StrEnum, list[Located]] = field(default_factory=lambda: defaultdict(list))
    """Elements whose texts must be looked at."""
    long_amounts: list[Located] = field(default_factory=list)
    """Amounts with more than two characters after the dot."""
    blanks: list[Located] = field(default_factory=list)
    """Elements without elements and without text but white space."""


@dataclass(slots=True)
class Reading(Generic[_D]):
    """What reading a document returns."""

    root: etree._Element
    document: _D
    notes: SyntaxNotes
    vocabulary: Vocabulary[_D]

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


_nodes: dict[tuple[Vocabulary[Any], str], PathNodes] = {}


def _root_node(root: etree._Element, vocabulary: Vocabulary[Any]) -> PathNode:
    name = vocabulary.name_of(str(root.tag))
    if name not in vocabulary.roots:
        raise ValueError(f"{root.tag!r} is not one of {', '.join(vocabulary.roots)}")
    nodes = _nodes.get((vocabulary, name))
    if nodes is None or nodes.is_full:
        nodes = _nodes[vocabulary, name] = PathNodes(vocabulary, name)
    return nodes.root


def read(root: etree._Element, vocabulary: Vocabulary[_D]) -> Reading[_D]:
    """Read a document of a vocabulary, schema-valid or not. Raises ValueError where its root is none of those."""
    node = _root_node(root, vocabulary)
    with without_collecting():
        walk = _Walk(node)
        document = walk.read(root)
    return Reading(root, cast(_D, document), walk.notes, vocabulary)


class _Frame:
    """An element that collects something of the elements inside it."""

    __slots__ = ("counts", "repeated", "values", "waiting")

    def __init__(self, node: PathNode) -> None:
        self.values = node.defaults.copy()
        """The fields of the group."""
        self.counts: dict[str, int] = {}
        """How often each path that is checked was met."""
        self.repeated: dict[int, list[str]] | None = None
        """All texts of fields that there is room for once and that the document has several times."""
        self.waiting: list[tuple[PathNode, int, _Frame]] | None = None
        """Groups inside that need terms of this one."""

    def repeat(self, field: int, text: str) -> None:
        """Keep another text of a field that has one."""
        if self.repeated is None:
            self.repeated = {}
        self.repeated.setdefault(field, [self.values[field]]).append(text)


class _Walk:
    """One document while it is read."""

    def __init__(self, root: PathNode) -> None:
        self.root = root
        self.notes = SyntaxNotes()
        self.frames: list[_Frame] = []
        self.groups: dict[type[Group], list[Group]] = defaultdict(list)
        self.codes: dict[StrEnum, dict[str | None, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.repeats: list[tuple[Group, str]] = []

    def read(self, root: etree._Element) -> Document:
        """The whole document."""
        frame = _Frame(self.root)
        self.frames.append(frame)
        self.attributes(root, self.root, 0, root.items())
        self.inside(root, self.root, 0)
        if self.root.conversions:
            self.convert(self.root, frame)
        document = self.make_group(self.root, 0, frame)
        if not isinstance(document, Document):
            raise TypeError(f"the root of a document became a {type(document).__name__}")
        document.kind = self.root.vocabulary.root_name
        document.nodes, document.coded, document.repeats = self.groups, self.codes, tuple(self.repeats)
        return document

    def children(self, element: etree._Element, parent: PathNode, ordinal: int) -> int:
        """Read what is inside an element with this ordinal; the ordinal of the last element in it.

        Most elements hold a text and nothing else: those are read here, without a call for each.
        """
        nodes, frames = parent.children, self.frames
        for child in element:
            node = nodes[child.tag]
            if node is None:
                continue
            ordinal += 1
            if node.notes is not None:
                self.note(child, node.notes, ordinal)
            if node.is_frame:
                ordinal = self.frame(child, node, ordinal)
                continue
            attributes = child.items()
            if attributes or node.required:
                self.attributes(child, node, ordinal, attributes)
            text = child.text
            if not text or len(child) or text.isspace():
                ordinal = self.inside(child, node, ordinal)
                continue
            for number, index, is_many in node.fills:
                values = frames[number].values
                held = values[index]
                if held is None:
                    values[index] = text
                elif not is_many:
                    frames[number].repeat(index, text)
                elif held:
                    held.append(text)
                else:
                    values[index] = [text]
            if node.is_noted:
                self.note_text(child, node, ordinal, text)
        return ordinal

    def inside(self, element: etree._Element, node: PathNode, ordinal: int) -> int:
        """Read what an element holds, whatever that is."""
        last = self.children(element, node, ordinal) if len(element) else ordinal
        if node.takes_text:
            self.text(element, node, ordinal)
        if last == ordinal and (not (text := element.text) or text.isspace()):
            self.blank(element, ordinal)
        return last

    def frame(self, element: etree._Element, node: PathNode, ordinal: int) -> int:
        """Read an element that becomes a group, or in which something is counted."""
        frames = self.frames
        frame = _Frame(node)
        frames.append(frame)
        attributes = element.items()
        if attributes or node.required:
            self.attributes(element, node, ordinal, attributes)
        last = self.children(element, node, ordinal)
        if node.takes_text:
            self.text(element, node, ordinal)
        if last == ordinal and (not (text := element.text) or text.isspace()):
            self.blank(element, ordinal)
        if node.checks:
            self.check(element, node, ordinal, frame.counts)
        if node.conversions:
            self.convert(node, frame)
        if frame.waiting is not None:
            self.make_waiting(frame, frame.waiting)
        frames.pop()
        if node.parent_fields:
            above = frames[-1]
            above.waiting = above.waiting or []
            above.waiting.append((node, ordinal, frame))
        elif node.kind is not None:
            self.add(node, ordinal, frame)
        return last

    def convert(self, node: PathNode, frame: _Frame) -> None:
        """Write the texts of some fields as the model does."""
        repeated = frame.repeated or {}
        for index, convert in node.conversions:
            held = frame.values[index]
            if isinstance(held, str):
                frame.values[index] = convert(held)
            elif held:
                frame.values[index] = [convert(each) for each in held]
            if index in repeated:
                repeated[index] = [convert(each) for each in repeated[index]]

    def make_waiting(self, frame: _Frame, waiting: list[tuple[PathNode, int, _Frame]]) -> None:
        """Make the groups that waited for the terms of the group around them."""
        repeated = frame.repeated or {}
        for node, ordinal, inner in waiting:
            for index, above in node.parent_fields:
                inner.values[index] = (
                    Repeated(tuple(repeated[above])) if above in repeated else frame.values[above]
                )
            self.add(node, ordinal, inner)

    def add(self, node: PathNode, ordinal: int, frame: _Frame) -> None:
        """Make the group of an element and give it to the groups around it."""
        group = self.make_group(node, ordinal, frame)
        self.groups[type(group)].append(group)
        for number, index, is_many in node.parts:
            values = self.frames[number].values
            if is_many:
                held = values[index]
                if held:
                    held.append(group)
                else:
                    values[index] = [group]
            elif (held := values[index]) is None or held.ordinal < 0:
                values[index] = group

    def make_group(self, node: PathNode, ordinal: int, frame: _Frame) -> Group:
        """Make the group of an element."""
        values = frame.values
        for index in node.tuples:
            if values[index]:
                values[index] = tuple(values[index])
        if frame.repeated is not None:
            for index, texts in frame.repeated.items():
                values[index] = Repeated(tuple(texts))
        kind = node.kind if node.choice is None else node.choice.kind_for(values[node.choice_field])
        if kind is None:
            raise TypeError(f"no group is bound to {node.path}")
        group = kind(ordinal, *values[: node.size])
        if frame.repeated is not None:
            self.repeats += [(group, node.fields[index]) for index in frame.repeated]
        return group

    def fill(self, fills: tuple[Fill, ...], text: str) -> None:
        """Give a text to the groups that have it as a term."""
        for number, index, is_many in fills:
            frame = self.frames[number]
            values = frame.values
            held = values[index]
            if held is None:
                values[index] = text
            elif not is_many:
                frame.repeat(index, text)
            elif held:
                held.append(text)
            else:
                values[index] = [text]

    def text(self, element: etree._Element, node: PathNode, ordinal: int) -> None:
        """Read the text of an element with elements or comments inside, or of a group."""
        text = str(element.xpath("string()")) if len(element) else element.text or ""
        self.fill(node.fills, text)
        self.note_text(element, node, ordinal, text)

    def note_text(self, element: etree._Element, node: PathNode, ordinal: int, text: str) -> None:
        """Note a text that is a code, or an amount with many decimals."""
        if node.code is not None:
            self.codes[node.code][text].append(ordinal)
        elif node.is_amount and "." in text[:-3]:
            self.notes.long_amounts.append((ordinal, element))

    def blank(self, element: etree._Element, ordinal: int) -> None:
        """Note an element without elements that may be blank, if it is."""
        if not str(element.xpath("string()") if len(element) else element.text or "").strip(" \t\r\n"):
            self.notes.blanks.append((ordinal, element))

    def attributes(
        self, element: etree._Element, node: PathNode, ordinal: int, attributes: Sequence[tuple[str, str]]
    ) -> None:
        """Read the attributes of an element."""
        known = node.attributes
        for name, value in attributes:
            use = known[name]
            if use is None:
                continue
            if use.fills:
                self.fill(use.fills, value)
            if use.code is not None:
                self.codes[use.code][value].append(ordinal)
            if use.notes is not None:
                self.note(element, use.notes, ordinal)
        if node.required:
            name, code = node.required
            if element.get(name) is None:
                self.codes[code][None].append(ordinal)

    def note(self, element: etree._Element, notes: Notes, ordinal: int) -> None:
        """Note what is asked of an element or attribute by its path alone."""
        for rule in notes.unused:
            self.notes.unused[rule].append(ordinal)
        if notes.once is not None:
            self.notes.once[notes.once].append(ordinal)
        for number, path in notes.counts:
            counts = self.frames[number].counts
            counts[path] = counts.get(path, 0) + 1
        for number, index, value in notes.marks:
            self.frames[number].values[index] = value
        if notes.topic is not None:
            self.notes.topics[notes.topic].append((ordinal, element))

    def check(self, element: etree._Element, node: PathNode, ordinal: int, counts: dict[str, int]) -> None:
        """Note what is inside an element too often, or too seldom."""
        for check in node.checks:
            if check.holds(counts):
                continue
            if check.topic is not None:
                self.notes.topics[check.topic].append((ordinal, element))
            else:
                self.notes.broken.append((check.rule, ordinal))
