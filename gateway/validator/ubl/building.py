"""From the values of pieces to the semantic invoice, however they were found.

A piece is one or more elements of one shape, its `Plan` says what its values become. Pieces of one shape that
follow each other are built together, from a column of texts for each term.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from lxml import etree

from gateway.validator.model.invoice import Coded, Invoice
from gateway.validator.model.terms import Group, Repeated, Run
from gateway.validator.ubl.plan import (
    CONSTANTS,
    Every,
    One,
    Parts,
    Plan,
    Source,
    Vocabulary,
    write_builder,
)
from gateway.validator.ubl.shape import Occurrences, Shape
from gateway.validator.ubl.stencils import Stencil
from gateway.validator.ubl.tokens import Stretches, resolved
from gateway.validator.xml.tree import DocumentTree

_OFTEN = 8


@dataclass(slots=True)
class Reading:
    """What reading a document gives: the invoice, and its shapes for the rules of syntax."""

    tree: DocumentTree
    invoice: Invoice
    shapes: list[Occurrences] = field(default_factory=list)
    """Every shape, in the order of its first occurrence; the root's own (one element) first."""
    long_amounts: list[int] = field(default_factory=list)
    """The places of amounts (names in ...Amount) with more than two characters after the dot; prices, and
    what stands in a price with a discount, do not count (the context of UBL-DT-01)."""
    may_have_blanks: bool = True
    """False where it is sure that every element without elements has a text that is more than white space."""

    @property
    def root(self) -> etree._Element:
        """The root of the document's tree, which may still have to be built."""
        return self.tree.root

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


@dataclass(slots=True)
class Container:
    """An element whose children are read one by one: where it stands, and the terms they fill."""

    path: str
    chain: tuple[str, ...]
    above: Mapping[str, Source]
    filled: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def terms(self) -> tuple[dict[str, Any], list[str]]:
        """What the children gave for each term, in the form its field has; and the terms that there is room for
        once and that stand several times."""
        terms: dict[str, Any] = {}
        repeated: list[str] = []
        for name, found in self.filled.items():
            source = self.above[name]
            if isinstance(source, (Every, Parts)):
                terms[name] = tuple(found)
            elif len(found) > 1 and isinstance(source, One):
                terms[name] = Repeated(tuple(found))
                repeated.append(name)
            else:
                terms[name] = found[0]
        return terms, repeated


