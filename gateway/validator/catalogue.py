"""The catalogue of rules: everything an invoice can be judged by, as entries for people.

Business rules and rules on the XML are in one list, by id, also those that the official text keeps from ever
being broken. `meterpoort rules` and the pages under docs/reference/rules are made from it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Any

import gateway
from gateway.i18n import Text, untranslated
from gateway.settings import OwnRuleSet
from gateway.validator.checks import CHECKS
from gateway.validator.finding import Flag
from gateway.validator.model.codes import CodeList, near_misses
from gateway.validator.model.terms import GROUPS, TERMS
from gateway.validator.own_rules import installed_sets
from gateway.validator.reference import flag_of, rules_of
from gateway.validator.rules.cases import Case, cases
from gateway.validator.rules.cases.examples import Example, example_of
from gateway.validator.rules.engine import Form, Rule, RuleSet
from gateway.validator.rules.patterns import PatternRule
from gateway.validator.rules.sets import SETS
from gateway.validator.ubl.rules import SyntaxRule
from gateway.validator.ubl.tables import TABLES

OWN = "meterpoort"
"""The set name of the gateway's own checks."""

SYNTAX_FORM = "syntax"
"""The form of a rule on the XML itself."""

_SCHEMA_FIRST = Text(
    "The schema refuses a document that breaks it first; the rule itself is met where the schema is left out."
)


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One rule, for people. `terms` are numbers with their names, `path` the element a rule on the XML is about.
    `set` is the set that has it, `sets` all of them where several share it.

    `is_bound` is False for a rule that the official artefact binds to nothing or that its text keeps from ever
    being broken: listed so that there is no gap. `note` says what else there is to know.
    """

    id: str
    set: str
    version: str
    flag: Flag
    form: str
    sentence: Text
    source: str
    terms: tuple[tuple[str, Text], ...] = ()
    path: str = ""
    advice: Text | None = None
    note: Text | None = None
    is_bound: bool = True
    official: str = ""
    """The id that the official text has for it, where that is another."""
    valid_from: date | None = None
    """The first day on which its set is in force."""
    valid_until: date | None = None
    """The last one, where it is known."""
    sets: tuple[str, ...] = ()
    having_id: tuple[str, ...] = ()
    """The sets that have a different rule under this id, its own among them."""

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Other sets that have a different rule under this id."""
        return tuple(name for name in self.having_id if name != self.set)

    @property
    def holds(self) -> tuple[Case, ...]:
        """Its cases that hold."""
        return tuple(case for case in self._cases() if not case.breaks)

    @property
    def breaks(self) -> tuple[Case, ...]:
        """Its cases that break it."""
        return tuple(case for case in self._cases() if case.breaks)

    def _cases(self) -> list[Case]:
        about = (self.set, "") if self.having_id[:1] == (self.set,) else (self.set,)
        return [case for case in cases().get(self.id, ()) if case.set in about]

    @property
    def example(self) -> Example | None:
        """The XML of a right and a wrong example; None for a rule that no document can break."""
        return example_of(self.id, self.set) if self.breaks else None


class UnknownRuleError(LookupError):
    """There is no rule of this id; `near` are those that look like it."""

    def __init__(self, key: str, near: tuple[str, ...]) -> None:
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"there is no rule {key}{hint}")
        self.near = near


def rule_catalogue(name: str | None = None) -> tuple[RuleEntry, ...]:
    """Every rule, or those of one set by its id, in the order of their ids; under `meterpoort` the gateway's own
    checks. Those of rule sets of the installation come last.

    Raises ValueError for a set that does not exist.
    """
    if name == OWN:
        return tuple(_own_checks().values())
    if name is not None and name not in set_names():
        raise ValueError(f"there is no rule set {name!r}; there is: {', '.join(set_names())}")
    listed = (*_entries(), *_of_installation())
    if name is None:
        return listed
    return tuple(_as_in(name, entry) for entry in listed if name in (entry.set, *entry.sets))


def _as_in(name: str, entry: RuleEntry) -> RuleEntry:
    """A rule as a set has it that shares it: what another schema refuses first, its own may allow."""
    is_met_first = any(entry.id in rules.schema_first for rules in SETS if rules.id == name)
    return replace(entry, note=None) if entry.note is _SCHEMA_FIRST and not is_met_first else entry


def set_names() -> tuple[str, ...]:
    """The ids of the rule sets, the most general first, then those of the installation, and that of the gateway's
    own checks."""
    return (*(rules.id for rules in reversed(SETS)), *(own.id for own in installed_sets()), OWN)


