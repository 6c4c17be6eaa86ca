"""Which rules a document meets: those that its CustomizationID claims, or those that the caller chooses instead;
and on top of them those that somebody else asks for.

A profile is the id of a rule set (`rules.sets`). Somebody who only wants to know (`meterpoort validate`, POST
/v1/validations) may choose one. Who sends a message may not: what the sender or the recipient asks for there adds
rules and takes none away.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage, WrongValueError
from gateway.validator.header import HeaderPaths
from gateway.validator.kinds import KINDS, KindDefinition
from gateway.validator.model.document import DocumentKind
from gateway.validator.model.terms import Document, term_of
from gateway.validator.rules.engine import RuleSet
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.verdict import RuleSetUsed


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profile of one document, its rules, and which sets they come from and why. `unknown` are
    the specifications that the document names and whose rules are not among them."""

    profile: str
    rules: RuleSet
    used: tuple[RuleSetUsed, ...]
    unknown: tuple[str, ...] = ()

    def without_unknown(self, judged: Iterable[str]) -> "Chosen":
        """The same, where something else judges the specifications of these identifiers."""
        texts = tuple(judged)
        left = (each for each in self.unknown if not any(each in text or text in each for text in texts))
        return replace(self, unknown=tuple(left)) if texts else self


class NoRulesError(LookupError):
    """There are no rules here for a document (`no_rules`)."""


def rule_sets(document: type[Document] | None = None) -> tuple[RuleSet, ...]:
    """Every rule set, or those for a document model. They are loaded at the first call, which takes a while."""
    from gateway.validator.rules.sets import SETS, sets_for

    return SETS if document is None else sets_for(document)


def profile_named(name: str, others: Iterable[str] = ()) -> RuleSet:
    """The rule set of this id. Raises WrongValueError (a ValueError) with the ids there are, and `others`."""
    for rules in rule_sets():
        if rules.id == name.lower():
            return rules
    names = ", ".join([*(rules.id for rules in rule_sets()), *others])
    raise WrongValueError(Text("there is no profile {name}; there is: {names}", name=repr(name), names=names))


def choose(
    vocabulary: Vocabulary[Any],
    customization_id: str | None,
    profile: str | None = None,
    also: Sequence[str] = (),
    issue_date: str | None = None,
) -> Chosen:
    """The rules for a document of this vocabulary and this date that claims this. `profile` is chosen instead of
    what it claims; what `also` names comes on top. Profiles that are about other documents are left out
    (`not_for`); of a profile that has a text for each syntax, that of the document's is used. Raises NoRulesError
    where that leaves none, ValueError for what is no profile."""
    day = _day(issue_date)
    on_top = tuple(asked.on(day) for name in also if (asked := in_syntax(profile_named(name), vocabulary)))
    if profile is not None and (asked := in_syntax(profile_named(profile), vocabulary)):
        if not asked.is_added:
            return _combine(asked.on(day), False, on_top)
        on_top = (asked.on(day), *on_top)
    text = (customization_id or "").strip()
    by_claim = _by_claim if len(text) <= _CLAIM_CHARACTERS_MAX else _by_claim.__wrapped__
    return by_claim(vocabulary, text, on_top, day)


_CLAIM_CHARACTERS_MAX = 500
"""What longer specification identifiers choose is not remembered."""


@lru_cache(maxsize=256)
def _by_claim(
    vocabulary: Vocabulary[Any], specification: str, on_top: tuple[RuleSet, ...], day: date | None
) -> Chosen:
    """What a document with this specification identifier chooses. Raises NoRulesError."""
    there = [each for each in rule_sets(vocabulary.model) if each.written_in in {"", vocabulary.syntax}]
    claimed = _find_claim(there, specification)
    base = claimed or next((each for each in there if each.is_for_all), None)
    if base is None and not on_top:
        raise NoRulesError
    chosen = _combine((base or on_top[0]).on(day), base is not None, on_top)
    return replace(chosen, unknown=_unknown_in(specification, chosen.rules))


def _identifiers(specification: str) -> list[str]:
    """The specifications that an identifier is made of: `A#compliant#B#conformant#C` is A, B and C (EN 16931-1,
    BT-24)."""
    return [part for part in specification.split("#") if part not in ("", "compliant", "conformant")]


def _unknown_in(specification: str, rules: RuleSet) -> tuple[str, ...]:
    """The specifications of an identifier that none of these rules is of."""
    claims = [part.claim.text for part in rules.parts or (rules,) if part.claim]
    known = [each for claim in claims for each in _identifiers(claim)]
    return tuple(each for each in _identifiers(specification) if not any(one in each for one in known))