class Builder:
    """One document while its pieces come in."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.place = 0
        self.nodes: dict[type[Group], list[Group]] = defaultdict(list)
        self.places: dict[Shape, list[int]] = {}
        self.codes: dict[Coded, dict[str | None, list[Run]]] = defaultdict(dict)
        self.long_amounts: list[int] = []
        self.may_have_blanks = False
        self.repeats: list[tuple[Group, str]] = []

    def root(self, name: str, own: Shape) -> Container:
        """Begin with the root, whose shape without its children is `own`."""
        self.open_container(own)
        return Container(f"/{name}", ("/",), self.vocabulary.document)

    def reading(self, tree: DocumentTree, kind: type[Invoice], name: str, root: Container) -> Reading:
        """The document, all of whose pieces have come in."""
        terms, repeated = root.terms()
        invoice = kind(0, name, **terms, nodes=self.nodes, coded=self.codes)
        self.repeats += [(invoice, term) for term in repeated]
        invoice.repeats = tuple(self.repeats)
        shapes = [Occurrences(shape, places) for shape, places in self.places.items()]
        return Reading(tree, invoice, shapes, self.long_amounts, self.may_have_blanks or self.place == 1)

    def open_container(self, own: Shape) -> None:
        """An element that is read without its children."""
        self.occurs(own, self.place, 1, 1)
        self.place += 1

    def occurs(self, shape: Shape, place: int, times: int, size: int) -> None:
        """So many pieces of this shape stand from a place on, each of so many elements."""
        places = self.places.get(shape)
        if places is None:
            places = self.places[shape] = []
        if times == 1:
            places.append(place)
        else:
            places.extend(range(place, place + times * size, size))

    def lay(
        self, stencils: Iterable[Stencil], source: Stretches, container: Container
    ) -> tuple[Stencil, int] | None:
        """Read what comes next by the first of these stencils that fits: that one, and how many pieces; None where
        none does."""
        for stencil in stencils:
            pieces, end = stencil.lay(source.text, source.at)
            if pieces:
                source.at = end
                self.read_pieces(stencil, pieces, container, has_references=source.has_references)
                return stencil, len(pieces)
        return None

    def read_pieces(
        self, stencil: Stencil, pieces: list[tuple[str, ...]], container: Container, *, has_references: bool
    ) -> None:
        """Read pieces from what is in the holes of a stencil."""
        self.may_have_blanks |= stencil.takes_blanks
        if len(pieces) == 1:
            row = stencil.in_order(pieces[0])
            self.read_row(stencil.plan, container, resolved_row(row) if has_references else row)
            return
        columns = stencil.columns(pieces)
        if has_references:
            columns = [all_resolved(column) for column in columns]
        self.read_columns(stencil.plan, container, columns, len(pieces))

    def read_row(self, plan: Plan, container: Container, row: tuple[str, ...]) -> None:
        """Read one piece, from its values."""
        place = self.place
        self.place += plan.size
        self.occurs(plan.shape, place, 1, plan.size)
        self.note(plan, row, place)
        self.make(plan, [row], 1, place, container.filled)

    def read_columns(self, plan: Plan, container: Container, columns: list[Sequence[str]], times: int) -> None:
        """The same, from the values of all of them."""
        place = self.place
        self.place += times * plan.size
        self.occurs(plan.shape, place, times, plan.size)
        self.note_columns(plan, columns, place, times)
        rows: Iterable[tuple[str, ...]] = zip(*columns, strict=True) if columns else repeat((), times)
        self.make(plan, rows, times, place, container.filled)

    def make(
        self, plan: Plan, rows: Iterable[tuple[str, ...]], times: int, place: int, filled: dict[str, list[Any]]
    ) -> None:
        """The groups of these pieces, and where they go."""
        plan.uses += times
        if plan.build is None and plan.uses > _OFTEN:
            plan.build = write_builder(plan)
        if plan.build is not None:
            plan.build(rows, place, self.nodes, filled, self.repeats)
            return
        for row in rows:
            values: list[Any] = [*row, *CONSTANTS]
            for maker, offset, pick in plan.steps:
                values.append(pick(values) if maker is None else maker(place + offset, *pick(values)))
            for kind, position in plan.groups:
                self.nodes[kind or type(values[position])].append(values[position])
            for name, position in plan.exports:
                filled[name].append(values[position])
            self.repeats += [(values[position], attribute) for position, attribute in plan.repeats]
            place += plan.size

    def note(self, plan: Plan, row: tuple[str, ...], place: int) -> None:
        """The codes and long amounts of one piece."""
        values = row + CONSTANTS
        codes = self.codes
        for coded in plan.coded:
            found, known = coded.pick(values), codes[coded.kind]
            for value in found if len(found) == 1 else set(found):
                runs = known.get(value)
                if runs is None:
                    runs = known[value] = []
                runs.append((found, coded.elements, place))
        for position, index in plan.amounts:
            if "." in row[position][:-3]:
                self.long_amounts.append(place + index)

    def note_columns(self, plan: Plan, columns: list[Sequence[str]], place: int, times: int) -> None:
        """The same for pieces that follow each other."""
        size = plan.size
        for coded in plan.coded:
            known = self.codes[coded.kind]
            for position, index in zip(coded.positions, coded.elements, strict=True):
                column: Sequence[str | None]
                constant = position - len(columns)
                column = columns[position] if constant < 0 else [CONSTANTS[constant]] * times
                numbers = range(index, index + times * size, size)
                for value in set(column):
                    known.setdefault(value, []).append((column, numbers, place))
        for position, index in plan.amounts:
            long = [nth for nth, text in enumerate(columns[position]) if "." in text[:-3]]
            self.long_amounts += [place + index + nth * size for nth in long]


def resolved_row(row: tuple[str, ...]) -> tuple[str, ...]:
    """The values of a piece with their references replaced by what they stand for."""
    return tuple([resolved(text) if "&" in text else text for text in row])


def all_resolved(column: Sequence[str]) -> Sequence[str]:
    """The same for the texts of one term."""
    return [resolved(text) for text in column] if "&" in "<".join(column) else column
