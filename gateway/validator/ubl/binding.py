"""The forms in which a table says which element becomes which group, and where its terms are.

Paths are written with the usual prefixes (`cac:Item/cbc:Name`, `cbc:ID/@schemeID`), alternatives with `|`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.validator.model.invoice import Coded
from gateway.validator.model.terms import Group


@dataclass(frozen=True, slots=True)
class One:
    """The text at a path, `.` for the element's own text."""

    path: str


@dataclass(frozen=True, slots=True)
class Every:
    """All texts at a path, as a tuple."""

    path: str


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


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """How an element becomes a group of a class, `kind`, or of the one that `choice` finds.

    `under` is the chain of elements right above it, outermost first, the root written `/`. Of the bindings of one
    element the first whose chain fits is used.
    """

    element: str
    kind: type[Group]
    fields: Mapping[str, Source]
    under: tuple[str, ...] = ()
    choice: KindChoice | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """One syntax: the prefixes of its namespaces, its root elements, its bindings, and the binding of its root.

    `coded` says of an element, by the names from the root down to it, which of its attributes holds a code ("" for
    its text), and of which list.
    """

    prefixes: Mapping[str, str]
    roots: tuple[str, ...]
    bindings: tuple[Binding, ...]
    document: Binding
    coded: Callable[[tuple[str, ...]], tuple[str, Coded] | None]
    coded_names: frozenset[str]
    """The elements and attributes that `coded` knows."""

    def binding_of(self, names: tuple[str, ...]) -> Binding | None:
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


@lru_cache(maxsize=8)
def _by_element(bindings: tuple[Binding, ...]) -> dict[str, list[Binding]]:
    found: dict[str, list[Binding]] = {}
    for each in bindings:
        found.setdefault(each.element, []).append(each)
    return found
