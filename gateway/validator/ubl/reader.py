"""Reads a document into its model: one walk over its tree, driven by the tables of a vocabulary.

It knows no model and no syntax. The walk also notes what the rules on the XML itself ask for (`breaches`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

from lxml import etree

from gateway.validator.model.terms import BLANK, Document, Group, Repeated
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.path_nodes import Notes, PathNode, PathNodes
from gateway.validator.ubl.path_rules import Check

_D = TypeVar("_D", bound=Document)
_SPACE = " \t\r\n"
Located = tuple[int, etree._Element]
"""An element with its ordinal."""


@dataclass(slots=True)
class SyntaxNotes:
    """What the rules on the XML itself ask of a document; elements by their ordinals."""

    unused: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Elements, or elements with attributes, that have no use, by the rule that says so."""
    once: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """What the document may have once, by the rule that says so."""
    broken: dict[tuple[str, int], None] = field(default_factory=dict)
    """Rules that one element breaks by what is inside it."""
    topics: dict[str, list[Located]] = field(default_factory=lambda: defaultdict(list))
    """Elements whose texts must be looked at."""
    blank: list[etree._Element] | None = None
    """Elements with no elements and no text in them; None where nobody looked."""
    long_amounts: list[Located] = field(default_factory=list)
    """Amounts with more than two characters after the dot."""


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


def unread(root: etree._Element, vocabulary: Vocabulary[_D]) -> Reading[_D]:
    """A reading with an empty model, for rules that ask the XML alone."""
    return Reading(root, vocabulary.model(), SyntaxNotes(), vocabulary)


_nodes: dict[tuple[Vocabulary[Any], str], PathNodes] = {}


def root_node(root: etree._Element, vocabulary: Vocabulary[Any]) -> PathNode:
    """What is known of the root of a document. Raises ValueError where it is none of the vocabulary's."""
    name = vocabulary.name_of(str(root.tag))
    if name not in vocabulary.roots:
        raise ValueError(f"{root.tag!r} is not one of {', '.join(vocabulary.roots)}")
    nodes = _nodes.get((vocabulary, name))
    if nodes is None or nodes.is_full:
        nodes = _nodes[vocabulary, name] = PathNodes(vocabulary, name)
    return nodes.root


def read(root: etree._Element, vocabulary: Vocabulary[_D]) -> Reading[_D]:
    """Read a document of a vocabulary, schema-valid or not. Raises ValueError where its root is none of those."""
    node = root_node(root, vocabulary)
    walk = _Walk()
    document = walk.read(root, node)
    return Reading(root, cast(_D, document), walk.notes, vocabulary)


