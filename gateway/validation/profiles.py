"""Which rules an invoice meets: picked by what its CustomizationID claims, and by what is asked for on top.

A profile is a name for a set of rules. A wish adds rules; it never takes any away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from gateway.messages.verdict import RuleSetUsed
from gateway.model.finding import Text, WrongValueError
from gateway.rules.engine import RuleSet


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of rules by the name that callers use. `claimed_by`: the CustomizationID holds one of these texts; the
    profile that stands first in PROFILES wins."""

    name: str
    rules: Callable[[], RuleSet]
    claimed_by: tuple[str, ...] = ()


@cache
def _en16931() -> RuleSet:
    from gateway.rules.en16931 import EN16931  # loaded when the first invoice is judged

    return EN16931


@cache
def _nlcius() -> RuleSet:
    from gateway.rules.sets import NLCIUS  # as above

    return NLCIUS


@cache
def _basisfactuur() -> RuleSet:
    from gateway.rules.sets import BASISFACTUUR  # as above

    return BASISFACTUUR


NLCIUS = Profile("nlcius", _nlcius, ("#compliant#urn:fdc:nen.nl:nlcius:v1.0",))
BASISFACTUUR = Profile("basisfactuur-rijk", _basisfactuur)
"""No document claims it: a recipient asks for it."""
EN16931 = Profile("en16931", _en16931)
PROFILES: tuple[Profile, ...] = (NLCIUS, BASISFACTUUR, EN16931)
"""The more special before the more general; the last one takes every invoice."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profile of one document, its rules, and which sets they come from and why."""

    profile: Profile
    rules: RuleSet
    used: tuple[RuleSetUsed, ...]


def profile_named(name: str) -> Profile:
    """The profile of this name. Raises WrongValueError (a ValueError) with the names there are."""
    for profile in PROFILES:
        if profile.name == name.lower():
            return profile
    names = ", ".join(profile.name for profile in PROFILES)
    raise WrongValueError(
        Text(f"there is no profile {name!r}; there is: {names}", f"er is geen profiel {name!r}; er is: {names}")
    )


def choose(customization_id: str | None, wish: str | None) -> Chosen:
    """The rules for an invoice that claims this and for which `wish` was asked. Raises ValueError for a wish that
    is no profile."""
    claimed, why = _claimed(customization_id)
    return _chosen(claimed, why, claimed if wish is None else profile_named(wish))


@cache
def _chosen(claimed: Profile, why: str, asked: Profile) -> Chosen:
    if asked is claimed:
        return Chosen(claimed, claimed.rules(), _used(claimed.rules(), why))
    rules = claimed.rules() | asked.rules()
    return Chosen(asked, rules, _used(rules, f"{why}; {asked.name} was asked for"))


def _claimed(customization_id: str | None) -> tuple[Profile, str]:
    text = customization_id or ""
    for profile in PROFILES:
        for claim in profile.claimed_by:
            if claim in text:
                return profile, f"CustomizationID names {claim}"
    return PROFILES[-1], "every invoice meets these rules"


def _used(rules: RuleSet, why: str) -> tuple[RuleSetUsed, ...]:
    parts = rules.parts or (rules,)
    return tuple(dict.fromkeys(RuleSetUsed(part.name, part.version, why) for part in parts))
