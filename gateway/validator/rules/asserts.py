"""Rules on the XML itself as they are written in a file of rules, for instance `peppol/nordic.rules`:

    SELLER = cac:AccountingSupplierParty/cac:Party

    SELLER if facts.seller_country NO
        NO-R-002 warning BT-32: is_registered
            Most sellers in Norway state that they are in the register of enterprises (BT-32).
            Add a PartyTaxScheme with TaxScheme TAX and the CompanyID Foretaksregisteret.
            found cac:PartyTaxScheme/cbc:CompanyID, expected Foretaksregisteret

A context names paths with `|` between them, after `scheme` the schemeID and after `if` which of those elements
it takes. A name with `=` stands for paths, or for another text. Dashes begin the next pattern.

A rule has an id, a weight where that is not fatal, terms and a test; its first term is the one that is wrong.
Below it are its sentence, with `{term}` for the name of that term, what to change, and what a finding shows: the
texts at a path (`.` for the element's own) and what is expected, or what a function of the module says, or one
that it makes of what follows (`shown by`). A line that is further in goes on with the one above it. An id alone is
the rule above that has it. A rule without a sentence is made by the first word of its test, of its id, its terms
and the rest: a test, or paths and values.

A test is a function of the module or of `WORDS`, or is made by one of what follows: `has cbc:ID`.
`facts.is_german` asks the facts; with values after it, whether the answer is one of them. `never` never holds.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from itertools import product
from operator import attrgetter
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.forms import name_of
from gateway.validator.rules.patterns import HasInside, Pattern, PatternRule, RuleContext, Test, is_blank_leaf
from gateway.validator.rules.xpath import normal, normal_text, root_of
from gateway.validator.xml.paths import Element, children, has, tag_of, text_of, texts

# The words of tests ------------------------------------------------------------------------------------------


def has_element(path: str) -> Test:
    """There is an element, or an attribute, at a path."""
    if "/" in path or "@" in path:
        return lambda element, _facts: has(element, path)
    return HasInside(tag_of(path))


def has_text(path: str) -> Test:
    """There is one that is not blank."""
    return lambda element, _facts: any(map(normal, texts(element, path)))


def has_one_of(*paths: str) -> Test:
    """There is an element at one of these paths."""
    return lambda element, _facts: any(has(element, path) for path in paths)


def has_all_of(*paths: str) -> Test:
    """There is an element at each of these paths."""
    return lambda element, _facts: all(has(element, path) for path in paths)


def root_has(path: str) -> Test:
    """There is an element at a path from the root of the document."""
    return lambda element, _facts: has(root_of(element), path)


def has_none_of(*paths: str) -> Test:
    """There is no element at any of these paths."""
    return lambda element, _facts: not any(has(element, path) for path in paths)


def has_times(path: str, times: str) -> Test:
    """There are so many elements at a path."""
    wanted = int(times)
    return lambda element, _facts: len(children(element, path)) == wanted


def is_one_of(path: str, *values: str) -> Test:
    """The one text at a path, `.` for the element's own, is one of these. Undecidable where there are several."""
    if path == ".":
        return lambda element, _facts: normal(text_of(element)) in values
    return lambda element, _facts: normal_text(element, path) in values


def begins_with(text: str) -> Test:
    """The text of an element begins so."""
    return lambda element, _facts: normal(text_of(element)).startswith(text)


def attribute_is(name: str, *values: str) -> Test:
    """An attribute is one of these."""
    return lambda element, _facts: element.get(name) in values


def has_attribute(name: str) -> Test:
    """There is an attribute."""
    return lambda element, _facts: element.get(name) is not None


def is_in_currency(element: Element, facts: Any) -> bool:
    """An amount is in one of the currencies that the facts name."""
    return element.get("currencyID") in facts.currencies


WORDS: Mapping[str, Callable[..., Any]] = {
    "has": has_element,
    "has_text": has_text,
    "has_one_of": has_one_of,
    "has_all_of": has_all_of,
    "has_none_of": has_none_of,
    "root_has": root_has,
    "has_times": has_times,
    "is_one_of": is_one_of,
    "begins_with": begins_with,
    "attribute_is": attribute_is,
    "has_attribute": has_attribute,
    "is_in_currency": is_in_currency,
    "is_blank_leaf": is_blank_leaf,
    "no_detail": no_detail,
}
"""The tests that every file of rules may use, or what makes them, and what a finding shows by."""