class _Walk:
    """One document while it is read. What is collected of an element is its frame: its ordinal, the fields of its
    group, and how often each path that is checked was met."""

    def __init__(self) -> None:
        self.notes = SyntaxNotes()
        self.frames: list[list[Any]] = []
        """The frames of the elements around, outermost first."""
        self.groups: dict[type[Group], list[Group]] = defaultdict(list)
        self.codes: dict[StrEnum, dict[str | None, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.repeated: dict[int, dict[int, list[str]]] = {}
        """All texts of fields that there is room for once and that the document has several times, by the ordinal
        of the frame and the field."""
        self.waiting: dict[int, list[tuple[PathNode, list[Any]]]] = defaultdict(list)
        """Groups that need terms of the group around them, by the ordinal of that one."""
        self.repeats: list[tuple[Group, str]] = []
        self.blank: list[etree._Element] = []
        self.notes.blank = self.blank

    def read(self, root: etree._Element, node: PathNode) -> Document:
        """The whole document."""
        self.element(root, node, 0)
        [document] = self.groups.pop(node.kind or Group)
        if not isinstance(document, Document):
            raise TypeError(f"the root of a document became a {type(document).__name__}")
        document.kind = node.vocabulary.root_name
        document.nodes, document.coded, document.repeats = self.groups, self.codes, tuple(self.repeats)
        return document

    def element(self, element: Any, node: PathNode, ordinal: int) -> int:
        """Read an element with everything in it; the ordinal of the last one. The parser bounds the depth."""
        frames, own = self.frames, ordinal
        if node.is_frame:
            values = node.defaults.copy()
            values[0] = ordinal
            frames.append(values)
        attributes = element.items()
        if attributes or node.is_noted:
            self.note_element(element, node, ordinal, attributes)
        is_leaf = not len(element)
        if not is_leaf:
            nodes = node.children
            for each in element:
                if (inner := nodes[each.tag]) is not None:
                    ordinal = self.element(each, inner, ordinal + 1)
        if node.takes_text or ordinal == own:
            text = element.text or "" if is_leaf else str(element.xpath("string()"))
            if ordinal == own and not text.strip(_SPACE):
                self.blank.append(element)
            if node.is_text_noted:
                text = self.note_text(element, node, own, text)
            for number, index, is_many in node.fills:
                values = frames[number]
                if values[index] is None:
                    values[index] = text
                else:
                    self.fill_again(values, index, is_many, text)
        if node.is_frame:
            self.close(element, node)
        return ordinal

    def fill_again(self, values: list[Any], field: int, is_many: bool, text: str) -> None:
        """Keep a text of a field that has room for several, or another one of a field that has one."""
        if is_many:
            values[field] = values[field] or []
            values[field].append(text)
        else:
            self.repeated.setdefault(values[0], {}).setdefault(field, [values[field]]).append(text)

    def note_text(self, element: etree._Element, node: PathNode, ordinal: int, text: str) -> str:
        """Note a text that is a code, or an amount with many decimals. What terms it fills with: a blank, where it
        counts only with an attribute that it lacks."""
        for number, index, is_plain in node.text_counts:
            self.frames[number][index] += not is_plain(text)
        if node.is_plain is not None and not node.is_plain(text) and node.topic is not None:
            self.notes.topics[node.topic].append((ordinal, element))
        if node.code is not None:
            self.codes[node.code][text].append(ordinal)
        elif node.only_where is not None:
            return text if element.get(node.only_where[0]) == node.only_where[1] else BLANK
        elif "." in text[:-3]:
            self.notes.long_amounts.append((ordinal, element))
        return text

    def close(self, element: etree._Element, node: PathNode) -> None:
        """Check what was counted in an element, and make its group or have it wait for the one around it."""
        values = self.frames[-1]
        ordinal = values[0]
        for index, least, most, check in node.checks:
            if not least <= values[index] <= most:
                self.breaks(check, ordinal, element)
        if node.conversions:
            self.convert(node, values)
        if self.repeated:
            for index, texts in self.repeated.get(ordinal, {}).items():
                values[index] = Repeated(tuple(texts))
        if self.waiting:
            for inner_node, inner in self.waiting.pop(ordinal, ()):
                for index, above in inner_node.parent_fields:
                    held = values[above]
                    inner[index] = tuple(held) if isinstance(held, list) else held
                self.add(inner_node, inner)
        self.frames.pop()
        if node.parent_fields:
            self.waiting[self.frames[-1][0]].append((node, values))
        elif node.kind is not None:
            self.add(node, values)

    def convert(self, node: PathNode, values: list[Any]) -> None:
        """Write the texts of some fields as the model does."""
        repeated = self.repeated.get(values[0], {})
        for index, convert in node.conversions:
            held = values[index]
            if isinstance(held, str):
                values[index] = convert(held)
            elif held:
                values[index] = [convert(each) for each in held]
            if index in repeated:
                repeated[index] = [convert(each) for each in repeated[index]]

    def breaks(self, check: Check, ordinal: int, element: etree._Element) -> None:
        """Note what is inside an element too often, or too seldom."""
        if check.topic is not None:
            self.notes.topics[check.topic].append((ordinal, element))
        else:
            self.notes.broken[check.rule, ordinal] = None

    def add(self, node: PathNode, values: list[Any]) -> None:
        """Make the group of an element and give it to the groups around it."""
        for index in node.tuples:
            if values[index]:
                values[index] = tuple(values[index])
        kind = node.kind if node.choice is None else node.choice.kind_for(values[node.choice_field])
        if kind is None:
            raise TypeError(f"no group is bound to {node.path}")
        group = kind(*values[: node.size])
        self.groups[kind].append(group)
        if self.repeated:
            repeated = self.repeated.pop(group.ordinal, ())
            self.repeats += [(group, node.fields[index]) for index in repeated if index < node.size]
        for number, index, is_many in node.parts:
            above = self.frames[number]
            held = above[index]
            if is_many and held:
                held.append(group)
            elif is_many:
                above[index] = [group]
            elif held is None or held.ordinal < 0:
                above[index] = group

    def note_element(
        self, element: etree._Element, node: PathNode, ordinal: int, attributes: Sequence[tuple[str, str]]
    ) -> None:
        """Note what is asked of an element by its path, count it, and read its attributes."""
        for number, index in node.counts:
            self.frames[number][index] += 1
        if node.notes is not None:
            self.note(element, node.notes, ordinal)
        coded = None
        for name, value in attributes:
            use = node.attributes[name]
            if use is None:
                continue
            for number, index, is_many in use.fills:
                values = self.frames[number]
                if values[index] is None:
                    values[index] = value
                else:
                    self.fill_again(values, index, is_many, value)
            for number, index in use.counts:
                self.frames[number][index] += 1
            if use.code is not None:
                coded = use.code
                self.codes[coded][value].append(ordinal)
            if use.notes is not None:
                self.note(element, use.notes, ordinal)
        if node.required is not None and node.required is not coded:
            self.codes[node.required][None].append(ordinal)

    def note(self, element: etree._Element, notes: Notes, ordinal: int) -> None:
        """Note what is asked of an element or attribute by its path alone."""
        for number, index, value in notes.marks:
            self.frames[number][index] = value
        for rule in notes.unused:
            self.notes.unused[rule].append(ordinal)
        if notes.once is not None:
            self.notes.once[notes.once].append(ordinal)
        if notes.topic is not None:
            self.notes.topics[notes.topic].append((ordinal, element))
