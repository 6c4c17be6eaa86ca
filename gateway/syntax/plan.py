"""From the shape of a piece of XML to a plan for reading it.

A `Binding` says which element becomes which group of the model and where its terms are. `compile_plan` works
that out for one shape, once; what is left is to pick texts by their position and call the groups' classes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any

from gateway.model.invoice import NO_ITEM, NO_PRICE, Coded
from gateway.model.terms import Group, Repeated
from gateway.syntax.shape import COMMENT, Shape


@dataclass(frozen=True, slots=True)
class One:
    """The text at a path (`cac:Item/cbc:Name`, `cbc:ID/@schemeID`, `../cbc:Percent`), alternatives with `|`."""

    path: str


@dataclass(frozen=True, slots=True)
class Every:
    """All texts at a path, as a tuple."""

    path: str


@dataclass(frozen=True, slots=True)
class Part:
    """The group that was made of the element at a path; the first, where there are several."""

    path: str


@dataclass(frozen=True, slots=True)
class Parts:
    """All groups that were made of the elements at a path, as a tuple."""

    path: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the place itself says, worked out when a shape is first met."""

    answer: Callable[["Tree", int], bool]


Source = One | Every | Part | Parts | Known


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """How an element becomes a group. `under` is the chain of elements right above it, outermost first, the
    root written `/`; of the bindings of one element the first whose chain fits is taken. `make` takes the
    place and then the fields of `order` (itself, unless told), after the field named "" if there is one.
    """

    element: str
    make: Callable[..., Group]
    fields: Mapping[str, Source]
    under: tuple[str, ...] = ()
    order: type[Group] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """One syntax: its namespaces, its bindings, the terms of its root, and where codes stand.

    `containers` are children of the root that are read in pieces, like the root itself, when they are large;
    `repeated` are those that a document has many of, so that each is a piece by itself.
    """

    prefixes: Mapping[str, str]
    roots: tuple[str, ...]
    bindings: tuple[Binding, ...]
    document: Mapping[str, Source]
    containers: tuple[str, ...]
    repeated: frozenset[str]
    coded: Callable[["Tree", int], tuple[str, Coded] | None]

    def binding(self, tree: "Tree", index: int) -> Binding | None:
        """The binding of an element at its place, if it has one."""
        for candidate in _by_element(self.bindings).get(tree.names[index], ()):
            if tree.is_under(index, candidate.under):
                return candidate
        return None


@lru_cache(maxsize=8)
def _by_element(bindings: tuple[Binding, ...]) -> dict[str, list[Binding]]:
    found: dict[str, list[Binding]] = {}
    for each in bindings:
        found.setdefault(each.element, []).append(each)
    return found


class Tree:
    """A shape with the questions that bindings ask of it."""

    def __init__(self, shape: Shape, chain: tuple[str, ...]) -> None:
        self.shape = shape
        self.names = shape.names
        self.chain = chain
        self.tops = [index for index, parent in enumerate(shape.parents) if parent < 0]
        self.children: list[list[int]] = [[] for _ in shape.names]
        for index, parent in enumerate(shape.parents):
            if parent >= 0:
                self.children[parent].append(index)
        self.attributes: list[dict[str, int]] = []
        position = len(shape.names)
        for names in shape.attributes:
            self.attributes.append({name: position + nth for nth, name in enumerate(names)})
            position += len(names)
        self.size = position

    def ancestors(self, index: int) -> list[str]:
        """The names above an element, nearest first, up to `/`."""
        names = []
        while (index := self.shape.parents[index]) >= 0:
            names.append(self.names[index])
        return names + list(reversed(self.chain))

    def above(self, index: int, steps: int) -> str:
        """The name so many steps above an element, "" beyond the root."""
        names = self.ancestors(index)
        return names[steps - 1] if steps <= len(names) else ""

    def is_under(self, index: int, chain: tuple[str, ...]) -> bool:
        """Whether these elements stand right above it, outermost first."""
        return not chain or self.ancestors(index)[: len(chain)] == list(reversed(chain))

    def elements(self, index: int, steps: list[str]) -> Iterator[int]:
        """The elements that a path reaches from an element."""
        if not steps:
            yield index
            return
        step, rest = steps[0], steps[1:]
        if step == "..":
            parent = self.shape.parents[index]
            if parent >= 0:
                yield from self.elements(parent, rest)
            return
        if step == ".":
            yield from self.elements(index, rest)
            return
        for child in self.children[index]:
            if self.names[child] == step:
                yield from self.elements(child, rest)

    def positions(self, index: int, path: str) -> list[int]:
        """Where in the values of a piece the texts at a path are."""
        found: list[int] = []
        for alternative in path.split("|"):
            found += self.from_steps(index, alternative.split("/"))
        return found

    def from_steps(self, index: int, steps: list[str]) -> list[int]:
        """The same, for one alternative taken apart."""
        if not steps[-1].startswith("@"):
            return list(self.elements(index, steps))
        attribute = steps[-1][1:]
        reached = self.elements(index, steps[:-1])
        return [self.attributes[each][attribute] for each in reached if attribute in self.attributes[each]]


