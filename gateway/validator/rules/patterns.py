"""Rules on the XML itself, in patterns, as ISO Schematron (ISO/IEC 19757-3) has them.

A pattern is a list of contexts. An element is judged by the first context that takes it, and by no later one of
the same pattern; other patterns judge it again. One walk over the tree finds the contexts of every element: which
of them fit a path is worked out once for each path and kept for the documents after it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import localcontext
from functools import lru_cache
from typing import Any

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import EXACT
from gateway.validator.model.terms import Unreadable, without_collecting
from gateway.validator.rules.detail import Detail, no_detail

Element = etree._Element
Test = Callable[[Element, Any], bool]
"""A question about an element; the second argument is what the pattern's `facts` made of the document."""
NODES_MAX = 4_000
"""So many different paths are remembered; more only come from documents made to have them."""


class UndecidableError(Exception):
    """The official text stops with an error on this element: neither does it hold, nor is it broken. A text that
    is no number or no date (`Unreadable`) means the same."""


def text_of(element: Element) -> str:
    """The string value of an element (XPath Data Model 3.1, clause 6.2.2): all text in it, without comments."""
    return (element.text or "") if not len(element) else str(element.xpath("string()"))


def is_blank_leaf(element: Element, _facts: Any) -> bool:
    """Whether an element has no elements in it and no text but white space."""
    if len(element):  # comments, or elements
        return next(element.iterchildren("*"), None) is None and not text_of(element).strip(" \t\r\n")
    return not element.text or not element.text.strip(" \t\r\n")


@dataclass(frozen=True, slots=True, eq=False)
class PatternRule:
    """One rule: what is asserted of each element that its context takes. `holds` is None for a rule that never
    holds: the element may not be there."""

    id: str
    flag: Flag
    sentence: Text
    holds: Test | None
    source: str
    advice: Text | None = None
    terms: tuple[str, ...] = ()
    detail: Callable[[Element, Any], Detail] = no_detail
    official: str = ""
    """The id that the official text has for it, where ours is another."""
    never: Text | None = None
    """Why no document can break it, where that is so."""


@dataclass(frozen=True, slots=True, eq=False)
class RuleContext:
    """The elements that some rules are about.

    Paths are names with the usual prefixes, joined by slashes: `cac:Party/cbc:EndpointID` at any depth,
    `/Order/cac:OrderLine` from the root, `*` for any name; `//*` is every element. Of those elements the context
    takes the ones for which `where` is true, and none for which it cannot be decided.
    """

    paths: tuple[str, ...]
    rules: tuple[PatternRule, ...]
    where: Test | None = None


def _no_facts(_root: Element) -> None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Contexts in order. `facts` makes of the root what their tests share; patterns with the same function share
    its answer."""

    contexts: tuple[RuleContext, ...]
    facts: Callable[[Element], Any] = _no_facts

    @property
    def all_rules(self) -> Iterator[tuple[PatternRule, RuleContext]]:
        """Every rule with its context."""
        return ((each, context) for context in self.contexts for each in context.rules)


@dataclass(frozen=True, slots=True)
class PatternBreach:
    """A rule that does not hold for an element."""

    rule: PatternRule
    ordinal: int
    """The place of the element in document order; the root is 0."""
    element: Element
    facts: Any
    error: str = ""
    """Why the rule could not be evaluated, where that is so."""
    is_undecidable: bool = False
    """The official text itself cannot be evaluated."""

    @property
    def detail(self) -> Detail:
        """The value found, the value expected, what to change."""
        return Detail() if self.error else self.rule.detail(self.element, self.facts)


@dataclass(frozen=True, slots=True)
class PatternJudgement:
    """What patterns say of one document: of each rule the first breaches, in document order."""

    breaches: tuple[PatternBreach, ...]
    left_out: Counter[str]
    """How many more breaches of a rule there are."""


_Plan = tuple[tuple[Any, tuple[RuleContext, ...]], ...]
"""Of a path: for each pattern with contexts that may take it, its facts' function and these contexts."""


def judge_patterns(
    root: Element, patterns: Sequence[Pattern], name_of: Callable[[str], str | None], each_max: int
) -> PatternJudgement:
    """Evaluate patterns on a document. `name_of` writes a tag as their paths do, None for a foreign namespace. Of
    each rule at most `each_max` breaches are kept."""
    plans = _plans(tuple(patterns), name_of)
    evaluation = _PatternEvaluation(root, each_max)
    with without_collecting(), localcontext(EXACT):
        evaluation.walk(root, plans.root(str(root.tag)))
    return PatternJudgement(tuple(evaluation.breaches), evaluation.left_out)


