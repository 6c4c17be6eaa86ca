"""From the shape of a piece of XML to a plan for reading it.

A `Binding` says which element becomes which group of the model and where its terms are. `compile_plan` works
that out for one shape, once; what is left is to pick texts by their position and call the groups' classes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any

from gateway.validator.model.invoice import NO_ITEM, NO_PRICE, Coded
from gateway.validator.model.terms import Group, Repeated
from gateway.validator.ubl.shape import COMMENT, Shape
from gateway.validator.ubl.tokens import CLOSES, OPENS, Alphabet


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


CONSTANTS: tuple[Any, ...] = (None, (), True, False, NO_PRICE, NO_ITEM, "")

Pick = Callable[[Any], tuple[Any, ...]]
Step = tuple[Callable[..., Any] | None, int, Pick]
Sinks = Mapping[Any, list[Any]]
Build = Callable[[Iterable[tuple[str, ...]], int, Sinks, Sinks, list[tuple[Group, str]]], None]


@dataclass(frozen=True, slots=True)
class Outline:
    """A shape with the tokens of each of its elements: the number of the one that opens it, and of the one that
    closes it (the same for an element without content)."""

    shape: Shape
    opens: tuple[int, ...]
    closes: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Plan:
    """How to read every piece of one shape.

    The values of a piece are the texts that something asks for, then such attributes: a row. A step picks of
    the row, of `CONSTANTS` and of what steps before it made, and makes a group or a tuple.
    """

    outline: Outline
    size: int
    """How many elements a piece has."""
    length: int
    """How many tokens."""
    texts: list[int] = field(default_factory=list)
    """The tokens after which the texts stand that are asked for."""
    pick_texts: Pick = field(init=False)
    leaves: frozenset[int] = frozenset()
    """The tokens after which a text stands that is all there is in its element."""
    pick_leaves: Pick = field(init=False)
    has_hollow: bool = False
    """Whether an element has no content at all, or comments in it."""
    mixed: list[tuple[int, int, int]] = field(default_factory=list)
    """Values whose text is broken up by comments or children, with their first and last token."""
    attributes: list[tuple[int, str]] = field(default_factory=list)
    """The attributes that are asked for: token and name."""
    steps: list[Step] = field(default_factory=list)
    drafts: list["_Draft"] = field(default_factory=list)
    uses: int = 0
    build: Build | None = None
    """All steps as one function; written when the plan turns out to be used a lot."""
    groups: list[tuple[type[Group] | None, int]] = field(default_factory=list)
    """The values that are groups, in document order, with their class where the shape alone decides it."""
    exports: list[tuple[str, int]] = field(default_factory=list)
    """What the piece gives to the group above it: field and position."""
    coded: list["CodedValues"] = field(default_factory=list)
    repeats: list[tuple[int, str]] = field(default_factory=list)
    """Groups in which a term that has room once stands several times: position and attribute."""
    amounts: list[tuple[int, int]] = field(default_factory=list)
    """Amounts that may have two decimals at most, whatever they stand for: position and element."""

    @property
    def shape(self) -> Shape:
        """The shape of every piece that this plan reads."""
        return self.outline.shape

    @property
    def values(self) -> int:
        """How many values a row has."""
        return len(self.texts) + len(self.attributes)


@dataclass(frozen=True, slots=True)
class CodedValues:
    """The codes of one kind in a piece: their positions, and the numbers of their elements."""

    kind: Coded
    positions: tuple[int, ...]
    elements: tuple[int, ...]
    pick: Pick


def compile_plan(
    outline: Outline, vocabulary: Vocabulary, chain: tuple[str, ...], above: Mapping[str, Source]
) -> Plan:
    """The plan for a shape. `chain` are the names above the piece, `above` the fields it may fill there."""
    plan = Plan(outline, len(outline.opens), max(outline.closes) + 1)
    return _Compiler(plan, vocabulary, Tree(outline.shape, chain)).run(above)


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
        self.codes: dict[Coded, list[tuple[int, int]]] = {}
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
        if position < len(self.tree.names) and self.is_empty(position):
            return self.constant("")
        self.used.add(position)
        return position

    def is_empty(self, index: int) -> bool:
        """Written without an end tag: what stands behind it is not its text."""
        return self.plan.outline.opens[index] == self.plan.outline.closes[index]

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
            position = self.use(index)
        elif attribute in self.tree.attributes[index]:
            position = self.use(self.tree.attributes[index][attribute])
        elif kind is Coded.AMOUNT_CURRENCY:
            position = self.constant(None)
        else:
            return
        self.codes.setdefault(kind, []).append((position, index))

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

        opens, closes = plan.outline.opens, plan.outline.closes
        named = [(opens[index], name) for index, names in enumerate(plan.shape.attributes) for name in names]
        plan.texts = [opens[each] for each in texts]
        plan.attributes = [named[each - count] for each in attributes]
        plan.pick_texts = picker(plan.texts)
        plan.leaves = frozenset(first for first, last in zip(opens, closes, strict=True) if last == first + 1)
        plan.pick_leaves = picker(sorted(plan.leaves))
        comments = [index for index, name in enumerate(self.tree.names) if name == COMMENT]
        plan.has_hollow = bool(comments) or any(first == last for first, last in zip(opens, closes, strict=True))
        plan.mixed = [(final[each], opens[each], closes[each]) for each in texts if self.tree.children[each]]
        plan.drafts = [replace(draft, positions=[at(each) for each in draft.positions]) for draft in self.drafts]
        plan.steps = [self.final_step(draft) for draft in plan.drafts]
        made = [self.made[index] for index in sorted(self.made)]
        plan.groups = [(self.classes[position], at(position)) for position in made]
        plan.exports = [(name, at(position)) for name, position in self.exports]
        plan.repeats = [(at(position), name) for position, name in self.repeats]
        for kind, found in self.codes.items():
            positions = tuple(at(position) for position, _ in found)
            elements = tuple(index for _, index in found)
            plan.coded.append(CodedValues(kind, positions, elements, picker(list(positions))))
        plan.amounts = [(at(position), position) for position in amounts if position < count]

    @staticmethod
    def final_step(draft: _Draft) -> Step:
        pick = picker(draft.positions)
        if not draft.is_repeated:
            return draft.make, draft.offset, pick
        return None, 0, lambda values: Repeated(pick(values))  # type: ignore[return-value]  # a text, kept as one


def write_builder(plan: Plan) -> Build:
    """One Python function that does what the steps of a plan do for a run of rows, without a call for each group
    and a tuple of its terms. It is written from names of the model and positions, never from a document's text."""
    known: dict[str, Any] = {"new": object.__new__, "Repeated": Repeated}
    known |= {f"c{nth}": value for nth, value in enumerate(CONSTANTS)}
    head: list[str] = []
    body: list[str] = []

    def at(position: int) -> str:
        if position < plan.values:
            return f"v{position}"
        nth = position - plan.values
        return f"c{nth}" if nth < len(CONSTANTS) else f"s{nth - len(CONSTANTS)}"

    def sink(holder: str, key: Any) -> str:
        name = f"{holder}{key}" if isinstance(key, str) else f"{holder}{key.__name__}"
        line = f" {name} = {holder}[{name}_key].append"
        if line not in head:
            head.append(line)
            known[f"{name}_key"] = key
        return name

    for nth, draft in enumerate(plan.drafts):
        known[f"m{nth}"] = draft.make
        body += _step_lines(nth, draft, [at(position) for position in draft.positions])
    for kind, position in plan.groups:
        into = sink("nodes", kind) if kind else f"nodes[type({at(position)})].append"
        body.append(f"{into}({at(position)})")
    body += [f"{sink('filled', name)}({at(position)})" for name, position in plan.exports]
    body += [f"repeats.append(({at(position)}, {name!r}))" for position, name in plan.repeats]
    row = "".join(f"v{nth}, " for nth in range(plan.values)) or "_"
    lines = ["def build(rows, place, nodes, filled, repeats):", *head, f" for {row} in rows:"]
    lines += [f"  {line}" for line in (*body, f"place += {plan.size}")]
    exec("\n".join(lines), known)  # noqa: S102 - see the docstring
    build: Build = known["build"]
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


def outline_of(alphabet: Alphabet, path: str, signs: str) -> Outline:
    """The shape of one or more elements that follow each other below `path`, from their tokens."""
    names: list[str] = []
    parents: list[int] = []
    attributes: list[tuple[str, ...]] = []
    opens: list[int] = []
    closes: list[int] = []
    within = [-1]
    for nth, sign in enumerate(signs):
        kind = alphabet.kind(sign)
        if kind.step == CLOSES:
            closes[within.pop()] = nth
            continue
        names.append(kind.name)
        parents.append(within[-1])
        attributes.append(kind.attributes)
        opens.append(nth)
        closes.append(nth)
        if kind.step == OPENS:
            within.append(len(names) - 1)
    return Outline(Shape(path, tuple(names), tuple(parents), tuple(attributes)), tuple(opens), tuple(closes))