CONSTANTS: tuple[Any, ...] = (None, (), True, False, NO_PRICE, NO_ITEM)

Pick = Callable[[Any], tuple[Any, ...]]
Step = tuple[Callable[..., Any] | None, int, Pick]


@dataclass(slots=True, eq=False)
class Plan:
    """How to read every piece of one shape.

    The values of a piece are the texts that something asks for, then such attributes, then `CONSTANTS`, then
    what each step makes. A step picks values by position and makes a group of them, or keeps them as a tuple.
    """

    shape: Shape
    tags: list[Any]
    keys: list[list[str]]
    """Of each element, the names of its attributes."""
    sizes: list[int]
    pick_parents: Pick = field(init=False)
    """Those elements that have children; when each has as many as `parent_sizes` says, the shape is the same."""
    parent_sizes: list[int] = field(init=False)
    pick_texts: Pick = field(init=False)
    mixed: list[tuple[int, int]] = field(default_factory=list)
    """Values whose text is broken up by comments or children, with their elements."""
    attributes: list[tuple[int, str]] = field(default_factory=list)
    """Every attribute of the piece; those that something asks for come first, as values."""
    attributes_asked: int = 0
    steps_begin: int = 0
    """The position of what the first step makes."""
    steps: list[Step] = field(default_factory=list)
    uses: int = 0
    build: Callable[[list[Any], int], None] | None = None
    """All steps as one function of the values and the place; written when the plan turns out to be used a lot."""
    source: list["_Draft"] = field(default_factory=list)
    groups: list[tuple[type[Group] | None, int]] = field(default_factory=list)
    """The values that are groups, in document order, with their class where the shape alone decides it."""
    exports: list[tuple[str, int]] = field(default_factory=list)
    """What the piece gives to the group above it: field and position."""
    coded: list[tuple[Coded, int]] = field(default_factory=list)
    """Which list each of the codes is on, and its element's number in the piece."""
    pick_codes: Pick | None = None
    repeats: list[tuple[int, str]] = field(default_factory=list)
    """Groups in which a term that has room once stands several times: position and attribute."""
    amounts: list[tuple[int, int]] = field(default_factory=list)
    """Amounts that may have two decimals at most, whatever they stand for: position and element."""


def compile_plan(plan: Plan, vocabulary: Vocabulary, chain: tuple[str, ...], above: Mapping[str, Source]) -> Plan:
    """Fill a plan for its shape. `chain` are the names above the piece, `above` the fields it may fill there."""
    return _Compiler(plan, vocabulary, Tree(plan.shape, chain)).run(above)


@dataclass(slots=True)
class _Draft:
    """A step before positions are final."""

    make: Callable[..., Any] | None
    offset: int
    positions: list[int]
    is_repeated: bool = False
    names: tuple[str, ...] = ()
    """The fields that the positions fill, where `make` is the group's own class."""