def rule_entry(key: str, name: str | None = None) -> RuleEntry:
    """The rule or own check of this id, whatever its case; where sets have different rules under it, that of the
    first of them, or of the set of this name. Raises UnknownRuleError, and ValueError for a set that does not
    exist."""
    listed = rule_catalogue(name)
    entries = {entry.id.upper(): entry for entry in reversed(listed)}
    if name is None:
        entries |= _own_checks()
    if (entry := entries.get(key.strip().upper())) is None:
        raise UnknownRuleError(key, _near(key.strip().upper(), entries))
    return entry


def _near(key: str, known: Iterable[str]) -> tuple[str, ...]:
    """Ids that were probably meant: a slip of the pen away, else much alike."""
    ids = frozenset(known)
    return tuple(near_misses(key, CodeList("", "", ids)) or get_close_matches(key, sorted(ids, key=sort_key)))


@cache
def _entries() -> tuple[RuleEntry, ...]:
    """Every rule once, also where several sets share it, by id and then in the order of the sets."""
    found: dict[Any, RuleEntry] = {}
    for rules in sorted(SETS, key=lambda each: each.variant_of is not None):
        for rule, entry in _of_set(rules):
            same = rules.variant_of.rules.get(entry.id) if rules.variant_of else None
            key = same if same and _is_alike(found[same], entry) else rule
            first = found.setdefault(key, entry)
            if rules.id not in first.sets:
                found[key] = replace(first, sets=(*first.sets, rules.id))
    by_id: dict[str, list[str]] = {}
    for entry in found.values():
        by_id.setdefault(entry.id, []).append(entry.set)
    listed = [replace(entry, having_id=tuple(by_id[entry.id])) for entry in found.values()]
    return tuple(sorted(listed, key=lambda entry: sort_key(entry.id)))


def _is_alike(one: RuleEntry, other: RuleEntry) -> bool:
    """Whether a rule says the same in two syntaxes."""
    return (one.flag, one.is_bound, one.sentence) == (other.flag, other.is_bound, other.sentence)


def _of_installation() -> tuple[RuleEntry, ...]:
    return tuple(entry for own in installed_sets() for entry in _of_stylesheet(own))


@cache
def _of_stylesheet(own: OwnRuleSet) -> tuple[RuleEntry, ...]:
    """The rules of a set of the installation, as its stylesheet writes them; none where it cannot be read."""
    return tuple(
        RuleEntry(
            rule.rule or own.id,
            own.id,
            own.version,
            flag_of(rule.flag),
            SYNTAX_FORM,
            untranslated(rule.text),
            own.stylesheet.name,
            path=rule.location,
        )
        for rule in rules_of(own.stylesheet)
    )


@cache
def _own_checks() -> dict[str, RuleEntry]:
    return {
        key: RuleEntry(key, OWN, gateway.__version__, check.flag, check.stage.value, check.says, "Meterpoort")
        for check in CHECKS
        for key in check.ids
    }


def sort_key(key: str) -> list[tuple[int, str]]:
    """Ids as people count: BR-NL-2 before BR-NL-10."""
    parts = re.findall(r"\d+|\D+", key)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _of_set(rules: RuleSet) -> Iterator[tuple[Any, RuleEntry]]:
    """The rules of a set, each with its entry, without its cases."""
    for rule in rules:
        entry = _entry(rules, rule, rule.form.value, rule.terms)
        yield rule, replace(entry, is_bound=rule.form is not Form.UNCHECKED)
    for table in sorted(rules.syntax):
        for syntax_rule in TABLES[table].rules.values():
            entry = _entry(rules, syntax_rule, SYNTAX_FORM)
            yield syntax_rule, replace(entry, path=syntax_rule.path, is_bound=not syntax_rule.is_dead)
    for pattern in rules.patterns:
        for judged, context in pattern.all_rules:
            entry = _entry(rules, judged, SYNTAX_FORM, judged.terms)
            path, note = " | ".join(context.paths), judged.never or entry.note
            yield judged, replace(entry, path=path, note=note, is_bound=judged.never is None)


def _entry(
    rules: RuleSet, rule: Rule | SyntaxRule | PatternRule, form: str, terms: tuple[str, ...] = ()
) -> RuleEntry:
    return RuleEntry(
        rule.id,
        rules.id,
        rules.version,
        rule.flag,
        form,
        rule.sentence,
        rule.source,
        terms=tuple((term, _name(term)) for term in terms),
        advice=rule.advice,
        note=_SCHEMA_FIRST if rule.id in rules.schema_first else None,
        official=rule.official if isinstance(rule, PatternRule) else "",
        valid_from=rules.valid_from,
        valid_until=rules.valid_until,
    )


def _name(term: str) -> Text:
    return GROUPS[term].name if term in GROUPS else TERMS[term][0].name
