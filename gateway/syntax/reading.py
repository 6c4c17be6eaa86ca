"""The walk: from an lxml tree to the semantic invoice, in one pass over pieces of known shape."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gateway.model.invoice import Coded, Invoice, Places
from gateway.model.terms import Group, Repeated, without_collecting
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
    write_builder,
)
from gateway.syntax.shape import Occurrences

_SHAPES_MAX = 4096
_CACHED_ELEMENTS_MAX = 600
_OFTEN = 32
_RUN_ELEMENTS_MAX = 300
_INNER_CHILDREN_MAX = 12


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
    name = prefixed(vocabulary, str(root.tag))
    if name not in vocabulary.roots:
        raise ValueError(f"{root.tag!r} is not one of {', '.join(vocabulary.roots)}")
    with without_collecting():
        walk = _Walk(root, vocabulary, trusting=True)
        invoice = walk.document(kind, name)
        if walk.attributes != _COUNT_ATTRIBUTES(root):  # a piece has more of them than the shape it was taken for
            walk = _Walk(root, vocabulary, trusting=False)
            invoice = walk.document(kind, name)
    return Reading(root, invoice, [lane.occurrences for lane in walk.lanes.values()], walk.long_amounts)


class _Lane:
    """A plan at work in one document: where what it reads is put."""

    __slots__ = (
        "amounts",
        "attributes",
        "by_codes",
        "exports",
        "filled",
        "groups",
        "occurrences",
        "plan",
        "sorted_later",
    )

    def __init__(self, plan: Plan, walk: "_Walk", filled: dict[str, list[Any]]) -> None:
        self.plan = plan
        self.filled = filled  # kept alive: lanes are told apart by its id, which must not be used again
        self.occurrences = Occurrences(plan.shape)
        self.by_codes: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
        self.exports = [(filled[name].append, position) for name, position in plan.exports]
        self.groups = [
            (walk.nodes.setdefault(kind, []).append, position)
            for kind, position in plan.groups
            if kind is not None
        ]
        self.sorted_later = [position for kind, position in plan.groups if kind is None]


@dataclass(slots=True)
class _Pieces:
    """The pieces of one container: where they stand, what they fill, the latest lane by tag."""

    path: str
    chain: tuple[str, ...]
    above: Mapping[str, Source]
    filled: dict[str, list[Any]]
    latest: dict[Any, _Lane] = field(default_factory=dict)


_COUNT_ATTRIBUTES = etree.XPath("count(//@*)")


class _Walk:
    """One pass. A trusting one looks only for the attributes that the shape at hand has, and counts them: when
    the whole document has no more, there are no others."""

    def __init__(self, root: etree._Element, vocabulary: Vocabulary, *, trusting: bool) -> None:
        self.root = root
        self.vocabulary = vocabulary
        self.trusting = trusting
        self.attributes = 0
        self.names: dict[Any, str] = {}
        self.place = 0
        self.nodes: dict[type[Group], list[Group]] = {}
        self.lanes: dict[tuple[Plan, int], _Lane] = {}
        self.long_amounts: list[int] = []
        self.repeats: list[tuple[Group, str]] = []

    def document(self, kind: type[Invoice], name: str) -> Invoice:
        terms = self.container(self.root, f"/{name}", ("/",), self.vocabulary.document)
        invoice = kind(0, name, **terms, nodes=self.nodes, coded=self.codes())
        self.repeats += [(invoice, term) for term, value in terms.items() if isinstance(value, Repeated)]
        invoice.repeats = tuple(self.repeats)
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
        """Read an element piece by piece: its own shape, then its children. Gives the terms they fill."""
        self.own_shape(element, path.rpartition("/")[0], chain)
        piece = _Pieces(path, chain, above, {name: [] for name in above})
        run: list[etree._Element] = []
        before = ""
        for child in element:
            tag = child.tag
            name = self.names.get(tag)
            if name is None:
                name = self.names[tag] = prefixed(self.vocabulary, tag)  # type: ignore[arg-type]  # or a function, for comments
            if name in self.vocabulary.containers and chain == ("/",) and len(child) > _INNER_CHILDREN_MAX:
                self.flush(run, piece)
                self.inner_container(child, f"{path}/{name}", (*chain, name), above, piece.filled)
            elif name == before or name in self.vocabulary.repeated:
                self.flush(run, piece)
                self.piece(list(child.iter()) if len(child) else [child], piece, tag)
            else:
                run += child.iter()
                if len(run) > _RUN_ELEMENTS_MAX:
                    self.flush(run, piece)
            before = name
        self.flush(run, piece)
        return {name: _settle(above[name], found) for name, found in piece.filled.items()}

    def flush(self, run: list[etree._Element], pieces: "_Pieces") -> None:
        """Read what has been gathered of children that differ from each other, as one piece."""
        if run:
            self.piece(run, pieces, None)
            run.clear()

    def piece(self, elements: list[etree._Element], pieces: "_Pieces", tag: Any) -> None:
        """Read one piece by the lane of the piece with the same first tag before it, if that has its shape."""
        tags = [each.tag for each in elements]
        lane = pieces.latest.get(tag)
        if lane is not None:
            plan = lane.plan
            if (
                plan.tags == tags
                and list(map(len, plan.pick_parents(elements))) == plan.parent_sizes
                and None not in (attributes := [elements[index].get(name) for index, name in plan.attributes])
                and (self.trusting or plan.keys == [each.keys() for each in elements])
            ):
                self.read(plan, lane, elements, attributes)
                return
        plan = self.plan(pieces.path, pieces.chain, pieces.above, elements, tags)
        lane = pieces.latest[tag] = self.lane(plan, pieces.filled)
        self.read(plan, lane, elements, [elements[index].get(name) for index, name in plan.attributes])

    def read(self, plan: Plan, lane: _Lane, elements: list[etree._Element], attributes: list[str | None]) -> None:
        """One piece: its values, the groups made of them, and where they go."""
        place = self.place
        self.place = place + len(elements)
        values: list[Any] = [each.text or "" for each in plan.pick_texts(elements)]
        for position, index in plan.mixed:
            values[position] = str(elements[index].xpath("string()"))
        count = len(attributes)
        values += attributes if count == plan.attributes_asked else attributes[: plan.attributes_asked]
        self.attributes += count
        values += CONSTANTS
        if plan.build is not None:
            plan.build(values, place)
        else:
            for make, offset, pick in plan.steps:
                values.append(pick(values) if make is None else make(place + offset, *pick(values)))
            plan.uses += 1
            if plan.uses >= _OFTEN:
                plan.build = write_builder(plan)
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
        for position, attribute in plan.repeats:
            self.repeats.append((values[position], attribute))
        for position in lane.sorted_later:
            made = values[position]
            self.nodes.setdefault(type(made), []).append(made)

    def own_shape(self, element: etree._Element, path: str, chain: tuple[str, ...]) -> None:
        """The shape of a container itself, which is read without its children."""
        plan = self.plan(path, chain[:-1], {}, [element], [element.tag], sizes=[0])
        self.lane(plan, {}).occurrences.places.append(self.place)
        self.attributes += len(plan.attributes)
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
        sizes: list[int] | None = None,
    ) -> Plan:
        keys = [each.keys() for each in elements]
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
