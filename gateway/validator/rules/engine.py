"""The engine: rules and rule sets as values, and one evaluation of a document.

It holds no rule and knows no document model, XML, clock or store. A rule is evaluated on each occurrence of its
group. A rule that does not hold is a `Breach`; an exception inside a rule is a `RuleFailure`, never a pass.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import localcontext
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import EXACT
from gateway.validator.model.codes import CodeList
from gateway.validator.model.terms import (
    CodeUse,
    Document,
    Group,
    Unreadable,
    every,
    term_of,
)
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.facts import Facts
from gateway.validator.rules.patterns import Pattern


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
    """The standard states it, the official artefact does not check it: listed, never broken."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. `on` is the group it is evaluated on, each occurrence by itself.

    `holds(node, facts)` decides and `detail(node, facts)` explains a breach. `facts` is what the rule set's
    document model offers (`RuleSet.facts`). `source` is the published text.
    """

    id: str
    flag: Flag
    form: Form
    terms: tuple[str, ...]
    on: type[Group]
    sentence: Text
    source: str
    holds: Callable[[Any, Any], bool]
    detail: Callable[[Any, Any], Detail] = no_detail
    select: Callable[[Any], Sequence[Group]] | None = None
    """The nodes to evaluate, from the facts, where those are not every occurrence of the group."""
    applies: Callable[[Any], bool] | None = None
    """From the facts: False where nothing in the document can break the rule. Rules that share the function
    share its answer."""
    single: bool = False
    """Each of its terms may occur once: where one occurs several times in a group the rule does not hold."""
    lists: Mapping[StrEnum, CodeList] | None = None
    """For the coded form: the list of each kind of code; `on` is then `CodeUse`."""
    advice: Text | None = None
    """What to change, where the detail of a breach does not say it."""

    def nodes(self, facts: Facts[Any]) -> Sequence[Group]:
        """Every occurrence that the rule is about."""
        return self.select(facts) if self.select else facts.document.all(self.on)


class Breach(NamedTuple):
    """A rule that does not hold on a node. `at` and `detail.term` say where."""

    rule: Rule
    node: Group
    detail: Detail

    @property
    def at(self) -> Group:
        """The group to report, if the document has it."""
        node = self.detail.node
        return self.node if node is None or node.ordinal < 0 else node


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A rule that raised on a node (the whole document, where no single node did it): an error of the gateway.
    The document is not judged by that rule, so it may not pass."""

    rule: Rule
    node: Group
    error: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of one document, in document order and then in the order of the set."""

    breaches: tuple[Breach, ...]
    failures: tuple[RuleFailure, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """How a document says that it follows a rule set: its CustomizationID holds a text, or is that text.
    `or_nothing`: so does one that names no specification at all."""

    text: str
    is_whole: bool = False
    or_nothing: bool = False

    def __str__(self) -> str:
        return self.text if self.is_whole else f"…{self.text}"

    def is_made_by(self, customization_id: str) -> bool:
        """Whether a document with this CustomizationID makes the claim."""
        named = customization_id.strip()
        if self.or_nothing and not named:
            return True
        return named == self.text if self.is_whole else self.text in named


@dataclass(frozen=True, slots=True)
class RulePage:
    """A page of docs/reference/rules about rules that belong together. `is_table`: one row for each rule."""

    name: str
    title: str
    about: str
    ids: str
    """A regular expression. A rule is on the first page of its set whose expression fits its id."""
    is_table: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """A set of rules under a name and version: a value, combined with `|`.

    In a combination the right side wins where both have an id. `facts` makes the answers that rules share, from a
    document of the class `document`. `syntax` names the tables of syntax rules (`validator.ubl`) that go with the
    set. `id` is what callers write (`--profile nlcius`). The set is in force from `valid_from` up to and including
    `valid_until`.
    """

    name: str
    version: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    document: type[Document] = Document
    facts: Callable[[Any], Facts[Any]] = Facts
    id: str = ""
    extends: "RuleSet | None" = None
    """The set whose rules the same documents meet."""
    claim: Claim | None = None
    """None where no document claims the set: a recipient asks for it."""
    why: Text | None = None
    """Why a document that chooses no set is judged by this one, for a set that extends no other. Without it, only
    what claims the set is judged by it."""
    is_added: bool = False
    """Whether it comes on top of what a document claims where it is asked for, also instead of that."""
    url: str = ""
    """Where the set is published."""
    pages: tuple[RulePage, ...] = ()
    syntax: frozenset[str] = frozenset()
    patterns: tuple[Pattern, ...] = ()
    """Its rules on the XML itself that are written as patterns."""
    written_in: str = ""
    """The syntax of the documents that it judges, where another set judges those in another (`variant_of`)."""
    variant_of: "RuleSet | None" = None
    """The set that has the same rules for another syntax, under the same ids."""
    leaves_out: frozenset[str] = frozenset()
    """Rules of the set that it extends which its documents do not meet: an extension allows what they forbid."""
    schema_first: frozenset[str] = frozenset()
    """Rules that ask for what the XML schema asks for already, or forbid what it does not know."""
    valid_from: date | None = None
    valid_until: date | None = None
    earlier: tuple["RuleSet", ...] = ()
    """The versions that were in force before it, the newest first."""
    parts: tuple["RuleSet", ...] = ()
    """The sets of a combination, in order."""

    def __or__(self, other: "RuleSet") -> "RuleSet":
        if self.facts is not other.facts:
            raise ValueError(f"{self.name} and {other.name} are about different documents")
        return RuleSet(
            f"{self.name} + {other.name}",
            other.version,
            {**self.rules, **other.rules},
            self.document,
            self.facts,
            syntax=self.syntax | other.syntax,
            patterns=tuple(dict.fromkeys((*self.patterns, *other.patterns))),
            leaves_out=self.leaves_out | other.leaves_out,
            parts=tuple(dict.fromkeys((*(self.parts or (self,)), *(other.parts or (other,))))),
        )

    def on(self, day: date | None) -> "RuleSet":
        """The version for a document of a day: the newest that was in force by then, else the oldest."""
        versions = (self, *self.earlier)
        begun = (each for each in versions if day is None or each.valid_from is None or each.valid_from <= day)
        return next(begun, versions[-1])

    @property
    def is_for_all(self) -> bool:
        """Whether it is the set for documents of its model that choose none."""
        return self.extends is None and self.why is not None

    @property
    def asks_model(self) -> bool:
        """Whether any of its rules asks the document model, or a table of the syntax; patterns ask the XML."""
        return bool(self.syntax) or any(rule.form is not Form.UNCHECKED for rule in self)

    @property
    def complete(self) -> "RuleSet":
        """The set with the rules of the sets that it extends."""
        return self if self.extends is None else _complete(self)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())


@lru_cache(maxsize=64)
def _complete(rules: RuleSet) -> RuleSet:
    return rules.extends.complete | rules if rules.extends else rules


def rule_set(name: str, version: str, *families: Iterable[Rule], **more: Any) -> RuleSet:
    """A set of these families of rules. Raises ValueError where two rules share an id."""
    rules: dict[str, Rule] = {}
    for family in families:
        for rule in family:
            if rule.id in rules:
                raise ValueError(f"{name} has {rule.id} twice")
            rules[rule.id] = rule
    return RuleSet(name, version, rules, **more)


def judge(document: Document, rules: RuleSet) -> Judgement:
    """Evaluate every rule of the set on the document."""
    evaluation = _Evaluation(rules.facts(document))
    index = _index_rules(rules)
    with localcontext(EXACT):
        evaluation.group(index.by_group.get(type(document), ()), [document])
        for kind, nodes in document.nodes.items():
            evaluation.group(index.by_group.get(kind, ()), nodes)
        for applies, on_condition in index.by_condition.items():
            if evaluation.applies(applies):
                for order, rule in on_condition:
                    evaluation.rule(order, rule)
        for select, on_selected in index.by_select.items():
            evaluation.select(on_selected, select)
        for coded, values in document.coded.items():
            for order, rule, codes in index.by_code.get(coded, ()):
                evaluation.codes(order, rule, codes, coded, values)
    if document.repeats:
        evaluation.repeats(rules)
    return evaluation.judgement()


@dataclass(slots=True)
class _Index:
    """The rules of a set, each with its order, by what decides whether they need evaluation."""

    by_group: dict[type[Group], list[tuple[int, Rule]]] = field(default_factory=dict)
    by_condition: dict[Callable[[Any], bool], list[tuple[int, Rule]]] = field(default_factory=dict)
    by_code: dict[StrEnum, list[tuple[int, Rule, CodeList]]] = field(default_factory=dict)
    by_select: dict[Callable[[Any], Sequence[Group]], list[tuple[int, Rule]]] = field(default_factory=dict)
    """They select their nodes themselves, those of one function the same."""


@lru_cache(maxsize=64)
def _index_rules(rules: RuleSet) -> _Index:
    index = _Index()
    for order, rule in enumerate(rules):
        if rule.form is Form.UNCHECKED:
            continue
        if rule.lists is not None:
            for kind, codes in rule.lists.items():
                index.by_code.setdefault(kind, []).append((order, rule, codes))
        elif rule.applies is not None:
            index.by_condition.setdefault(rule.applies, []).append((order, rule))
        elif rule.select is not None:
            index.by_select.setdefault(rule.select, []).append((order, rule))
        else:
            index.by_group.setdefault(rule.on, []).append((order, rule))
    return index


class _Evaluation:
    """One document and what has been found in it so far."""

    def __init__(self, facts: Facts[Any]) -> None:
        self.facts = facts
        self.breaches: list[tuple[int, int, Breach]] = []
        self.failures: list[RuleFailure] = []

    def judgement(self) -> Judgement:
        """What was found, in order."""
        self.breaches.sort(key=lambda each: each[:2])
        return Judgement(tuple(breach for _, _, breach in self.breaches), tuple(self.failures))

    def applies(self, condition: Callable[[Any], bool]) -> bool:
        """Whether a condition holds; also where it cannot be known: the rules themselves then fail or hold."""
        try:
            return condition(self.facts)
        except Exception:  # a rule may fail in any way
            return True

    def group(self, rules: Sequence[tuple[int, Rule]], nodes: Sequence[Group]) -> None:
        """Evaluate the rules on a group on every occurrence of it. A rule that holds costs no more than that."""
        facts = self.facts
        for order, rule in rules:
            holds = rule.holds
            try:
                for node in nodes:
                    if not holds(node, facts):
                        break
                else:
                    continue
            except Exception:  # noqa: S110 - a rule may fail in any way: it is evaluated again, node by node
                pass
            self.rule(order, rule, nodes)

    def select(self, rules: Sequence[tuple[int, Rule]], select: Callable[[Any], Sequence[Group]]) -> None:
        """Evaluate the rules on what a function selects."""
        try:
            nodes = select(self.facts)
        except Exception:  # each rule says what it could not select
            for order, rule in rules:
                self.rule(order, rule)
        else:
            if nodes:
                self.group(rules, nodes)

    def rule(self, order: int, rule: Rule, nodes: Sequence[Group] | None = None) -> None:
        """Evaluate a rule on these nodes, or on those it selects."""
        facts, holds = self.facts, rule.holds
        try:
            if nodes is None:
                nodes = rule.nodes(facts)
            broken = [node for node in nodes if not holds(node, facts)]
            if not broken:
                return
            found = _breaches(rule, broken, facts)
        except Exception:  # a rule may fail in any way; which node did it is found below
            found = self._one_by_one(rule, nodes)
        self.breaches += [(breach.at.ordinal, order, breach) for breach in found]

    def _one_by_one(self, rule: Rule, nodes: Sequence[Group] | None) -> list[Breach]:
        """The same evaluation, node by node, so that one that cannot be judged does not hide the others."""
        found: list[Breach] = []
        try:
            nodes = rule.nodes(self.facts) if nodes is None else nodes
        except Exception as error:  # as above: the rule did not get as far as a node
            return self._error(rule, self.facts.document, error)
        for node in nodes:
            try:
                if not rule.holds(node, self.facts):
                    found += _breaches(rule, [node], self.facts)
            except Exception as error:  # as above
                found += self._error(rule, node, error)
        return found

    def _error(self, rule: Rule, node: Group, error: Exception) -> list[Breach]:
        """A text that cannot be read breaks the rule that needs it; anything else is a failure."""
        if isinstance(error, Unreadable):
            wanted = error.wanted
            advice = Text("Write {wanted}, as {example}.", wanted=wanted, example=error.example)
            return [Breach(rule, node, Detail(error.text[:100], error.example, advice))]
        self.failures.append(RuleFailure(rule, node, f"{type(error).__name__}: {error}"))
        return []

    def codes(
        self, order: int, rule: Rule, codes: CodeList, kind: StrEnum, values: Mapping[str | None, Sequence[int]]
    ) -> None:
        """Evaluate a rule of the coded form: every value of this kind is on the list."""
        if codes.values.issuperset(values):
            return
        wrong = [value for value in values if value is None or not codes.has(value)]
        for nth, value in enumerate(wrong):
            is_explained = nth < _EXPLAINED_MAX
            use = CodeUse(-1, kind, value)
            detail = rule.detail(use, self.facts) if is_explained else Detail(value, codes.title)
            for ordinal in values[value]:
                self.breaches.append((ordinal, order, Breach(rule, CodeUse(ordinal, kind, value), detail)))

    def repeats(self, rules: RuleSet) -> None:
        """Break the rules whose terms may occur once, where one occurs several times."""
        already = {(breach.rule.id, id(breach.node)) for _, _, breach in self.breaches}
        for node, attribute in self.facts.document.repeats:
            number = term_of(type(node), attribute)
            values = ", ".join(every(getattr(node, attribute)))
            detail = Detail(values[:200], "1", _ONCE, number, node)
            for order, rule in enumerate(rules):
                if not rule.single or number not in rule.terms:
                    continue
                if rule.on is type(node) and not any(each is node for each in rule.nodes(self.facts)):
                    continue
                if (rule.id, id(node)) not in already:
                    self.breaches.append((node.ordinal, order, Breach(rule, node, detail)))


def _breaches(rule: Rule, broken: Sequence[Group], facts: Facts[Any]) -> list[Breach]:
    """The breaches on these nodes; the first ones in the document with their detail."""
    if len(broken) <= _EXPLAINED_MAX:
        return [Breach(rule, node, rule.detail(node, facts)) for node in broken]
    broken = sorted(broken, key=lambda node: node.ordinal)
    first = [Breach(rule, node, rule.detail(node, facts)) for node in broken[:_EXPLAINED_MAX]]
    return first + [Breach(rule, node, Detail()) for node in broken[_EXPLAINED_MAX:]]


_EXPLAINED_MAX = 200
"""The detail of a breach is computed for so many breaches of one rule, and for so many different wrong codes:
a report shows fewer, and it takes time."""

_ONCE = Text("The standard has room for one here: leave out the others.")
