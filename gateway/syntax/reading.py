"""The walk: from an lxml tree to the semantic invoice, in one pass over pieces of known shape."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.model.invoice import Invoice
from gateway.model.terms import Group, Repeated
from gateway.syntax.plan import (
    CONSTANTS,
    Every,
    One,
    Parts,
    Plan,
    Source,
    Vocabulary,
    compile_plan,
    prefixed,
    shape_of,
)
from gateway.syntax.shape import Occurrences, Shape

_SHAPES_MAX = 4096
_CACHED_ELEMENTS_MAX = 400


@dataclass(slots=True)
class Reading:
    """What one walk over a document gives: the invoice, and its shapes for the rules of syntax."""

    root: etree._Element
    invoice: Invoice
    shapes: list[Occurrences] = field(default_factory=list)
    """Every shape, in the order of its first occurrence; the root's own (one element) first."""
    long_amounts: list[int] = field(default_factory=list)
    """The places of amounts (names in ...Amount) with more than two characters after the dot; prices, and
    what stands in a price with a discount, do not count (the context of UBL-DT-01)."""

    def elements(self, places: Iterable[int]) -> dict[int, etree._Element]:
        """The elements at these places."""
        wanted = set(places)
        last = max(wanted, default=-1)
        found: dict[int, etree._Element] = {}
        for place, element in enumerate(self.root.iter()):
            if place in wanted:
                found[place] = element
            if place >= last:
                break
        return found


def read_document(root: etree._Element, vocabulary: Vocabulary, kind: type[Invoice]) -> Reading:
    """Read a document of this vocabulary. Raises ValueError where its root is not one of the vocabulary's."""
    name = prefixed(vocabulary, root.tag)
    if name not in vocabulary.roots:
        raise ValueError(f"{root.tag!r} is not one of {', '.join(vocabulary.roots)}")
    walk = _Walk(root, vocabulary)
    invoice = walk.document(kind, name)
    return Reading(root, invoice, list(walk.occurrences.values()), walk.long_amounts)


class _Walk:
    def __init__(self, root: etree._Element, vocabulary: Vocabulary) -> None:
        self.root = root
        self.vocabulary = vocabulary
        self.place = 0
        self.nodes: dict[type[Group], list[Group]] = {}
        self.coded: dict[Any, dict[str | None, list[int]]] = {}
        self.occurrences: dict[Shape, Occurrences] = {}
        self.long_amounts: list[int] = []

    def document(self, kind: type[Invoice], name: str) -> Invoice:
        terms = self.container(self.root, f"/{name}", ("/",), self.vocabulary.document)
        invoice = kind(0, name, **terms, nodes=self.nodes, coded=self.coded)
        self.nodes[kind] = [invoice]
        return invoice

    def container(
        self, element: etree._Element, path: str, chain: tuple[str, ...], above: Mapping[str, Source]
    ) -> dict[str, Any]:
        """Read an element piece by piece: its own shape, then each child. Gives the terms the children fill."""
        self.piece([element], path.rpartition("/")[0], chain[:-1], {}, [0])
        filled: dict[str, list[Any]] = {name: [] for name in above}
        for child in element:
            name = prefixed(self.vocabulary, child.tag)
            if name in self.vocabulary.containers and chain == ("/",):
                self.inner_container(child, f"{path}/{name}", (*chain, name), above, filled)
                continue
            elements = list(child.iter())
            values, plan = self.piece(elements, path, chain, above, list(map(len, elements)))
            for term, position in plan.exports:
                filled[term].append(values[position])
        return {name: _settle(above[name], found) for name, found in filled.items()}

    def inner_container(
        self,
        element: etree._Element,
        path: str,
        chain: tuple[str, ...],
        above: Mapping[str, Source],
        filled: dict[str, list[Any]],
    ) -> None:
        name = chain[-1]
        binding = next(each for each in self.vocabulary.bindings if each.element == name)
        place = self.place
        terms = self.container(element, path, chain, binding.fields)
        made = binding.make(place, **terms)
        self.nodes.setdefault(type(made), []).append(made)
        for term, source in above.items():
            if isinstance(source, Parts) and name in source.path.split("|"):
                filled[term].append(made)

    def piece(
        self,
        elements: list[etree._Element],
        path: str,
        chain: tuple[str, ...],
        above: Mapping[str, Source],
        sizes: list[int],
    ) -> tuple[list[Any], Plan]:
        tags = [element.tag for element in elements]
        items = [element.items() for element in elements]
        plan = self.plan(path, chain, above, tags, sizes, items)
        values: list[Any] = [element.text or "" for element in elements]
        for mixed in plan.mixed:
            values[mixed] = str(elements[mixed].xpath("string()"))
        values += [value for each in items for _, value in each]
        values += CONSTANTS
        place = self.place
        for make, offset, pick in plan.steps:
            values.append(pick(values) if make is None else make(place + offset, *pick(values)))
        self.note(plan, values, place)
        self.place = place + len(elements)
        return values, plan

    def plan(
        self,
        path: str,
        chain: tuple[str, ...],
        above: Mapping[str, Source],
        tags: list[Any],
        sizes: list[int],
        items: list[list[tuple[str, str]]],
    ) -> Plan:
        keys = [[name for name, _ in each] for each in items]
        key = (path, tuple(tags), tuple(sizes), tuple(map(tuple, keys)))
        plan = _PLANS.get(key)
        if plan is None:
            shape = shape_of(self.vocabulary, path, tags, sizes, keys)
            plan = compile_plan(Plan(shape, tags, sizes, []), self.vocabulary, chain, above)
            if len(tags) <= _CACHED_ELEMENTS_MAX:
                if len(_PLANS) >= _SHAPES_MAX:
                    _PLANS.clear()
                _PLANS[key] = plan
        return plan

    def note(self, plan: Plan, values: list[Any], place: int) -> None:
        occurrences = self.occurrences.get(plan.shape)
        if occurrences is None:
            occurrences = self.occurrences[plan.shape] = Occurrences(plan.shape)
        occurrences.places.append(place)
        for position in plan.groups:
            made = values[position]
            self.nodes.setdefault(type(made), []).append(made)
        for kind, position, offset in plan.coded:
            self.coded.setdefault(kind, {}).setdefault(values[position], []).append(place + offset)
        for position in plan.amounts:
            if "." in values[position][:-3]:
                self.long_amounts.append(place + position)


def _settle(source: Source, found: list[Any]) -> Any:
    """What several children gave for one term, in the form its field has."""
    if isinstance(source, (Every, Parts)):
        return tuple(found)
    if not found:
        return None
    return found[0] if len(found) == 1 or not isinstance(source, One) else Repeated(tuple(found))


_PLANS: dict[Any, Plan] = {}
