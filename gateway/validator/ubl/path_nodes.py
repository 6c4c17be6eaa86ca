"""The bindings and the syntax rules, worked out for each path that documents have: what an element at this path
becomes, which terms it fills, which rules it breaks or counts for.

A node is made when a path is first met and kept for the documents after it. It depends on the vocabulary alone.
The number of nodes is bounded.
"""

import dataclasses
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.validator.model.terms import Group
from gateway.validator.ubl.binding import (
    Binding,
    Convert,
    Every,
    EveryGroup,
    Fixed,
    Found,
    One,
    OneGroup,
    Parent,
    Source,
    Vocabulary,
)

FOREIGN = "foreign"
"""The name of an element of a namespace that is not the vocabulary's, as in extensions."""
NODES_MAX = 4_000
"""More paths only come from documents made to have them."""
_DEPTH_MAX = 12
"""Longer than any path that a rule or binding names."""
_STEPS_MAX = 6
"""The same for paths below a group."""


Fill = tuple[int, int, bool]
"""A field that a text or group fills: the number of the frame among those around the element, outermost first, the
number of the field in it, and whether it has room for several. A plain tuple: those are unpacked much faster."""


IsPlain = Callable[[str], object]
"""Whether a text is one that no rule has anything against."""


class Target(NamedTuple):
    """What a path below a group or a checked element is wanted for: a field of its frame."""

    field: int
    source: Source | None
    """None for a field that counts."""
    is_plain: IsPlain | None = None
    """What is counted: only texts that are not plain."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What is noted of an element or attribute by its path alone."""

    unused: tuple[str, ...]
    """The rules that it breaks by being there."""
    once: str | None
    """The rule that counts it in the whole document."""
    marks: tuple[tuple[int, int, bool], ...]
    """The numbers of the frames around it that have a field for its presence, with the field and its value."""
    topic: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """What an attribute is wanted for."""

    fills: tuple[Fill, ...]
    counts: tuple[tuple[int, int], ...]
    """The numbers of the frames around it that count it, with the field that counts."""
    code: StrEnum | None
    notes: Notes | None


