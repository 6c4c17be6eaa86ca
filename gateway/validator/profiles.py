"""Which rules an invoice meets: those that its CustomizationID claims, or those that the caller chooses instead;
and on top of them those that somebody else asks for.

A profile is a name for a set of rules. Who only wants to know (`meterpoort validate`, POST /v1/validations) may
choose one. Who sends a message may not: what the sender or the recipient asks for there adds rules and takes none
away.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage, WrongValueError
from gateway.validator.rules.engine import RuleSet
from gateway.validator.verdict import RuleSetUsed


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of rules by the name that callers use. `claimed_by`: the CustomizationID holds one of these texts; the
    profile that stands first in PROFILES wins."""

    name: str
    rules: Callable[[], RuleSet]
    claimed_by: tuple[str, ...] = ()


@cache
def _en16931() -> RuleSet:
    from gateway.validator.rules.en16931 import EN16931  # loaded when the first invoice is judged

    return EN16931


@cache
def _nlcius() -> RuleSet:
    from gateway.validator.rules.sets import NLCIUS  # as above

    return NLCIUS


@cache
def _basisfactuur() -> RuleSet:
    from gateway.validator.rules.sets import BASISFACTUUR  # as above

    return BASISFACTUUR


NLCIUS = Profile("nlcius", _nlcius, ("#compliant#urn:fdc:nen.nl:nlcius:v1.0",))
BASISFACTUUR = Profile("basisfactuur-rijk", _basisfactuur)
"""No document claims it: a recipient asks for it."""
EN16931 = Profile("en16931", _en16931)
PROFILES: tuple[Profile, ...] = (NLCIUS, BASISFACTUUR, EN16931)
"""The more special before the more general; the last one takes every invoice."""


PLAIN = "urn:cen.eu:en16931:2017"
"""The CustomizationID of an invoice that follows EN 16931 and no specification on top of it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profile of one document, its rules, and which sets they come from and why. `unknown` is the
    specification that the document names and that is not judged here."""

    profile: Profile
    rules: RuleSet
    used: tuple[RuleSetUsed, ...]
    unknown: str | None = None


def profile_named(name: str) -> Profile:
    """The profile of this name. Raises WrongValueError (a ValueError) with the names there are."""
    for profile in PROFILES:
        if profile.name == name.lower():
            return profile
    names = ", ".join(profile.name for profile in PROFILES)
    raise WrongValueError(Text("there is no profile {name}; there is: {names}", name=repr(name), names=names))


def choose(customization_id: str | None, wish: str | None = None, also: Sequence[str] = ()) -> Chosen:
    """The rules for an invoice that claims this. `wish` is chosen instead of what it claims; what `also` names
    comes on top. Raises ValueError for what is no profile."""
    base, why = _claimed(customization_id) if wish is None else (profile_named(wish), _asked(wish))
    chosen = _combined(base, why, wish is None, tuple(also))
    unknown = _unknown(customization_id) if wish is None else None
    return chosen if unknown is None else replace(chosen, unknown=unknown)


@lru_cache(maxsize=64)
def _combined(base: Profile, why: Text, is_claim: bool, also: tuple[str, ...]) -> Chosen:
    """A profile with what comes on top of it."""
    used = _used(base.rules(), why, is_claim=is_claim)
    profile, rules = base, base.rules()
    for added in map(profile_named, also):
        if not _holds(rules, added.rules()):
            profile, rules = added, _together(rules, added.rules())
            used = tuple({one.name: one for one in (*_used(added.rules(), _on_top(added)), *used)}.values())
    return Chosen(profile, rules, _in_order(rules, used))


def remarks(chosen: Chosen, issue_date: str | None, path: str) -> list[Finding]:
    """What the choice itself gives rise to: a specification that is not judged, a set that is not in force on the
    day of the invoice. `path` is that of the invoice's root element."""
    found = [_not_judged(chosen.unknown, f"{path}/cbc:CustomizationID")] if chosen.unknown else []
    if (day := _day(issue_date)) is not None:
        found += [_not_in_force(one, day, f"{path}/cbc:IssueDate") for one in _others(chosen.used, day)]
    return found


