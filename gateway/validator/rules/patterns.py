"""Rules on the XML itself, in patterns, as ISO Schematron (ISO/IEC 19757-3) has them.

A pattern is a list of contexts. An element is judged by the first context that takes it, and by no later one of
the same pattern; other patterns judge it again. One walk over the tree finds the contexts of every element: which
of them fit a path is worked out once for each path and kept for the documents after it, and so is what rules say
that ask for the names of the elements in an element.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
"""So many different paths and shapes are remembered before all are forgotten and learnt anew."""
_SHAPE_MAX = 64
"""Shapes with more inside are not remembered: a long list of lines is seldom as long as another."""


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


@dataclass(frozen=True, slots=True)
class ByNames:
    """A test that asks for nothing but the names of the elements right inside an element: its answer is kept for
    elements of the same path with the same in them."""

    test: Test

    def __call__(self, element: Element, facts: Any) -> bool:
        return self.test(element, facts)


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
    `/Order/cac:OrderLine` from the root, `*` or `cbc:*` for any name; `//*` is every element. Of those elements it
    takes the ones for which `where` is true, and none for which it cannot be decided.
    """

    paths: tuple[str, ...]
    rules: tuple[PatternRule, ...]
    where: Test | None = None
    scheme: str | None = None
    """Only elements with this schemeID, where it is given."""

    @property
    def takes_all(self) -> bool:
        """Whether it takes every element on its paths."""
        return self.where is None and self.scheme is None


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


def judge_patterns(
    root: Element, patterns: Sequence[Pattern], name_of: Callable[[str], str | None], each_max: int
) -> PatternJudgement:
    """Evaluate patterns on a document. `name_of` writes a tag as their paths do, None for a foreign namespace. Of
    each rule at most `each_max` breaches are kept."""
    plans = _plans(tuple(patterns), name_of)
    evaluation = _PatternEvaluation(root, each_max)
    with without_collecting(), localcontext(EXACT):
        evaluation.walk(root, plans.root(str(root.tag)))
    return PatternJudgement(tuple(evaluation.in_order(plans)), evaluation.left_out)