def _asks_facts(name: str, values: list[str]) -> Test:
    get: Callable[[Any], Any] = attrgetter(name)
    if not values:
        return lambda _element, facts: bool(get(facts))
    if len(values) == 1:
        (value,) = values
        return lambda _element, facts: bool(get(facts) == value)
    return lambda _element, facts: get(facts) in values


# The rules ---------------------------------------------------------------------------------------------------


def assertion(
    key: str,
    terms: str,
    sentence: Text,
    holds: Test | None,
    advice: Text | None,
    *,
    source: str,
    found: str = "",
    expected: str | None = None,
    flag: Flag = Flag.FATAL,
    detail: Callable[[Element, Any], Detail] | None = None,
) -> PatternRule:
    """A rule. `terms` are separated by blanks, the first is the one that is wrong. A finding shows what `detail`
    says; without it the texts at the path `found`, `.` for the element's own, `text()` for that one also
    where it is empty, and what is `expected`."""
    numbers = tuple(terms.split())

    def show(element: Element, _facts: Any) -> Detail:
        if found == "text()":
            return Detail(text_of(element), expected)
        shown = [text_of(element)] if found == "." else texts(element, found) if found else []
        return Detail(", ".join(shown) or None, expected, term=numbers[0] if numbers else None)

    return PatternRule(key, flag, sentence, holds, source, advice, numbers, detail or show)


RULE = re.compile(r"(?P<key>\S+)(?P<flag> warning)?(?P<terms>(?: [A-Za-z]+\d*-\d+)*): (?P<test>.+)")
_SHOWN = re.compile(r"(?:found (?P<found>[^ ,]+)(?:, )?)?(?:expected (?P<expected>.+))?|shown by (?P<by>.+)")
_SAYS_WHAT_IS_SHOWN = ("found ", "expected ", "shown by ")

Written = list[str]
"""A rule as its lines: the first with its id and its test, then its texts."""


def parse(text: str) -> Iterator[tuple[str, list[Written]]]:
    """Each context of a file with its rules; names and dashes are contexts without rules."""
    context, rules = "", list[Written]()
    for line in text.splitlines():
        depth, part = (len(line) - len(line.lstrip())) // 4, line.strip()
        if not part or part.startswith("#"):
            continue
        if depth == 0:
            yield context, rules
            context, rules = part, []
        elif not rules and depth > 1:
            context += f" {part}"
        elif depth == 1:
            rules.append([part])
        elif depth == 2:
            rules[-1].append(part)
        else:
            rules[-1][-1] += f" {part}"
    yield context, rules


def texts_in(text: str) -> Iterator[str]:
    """The sentences and the advice in a file of rules."""
    for _context, rules in parse(text):
        for rule in rules:
            yield from (line for line in rule[1:] if not line.startswith(_SAYS_WHAT_IS_SHOWN))


def read_rules(
    name: str,
    words: Mapping[str, Any],
    source: str,
    facts: Callable[[Element], Any] | None = None,
    known: dict[str, PatternRule] | None = None,
    **names: str,
) -> tuple[Pattern, ...]:
    """The patterns of `name.rules` in the package of a module, of which `words` are the globals. Where a file is
    read several times, `names` are what differs, and rules without them are the same ones: those in `known`."""
    reader = RulesReader(words, source, known if known is not None else {}, names)
    patterns: list[list[RuleContext]] = [[]]
    for context, rules in parse(files(words["__package__"]).joinpath(f"{name}.rules").read_text("utf-8")):
        if context.startswith("---"):
            patterns.append([])
        elif rules:
            patterns[-1].append(reader.context(context, rules))
        elif context:
            short, _, paths = context.partition(" = ")
            reader.names[short] = reader.paths(paths)
    return tuple(Pattern(tuple(contexts), *([facts] if facts else [])) for contexts in patterns)


