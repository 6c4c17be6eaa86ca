"""Rules on the XML itself, in patterns, as ISO Schematron (ISO/IEC 19757-3) has them.

A pattern is a list of contexts. An element is judged by the first context that takes it, and by no later one of
the same pattern; other patterns judge it again. Only the elements that a context may take are looked at, by their
tags: which contexts fit a path is worked out once for each path and kept for the documents after it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import localcontext
from functools import lru_cache
from operator import attrgetter
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import EXACT
from gateway.validator.model.terms import Unreadable
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.xml.paths import Element, blank_leaves, is_blank, tag_of

Test = Callable[[Element, Any], bool]
"""A question about an element; the second argument is what the pattern's `facts` made of the document."""
PATHS_MAX = 4_000
"""So many different paths are remembered before all are forgotten and learnt anew."""


class UndecidableError(Exception):
    """The official text stops with an error on this element: neither does it hold, nor is it broken. A text that
    is no number or no date (`Unreadable`) means the same."""


def is_blank_leaf(element: Element, _facts: Any) -> bool:
    """Whether an element has no elements in it and no text but white space."""
    return is_blank(element)


@dataclass(frozen=True, slots=True)
class HasInside:
    """The test whether an element has another right inside it, of this tag as lxml writes it. All such rules of a
    path are judged at once."""

    tag: str

    def __call__(self, element: Element, _facts: Any) -> bool:
        return next(element.iterchildren(self.tag), None) is not None


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
    left_out: dict[str, int]
    """How many more breaches of a rule there are."""


def judge_patterns(
    root: Element,
    patterns: Sequence[Pattern],
    name_of: Callable[[str], str | None],
    each_max: int,
    blanks: Iterable[Element] | None,
) -> PatternJudgement:
    """Evaluate patterns on a document, of which `blanks` are the leaves without text, if they are known. `name_of`
    writes a tag as their paths do, None for a foreign namespace. Of each rule at most `each_max` breaches are
    kept."""
    plans = _plans(tuple(patterns), name_of)
    evaluation = _PatternEvaluation(root, plans, each_max)
    with localcontext(EXACT):
        evaluation.run(blanks)
    return evaluation.judgement()


class _SharedFacts(dict[Callable[[Element], Any], Any]):
    """What functions made of a document, each once."""

    def __init__(self, root: Element) -> None:
        self.root = root

    def __missing__(self, make: Callable[[Element], Any]) -> Any:
        self[make] = made = make(self.root)
        return made


_tag = attrgetter("tag")


class _Paths(dict[Any, "_PathPlan"]):
    """The paths of the elements of a document, each found once."""

    def __missing__(self, element: Element) -> "_PathPlan":
        self[element] = plan = self[element.getparent()][element.tag]
        return plan


