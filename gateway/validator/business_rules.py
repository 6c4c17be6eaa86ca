"""The business rules of a document: it is read and judged, and each breach becomes a finding."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.rules import engine
from gateway.validator.rules.engine import Breach, RuleFailure, RuleSet
from gateway.validator.rules.patterns import PatternBreach, judge_patterns
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.breaches import SyntaxBreach
from gateway.validator.ubl.reader import Reading
from gateway.validator.ubl.tables import TABLES
from gateway.validator.verdict import FAILED_RULE
from gateway.validator.xml.locations import Paths
from gateway.validator.xml.parsing import Parsed

FINDINGS_EACH_MAX = 100
"""Findings of one rule in one document; a program that breaks it on 10,000 lines breaks it in one way."""

_B = TypeVar("_B", Breach, SyntaxBreach)


@dataclass(frozen=True, slots=True)
class _Unlocated:
    """A finding without the location of its element."""

    ordinal: int
    finding: Finding
    term: str | None = None
    """The term of that group that is wrong, if one is."""


def check(parsed: Parsed, reading: Reading[Any], rules: RuleSet) -> list[Finding]:
    """Every rule of the set that the document breaks, in document order."""
    judgement = engine.judge(reading.document, rules)
    left_out: Counter[str] = Counter()
    found = [_of_breach(each) for each in _first_of_each(judgement.breaches, left_out)]
    for name in sorted(rules.syntax):
        table = TABLES[name]
        if table.vocabulary is reading.vocabulary:
            found += [_of_syntax(each) for each in _first_of_each(table.breaches(reading), left_out)]
    if rules.patterns:
        judged = judge_patterns(
            reading.root, rules.patterns, reading.vocabulary.name_of, FINDINGS_EACH_MAX, reading.notes.blank
        )
        found += [_of_pattern(each, reading.vocabulary) for each in judged.breaches]
        left_out.update(judged.left_out)
    found += [_of_failure(each) for each in judgement.failures[:FINDINGS_EACH_MAX]]
    if len(judgement.failures) > FINDINGS_EACH_MAX:
        left_out[FAILED_RULE] = len(judgement.failures) - FINDINGS_EACH_MAX
    found = [each for each in found if each.finding.rule not in rules.leaves_out]
    if not found:
        return []
    found.sort(key=lambda one: one.ordinal)
    return [*_with_locations(parsed, reading, found), *_left_out(left_out)]


def _of_breach(breach: Breach) -> _Unlocated:
    rule, detail = breach.rule, breach.detail
    finding = Finding(
        rule.id,
        rule.flag,
        Stage.RULES,
        rule.sentence,
        terms=rule.terms,
        found=detail.found,
        expected=detail.expected,
        advice=detail.advice or rule.advice,
    )
    return _Unlocated(breach.at.ordinal, finding, detail.term)


def _of_syntax(breach: SyntaxBreach) -> _Unlocated:
    rule = breach.rule
    found = breach.found or (f"{breach.times}×" if breach.times > 1 else None)
    finding = Finding(rule.id, rule.flag, Stage.RULES, rule.sentence, found=found, advice=rule.advice)
    return _Unlocated(breach.ordinal, finding)


def _of_pattern(breach: PatternBreach, vocabulary: Vocabulary[Any]) -> _Unlocated:
    """A rule that names no terms is about those of the element."""
    rule = breach.rule
    if breach.error:
        finding = _stop_of_the_text(breach) if breach.is_undecidable else _failure(rule.id, breach.error)
        return _Unlocated(breach.ordinal, finding)
    detail = breach.detail
    finding = Finding(
        rule.id,
        rule.flag,
        Stage.RULES,
        rule.sentence,
        terms=rule.terms or vocabulary.terms_at(breach.element),
        found=detail.found,
        expected=detail.expected,
        advice=detail.advice or rule.advice,
    )
    return _Unlocated(breach.ordinal, finding, detail.term)


def _stop_of_the_text(breach: PatternBreach) -> Finding:
    """The official text stops here, so nobody can call the document valid."""
    return Finding(
        "MP-RULE-UNDECIDABLE",
        Flag.FATAL,
        Stage.RULES,
        Text("Rule {rule} cannot be decided here: its official text ends in an error.", rule=breach.rule.id),
        terms=breach.rule.terms,
        advice=Text("Correct it: something is here twice, or a value is no number or no date."),
    )


def _failure(rule: str, error: str) -> Finding:
    """A rule that broke is an error of ours: the document is not judged by it, so it may not pass."""
    message = Text("Rule {rule} could not be checked; the error is the gateway's, not the document's.", rule=rule)
    return Finding(FAILED_RULE, Flag.FATAL, Stage.RULES, message, found=error)


def _of_failure(failure: RuleFailure) -> _Unlocated:
    return _Unlocated(failure.node.ordinal, _failure(failure.rule.id, failure.error))


def _first_of_each(breaches: Iterable[_B], left_out: Counter[str]) -> Iterator[_B]:
    """Of breaches in document order the first ones of each rule; the others are counted."""
    times: Counter[str] = Counter()
    for breach in breaches:
        rule = breach.rule.id
        times[rule] += 1
        if times[rule] <= FINDINGS_EACH_MAX:
            yield breach
        else:
            left_out[rule] += 1


def _left_out(times: Counter[str]) -> Iterator[Finding]:
    if times:
        rules = ", ".join(f"{rule} ({count})" for rule, count in sorted(times.items()))
        yield Finding(
            "MP-RULES-MORE",
            Flag.WARNING,
            Stage.RULES,
            Text("More findings of the same rules are left out: {rules}.", rules=rules),
        )


def _with_locations(parsed: Parsed, reading: Reading[Any], found: list[_Unlocated]) -> Iterator[Finding]:
    groups = reading.elements({max(one.ordinal, 0) for one in found})
    elements = [
        _element(groups.get(max(one.ordinal, 0), parsed.root), one.term, reading.vocabulary) for one in found
    ]
    positions = parsed.source_map.of_elements(parsed.root, elements)
    paths = Paths()
    for one, element in zip(found, elements, strict=True):
        at = positions.get(element)
        yield one.finding.at(paths.of(element), at.line if at else None, at.column if at else None)


def _element(group: etree._Element, term: str | None, vocabulary: Vocabulary[Any]) -> etree._Element:
    return vocabulary.element_of(group, term) if term else group