class _PatternEvaluation:
    """One document and what has been found in it so far."""

    def __init__(self, root: Element, each_max: int) -> None:
        self.root = root
        self.each_max = each_max
        self.breaches: list[PatternBreach] = []
        self.times: Counter[str] = Counter()
        self.facts: dict[Any, Any] = {}

    @property
    def left_out(self) -> Counter[str]:
        """How many breaches were not kept, by rule."""
        return Counter({rule: many - self.each_max for rule, many in self.times.items() if many > self.each_max})

    def in_order(self, plans: "_Plans") -> list[PatternBreach]:
        """The breaches with the ordinals of their elements, in document order and then in that of the rules."""
        if not self.breaches:
            return []
        wanted = {breach.element for breach in self.breaches}
        ordinals = {element: at for at, element in enumerate(self.root.iter("*")) if element in wanted}
        found = [replace(breach, ordinal=ordinals[breach.element]) for breach in self.breaches]
        return sorted(found, key=lambda breach: (breach.ordinal, plans.order[breach.rule]))

    def walk(self, element: Element, node: "_PathPlan") -> None:
        """Judge an element and everything in it, in document order. The depth is bounded by the parser."""
        inside = element[:]
        shape = node.shapes.get(tuple([child.tag for child in inside])) or node.shape_of(inside)
        if shape.broken is None or shape.broken:
            self.by_names(element, node, shape)
        if node.has_rules:
            self.judge(element, node)
        if node.blanks and not shape.has_elements:
            self.blank(element, node)
        for child, plan in zip(inside, shape.plans, strict=True):
            if plan is None:
                continue
            if len(child):
                self.walk(child, plan)
                continue
            if plan.has_rules or plan.by_names:
                self.leaf(child, plan)
            if plan.blanks and (not (text := child.text) or text.isspace()):
                self.blank(child, plan)

    def leaf(self, element: Element, node: "_PathPlan") -> None:
        """Judge an element that has nothing in it but text."""
        if node.by_names:
            self.by_names(element, node, node.shape_of(()))
        if node.has_rules:
            self.judge(element, node)

    def judge(self, element: Element, node: "_PathPlan") -> None:
        """Judge an element by the rules that look at more than names."""
        for make_facts, rules in node.direct:
            self.rules(rules, element, self.facts_of(make_facts))
        for make_facts, by_scheme, others in node.guarded:
            contexts = by_scheme.get(element.get("schemeID"), others) if by_scheme else others
            if contexts:
                self.first_taking(element, contexts, self.facts_of(make_facts))

    def facts_of(self, make_facts: Any) -> Any:
        """What a function makes of the document, made once."""
        if make_facts is _no_facts:
            return None
        if make_facts not in self.facts:
            self.facts[make_facts] = make_facts(self.root)
        return self.facts[make_facts]

    def by_names(self, element: Element, node: "_PathPlan", shape: "_Shape") -> None:
        """Judge an element by the rules that ask for the names of what is in it alone: their answer is kept."""
        if shape.broken is None:
            shape.broken = [
                (make_facts, (rule,))
                for make_facts, rules in node.by_names
                for rule in rules
                if not self.is_sure_to_hold(rule, element, make_facts)
            ]
        for make_facts, broken in shape.broken:
            self.rules(broken, element, self.facts_of(make_facts))

    def is_sure_to_hold(self, rule: PatternRule, element: Element, make_facts: Any) -> bool:
        """Whether a rule holds for an element, and its test does not fail."""
        try:
            return rule.holds is not None and rule.holds(element, self.facts_of(make_facts))
        except Exception:  # as below
            return False

    def rules(self, rules: tuple[PatternRule, ...], element: Element, facts: Any) -> None:
        """Judge an element by some rules."""
        for rule in rules:
            try:
                if rule.holds is None or not rule.holds(element, facts):
                    self.breaks(PatternBreach(rule, -1, element, facts))
            except Exception as error:  # a rule may fail in any way: then it has not been judged
                self.fails((rule,), element, facts, error)

    def first_taking(self, element: Element, contexts: tuple[RuleContext, ...], facts: Any) -> None:
        """Judge an element by the first of these contexts that takes it."""
        for context in contexts:
            if context.where is not None:
                try:
                    if not context.where(element, facts):
                        continue
                except (UndecidableError, Unreadable):
                    continue
                except Exception as error:  # as above
                    self.fails(context.rules, element, facts, error)
                    return
            self.rules(context.rules, element, facts)
            return

    def blank(self, element: Element, node: "_PathPlan") -> None:
        """Judge what may be a blank leaf by the rules on these."""
        for make_facts, context in node.blanks:
            self.first_taking(element, (context,), self.facts_of(make_facts))

    def fails(self, rules: tuple[PatternRule, ...], element: Element, facts: Any, error: Exception) -> None:
        """Note that rules could not be evaluated on an element."""
        why = f"{type(error).__name__}: {error}"
        for rule in rules:
            is_undecidable = isinstance(error, UndecidableError | Unreadable)
            self.breaks(PatternBreach(rule, -1, element, facts, why, is_undecidable))

    def breaks(self, breach: PatternBreach) -> None:
        """Keep a breach, or count it."""
        rule = breach.rule.id
        self.times[rule] += 1
        if self.times[rule] <= self.each_max:
            self.breaches.append(breach)


class _Shape:
    """Elements of one path that have elements of the same names in them, in the same order."""

    __slots__ = ("broken", "has_elements", "plans")

    def __init__(self, plans: tuple["_PathPlan | None", ...], *, by_names: bool) -> None:
        self.plans = plans
        """Of each node in the element its path; None for what is no element."""
        self.has_elements = any(plan is not None for plan in plans)
        self.broken: list[tuple[Any, tuple[PatternRule, ...]]] | None = None if by_names else []
        """The rules on names that do not hold for such an element, each with its facts, once one was judged."""