class _PatternEvaluation:
    """One document and what has been found in it so far."""

    def __init__(self, root: Element, plans: "_Plans", each_max: int) -> None:
        self.root = root
        self.plans = plans
        self.each_max = each_max
        self.breaches: list[PatternBreach] = []
        self.times: Counter[str] = Counter()
        self.before: Counter[str] = Counter()
        """How often each rule was broken before the blank elements were judged: they are not in order with the
        others, so that the first of both are kept."""
        self.facts = _SharedFacts(root)
        self.paths = _Paths({root: plans.root(str(root.tag))})

    def judgement(self) -> PatternJudgement:
        """What was found, in document order and then in that of the rules."""
        left_out = {rule: many - self.each_max for rule, many in self.times.items() if many > self.each_max}
        return PatternJudgement(tuple(self._first_of_each()), left_out)

    def _first_of_each(self) -> Iterator[PatternBreach]:
        if not self.breaches:
            return
        wanted = {breach.element for breach in self.breaches}
        ordinals = {element: at for at, element in enumerate(self.root.iter("*")) if element in wanted}
        order = self.plans.order
        times: Counter[str] = Counter()
        for breach in sorted(self.breaches, key=lambda each: (ordinals[each.element], order[each.rule])):
            times[breach.rule.id] += 1
            if times[breach.rule.id] <= self.each_max:
                yield replace(breach, ordinal=ordinals[breach.element])

    def run(self, blanks: Iterable[Element] | None) -> None:
        """Judge the elements that a context may take, which lxml finds by their tags, and those that are blank."""
        paths, tags = self.paths, self.plans.tags
        self.element(self.root, paths[self.root])
        for each in self.root.iterdescendants(*tags) if tags else ():
            plan = paths[each.getparent()][each.tag]
            if plan.judges:
                self.element(each, plan)
            if len(each):
                paths[each] = plan
        if self.plans.asks_blanks:
            self.before = self.times.copy()
            for each in blank_leaves(self.root) if blanks is None else blanks:
                self.judge(each, paths[each].blanks)

    def element(self, element: Element, plan: "_PathPlan") -> None:
        """Judge an element by the rules on its path."""
        if plan.asserted:
            self.asserts(element, plan.asserted)
        if plan.guarded:
            self.judge(element, plan.guarded)
        if plan.required and (absent := plan.required.difference(map(_tag, element))):
            for tag, make_facts, rule in plan.presence:
                if tag in absent:
                    self.breaks(PatternBreach(rule, -1, element, self.facts[make_facts]))

    def judge(self, element: Element, guarded: "list[_Guarded]") -> None:
        """Judge an element by each of some patterns: by the first of its contexts that takes it."""
        for make_facts, by_scheme, others in guarded:
            facts = self.facts[make_facts]
            contexts = by_scheme.get(element.get("schemeID"), others) if by_scheme else others
            for where, asserted in contexts:
                try:
                    if where is not None and not where(element, facts):
                        continue
                except (UndecidableError, Unreadable):
                    continue
                except Exception as error:  # a test may fail in any way: then it has not been judged
                    for rule, _holds, _make_facts in asserted:
                        self.fails(rule, element, facts, error)
                    break
                self.asserts(element, asserted)
                break

    def asserts(self, element: Element, asserted: "list[_Asserted]") -> None:
        """Judge an element by some rules."""
        for rule, holds, make_facts in asserted:
            facts = self.facts[make_facts]
            try:
                if not holds(element, facts):
                    self.breaks(PatternBreach(rule, -1, element, facts))
            except Exception as error:  # as above
                self.fails(rule, element, facts, error)

    def fails(self, rule: PatternRule, element: Element, facts: Any, error: Exception) -> None:
        """Note that a rule could not be evaluated on an element."""
        is_undecidable = isinstance(error, UndecidableError | Unreadable)
        because = f"{type(error).__name__}: {error}"
        self.breaks(PatternBreach(rule, -1, element, facts, because, is_undecidable))

    def breaks(self, breach: PatternBreach) -> None:
        """Keep a breach, or count it."""
        rule = breach.rule.id
        self.times[rule] += 1
        if self.times[rule] - self.before[rule] <= self.each_max:
            self.breaches.append(breach)


_Asserted = tuple[PatternRule, Test, Any]
"""A rule, its test, and what makes the facts that it asks."""
_Contexts = list[tuple[Test | None, list[_Asserted]]]
_Guarded = tuple[Any, dict[str | None, _Contexts], _Contexts]
"""Of one pattern, with what makes its facts, the contexts that may take an element: by its scheme, and where it
has no such scheme."""


def _never(_element: Element, _facts: Any) -> bool:
    return False


def _tests_of(rules: Iterable[PatternRule], make_facts: Any) -> list[_Asserted]:
    return [(rule, rule.holds or _never, make_facts) for rule in rules]


def _contexts_of(make_facts: Any, contexts: Sequence[RuleContext]) -> _Guarded:
    def of(scheme: str | None) -> _Contexts:
        fitting = (each for each in contexts if each.scheme in {None, scheme})
        return [(each.where, _tests_of(each.rules, make_facts)) for each in fitting]

    return make_facts, {each.scheme: of(each.scheme) for each in contexts if each.scheme}, of(None)


