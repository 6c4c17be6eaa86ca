"""The walk: from an lxml tree to the semantic invoice, in one pass over pieces of known shape."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.model.invoice import Coded, Invoice, Places
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
from gateway.syntax.shape import Occurrences

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
    collects_garbage = gc.isenabled()
    gc.disable()  # nothing made here is garbage before the end, and looking for some takes as long as the reading
    try:
        invoice = walk.document(kind, name)
    finally:
        if collects_garbage:
            gc.enable()
    return Reading(root, invoice, [lane.occurrences for lane in walk.lanes.values()], walk.long_amounts)


class _Lane:
    """A plan at work in one document: where what it reads is put."""

    __slots__ = ("amounts", "attributes", "by_codes", "exports", "groups", "occurrences", "plan", "sorted_later")

    def __init__(self, plan: Plan, walk: "_Walk", filled: dict[str, list[Any]]) -> None:
        self.plan = plan
        self.occurrences = Occurrences(plan.shape)
        self.by_codes: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
        self.exports = [(filled[name].append, position) for name, position in plan.exports]
        self.groups = [
            (walk.nodes.setdefault(kind, []).append, position)
            for kind, position in plan.groups
            if kind is not None
        ]
        self.sorted_later = [position for kind, position in plan.groups if kind is None]


class _Walk:
    def __init__(self, root: etree._Element, vocabulary: Vocabulary) -> None:
        self.root = root
        self.vocabulary = vocabulary
        self.place = 0
        self.nodes: dict[type[Group], list[Group]] = {}
        self.lanes: dict[tuple[Plan, int], _Lane] = {}
        self.long_amounts: list[int] = []

    def document(self, kind: type[Invoice], name: str) -> Invoice:
        terms = self.container(self.root, f"/{name}", ("/",), self.vocabulary.document)
        invoice = kind(0, name, **terms, nodes=self.nodes, coded=self.codes())
        self.nodes[kind] = [invoice]
        return invoice

    def codes(self) -> dict[Coded, dict[str | None, Places]]:
        """Every value of every coded term with its places, gathered from the lanes."""
        found: dict[Coded, dict[str | None, Places]] = {}
        for lane in self.lanes.values():
            for codes, places in lane.by_codes.items():
                for value, (kind, offset) in zip(codes, lane.plan.coded, strict=True):
                    values = found.setdefault(kind, {})
                    if value not in values:
                        values[value] = Places()
                    values[value].runs.append((places, offset))
        return found

    def container(
        self, element: etree._Element, path: str, chain: tuple[str, ...], above: Mapping[str, Source]
    ) -> dict[str, Any]:
        """Read an element piece by piece: its own shape, then each child. Gives the terms the children fill."""
        self.own_shape(element, path.rpartition("/")[0], chain)
        filled: dict[str, list[Any]] = {name: [] for name in above}
        inner = {name for name in self.vocabulary.containers if chain == ("/",)}
        latest: dict[Any, _Lane] = {}
        for child in element:
            elements = list(child.iter())
            tags = [each.tag for each in elements]
            keys = [each.keys() for each in elements]
            lane = latest.get(tags[0])
            if (
                lane is None
                or (plan := lane.plan).tags != tags
                or plan.keys != keys
                or list(map(len, plan.pick_parents(elements))) != plan.parent_sizes
            ):
                name = prefixed(self.vocabulary, tags[0])
                if name in inner:
                    self.inner_container(child, f"{path}/{name}", (*chain, name), above, filled)
                    continue
                plan = self.plan(path, chain, above, elements, tags, keys)
                lane = latest[tags[0]] = self.lane(plan, filled)
            self.read(plan, lane, elements)
        return {name: _settle(above[name], found) for name, found in filled.items()}

    def read(self, plan: Plan, lane: _Lane, elements: list[etree._Element]) -> None:
        """One piece: its values, the groups made of them, and where they go."""
        place = self.place
        self.place = place + len(elements)
        values: list[Any] = [each.text or "" for each in plan.pick_texts(elements)]
        for position, index in plan.mixed:
            values[position] = str(elements[index].xpath("string()"))
        values += [elements[index].get(name) for index, name in plan.attributes]
        values += CONSTANTS
        for make, offset, pick in plan.steps:
            values.append(pick(values) if make is None else make(place + offset, *pick(values)))
        lane.occurrences.places.append(place)
        if plan.pick_codes is not None:
            lane.by_codes[plan.pick_codes(values)].append(place)
        for append, position in lane.groups:
            append(values[position])
        for append, position in lane.exports:
            append(values[position])
        for position, index in plan.amounts:
            if "." in values[position][:-3]:
                self.long_amounts.append(place + index)
        for position in lane.sorted_later:
            made = values[position]
            self.nodes.setdefault(type(made), []).append(made)

    def own_shape(self, element: etree._Element, path: str, chain: tuple[str, ...]) -> None:
        """The shape of a container itself, which is read without its children."""
        plan = self.plan(path, chain[:-1], {}, [element], [element.tag], [element.keys()], sizes=[0])
        self.lane(plan, {}).occurrences.places.append(self.place)
        self.place += 1

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
        made = binding.make(place, **self.container(element, path, chain, binding.fields))
        self.nodes.setdefault(type(made), []).append(made)
        for term, source in above.items():
            if isinstance(source, Parts) and name in source.path.split("|"):
                filled[term].append(made)

    def lane(self, plan: Plan, filled: dict[str, list[Any]]) -> _Lane:
        key = (plan, id(filled) if plan.exports else 0)
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = _Lane(plan, self, filled)
        return lane

    def plan(
        self,
        path: str,
        chain: tuple[str, ...],
        above: Mapping[str, Source],
        elements: list[etree._Element],
        tags: list[Any],
        keys: list[list[str]],
        sizes: list[int] | None = None,
    ) -> Plan:
        sizes = list(map(len, elements)) if sizes is None else sizes
        key = (path, tuple(tags), tuple(sizes), tuple(map(tuple, keys)))
        plan = _PLANS.get(key)
        if plan is None:
            shape = shape_of(self.vocabulary, path, tags, sizes, keys)
            plan = compile_plan(Plan(shape, tags, keys, sizes), self.vocabulary, chain, above)
            if len(tags) <= _CACHED_ELEMENTS_MAX:
                if len(_PLANS) >= _SHAPES_MAX:
                    _PLANS.clear()
                _PLANS[key] = plan
        return plan


def _settle(source: Source, found: list[Any]) -> Any:
    """What several children gave for one term, in the form its field has."""
    if isinstance(source, (Every, Parts)):
        return tuple(found)
    if not found:
        return None
    return found[0] if len(found) == 1 or not isinstance(source, One) else Repeated(tuple(found))


_PLANS: dict[Any, Plan] = {}
"""Plans of shapes met before, also in other documents."""