class _PathPlan:
    """A path from the root, with the rules on an element there: those that judge each one (`direct`), those on
    names (`by_names`), contexts that take some (`guarded`), and contexts that take blank leaves alone."""

    __slots__ = ("_children", "_plans", "blanks", "by_names", "direct", "guarded", "has_rules", "names", "shapes")

    def __init__(self, plans: "_Plans", names: tuple[str, ...]) -> None:
        self._plans = plans
        self._children: dict[str, _PathPlan] = {}
        self.shapes: dict[tuple[Any, ...], _Shape] = {}
        self.names = names
        self.direct: list[tuple[Any, tuple[PatternRule, ...]]] = []
        self.by_names: list[tuple[Any, tuple[PatternRule, ...]]] = []
        self.guarded: list[tuple[Any, dict[str | None, tuple[RuleContext, ...]], tuple[RuleContext, ...]]] = []
        self.blanks: list[tuple[Any, RuleContext]] = []
        for make_facts, contexts in plans.contexts_for(names):
            first = contexts[0]
            if first.takes_all:
                by_names = tuple(rule for rule in first.rules if isinstance(rule.holds, ByNames))
                direct = tuple(rule for rule in first.rules if not isinstance(rule.holds, ByNames))
                self.by_names += [(make_facts, by_names)] if by_names else []
                self.direct += [(make_facts, direct)] if direct else []
            elif len(contexts) == 1 and first.where is is_blank_leaf:
                self.blanks.append((make_facts, first))
            else:
                schemes = {each.scheme for each in contexts} - {None}
                by_scheme = {
                    scheme: tuple(each for each in contexts if each.scheme in {None, scheme}) for scheme in schemes
                }
                others = tuple(each for each in contexts if each.scheme is None)
                self.guarded.append((make_facts, by_scheme, others))
        self.has_rules = bool(self.direct or self.guarded)

    def child(self, tag: str) -> "_PathPlan":
        """The path of a child element."""
        if (node := self._children.get(tag)) is None:
            node = _PathPlan(self._plans, (*self.names, self._plans.name_of(tag) or "*"))
            if self._plans.has_room():
                self._children[tag] = node
        return node

    def shape_of(self, inside: Sequence[Element]) -> _Shape:
        """The shape of an element with these nodes in it."""
        tags: Any = tuple([child.tag for child in inside])
        if (shape := self.shapes.get(tags)) is None:
            plans = tuple(self.child(tag) if isinstance(tag, str) else None for tag in tags)
            shape = _Shape(plans, by_names=bool(self.by_names))
            if len(tags) <= _SHAPE_MAX and self._plans.has_room():
                self.shapes[tags] = shape
        return shape


class _Plans:
    """The paths of one list of patterns."""

    def __init__(self, patterns: tuple[Pattern, ...], name_of: Callable[[str], str | None]) -> None:
        self.name_of = name_of
        self._patterns = [
            (pattern.facts, [(context, [_steps(path) for path in context.paths]) for context in pattern.contexts])
            for pattern in patterns
        ]
        rules = (rule for pattern in patterns for rule, _context in pattern.all_rules)
        self.order = {rule: at for at, rule in enumerate(dict.fromkeys(rules))}
        """The rules in the order of the patterns."""
        self._roots: dict[str, _PathPlan] = {}
        self._many = 0

    def root(self, tag: str) -> _PathPlan:
        """The path of a root element. When no more is remembered, all is forgotten for the next document."""
        if self._many >= NODES_MAX:
            self._roots, self._many = {}, 0
        if tag not in self._roots:
            self._roots[tag] = _PathPlan(self, (self.name_of(tag) or "*",))
        return self._roots[tag]

    def has_room(self) -> bool:
        """Whether one more path, or shape, is remembered."""
        self._many += 1
        return self._many < NODES_MAX

    def contexts_for(self, names: tuple[str, ...]) -> Iterator[tuple[Any, tuple[RuleContext, ...]]]:
        """Of each pattern that judges an element with these names from the root down to it: the contexts that may
        take it, up to the first that surely does."""
        for facts, contexts in self._patterns:
            fitting = []
            for context, paths in contexts:
                if any(_fits(names, path) for path in paths):
                    fitting.append(context)
                    if context.takes_all:
                        break
            if any(context.rules for context in fitting):
                yield facts, tuple(fitting)


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
    return all(map(_is_named, reversed(steps), reversed(names)))


def _is_named(step: str, name: str) -> bool:
    return step in ("*", name) or (step.endswith(":*") and name.startswith(step[:-1]))


@lru_cache(maxsize=64)
def _plans(patterns: tuple[Pattern, ...], name_of: Callable[[str], str | None]) -> _Plans:
    return _Plans(patterns, name_of)