class _Made(dict[Any, Any]):
    """What is made of each key when it is met, unless it was kept."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    def __missing__(self, key: object) -> Any:
        return self.make(key)


class PathNode:
    """What is known of the elements at one path."""

    __slots__ = (
        "above",
        "attributes",
        "binding",
        "checks",
        "children",
        "choice",
        "choice_field",
        "code",
        "conversions",
        "counts",
        "defaults",
        "fields",
        "fills",
        "frame_count",
        "is_frame",
        "is_noted",
        "is_plain",
        "is_text_noted",
        "kind",
        "names",
        "notes",
        "only_where",
        "parent_fields",
        "parts",
        "path",
        "required",
        "size",
        "takes_text",
        "targets",
        "text_counts",
        "topic",
        "tuples",
        "vocabulary",
    )

    def __init__(self, vocabulary: "PathNodes", names: tuple[str, ...], above: "PathNode | None") -> None:
        self.vocabulary = vocabulary
        self.names = names
        self.above = above
        self.path = "/".join(names[1:] if len(names) <= _DEPTH_MAX else ("", *names[-_DEPTH_MAX:]))
        """From the root's children down, without numbers; of a deeper one than any rule knows, its end."""
        self.children: dict[Any, PathNode | None] = _Made(self.child)
        """By tag in lxml's form and by name; None for comments and instructions."""
        self.attributes: dict[str, Use | None] = _Made(self.use_of)
        self.binding = vocabulary.of.binding_of(names)
        checks = vocabulary.rules.checks_on(self.path)
        self.is_frame = self.binding is not None or bool(checks)
        """Whether something of the elements inside it is collected."""
        self.frame_count: int = (above.frame_count if above else 0) + self.is_frame
        """How many elements around it collect something, itself included."""
        self._compile_binding(above)
        plain_texts = vocabulary.rules.plain_texts
        paths = [(check.path, plain_texts.get(check.topic or "")) for check in checks]
        counted = list(dict.fromkeys(paths))
        self.checks = tuple(
            (len(self.fields) + counted.index(path), each.least, each.most, each)
            for path, each in zip(paths, checks, strict=True)
        )
        """With the number of the field that counts its path, and its bounds."""
        self.targets = _targets(self.binding, self.fields, counted)
        self.defaults += [0] * len(counted)
        self._compile_uses()

    def _compile_binding(self, above: "PathNode | None") -> None:
        binding = self.binding
        self.kind = binding.kind if binding else None
        sources = binding.fields if binding else {}
        defaults = _defaults(self.kind) if self.kind else {"ordinal": -1}
        defaults |= {name: source.value for name, source in sources.items() if isinstance(source, Fixed)}
        self.size = len(defaults)
        """The number of fields of the group; others follow that only `choice` and `checks` look at."""
        more = {name: _nothing(source) for name, source in sources.items() if name not in defaults}
        defaults = {**defaults, **more}
        self.defaults = list(defaults.values())
        self.fields = list(defaults)
        self.choice = binding.choice if binding else None
        self.choice_field = self.fields.index(binding.choice.field) if binding and binding.choice else -1
        self.tuples = tuple(
            self.fields.index(name) for name, source in sources.items() if isinstance(source, Every | EveryGroup)
        )
        self.conversions: tuple[tuple[int, Convert], ...] = tuple(
            (self.fields.index(name), source.convert)
            for name, source in sources.items()
            if isinstance(source, One | Every) and source.convert is not None
        )
        """The fields whose texts the model writes otherwise."""
        self.parent_fields = tuple(
            (self.fields.index(name), above.fields.index(source.field))
            for name, source in sources.items()
            if isinstance(source, Parent) and above is not None and above.binding is not None
        )

    def _compile_uses(self) -> None:
        name, wanted = self.names[-1], list(self._targets_around(""))
        self.fills = _fills(wanted, One, Every)
        self.parts = _fills(wanted, OneGroup, EveryGroup) if self.binding else ()
        rules = self.vocabulary.rules
        coded = self.vocabulary.of.coded(self.names)
        in_attributes = (kind for attribute, kind in coded.items() if attribute)
        self.required = next((kind for kind in in_attributes if kind in self.vocabulary.of.required_codes), None)
        """The kind of code in an attribute that may not be absent."""
        self.code = coded.get("")
        self.only_where = self.vocabulary.of.only_where.get(name)
        self.counts = _counts(wanted)
        self.text_counts = tuple(
            (number, target.field, target.is_plain) for number, target in wanted if target.is_plain
        )
        """The fields that count a text which is not plain."""
        self.topic = rules.topic(self.path)
        self.is_plain = rules.plain_texts.get(self.topic or "")
        """Where only other texts are looked at for the topic."""
        self.is_text_noted = bool(
            self.code or self.only_where or self.text_counts or self.is_plain or rules.is_amount(name)
        )
        """Whether the walk notes something of the text itself."""
        self.takes_text = bool(self.fills) or self.is_text_noted
        self.notes = _notes(
            rules.unused_element(self.vocabulary.root_name, self.path) if self.path else (),
            rules.once(self.path),
            wanted,
            None if self.is_plain else self.topic,
        )
        self.is_noted = bool(self.notes or self.required or self.counts)
        """Whether the walk notes something of each element, whatever attributes it has."""

    def _targets_around(self, attribute: str) -> Iterator[tuple[int, Target]]:
        """What the elements around want of those at this path, or of their attribute, each with its number."""
        frame: PathNode | None = self
        for distance in range(_STEPS_MAX + 1):
            if frame is None:
                return
            if frame.is_frame:
                path = "/".join(self.names[len(self.names) - distance :]) or "."
                wanted = frame.targets.get(f"{path}/@{attribute}" if attribute else path, ())
                any_child = frame.targets.get("*", ()) if distance == 1 and not attribute else ()
                for target in (*wanted, *any_child):
                    yield frame.frame_count - 1, target
            frame = frame.above

    def child(self, tag: object) -> "PathNode | None":
        """The node of a child with this tag in lxml's form; None for a comment or an instruction."""
        if not isinstance(tag, str):
            self.children[tag] = None
            return None
        nodes = self.vocabulary
        name = nodes.name_of(tag)
        node = self.children.get(name)
        if node is None:
            node = PathNode(nodes, (*self.names, name), self)
            if nodes.is_full:
                return node
            nodes.count += 1
            self.children[name] = node
        if name in nodes.names:  # there is an end to these, not to the others
            self.children[sys.intern(tag)] = node
        return node

    def use_of(self, name: str) -> Use | None:
        """What an attribute of this name is wanted for."""
        if name not in self.vocabulary.names:
            return None
        wanted = list(self._targets_around(name))
        code = self.vocabulary.of.coded(self.names).get(name)
        rules, path = self.vocabulary.rules, f"{self.path}/@{name}"
        notes = _notes(rules.unused_attribute(self.path, name), rules.once(path), wanted, rules.topic(path))
        use = Use(_fills(wanted, One, Every), _counts(wanted), code, notes)
        self.attributes[sys.intern(name)] = use if use.fills or use.counts or use.code or notes else None
        return self.attributes[name]


