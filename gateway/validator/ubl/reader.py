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
from gateway.validator.xml.paths import blank_leaves, is_blank

_D = TypeVar("_D", bound=Document)
_Frames = tuple[list[Any], ...]
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
    blank: list[etree._Element] = field(default_factory=list)
    """Elements with no elements and no text in them."""
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
    return Reading(root, vocabulary.model(), SyntaxNotes(blank=blank_leaves(root)), vocabulary)


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
    """One document while it is read: first every element in document order, then the groups, innermost first.

    What is collected of an element is its frame: its ordinal, the fields of its group, and how often each path
    that is checked was met. `frames` are those of an element and of the elements around it, outermost first."""

    def __init__(self) -> None:
        self.notes = SyntaxNotes()
        self.collected: list[tuple[etree._Element, PathNode, _Frames]] = []
        """The elements with a frame, in document order."""
        self.groups: dict[type[Group], list[Group]] = defaultdict(list)
        self.codes: dict[StrEnum, dict[str | None, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.repeated: dict[int, dict[int, list[str]]] = {}
        """All texts of fields that there is room for once and that the document has several times, by the ordinal
        of the frame and the field."""
        self.repeats: list[tuple[Group, str]] = []

    def read(self, root: etree._Element, node: PathNode) -> Document:
        """The whole document."""
        self.elements(root, node)
        for _element, each, frames in self.collected:
            if each.conversions or self.repeated:
                self.complete(each, frames[-1])
        for element, each, frames in reversed(self.collected):
            for index, least, most, check in each.checks:
                if not least <= frames[-1][index] <= most:
                    self.breaks(check, frames[-1][0], element)
            if each.kind is not None:
                self.add(each, frames)
        [document] = self.groups.pop(node.kind or Group)
        if not isinstance(document, Document):
            raise TypeError(f"the root of a document became a {type(document).__name__}")
        for groups in self.groups.values():
            groups.reverse()
        document.kind = node.vocabulary.root_name
        document.nodes, document.coded = self.groups, self.codes
        document.repeats = tuple(reversed(self.repeats))
        return document

    def elements(self, root: etree._Element, root_node: PathNode) -> None:
        """Read every element. `around` has the paths inside each that has elements in it, and its frames."""
        element: Any = None
        above: Any = None
        nodes: dict[Any, PathNode] = {root.tag: root_node}
        frames: _Frames = ()
        inside, inner = nodes, frames
        around: dict[Any, tuple[dict[Any, PathNode], _Frames]] = {}
        without_text: list[Any] = []
        for ordinal, each in enumerate(root.iter("*")):
            parent = each.getparent()
            if parent is not above:
                if parent is element:
                    around[parent] = inside, inner
                above = parent
                nodes, frames = around[parent]
            node = nodes[each.tag]
            element, inside, inner = each, node.children, frames
            if node.is_frame:
                values = node.defaults.copy()
                values[0] = ordinal
                inner = (*frames, values)
                self.collected.append((element, node, inner))
            attributes = element.items()
            if attributes or node.is_noted:
                self.note_element(element, node, ordinal, attributes, inner)
            text = element.text
            if not text or text.isspace():
                without_text.append(element)
            if node.takes_text:
                text = str(element.xpath("string()")) if len(element) else text or ""
                if node.is_text_noted:
                    text = self.note_text(element, node, ordinal, text, inner)
                for number, index, is_many in node.fills:
                    values = inner[number]
                    if values[index] is None:
                        values[index] = text
                    else:
                        self.fill_again(values, index, is_many, text)
        self.notes.blank += [each for each in without_text if each not in around and is_blank(each)]

    def fill_again(self, values: list[Any], field: int, is_many: bool, text: str) -> None:
        """Keep a text of a field that has room for several, or another one of a field that has one."""
        if is_many:
            values[field] = values[field] or []
            values[field].append(text)
        else:
            self.repeated.setdefault(values[0], {}).setdefault(field, [values[field]]).append(text)

    def note_text(self, element: etree._Element, node: PathNode, ordinal: int, text: str, frames: _Frames) -> str:
        """Note a text that is a code, or an amount with many decimals. What terms it fills with: a blank, where it
        counts only with an attribute that it lacks."""
        for number, index, is_plain in node.text_counts:
            frames[number][index] += not is_plain(text)
        if node.is_plain is not None and not node.is_plain(text) and node.topic is not None:
            self.notes.topics[node.topic].append((ordinal, element))
        if node.code is not None:
            self.codes[node.code][text].append(ordinal)
        elif node.only_where is not None:
            return text if element.get(node.only_where[0]) == node.only_where[1] else BLANK
        elif "." in text[:-3]:
            self.notes.long_amounts.append((ordinal, element))
        return text

    def note_element(
        self,
        element: etree._Element,
        node: PathNode,
        ordinal: int,
        attributes: Sequence[tuple[str, str]],
        frames: _Frames,
    ) -> None:
        """Note what is asked of an element by its path, count it, and read its attributes."""
        for number, index in node.counts:
            frames[number][index] += 1
        if node.notes is not None:
            self.note(element, node.notes, ordinal, frames)
        coded = None
        for name, value in attributes:
            use = node.attributes[name]
            if use is None:
                continue
            for number, index, is_many in use.fills:
                values = frames[number]
                if values[index] is None:
                    values[index] = value
                else:
                    self.fill_again(values, index, is_many, value)
            for number, index in use.counts:
                frames[number][index] += 1
            if use.code is not None:
                coded = use.code
                self.codes[coded][value].append(ordinal)
            if use.notes is not None:
                self.note(element, use.notes, ordinal, frames)
        if node.required is not None and node.required is not coded:
            self.codes[node.required][None].append(ordinal)

    def note(self, element: etree._Element, notes: Notes, ordinal: int, frames: _Frames) -> None:
        """Note what is asked of an element or attribute by its path alone."""
        for number, index, value in notes.marks:
            frames[number][index] = value
        for rule in notes.unused:
            self.notes.unused[rule].append(ordinal)
        if notes.once is not None:
            self.notes.once[notes.once].append(ordinal)
        if notes.topic is not None:
            self.notes.topics[notes.topic].append((ordinal, element))

    def complete(self, node: PathNode, values: list[Any]) -> None:
        """Write the texts of some fields as the model does, and all texts of a field that the document repeats."""
        repeated = self.repeated.get(values[0], {})
        for index, convert in node.conversions:
            held = values[index]
            if isinstance(held, str):
                values[index] = convert(held)
            elif held:
                values[index] = [convert(each) for each in held]
            if index in repeated:
                repeated[index] = [convert(each) for each in repeated[index]]
        for index, texts in repeated.items():
            values[index] = Repeated(tuple(texts))

    def add(self, node: PathNode, frames: _Frames) -> None:
        """Make the group of an element and give it to the groups around it."""
        values = frames[-1]
        for index, above in node.parent_fields:
            held = frames[-2][above]
            values[index] = tuple(held) if isinstance(held, list) else held
        for index in node.texts:
            if values[index]:
                values[index] = tuple(values[index])
        for index in node.inner_groups:
            if values[index]:
                values[index] = tuple(reversed(values[index]))
        kind = node.kind if node.choice is None else node.choice.kind_for(values[node.choice_field])
        if kind is None:
            raise TypeError(f"no group is bound to {node.path}")
        group = kind(*values[: node.size])
        self.groups[kind].append(group)
        if self.repeated:
            repeated = self.repeated.pop(group.ordinal, ())
            self.repeats += [(group, node.fields[index]) for index in reversed(repeated) if index < node.size]
        for number, index, is_many in node.parts:
            around = frames[number]
            if not is_many:
                around[index] = group
            elif around[index]:
                around[index].append(group)
            else:
                around[index] = [group]

    def breaks(self, check: Check, ordinal: int, element: etree._Element) -> None:
        """Note what is inside an element too often, or too seldom."""
        if check.topic is not None:
            self.notes.topics[check.topic].append((ordinal, element))
        else:
            self.notes.broken[check.rule, ordinal] = None
