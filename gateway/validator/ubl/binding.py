"""The forms in which a table says which element becomes which group, and where its terms are.

Paths are written with the usual prefixes (`cac:Item/cbc:Name`, `cbc:ID/@schemeID`), alternatives with `|`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, TypeVar

from lxml import etree

from gateway.validator.model.invoice import indicators
from gateway.validator.model.terms import TERMS, Document, Group, term_of
from gateway.validator.ubl.path_rules import NO_PATH_RULES, PathRules

_D = TypeVar("_D", bound=Document)
_G = TypeVar("_G", bound=Group)
Convert = Callable[[str], str]
"""Makes of a text what the model holds, where the syntax writes it otherwise: a date as `20261129`."""


@dataclass(frozen=True, slots=True)
class One:
    """The text at a path, `.` for the element's own text."""

    path: str
    convert: Convert | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """All texts at a path, as a tuple."""

    path: str
    convert: Convert | None = None


@dataclass(frozen=True, slots=True)
class OneGroup:
    """The group that was made of the element at a path; the first, where there are several."""

    path: str


@dataclass(frozen=True, slots=True)
class EveryGroup:
    """All groups that were made of the elements at a path, as a tuple."""

    path: str


@dataclass(frozen=True, slots=True)
class Parent:
    """What a field of the group around this one holds, which is at a path that begins with `..`."""

    path: str
    field: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same value for every element of this binding."""

    value: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A value where the document has an element at a path, `*` for any child."""

    path: str
    value: bool = True


Source = One | Every | OneGroup | EveryGroup | Parent | Fixed | Found


@dataclass(frozen=True, slots=True)
class KindChoice:
    """Finds the class of a group by the text of one of its fields; all these classes have the same fields."""

    field: str
    kind_for: Callable[[str | None], type[Group]]


def by_indicator(allowance: type[Group], charge: type[Group], other: type[Group]) -> KindChoice:
    """Choose a class by the ChargeIndicator."""

    def choose(indicator: str | None) -> type[Group]:
        found = indicators(indicator)
        return allowance if False in found else charge if True in found else other

    return KindChoice("indicator", choose)


@dataclass(frozen=True, slots=True, eq=False)
class Binding(Generic[_G]):
    """How an element becomes a group of a class, `kind`, or of the one that `choice` finds.

    `under` is the chain of elements right above it, outermost first, the root written `/`. Of the bindings of one
    element the first whose chain fits is used.
    """

    element: str
    kind: type[_G]
    fields: Mapping[str, Source]
    under: tuple[str, ...] = ()
    choice: KindChoice | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary(Generic[_D]):
    """How one syntax writes one document model: the prefixes of its namespaces, its root elements, its bindings,
    and the binding of its root.

    `coded` says of an element, by the names from the root down to it, which of its attributes hold a code ("" for
    its text), and what kind of code; the kinds are an enum of the model.
    """

    prefixes: Mapping[str, str]
    roots: tuple[str, ...]
    bindings: tuple[Binding[Any], ...]
    document: Binding[_D]
    syntax: str = "UBL"
    coded: Callable[[tuple[str, ...]], Mapping[str, StrEnum]] = lambda _names: {}
    coded_names: frozenset[str] = frozenset()
    """The elements and attributes that `coded` knows."""
    required_codes: frozenset[StrEnum] = frozenset()
    """The codes in an attribute that may not be absent: without it the code is None."""
    only_where: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Elements whose text fills a term only where an attribute has a value: elsewhere it is a blank."""
    path_rules: PathRules = NO_PATH_RULES
    """What the rules on the XML itself say of its paths."""
    terms: Mapping[str, str] = field(default_factory=dict)
    """The term at each path from the root (`/Order/cbc:ID`) in models whose fields do not say which it is."""

    @property
    def model(self) -> type[_D]:
        """The class of its documents."""
        return self.document.kind

    def binding_of(self, names: tuple[str, ...]) -> Binding[Any] | None:
        """The binding of the element with these names from the root, written `/`, down to it."""
        if len(names) == 1:
            return self.document
        for binding in _by_element(self.bindings).get(names[-1], ()):
            chain = binding.under
            if not chain or names[-1 - len(chain) : -1] == chain:
                return binding
        return None

    def name_of(self, tag: str) -> str | None:
        """A tag in lxml's form (`{namespace}name`) as rules write it (`cac:Item`); None for another namespace."""
        namespace, brace, name = tag.rpartition("}")
        prefix = self.prefixes.get(namespace[1:])
        return None if not brace or prefix is None else prefix + name

    def terms_at(self, element: etree._Element) -> tuple[str, ...]:
        """The term that an element holds, by its place; none where it holds none."""
        names = [self.name_of(str(each.tag)) or "*" for each in (element, *element.iterancestors())][::-1]
        if self.terms:
            return tuple(filter(None, [self.terms.get("/" + "/".join(names))]))
        names[0] = "/"
        for depth in range(len(names) - 1, 0, -1):
            binding, path = self.binding_of(tuple(names[:depth])), "/".join(names[depth:])
            if binding is not None:
                held = [name for name, source in binding.fields.items() if path in _paths(source)]
                kind = self._kind_of(binding, element, len(names) - depth) if held else binding.kind
                if found := [number for name in held if (number := term_of(kind, name))]:
                    return (found[0],)
        return ()

    def _kind_of(self, binding: Binding[Any], element: etree._Element, above: int) -> type[Group]:
        """The class that the group becomes which is so many steps above an element."""
        if binding.choice is None:
            return binding.kind
        group = [element, *element.iterancestors()][above]
        spaces = {prefix[:-1]: space for space, prefix in self.prefixes.items() if prefix}
        [path] = _paths(binding.fields[binding.choice.field])
        return binding.choice.kind_for(group.findtext(path, None, spaces))

    def all_names(self) -> frozenset[str]:
        """Every element and attribute that the bindings name, attributes without their `@`."""
        names = {binding.element for binding in self.bindings} | self.coded_names
        for binding in (*self.bindings, self.document):
            names |= {name for name in binding.under if name != "/"}
            for source in binding.fields.values():
                if not isinstance(source, Fixed):
                    names |= {
                        step.removeprefix("@") for path in source.path.split("|") for step in path.split("/")
                    }
        return frozenset(names - {"", ".", "..", "*"})

    def element_of(self, element: etree._Element, term: str) -> etree._Element:
        """The element that holds a term (`BT-131`) of the group that `element` is; `element` itself where there is
        none, or where the term is another group's."""
        name = self.name_of(str(element.tag))
        bindings = [self.document] if name in self.roots else _by_element(self.bindings).get(name or "", [])
        spaces = {prefix[:-1]: space for space, prefix in self.prefixes.items() if prefix}
        attributes = {each.attribute for each in TERMS.get(term, ())}
        for binding in bindings:
            for attribute in attributes & binding.fields.keys():
                for path in _paths(binding.fields[attribute]):
                    steps = [step for step in path.split("/") if not step.startswith("@")]
                    found = element.find("/".join(steps) or ".", spaces)
                    if found is not None:
                        return found
        return element


def _paths(source: Source) -> list[str]:
    return source.path.split("|") if not isinstance(source, Fixed | Found) else []


@lru_cache(maxsize=8)
def _by_element(bindings: tuple[Binding[Any], ...]) -> dict[str, list[Binding[Any]]]:
    found: dict[str, list[Binding[Any]]] = {}
    for each in bindings:
        found.setdefault(each.element, []).append(each)
    return found