class _PathPlan(dict[Any, "_PathPlan"]):
    """A path from the root: the paths right inside it by their tags, and the rules on an element there."""

    __slots__ = ("_names", "_plans", "asserted", "blanks", "guarded", "judges", "presence", "required")

    def __init__(self, plans: "_Plans", names: tuple[str, ...]) -> None:
        self._plans = plans
        self._names = names
        self.presence: list[tuple[str, Any, PatternRule]] = []
        """The rules that want something right inside, with its tag."""
        self.asserted: list[_Asserted] = []
        """The other rules that judge each element."""
        self.guarded: list[_Guarded] = []
        self.blanks: list[_Guarded] = []
        """The contexts that take blank leaves alone."""
        for make_facts, contexts in plans.contexts_for(names):
            if contexts[0].takes_all:
                self._add_first(contexts[0], make_facts)
            elif len(contexts) == 1 and contexts[0].where is is_blank_leaf:
                self.blanks.append(_contexts_of(make_facts, contexts))
            else:
                self.guarded.append(_contexts_of(make_facts, contexts))
        self.required = frozenset(tag for tag, _make_facts, _rule in self.presence)
        self.judges = bool(self.asserted or self.guarded or self.required)

    def _add_first(self, context: RuleContext, make_facts: Any) -> None:
        """Add a context that takes every element."""
        for asserted in _tests_of(context.rules, make_facts):
            rule, holds, _make_facts = asserted
            if isinstance(holds, HasInside):
                self.presence.append((holds.tag, make_facts, rule))
            else:
                self.asserted.append(asserted)

    def __missing__(self, tag: str) -> "_PathPlan":
        plan = _PathPlan(self._plans, (*self._names, self._plans.name_of(tag) or "*"))
        if self._plans.has_room():
            self[tag] = plan
        return plan


class _Plans:
    """The paths of one list of patterns."""

    def __init__(self, patterns: tuple[Pattern, ...], name_of: Callable[[str], str | None]) -> None:
        self.name_of = name_of
        self._patterns = [
            (pattern.facts, [(context, [_path(path) for path in context.paths]) for context in pattern.contexts])
            for pattern in patterns
        ]
        contexts = [each for pattern in patterns for each in pattern.contexts]
        self.asks_blanks = any(each.where is is_blank_leaf for each in contexts)
        self.tags = _tags_of([each for each in contexts if each.where is not is_blank_leaf])
        """The tags of the elements that a context may take, besides the root and blank leaves."""
        rules = (rule for pattern in patterns for rule, _context in pattern.all_rules)
        self.order = {rule: at for at, rule in enumerate(dict.fromkeys(rules))}
        """The rules in the order of the patterns."""
        self._roots: dict[str, _PathPlan] = {}
        self._many = 0

    def root(self, tag: str) -> _PathPlan:
        """The path of a root element. When no more is remembered, all is forgotten for the next document."""
        if self._many >= PATHS_MAX:
            self._roots, self._many = {}, 0
        if tag not in self._roots:
            self._roots[tag] = _PathPlan(self, (self.name_of(tag) or "*",))
        return self._roots[tag]

    def has_room(self) -> bool:
        """Whether one more path is remembered."""
        self._many += 1
        return self._many < PATHS_MAX

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


def _tags_of(contexts: Iterable[RuleContext]) -> tuple[str, ...]:
    """The tags, as lxml's `iter` takes them, of the elements on the paths of some contexts, besides the root."""
    names = {path.rpartition("/")[2] for each in contexts for path in each.paths if path != "/*"}
    if any("*" in name for name in names):
        return ("*",)
    return tuple(sorted(tag_of(name) if ":" in name else f"{{*}}{name}" for name in names))


_Path = tuple[bool, tuple[str, ...]]
"""Whether a path is from the root, and its names."""


def _path(path: str) -> _Path:
    if path.startswith("//"):
        return False, tuple(path[2:].split("/"))
    if path.startswith("/"):
        return True, tuple(path[1:].split("/"))
    return False, tuple(path.split("/"))


def _fits(names: tuple[str, ...], path: _Path) -> bool:
    is_from_root, steps = path
    if len(steps) > len(names) or (is_from_root and len(steps) != len(names)):
        return False
    return all(map(_is_named, reversed(steps), reversed(names)))


def _is_named(step: str, name: str) -> bool:
    return step in ("*", name) or (step.endswith(":*") and name.startswith(step[:-1]))


@lru_cache(maxsize=64)
def _plans(patterns: tuple[Pattern, ...], name_of: Callable[[str], str | None]) -> _Plans:
    return _Plans(patterns, name_of)