class _PatternEvaluation:
    """One document and what has been found in it so far."""

    def __init__(self, root: Element, each_max: int) -> None:
        self.root = root
        self.each_max = each_max
        self.breaches: list[PatternBreach] = []
        self.times: Counter[str] = Counter()
        self.facts: dict[Any, Any] = {}
        self.ordinal = -1

    @property
    def left_out(self) -> Counter[str]:
        """How many breaches were not kept, by rule."""
        return Counter({rule: many - self.each_max for rule, many in self.times.items() if many > self.each_max})

    def walk(self, root: Element, node: "_PathPlan") -> None:
        """Judge every element, in document order. The depth is bounded by the parser."""
        waiting: list[tuple[Element, _PathPlan]] = [(root, node)]
        while waiting:
            element, node = waiting.pop()
            self.ordinal += 1
            for make_facts, contexts in node.plan:
                self.element(element, contexts, make_facts)
            if len(element):
                children = [(child, node.child(str(child.tag))) for child in element.iterchildren("*")]
                children.reverse()
                waiting += children

    def element(self, element: Element, contexts: tuple[RuleContext, ...], make_facts: Any) -> None:
        """Judge an element by the first of these contexts that takes it."""
        if make_facts not in self.facts:
            self.facts[make_facts] = make_facts(self.root)
        facts = self.facts[make_facts]
        for context in contexts:
            if context.where is not None:
                try:
                    if not context.where(element, facts):
                        continue
                except (UndecidableError, Unreadable):
                    continue
                except Exception as error:  # a rule may fail in any way: then it has not been judged
                    self.fails(context.rules, element, facts, error)
                    return
            for rule in context.rules:
                try:
                    if rule.holds is None or not rule.holds(element, facts):
                        self.breaks(PatternBreach(rule, self.ordinal, element, facts))
                except Exception as error:  # as above
                    self.fails((rule,), element, facts, error)
            return

    def fails(self, rules: tuple[PatternRule, ...], element: Element, facts: Any, error: Exception) -> None:
        """Note that rules could not be evaluated on an element."""
        why = f"{type(error).__name__}: {error}"
        for rule in rules:
            is_undecidable = isinstance(error, UndecidableError | Unreadable)
            self.breaks(PatternBreach(rule, self.ordinal, element, facts, why, is_undecidable))

    def breaks(self, breach: PatternBreach) -> None:
        """Keep a breach, or count it."""
        rule = breach.rule.id
        self.times[rule] += 1
        if self.times[rule] <= self.each_max:
            self.breaches.append(breach)


class _PathPlan:
    """A path from the root, with the contexts that may take an element there."""

    __slots__ = ("_children", "_plans", "names", "plan")

    def __init__(self, plans: "_Plans", names: tuple[str, ...]) -> None:
        self._plans = plans
        self._children: dict[str, _PathPlan] = {}
        self.names = names
        self.plan: _Plan = plans.plan_for(names)

    def child(self, tag: str) -> "_PathPlan":
        """The path of a child element."""
        if (node := self._children.get(tag)) is None:
            node = _PathPlan(self._plans, (*self.names, self._plans.name_of(tag) or "*"))
            if self._plans.has_room():
                self._children[tag] = node
        return node


class _Plans:
    """The paths of one list of patterns."""

    def __init__(self, patterns: tuple[Pattern, ...], name_of: Callable[[str], str | None]) -> None:
        self.name_of = name_of
        self._patterns = [
            (pattern.facts, [(context, [_steps(path) for path in context.paths]) for context in pattern.contexts])
            for pattern in patterns
        ]
        self._roots: dict[str, _PathPlan] = {}
        self._many = 0

    def root(self, tag: str) -> _PathPlan:
        """The path of a root element."""
        if tag not in self._roots:
            self._roots[tag] = _PathPlan(self, (self.name_of(tag) or "*",))
        return self._roots[tag]

    def has_room(self) -> bool:
        """Whether one more path is remembered."""
        self._many += 1
        return self._many < NODES_MAX

    def plan_for(self, names: tuple[str, ...]) -> _Plan:
        """The contexts that may take an element with these names from the root down to it."""
        plan = []
        for facts, contexts in self._patterns:
            fitting = tuple(context for context, paths in contexts if any(_fits(names, path) for path in paths))
            if fitting:
                plan.append((facts, fitting))
        return tuple(plan)


_Steps = tuple[bool, tuple[str, ...]]
"""Whether a path is from the root, and its names."""


def _steps(path: str) -> _Steps:
    if path.startswith("//"):
        return False, tuple(path[2:].split("/"))
    if path.startswith("/"):
        return True, tuple(path[1:].split("/"))
    return False, tuple(path.split("/"))


def _fits(names: tuple[str, ...], path: _Steps) -> bool:
    is_from_root, steps = path
    if len(steps) > len(names) or (is_from_root and len(steps) != len(names)):
        return False
    return all(step in ("*", name) for step, name in zip(reversed(steps), reversed(names), strict=False))


@lru_cache(maxsize=64)
def _plans(patterns: tuple[Pattern, ...], name_of: Callable[[str], str | None]) -> _Plans:
    return _Plans(patterns, name_of)
