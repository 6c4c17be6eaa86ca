"""The engine: rules as values, rule sets that combine, and one pass over an invoice.

Owns no rule of its own and knows no XML, clock or store. A rule is judged on each occurrence of its group;
what it finds wrong is a `Breach`, and a rule that itself breaks is a `Failure`, which is never a pass.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import localcontext
from enum import StrEnum
from typing import Any

from gateway.model.amounts import EXACT
from gateway.model.finding import Flag, Text
from gateway.model.invoice import Invoice
from gateway.model.terms import Group, Unreadable
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
    """Why a rule does not hold: what stands there, what should, what to change. `term` names the place within
    the node (`BT-131`); `node` is where it stands, when that is not the group the rule was judged on."""

    found: str | None = None
    expected: str | None = None
    advice: Text | None = None
    term: str | None = None
    node: Group | None = None


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

    def nodes(self, facts: Facts) -> Sequence[Group]:
        """Every occurrence that the rule is about."""
        return self.among(facts) if self.among else facts.invoice.all(self.on)

    def broken_by(self, facts: Facts) -> Sequence[Group]:
        """The occurrences that break it."""
        nodes = self.nodes(facts)
        if not nodes:
            return ()
        return self.sift(nodes, facts) if self.sift else [node for node in nodes if not self.holds(node, facts)]


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that does not hold on a node. `miss.node or node` and `miss.term` name the place."""

    rule: Rule
    node: Group
    miss: Miss

    @property
    def at(self) -> Group:
        """The group that stands where it is wrong."""
        return self.miss.node or self.node


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


def judge(invoice: Invoice, rules: RuleSet) -> Judgement:
    """Judge every group of the invoice by the rules written for it."""
    facts = Facts(invoice)
    breaches: list[tuple[int, int, Breach]] = []
    failures: list[Failure] = []
    with localcontext(EXACT):
        for order, rule in enumerate(rules):
            try:
                found = [Breach(rule, node, rule.tell(node, facts)) for node in rule.broken_by(facts)]
            except Exception:  # a rule may break in any way; which node did it is found below
                found = _one_by_one(rule, facts, failures)
            breaches += [(breach.at.place, order, breach) for breach in found]
    breaches.sort(key=lambda each: each[:2])
    return Judgement(tuple(breach for _, _, breach in breaches), tuple(failures))


def _one_by_one(rule: Rule, facts: Facts, failures: list[Failure]) -> list[Breach]:
    """The same judgement, node by node, so that one that cannot be judged does not hide the others."""
    found: list[Breach] = []
    try:
        nodes = rule.nodes(facts)
    except Exception as error:  # as above: the rule did not get as far as a node
        return _gave_up(rule, facts.invoice, error, failures)
    for node in nodes:
        try:
            if not rule.holds(node, facts):
                found.append(Breach(rule, node, rule.tell(node, facts)))
        except Exception as error:  # as above
            found += _gave_up(rule, node, error, failures)
    return found


def _gave_up(rule: Rule, node: Group, error: Exception, failures: list[Failure]) -> list[Breach]:
    """A text that cannot be read breaks the rule that needs it; anything else is a failure of ours."""
    if isinstance(error, Unreadable):
        wanted = error.wanted
        advice = Text(f"Write {wanted.en}.", f"Schrijf {wanted.nl}.")
        return [Breach(rule, node, Miss(error.text[:100], wanted.en, advice))]
    failures.append(Failure(rule, node, f"{type(error).__name__}: {error}"))
    return []