class _Compiler:
    """Works with provisional positions, one for every text and attribute; `settle` keeps those that are used."""

    def __init__(self, plan: Plan, vocabulary: Vocabulary, tree: Tree) -> None:
        self.plan = plan
        self.vocabulary = vocabulary
        self.tree = tree
        self.made: dict[int, int] = {}
        self.classes: dict[int, type[Group] | None] = {}
        self.drafts: list[_Draft] = []
        self.exports: list[tuple[str, int]] = []
        self.repeats: list[tuple[int, str]] = []
        self.codes: list[int] = []
        self.used: set[int] = set()
        self.discounted = {
            tree.shape.parents[index]
            for index, name in enumerate(tree.names)
            if name == "cac:AllowanceCharge" and tree.above(index, 1) == "cac:Price"
        }

    def run(self, above: Mapping[str, Source]) -> Plan:
        for index in reversed(range(len(self.tree.names))):
            if binding := self.vocabulary.binding(self.tree, index):
                self.made[index] = self.group(binding, index)
        for name, source in above.items():
            self.exports += [(name, position) for position in self.exported(source)]
        amounts = []
        for index in range(len(self.tree.names)):
            self.note_code(index)
            if self.is_short_amount(index):
                amounts.append(self.use(index))
        self.settle(amounts)
        return self.plan

    def step(self, draft: _Draft) -> int:
        self.drafts.append(draft)
        return self.latest

    @property
    def latest(self) -> int:
        """The position of what the latest step makes."""
        return self.tree.size + len(CONSTANTS) + len(self.drafts) - 1

    def constant(self, value: Any) -> int:
        return self.tree.size + [id(each) for each in CONSTANTS].index(id(value))

    def use(self, position: int) -> int:
        self.used.add(position)
        return position

    def group(self, binding: Binding, index: int) -> int:
        order: Any = binding.order or binding.make
        positions = [self.value(binding.fields[""], index, None)] if "" in binding.fields else []
        repeated: list[str] = []
        for each in fields(order):
            if each.name == "place":
                continue
            source = binding.fields.get(each.name)
            absent = None if each.default is MISSING else each.default
            positions.append(self.value(source, index, absent) if source else self.constant(absent))
            if self.drafts and self.drafts[-1].is_repeated and positions[-1] == self.latest:
                repeated.append(each.name)
        every_field = tuple(each.name for each in fields(order) if each.name != "place")
        own = every_field if order is binding.make else ()
        position = self.step(_Draft(binding.make, index, positions, names=own))
        self.repeats += [(position, name) for name in repeated]
        self.classes[position] = binding.make if isinstance(binding.make, type) else None
        return position

    def value(self, source: Source, index: int, absent: Any) -> int:
        if isinstance(source, Known):
            return self.constant(source.answer(self.tree, index))
        found = self.tree.positions(index, source.path)
        if isinstance(source, (Part, Parts)):
            found = [self.made[each] for each in found if each in self.made]
        else:
            found = [self.use(each) for each in found]
        if isinstance(source, (Every, Parts)):
            return self.step(_Draft(None, 0, found)) if found else self.constant(())
        if not found:
            return self.constant(absent)
        if len(found) > 1 and isinstance(source, One):
            return self.step(_Draft(None, 0, found, is_repeated=True))
        return found[0]

    def exported(self, source: Source) -> list[int]:
        if isinstance(source, Known):
            return []
        found: list[int] = []
        for alternative in source.path.split("|"):
            first, *rest = alternative.split("/")
            for top in self.tree.tops:
                if first == self.tree.names[top]:
                    found += self.tree.from_steps(top, rest or ["."])
        if isinstance(source, Parts):
            return [self.made[each] for each in found if each in self.made]
        return [self.use(each) for each in found]

    def note_code(self, index: int) -> None:
        if not (found := self.vocabulary.coded(self.tree, index)):
            return
        attribute, kind = found
        if not attribute:
            self.codes.append(self.use(index))
        elif attribute in self.tree.attributes[index]:
            self.codes.append(self.use(self.tree.attributes[index][attribute]))
        elif kind is Coded.AMOUNT_CURRENCY:
            self.codes.append(self.constant(None))
        else:
            return
        self.plan.coded.append((kind, index))

    def is_short_amount(self, index: int) -> bool:
        name = self.tree.names[index]
        if not name.endswith("Amount") or name.endswith("PriceAmount"):
            return False
        while (index := self.tree.shape.parents[index]) >= 0:
            if index in self.discounted:
                return False
        return True

    def settle(self, amounts: list[int]) -> None:
        """Give texts and attributes that are used their final positions, and write the plan."""
        plan, count = self.plan, len(self.tree.names)
        texts = sorted(each for each in self.used if each < count)
        attributes = sorted(each for each in self.used if each >= count)
        final = {position: nth for nth, position in enumerate(texts + attributes)}
        shift = len(final) - self.tree.size

        def at(position: int) -> int:
            return final[position] if position < self.tree.size else position + shift

        named = [(index, name) for index, names in enumerate(plan.keys) for name in names]
        asked = [named[each - count] for each in attributes]
        known = set(asked)
        plan.attributes = asked + [each for each in named if each not in known]
        plan.attributes_asked = len(asked)
        plan.steps_begin = len(final) + len(CONSTANTS)
        plan.pick_texts = picker(texts)
        plan.mixed = [(final[each], each) for each in texts if self.tree.children[each]]
        parents = [index for index, size in enumerate(plan.sizes) if size]
        plan.pick_parents = picker(parents)
        plan.parent_sizes = [plan.sizes[index] for index in parents]
        plan.source = [replace(draft, positions=[at(each) for each in draft.positions]) for draft in self.drafts]
        plan.steps = [self.final_step(draft) for draft in plan.source]
        made = [self.made[index] for index in sorted(self.made)]
        plan.groups = [(self.classes[position], at(position)) for position in made]
        plan.exports = [(name, at(position)) for name, position in self.exports]
        plan.repeats = [(at(position), name) for position, name in self.repeats]
        plan.pick_codes = picker([at(position) for position in self.codes]) if self.codes else None
        plan.amounts = [(at(position), position) for position in amounts]

    @staticmethod
    def final_step(draft: _Draft) -> Step:
        pick = picker(draft.positions)
        if not draft.is_repeated:
            return draft.make, draft.offset, pick
        return None, 0, lambda values: Repeated(pick(values))  # type: ignore[return-value]  # a text, kept as one