class RulesReader:
    """Makes the rules of one file."""

    def __init__(
        self, words: Mapping[str, Any], source: str, known: dict[str, PatternRule], given: Mapping[str, str]
    ) -> None:
        self.words = words
        self.source = source
        self.known = known
        self.given = given
        self.ids: set[str] = set()
        self.names = {name: [text] for name, text in given.items()}

    def paths(self, written: str) -> list[str]:
        """Paths with what the names in them stand for, without those that stand for nothing."""
        steps = ([self.names.get(step, [step]) for step in path.split("/")] for path in written.split(" | "))
        found = ["/".join(each) for path in steps for each in product(*path)]
        return [path for path in found if path]

    def path(self, written: str) -> str:
        """One path."""
        return self.paths(written)[0]

    def context(self, written: str, rules: list[Written]) -> RuleContext:
        """A context with its rules."""
        paths, _, where = written.partition(" if ")
        paths, _, scheme = paths.partition(" scheme ")
        test = self.test(where) if where else None
        return RuleContext(tuple(self.paths(paths)), tuple(map(self._rule_once, rules)), test, scheme or None)

    def _rule_once(self, written: Written) -> PatternRule:
        """A rule that is made once, but for one that differs. Raises ValueError for one that is written twice."""
        key, *more = (word.removesuffix(":") for word in written[0].split())
        if more and key in self.ids:
            raise ValueError(f"{key} is written twice")
        self.ids.add(key)
        if (known := self.known.get(key)) is not None:
            return known
        made = self.rule(written)
        if not any(name in line for name in self.given for line in written):
            self.known[key] = made
        return made

    def rule(self, written: Written) -> PatternRule:
        """A rule. Raises ValueError for what is none."""
        head, *more = written
        if (match := RULE.fullmatch(head)) is None:
            raise ValueError(f"{head!r} does not begin a rule")
        key, terms = match["key"], match["terms"].strip()
        if not more:
            word, _, rest = match["test"].partition(" ")
            needs = [self.test(rest)] if self.is_test(rest) else map(self.path, rest.split())
            made: PatternRule = self.word(word)(key, terms, *needs)
            return made
        shown = _SHOWN.fullmatch(more.pop() if more[-1].startswith(_SAYS_WHAT_IS_SHOWN) else "")
        if shown is None or not 0 < len(more) < 3:
            raise ValueError(f"{key} is not written as a rule is")
        holds = self.test(match["test"])
        return assertion(
            key,
            terms,
            self.sentence(more[0], terms),
            holds,
            Text(more[1]) if len(more) > 1 else None,
            source=self.source,
            found=self.path(shown["found"]) if shown["found"] else "",
            expected=shown["expected"] and self.names.get(shown["expected"], [shown["expected"]])[0],
            flag=Flag.WARNING if match["flag"] else Flag.FATAL,
            detail=self._make(shown["by"]) if shown["by"] else getattr(holds, "detail", None),
        )

    def sentence(self, written: str, terms: str) -> Text:
        """A sentence, with the name of the term in it."""
        return Text(written, term=name_of(terms.split()[0])) if "{term}" in written else Text(written)

    def test(self, written: str) -> Test | None:
        """A test, or two that both hold; None for the one that never does."""
        one, other = (self._one_test(each) if each else None for each in written.partition(" and ")[::2])
        if one is None or other is None:
            return one
        first, second = one, other
        return lambda element, facts: first(element, facts) and second(element, facts)

    def _one_test(self, written: str) -> Test | None:
        name, *needs = written.split()
        if name == "never":
            return None
        if name.startswith("facts."):
            return _asks_facts(name.removeprefix("facts."), needs)
        test: Test = self._make(written)
        return test

    def _make(self, written: str) -> Any:
        """What a function makes of the paths and values after its name; without any the function itself."""
        name, *needs = written.split()
        found = self.word(name)
        return found(*map(self.path, needs)) if needs else found

    def is_test(self, written: str) -> bool:
        """Whether what is written begins with the name of a test."""
        name = written.partition(" ")[0]
        return name == "never" or name.startswith("facts.") or name in WORDS or f"_{name}" in self.words

    def word(self, name: str) -> Any:
        """The function of a name. Raises KeyError where there is none."""
        return self.words.get(f"_{name}") or WORDS.get(name) or self.words[name]