def _find_claim(there: Iterable[RuleSet], specification: str) -> RuleSet | None:
    """The set that a document with this specification identifier claims; of several the one that it names last."""
    found = [
        (specification.rfind(each.claim.text), each)
        for each in there
        if each.claim and each.claim.is_made_by(specification)
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


@cache
def in_syntax(rules: RuleSet, vocabulary: Vocabulary[Any]) -> RuleSet | None:
    """A set as it judges documents of a vocabulary: of those with the same rules that for its syntax. None where
    there is none, and where the set is about other documents."""
    if rules.document is not vocabulary.model:
        return None
    if rules.written_in not in {"", vocabulary.syntax}:
        first = rules.variant_of or rules
        alike = (each for each in rule_sets() if first in {each, each.variant_of})
        return next((each for each in alike if each.written_in == vocabulary.syntax), None)
    if rules.extends is None or (extended := in_syntax(rules.extends, vocabulary)) is rules.extends:
        return rules
    return replace(rules, extends=extended, facts=extended.facts) if extended else None


def _why(claimed: RuleSet) -> Text:
    """Why a set judges a document that chooses none."""
    if claimed.claim and claimed.claim.or_nothing:
        return Text("the document names this version, or none")
    return claimed.why or Text("CustomizationID names {claim}", claim=claimed.claim.text if claimed.claim else "")


@lru_cache(maxsize=64)
def _combine(base: RuleSet, is_claim: bool, also: tuple[RuleSet, ...]) -> Chosen:
    """A set with what comes on top of it."""
    why = _why(base) if is_claim else Text("{profile} was asked for", profile=base.id)
    used = _sets_used(base, why, is_claim=is_claim)
    profile, rules = base.id, base.complete
    for added in also:
        if not _includes(rules, added.complete):
            profile, rules = added.id, _together(rules, added.complete)
            on_top = Text("{profile} was asked for as well", profile=added.id)
            used = tuple({one.name: one for one in (*_sets_used(added, on_top), *used)}.values())
    return Chosen(profile, rules, _in_order(rules, used))


def remarks(chosen: Chosen, issue_date: str | None, header: HeaderPaths) -> list[Finding]:
    """What the choice itself gives rise to: a specification that is not judged, a set that is not in force on the
    day of the document. Locations are paths below its root, of `header`."""
    found = [_not_judged(chosen, chosen.unknown, header.customization_id)] if chosen.unknown else []
    if (day := _day(issue_date)) is not None:
        found += [
            _not_in_force(one, day, header.issue_date, _terms(chosen, "issue_date"))
            for one in _others(chosen.used, day)
        ]
    return found


def _terms(chosen: Chosen, attribute: str) -> tuple[str, ...]:
    """The term that an attribute of the document is, where its model has it."""
    number = term_of(chosen.rules.document, attribute)
    return (number,) if number else ()


def not_for(profiles: Iterable[str], definition: KindDefinition, path: str) -> list[Finding]:
    """That profiles were asked for on a document that their rules are not about. `path` is that of its root."""
    asked = dict.fromkeys(map(profile_named, profiles))
    return [
        about_another_kind(rules.id, _kinds_of(rules), definition.kind, path)
        for rules in asked
        if definition.vocabulary is None or in_syntax(rules, definition.vocabulary) is None
    ]


def _kinds_of(rules: RuleSet) -> list[str]:
    return [each.kind for each in KINDS if each.vocabulary and in_syntax(rules, each.vocabulary)]


def about_another_kind(profile: str, about: Iterable[str], kind: DocumentKind, path: str) -> Finding:
    """That a profile about some kinds was asked for on a document of another. `path` is that of its root."""
    kinds = ", ".join(about)
    return Finding(
        "MP-RULES-PROFILE",
        Flag.WARNING,
        Stage.IDENTIFY,
        Text(
            "The rules of {profile} are about {kinds}: this {document} was judged without them.",
            profile=profile,
            kinds=kinds,
            document=kind.value,
        ),
        location=path,
        found=kind.value,
        expected=kinds,
    )


def no_rules(definition: KindDefinition, specification: str | None) -> Finding:
    """That a document was checked by its schema alone. The location is a path below its root."""
    claims = [each.claim for each in rule_sets(definition.model) if each.claim] if definition.model else []
    return Finding(
        "MP-RULES-NONE",
        Flag.WARNING,
        Stage.RULES,
        Text("Not judged: there are no rules for this document here, it was checked by its schema alone."),
        location=definition.header.customization_id,
        found=specification,
        expected=" | ".join(str(claim) for claim in claims) or None,
        advice=Text(
            "Check by other means whether it keeps to that specification, or name one that is judged here."
        ),
    )


_NAMES = {
    "urn:fdc:energie-efactuur.nl:invoice:": "SEeF (energie)",
    "urn:fdc:setu.nl:invoice:": "SETU Invoice",
    "urn:fdc:nen.nl:": "NLCIUS",
    "urn:xeinkauf.de:kosit:": "XRechnung",
    "urn:fdc:peppol.eu:": "Peppol",
    "urn:peppol:pint:": "Peppol PINT",
    "urn:factur-x.eu:": "Factur-X",
    "urn:cen.eu:en16931:": "EN 16931",
}
"""What people call specifications, by what their identifiers begin with."""


def _name_specification(specification: str) -> str:
    names = [name for start, name in _NAMES.items() if specification.startswith(start)]
    return f"{names[0]} ({specification})" if names else specification


def _not_judged(chosen: Chosen, specifications: Sequence[str], location: str) -> Finding:
    claims = [each.claim for each in rule_sets(chosen.rules.document) if each.claim]
    return Finding(
        "MP-RULES-SPECIFICATION",
        Flag.WARNING,
        Stage.RULES,
        Text(
            "Not judged: the rules of {specifications}. The document was judged by {names} alone.",
            specifications=", ".join(map(_name_specification, specifications)),
            names=", ".join(used.name for used in chosen.used),
        ),
        location=location,
        terms=_terms(chosen, "specification"),
        found=", ".join(specifications),
        expected=" | ".join(dict.fromkeys(map(str, sorted(claims, key=lambda claim: not claim.is_whole)))),
        advice=Text(
            "Check by other means whether it keeps to that specification, or name one that is judged here."
        ),
    )


def _day(issue_date: str | None) -> date | None:
    """The day; None for what is none, which is for the schema and the rules to say."""
    with suppress(ValueError):
        if match := re.match(r"\s*(\d{4}-\d\d-\d\d)", issue_date or "", re.ASCII):
            return date.fromisoformat(match[1])
    return None


def _others(used: Sequence[RuleSetUsed], day: date) -> list[RuleSetUsed]:
    return [one for one in used if not one.is_in_force_on(day)]


def _not_in_force(used: RuleSetUsed, day: date, location: str, terms: tuple[str, ...]) -> Finding:
    began, ended = used.valid_from or date.min, used.valid_until
    name = f"{used.name} {used.version}"
    period = Text("{name} is in force from {began:date} on", name=name, began=began)
    if ended is not None and day > ended:
        period = Text("{name} was in force until {ended:date}", name=name, ended=ended)
    return Finding(
        "MP-RULES-DATE",
        Flag.WARNING,
        Stage.RULES,
        Text(
            "{period}; the document is dated {day:date} and was judged by it anyway.",
            period=period,
            day=day,
        ),
        location=location,
        terms=terms,
        found=day.isoformat(),
        expected=f"<= {ended}" if ended is not None and day > ended else f">= {began}",
        advice=Text("Correct the issue date, or take into account that older rules may say something else."),
    )


@cache
def _together(base: RuleSet, added: RuleSet) -> RuleSet:
    return base | added


def _includes(rules: RuleSet, added: RuleSet) -> bool:
    xml = added.syntax <= rules.syntax and set(added.patterns) <= set(rules.patterns)
    return xml and added.rules.keys() <= rules.rules.keys()


def _sets_used(rules: RuleSet, why: Text, *, is_claim: bool = False) -> tuple[RuleSetUsed, ...]:
    """The parts of a set. A claim is no reason for a set that every document of its model meets."""
    parts = rules.complete.parts or (rules,)
    return tuple(
        RuleSetUsed(
            part.name,
            part.version,
            part.why if is_claim and part.why else why,
            part.valid_from,
            part.valid_until,
        )
        for part in parts
    )


def _in_order(rules: RuleSet, used: Iterable[RuleSetUsed]) -> tuple[RuleSetUsed, ...]:
    """The sets in the order in which they were combined, each once."""
    by_name = {one.name: one for one in used}
    return tuple(by_name[part.name] for part in rules.parts or (rules,))
