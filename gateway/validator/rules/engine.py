"""The engine: rules as values, rule sets that combine, and one pass over an invoice.

Owns no rule of its own and knows no XML, clock or store. A rule is judged on each occurrence of its group;
what it finds wrong is a `Breach`, and a rule that itself breaks is a `Failure`, which is never a pass.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import localcontext
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import EXACT
from gateway.validator.model.codes import CodeList
from gateway.validator.model.invoice import Coded, CodeUse, Invoice, Run, places_of
from gateway.validator.model.terms import Group, Unreadable, every, term_of, without_collecting
from gateway.validator.rules.facts import Facts


class Form(StrEnum):
    """The sentence form a rule is written in."""

    SHALL_HAVE = "shall have"
    """A group has a term: "each line has a number"."""
    DECIMALS = "decimals"
    """An amount has at most two decimals."""
    CODED = "coded"
    """A term holds a value of a code list."""
    SUM = "sum"
    """An equation between amounts."""
    VAT = "vat"
    """A cell of the table of VAT categories."""
    CONDITION = "condition"
    """What fits no other form: a named function with its sentence."""
    UNCHECKED = "unchecked"
    """The norm states it, the official artefact binds it to nothing or tests true: listed, never broken."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a rule does not hold: what stands there, what should, what to change.

    `found` and `expected` are a Text unless they are the same in every language: values, ids, signs. `term` names
    the place within the node (`BT-131`); `node` is where it stands, when that is not the group it was judged on.
    """

    found: Text | str | None = None
    expected: Text | str | None = None
    advice: Text | None = None
    term: str | None = None
    node: Group | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """Rules of which only those can break whose word is among those that `ask` finds in the invoice."""

    ask: Callable[[Facts], Collection[str]]
    word: str
    is_plain: Callable[[Facts], bool] | None = None
    """A quick look at what most invoices are like: True only where every rule of this word holds."""


def _no_more(_node: Any, _facts: Facts) -> Miss:
    return Miss()


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. `on` is the group it is judged on, each occurrence by itself.

    `holds(node, facts)` says yes or no, `tell(node, facts)` explains a no. `among(facts)` gives the nodes when
    those are not all of the group. `sift(nodes, facts)` gives the ones that break it, the quick way to the
    same answer as `holds`. `source` is the published text.
    """

    id: str
    flag: Flag
    form: Form
    terms: tuple[str, ...]
    on: type[Group]
    sentence: Text
    source: str
    holds: Callable[[Any, Facts], bool]
    tell: Callable[[Any, Facts], Miss] = _no_more
    among: Callable[[Facts], Sequence[Group]] | None = None
    sift: Callable[[Sequence[Any], Facts], Sequence[Group]] | None = None
    quick: str = ""
    """A Python expression over `n`, a node, and `f`, the facts, that is true only where the rule holds. The quick
    expressions of all rules on one group become one function (those that look at facts another one); only a node
    on which that is not true meets the rules one by one."""
    quick_names: Mapping[str, object] = field(default_factory=dict)
    """What the quick expression names besides."""
    gate: Callable[[Facts], bool] | None = None
    """Says no where nothing in the invoice can break the rule. Rules that share a gate ask it once."""
    switch: "Switch | None" = None
    """A gate that many rules share, each with a word of its own."""
    once: bool = False
    """It needs its terms once: where one stands several times it cannot hold."""
    lists: Mapping[Coded, CodeList] | None = None
    """For the coded form: the list for each kind of code; `on` is then `CodeUse`."""

    def nodes(self, facts: Facts) -> Sequence[Group]:
        """Every occurrence that the rule is about."""
        return self.among(facts) if self.among else facts.invoice.all(self.on)

    def broken_by(self, nodes: Sequence[Group], facts: Facts) -> Sequence[Group]:
        """The ones that break it."""
        if self.sift:
            return self.sift(nodes, facts)
        holds = self.holds
        return [node for node in nodes if not holds(node, facts)]