def write_builder(plan: Plan) -> Callable[[list[Any], int], None]:
    """One Python function that does what the steps of a plan do, in half the time: no call for each group, no
    tuple of its terms. It is written from names of the model and positions, never from a document's text."""
    first = plan.steps_begin - len(CONSTANTS)
    known: dict[str, Any] = {"new": object.__new__, "Repeated": Repeated}
    known |= {f"c{nth}": value for nth, value in enumerate(CONSTANTS)}

    def at(position: int) -> str:
        if position < first:
            return f"v[{position}]"
        nth = position - first
        return f"c{nth}" if nth < len(CONSTANTS) else f"s{nth - len(CONSTANTS)}"

    lines = ["def build(v, place):"]
    for nth, draft in enumerate(plan.source):
        known[f"m{nth}"] = draft.make
        terms = [at(position) for position in draft.positions]
        lines += [f" {line}" for line in _step_lines(nth, draft, terms)]
    lines.append(f" v += ({''.join(f's{nth}, ' for nth in range(len(plan.source)))})")
    exec("\n".join(lines), known)  # noqa: S102 - see the docstring
    build: Callable[[list[Any], int], None] = known["build"]
    return build


def _step_lines(nth: int, draft: _Draft, terms: list[str]) -> list[str]:
    listed = "".join(f"{term}, " for term in terms)
    if draft.make is None:
        return [f"s{nth} = Repeated(({listed}))" if draft.is_repeated else f"s{nth} = ({listed})"]
    if not draft.names:
        return [f"s{nth} = m{nth}(place + {draft.offset}, {listed})"]
    fills = [f"s{nth}.{name} = {term}" for name, term in zip(draft.names, terms, strict=True)]
    return [f"s{nth} = new(m{nth})", f"s{nth}.place = place + {draft.offset}", *fills]


def picker(positions: list[int]) -> Pick:
    """Picks these positions of a list, always as a tuple."""
    if len(positions) == 1:
        only = positions[0]
        return lambda values: (values[only],)
    return itemgetter(*positions) if positions else lambda _values: ()


def shape_of(vocabulary: Vocabulary, path: str, tags: list[Any], sizes: list[int], keys: list[list[str]]) -> Shape:
    """The shape of one or more subtrees, from what a walk in document order saw: tags, numbers of children,
    attributes."""
    names = tuple([prefixed(vocabulary, tag) for tag in tags])
    parents: list[int] = []
    open_elements: list[list[int]] = []
    for index, size in enumerate(sizes):
        while open_elements and open_elements[-1][1] == 0:
            open_elements.pop()
        parents.append(open_elements[-1][0] if open_elements else -1)
        if open_elements:
            open_elements[-1][1] -= 1
        open_elements.append([index, size])
    return Shape(path, names, tuple(parents), tuple(tuple(each) for each in keys))


@lru_cache(maxsize=4096)
def prefixed(vocabulary: Vocabulary, tag: object) -> str:
    """A tag as the rules write it: `cac:Item`; other namespaces stay as they are."""
    if not isinstance(tag, str):
        return COMMENT
    namespace, closing, name = tag.rpartition("}")
    prefix = vocabulary.prefixes.get(namespace[1:])
    return tag if not closing or prefix is None else prefix + name