def not_for(profiles: Iterable[str], document: str, path: str) -> list[Finding]:
    """That profiles were asked for on a document that their rules are not about."""
    return [
        Finding(
            "MP-RULES-PROFILE",
            Flag.WARNING,
            Stage.IDENTIFY,
            Text(
                "The rules of {profile_named} are about invoices and credit notes: this {document} was "
                "judged without them.",
                profile_named=profile_named(name).name,
                document=document,
            ),
            location=path,
            found=document,
            expected="Invoice, CreditNote",
        )
        for name in dict.fromkeys(profiles)
    ]


def _not_judged(specification: str, place: str) -> Finding:
    return Finding(
        "MP-RULES-SPECIFICATION",
        Flag.WARNING,
        Stage.RULES,
        Text(
            "The specification that this document names is not judged here: it was judged by EN 16931 alone.",
        ),
        location=place,
        terms=("BT-24",),
        found=specification,
        expected=" | ".join((PLAIN, *(f"…{claim}" for each in PROFILES for claim in each.claimed_by))),
        advice=Text(
            "Check by other means whether it keeps to that specification, or name one that is judged here.",
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


def _not_in_force(used: RuleSetUsed, day: date, place: str) -> Finding:
    began, ended = used.valid_from or date.min, used.valid_until
    name = f"{used.name} {used.version}"
    said = Text("{name} is in force from {began} on", name=name, began=began)
    if ended is not None and day > ended:
        said = Text("{name} was in force until {ended}", name=name, ended=ended)
    return Finding(
        "MP-RULES-DATE",
        Flag.WARNING,
        Stage.RULES,
        Text(
            "{said}; the document is of {day} and was judged by it all the same.",
            said=said,
            day=day,
        ),
        location=place,
        terms=("BT-2",),
        found=day.isoformat(),
        expected=f"<= {ended}" if ended is not None and day > ended else f">= {began}",
        advice=Text(
            "Correct the issue date, or take into account that older rules may say something else.",
        ),
    )


@cache
def _together(base: RuleSet, added: RuleSet) -> RuleSet:
    return base | added


def _holds(rules: RuleSet, added: RuleSet) -> bool:
    return added.rules.keys() <= rules.rules.keys() and added.syntax <= rules.syntax


def _claimed(customization_id: str | None) -> tuple[Profile, Text]:
    text = customization_id or ""
    for profile in PROFILES:
        for claim in profile.claimed_by:
            if claim in text:
                return profile, Text("CustomizationID names {claim}", claim=claim)
    return PROFILES[-1], _EVERY_INVOICE


def _unknown(customization_id: str | None) -> str | None:
    """The specification that no profile is claimed by; a blank one is for BR-01."""
    text = (customization_id or "").strip()
    is_known = text == PLAIN or any(claim in text for profile in PROFILES for claim in profile.claimed_by)
    return None if is_known or not text else text


_EVERY_INVOICE = Text("every invoice meets these rules")


def _asked(wish: str) -> Text:
    name = profile_named(wish).name
    return Text("{name} was asked for", name=name)


def _on_top(added: Profile) -> Text:
    return Text("{added} was asked for on top", added=added.name)


def _used(rules: RuleSet, why: Text, *, is_claim: bool = False) -> tuple[RuleSetUsed, ...]:
    """The parts of a set. What the document claims is no reason for EN 16931, which every invoice meets."""
    parts = rules.parts or (rules,)
    return tuple(
        RuleSetUsed(
            part.name,
            part.version,
            _EVERY_INVOICE if is_claim and part is _en16931() else why,
            part.valid_from,
            part.valid_until,
        )
        for part in parts
    )


def _in_order(rules: RuleSet, used: Iterable[RuleSetUsed]) -> tuple[RuleSetUsed, ...]:
    """The sets in the order in which they were combined, each once."""
    by_name = {one.name: one for one in used}
    return tuple(by_name[name] for name in dict.fromkeys(part.name for part in rules.parts or (rules,)))