class Breach(NamedTuple):
    """A rule that does not hold on a node. `miss.node or node` and `miss.term` name the place."""

    rule: Rule
    node: Group
    miss: Miss

    @property
    def at(self) -> Group:
        """The group that stands where it is wrong, if the document has it."""
        node = self.miss.node
        return self.node if node is None or node.place < 0 else node


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that broke on a node (the whole invoice, where no single node did it): an error of ours. The
    document is not judged by that rule, so it may not pass."""

    rule: Rule
    node: Group
    error: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of one invoice, in document order and then in the order of the set."""

    breaches: tuple[Breach, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """A set of rules under a name and version: a value, combined with `|`.

    In a combination the right side wins where both know an id. `syntax` names the tables of syntax rules
    (`validator.ubl`) that go with it. Valid on the days from `valid_from` up to and including `valid_until`.
    """

    name: str
    version: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    syntax: frozenset[str] = frozenset()
    valid_from: date | None = None
    valid_until: date | None = None
    parts: tuple["RuleSet", ...] = ()

    def __or__(self, other: "RuleSet") -> "RuleSet":
        return RuleSet(
            f"{self.name} + {other.name}",
            other.version,
            {**self.rules, **other.rules},
            self.syntax | other.syntax,
            parts=(*(self.parts or (self,)), *(other.parts or (other,))),
        )

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def without(self, ids: Collection[str]) -> "RuleSet":
        """The same set less these rules. Raises KeyError for an id it does not have."""
        self._know(ids)
        return replace(self, rules={key: rule for key, rule in self.rules.items() if key not in ids})

    def relaxed(self, ids: Collection[str]) -> "RuleSet":
        """The same set with these rules as warnings. Raises KeyError for an id it does not have."""
        self._know(ids)
        rules = {key: replace(rule, flag=Flag.WARNING) if key in ids else rule for key, rule in self.rules.items()}
        return replace(self, rules=rules)

    def _know(self, ids: Iterable[str]) -> None:
        for key in ids:
            if key not in self.rules:
                raise KeyError(f"{self.name} has no rule {key}")


def rule_set(name: str, version: str, *families: Iterable[Rule], **more: Any) -> RuleSet:
    """A set of these families of rules. Raises ValueError where two rules share an id."""
    rules: dict[str, Rule] = {}
    for family in families:
        for rule in family:
            if rule.id in rules:
                raise ValueError(f"{rule.id} stands twice in {name}")
            rules[rule.id] = rule
    return RuleSet(name, version, rules, **more)


@dataclass(slots=True)
class _Program:
    """A rule set, arranged so that a rule which cannot be broken costs nothing. Rules go with their order."""

    by_group: dict[type[Group], "_OnGroup"]
    by_gate: dict[Callable[[Facts], bool], list[tuple[int, Rule]]]
    by_word: dict[Callable[[Facts], Collection[str]], dict[str, "_OnWord"]]
    by_code: dict[Coded, list[tuple[int, Rule, CodeList]]]
    always: list[tuple[int, Rule]]

    def at_hand(self, facts: Facts) -> Iterator[tuple[int, Rule]]:
        """The rules that choose their own nodes, less those that nothing in the invoice can break."""
        for gate, gated in self.by_gate.items():
            if gate(facts):
                yield from gated
        for ask, by_word in self.by_word.items():
            for word in ask(facts):
                on = by_word.get(word)
                if on is not None and not on.are_clear(facts):
                    yield from on.rules
        yield from self.always


@dataclass(slots=True)
class _OnGroup:
    """The rules on one group: those with quick expressions, and the others."""

    behind: list["_Quick"] = field(default_factory=list)
    others: list[tuple[int, Rule]] = field(default_factory=list)


@dataclass(slots=True)
class _OnWord:
    """The rules that share a word of a switch."""

    is_plain: Callable[[Facts], bool] | None
    rules: list[tuple[int, Rule]] = field(default_factory=list)

    def are_clear(self, facts: Facts) -> bool:
        """Whether all of them hold, as far as a quick look can tell."""
        try:
            return self.is_plain is not None and self.is_plain(facts)
        except Exception:  # as with quick expressions: the rules look for themselves
            return False


Suspects = Callable[[Sequence[Any], Facts], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Quick:
    """Rules behind one quick look: `suspects` are the nodes that it cannot clear of all of them."""

    rules: list[tuple[int, Rule]]
    suspects: Suspects


@lru_cache(maxsize=64)
def _arranged(rules: RuleSet) -> _Program:
    program = _Program({}, {}, {}, {}, [])
    for order, rule in enumerate(rules):
        if rule.form is Form.UNCHECKED:
            continue
        if rule.lists is not None:
            for kind, codes in rule.lists.items():
                program.by_code.setdefault(kind, []).append((order, rule, codes))
        elif rule.switch is not None:
            by_word = program.by_word.setdefault(rule.switch.ask, {})
            on_word = by_word.setdefault(rule.switch.word, _OnWord(rule.switch.is_plain))
            on_word.rules.append((order, rule))
        elif rule.gate is not None:
            program.by_gate.setdefault(rule.gate, []).append((order, rule))
        elif rule.among is not None:
            program.always.append((order, rule))
        else:
            program.by_group.setdefault(rule.on, _OnGroup()).others.append((order, rule))
    for on in program.by_group.values():
        quick = [each for each in on.others if each[1].quick]
        on.others = [each for each in on.others if not each[1].quick]
        for asks_facts in (False, True):
            rules_behind = [each for each in quick if ("f." in each[1].quick) is asks_facts]
            if rules_behind:
                on.behind.append(_Quick(rules_behind, suspects_of([rule for _, rule in rules_behind])))
    return program


def suspects_of(rules: Sequence[Rule]) -> Suspects:
    """A function that gives those of some nodes on which not every quick expression of these rules is true."""
    every = " and ".join(f"({rule.quick})" for rule in rules)
    names = {name: value for rule in rules for name, value in rule.quick_names.items()}
    sift: Suspects
    sift = eval(f"lambda nodes, f: [n for n in nodes if not ({every})]", names)  # noqa: S307 - from names of the model
    return sift


def judge(invoice: Invoice, rules: RuleSet) -> Judgement:
    """Judge every group of the invoice by the rules written for it."""
    program = _arranged(rules)
    court = _Court(Facts(invoice))
    with without_collecting(), localcontext(EXACT):
        if (on := program.by_group.get(Invoice)) is not None:
            court.group(on, [invoice])
        for kind, nodes in invoice.nodes.items():
            if (on := program.by_group.get(kind)) is not None:
                court.group(on, nodes)
        for order, rule in program.at_hand(court.facts):
            court.rule(order, rule, None)
        for coded, values in invoice.coded.items():
            for order, rule, codes in program.by_code.get(coded, ()):
                court.codes(order, rule, codes, coded, values)
    if invoice.repeats:
        court.repeats(rules)
    court.breaches.sort(key=lambda each: each[:2])
    return Judgement(tuple(breach for _, _, breach in court.breaches), tuple(court.failures))


class _Court:
    """One invoice before the rules: what has been found so far."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.breaches: list[tuple[int, int, Breach]] = []
        self.failures: list[Failure] = []

    def group(self, on: _OnGroup, nodes: Sequence[Group]) -> None:
        for quick in on.behind:
            try:
                suspects = quick.suspects(nodes, self.facts)
            except Exception:  # a quick look may not break the rules it stands for: they look for themselves
                suspects = nodes
            if suspects:
                for order, rule in quick.rules:
                    self.rule(order, rule, suspects)
        for order, rule in on.others:
            self.rule(order, rule, nodes)

    def rule(self, order: int, rule: Rule, nodes: Sequence[Group] | None) -> None:
        facts = self.facts
        try:
            if nodes is None:
                nodes = rule.nodes(facts)
            if not nodes:
                return
            broken = rule.broken_by(nodes, facts)
            if not broken:
                return
            found = _told(rule, broken, facts)
        except Exception:  # a rule may break in any way; which node did it is found below
            found = _one_by_one(rule, nodes, facts, self.failures)
        self.breaches += [(breach.at.place, order, breach) for breach in found]

    def repeats(self, rules: RuleSet) -> None:
        """Rules that need once what stands several times cannot hold, whatever their quick look said."""
        already = {(breach.rule.id, id(breach.node)) for _, _, breach in self.breaches}
        for node, attribute in self.facts.invoice.repeats:
            number = term_of(type(node), attribute)
            values = ", ".join(every(getattr(node, attribute)))
            miss = Miss(values[:200], "1", _ONCE, number, node)
            for order, rule in enumerate(rules):
                if not rule.once or number not in rule.terms:
                    continue
                if rule.on is type(node) and not any(each is node for each in rule.nodes(self.facts)):
                    continue
                if (rule.id, id(node)) not in already:
                    self.breaches.append((node.place, order, Breach(rule, node, miss)))

    def codes(
        self, order: int, rule: Rule, codes: CodeList, kind: Coded, values: Mapping[str | None, Sequence[Run]]
    ) -> None:
        if codes.values.issuperset(values):
            return
        told = 0
        for value, runs in values.items():
            if value is None or not codes.has(value):
                explain = told < _EXPLAINED_MAX
                miss = rule.tell(CodeUse(-1, kind, value), self.facts) if explain else Miss(value, codes.title)
                told += 1
                for place in places_of(value, runs):
                    self.breaches.append((place, order, Breach(rule, CodeUse(place, kind, value), miss)))


def _told(rule: Rule, broken: Sequence[Group], facts: Facts) -> list[Breach]:
    """The breaches on these nodes, as many as anybody reads with an explanation."""
    if len(broken) <= _EXPLAINED_MAX:
        return [Breach(rule, node, rule.tell(node, facts)) for node in broken]
    broken = sorted(broken, key=lambda node: node.place)
    first = [Breach(rule, node, rule.tell(node, facts)) for node in broken[:_EXPLAINED_MAX]]
    return first + [Breach(rule, node, _UNTOLD) for node in broken[_EXPLAINED_MAX:]]


def _one_by_one(rule: Rule, nodes: Sequence[Group] | None, facts: Facts, failures: list[Failure]) -> list[Breach]:
    """The same judgement, node by node, so that one that cannot be judged does not hide the others."""
    found: list[Breach] = []
    try:
        nodes = rule.nodes(facts) if nodes is None else nodes
    except Exception as error:  # as above: the rule did not get as far as a node
        return _gave_up(rule, facts.invoice, error, failures)
    for node in nodes:
        try:
            if not rule.holds(node, facts):
                found += _told(rule, [node], facts)
        except Exception as error:  # as above
            found += _gave_up(rule, node, error, failures)
    return found


def _gave_up(rule: Rule, node: Group, error: Exception, failures: list[Failure]) -> list[Breach]:
    """A text that cannot be read breaks the rule that needs it; anything else is a failure of ours."""
    if isinstance(error, Unreadable):
        wanted = error.wanted
        advice = Text("Write {wanted}, as {example}.", wanted=wanted, example=error.example)
        return [Breach(rule, node, Miss(error.text[:100], error.example, advice))]
    failures.append(Failure(rule, node, f"{type(error).__name__}: {error}"))
    return []


_EXPLAINED_MAX = 200
"""Of so many breaches of one rule, and different wrong codes, it is worked out what was meant: nobody reads on,
and it takes time."""
_UNTOLD = Miss()

_ONCE = Text(
    "The standard has room for one here: leave out the others.",
)
