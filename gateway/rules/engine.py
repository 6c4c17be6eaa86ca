"""The engine: rules as values, rule sets that combine, and one pass over an invoice.

Owns no rule of its own and knows no XML, clock or store. A rule is judged on one occurrence of its group;
what it finds wrong is a `Breach`, and a rule that itself breaks is a `Failure`, which is never a pass.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from gateway.model.finding import Flag, Text
from gateway.model.invoice import Invoice
from gateway.model.terms import Group
from gateway.rules.facts import Facts


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
    """Why a rule does not hold: what stands there, what should, what to change. `term` names the place."""

    found: str | None = None
    expected: str | None = None
    advice: Text | None = None
    term: str | None = None
    node: Group | None = None
    """Where it stands, when that is not the group the rule was judged on."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. `on` is the group it is judged on, each occurrence by itself.

    `holds(node, facts)` is quick and says yes or no; `tell(node, facts)` explains a no. `when(node)` guards:
    where it says no the rule does not apply. `shape_only` promises that the answer depends on which terms are
    present alone, so that the engine may judge one of many nodes of one shape. `source` names the artefact.
    """

    id: str
    flag: Flag
    form: Form
    terms: tuple[str, ...]
    on: type[Group]
    sentence: Text
    source: str
    holds: Callable[[Any, Facts], bool]
    tell: Callable[[Any, Facts], Miss] = lambda _node, _facts: Miss()
    when: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that does not hold on a node. `node` and `miss.term` name the place."""

    rule: Rule
    node: Group
    miss: Miss


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that broke on a node: an error of ours. The document is not judged by that rule."""

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
    (`gateway.syntax`) that go with it. Valid on the days from `valid_from` up to and including `valid_until`.
    """

    name: str
    version: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    syntax: frozenset[str] = frozenset()
    valid_from: date | None = None
    valid_until: date | None = None
    parts: tuple["RuleSet", ...] = ()

    def __or__(self, other: "RuleSet") -> "RuleSet":
        name = f"{self.name} + {other.name}"
        parts = (*(self.parts or (self,)), *(other.parts or (other,)))
        return RuleSet(name, other.version, {**self.rules, **other.rules}, self.syntax | other.syntax, parts=parts)

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


def judge(invoice: Invoice, rules: RuleSet) -> Judgement:
    """Judge every group of the invoice by the rules written for it."""
    facts = Facts(invoice)
    breaches: list[tuple[int, int, Breach]] = []
    failures: list[Failure] = []
    for order, rule in enumerate(rules):
        for node in invoice.nodes.get(rule.on, ()):
            try:
                if (rule.when is None or rule.when(node)) and not rule.holds(node, facts):
                    miss = rule.tell(node, facts)
                    breaches.append(
                        (miss.node.place if miss.node else node.place, order, Breach(rule, node, miss))
                    )
            except Exception as error:  # whatever breaks in a rule is that rule's failure
                failures.append(Failure(rule, node, f"{type(error).__name__}: {error}"))
    breaches.sort(key=lambda found: found[:2])
    return Judgement(tuple(breach for _, _, breach in breaches), tuple(failures))