class PathNodes:
    """The nodes of the documents of one vocabulary with one root."""

    def __init__(self, of: Vocabulary[Any], root_name: str) -> None:
        self.of = of
        self.rules = of.path_rules
        self.root_name = root_name
        self.count = 0
        self.names = of.all_names() | of.path_rules.names
        self.root = PathNode(self, ("/",), None)

    @property
    def is_full(self) -> bool:
        """Whether no more nodes are kept."""
        return self.count >= NODES_MAX

    def name_of(self, tag: str) -> str:
        """A tag as rules write it. Names that no rule or binding has are all one, but for the ends that rules ask
        for: there may be thousands, each as long as its sender likes."""
        name = self.of.name_of(tag)
        if name is None:
            return FOREIGN
        if name in self.names:
            return name
        end = next((end for end in self.rules.ends if name.endswith(end)), "")
        return f"other:{end}"


def _defaults(kind: type[Group]) -> dict[str, Any]:
    """The fields of a group in order, its ordinal first, with what they hold where the document has nothing."""
    return {each.name: each.default for each in dataclasses.fields(kind) if each.init and not each.kw_only}


def _nothing(source: Source) -> Any:
    """What a field that is not the group's holds where the document has nothing."""
    return () if isinstance(source, Every | EveryGroup) else None


def _targets(
    binding: Binding[Any] | None, fields: list[str], counted: list[tuple[str, IsPlain | None]]
) -> dict[str, list[Target]]:
    """What is wanted of each path below an element; its attributes begin with `./@`."""
    wanted = [(path, Target(len(fields) + nth, None, plain)) for nth, (path, plain) in enumerate(counted)]
    for field, source in binding.fields.items() if binding else ():
        if not isinstance(source, Fixed | Parent):
            wanted += [(path, Target(fields.index(field), source)) for path in source.path.split("|")]
    found: dict[str, list[Target]] = {}
    for path, target in wanted:
        found.setdefault(f"./{path}" if path.startswith("@") else path, []).append(target)
    return found


def _fills(wanted: list[tuple[int, Target]], one: type[Source], many: type[Source]) -> tuple[Fill, ...]:
    found = [(nth, target) for nth, target in wanted if isinstance(target.source, (one, many))]
    return tuple((nth, target.field, isinstance(target.source, many)) for nth, target in found)


def _counts(wanted: list[tuple[int, Target]]) -> tuple[tuple[int, int], ...]:
    return tuple((nth, each.field) for nth, each in wanted if each.source is None and each.is_plain is None)


def _notes(
    unused: tuple[str, ...], once: str | None, wanted: list[tuple[int, Target]], topic: str | None
) -> Notes | None:
    marks = tuple(
        (nth, target.field, target.source.value) for nth, target in wanted if isinstance(target.source, Found)
    )
    return Notes(unused, once, marks, topic) if unused or once or marks or topic else None
