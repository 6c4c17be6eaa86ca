"""Findings that follow from another one: a total that differs because a term that it adds up, or the currency, is
wrong itself."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.i18n import Text
from gateway.validator.finding import Finding


def with_causes(findings: Sequence[Finding]) -> list[Finding]:
    """The same findings; each that may follow from another one names its rule and says so in its advice.

    An equation follows from a finding on one of the terms on its right side that is no follow-up itself: what a
    follow-up is about may be right, and only what it rests on is wrong.
    """
    about: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.terms:
            about.setdefault(finding.terms[0], []).append(finding)
    causes: dict[int, Finding | None] = {}

    def cause_of(finding: Finding) -> Finding | None:
        key = id(finding)
        if key not in causes:
            causes[key] = None  # rules that name each other's terms end here
            rests_on = (one for term in _terms_before(finding) for one in about.get(term, ()))
            causes[key] = next((one for one in rests_on if one is not finding and cause_of(one) is None), None)
        return causes[key]

    return [_because_of(cause, finding) if (cause := cause_of(finding)) else finding for finding in findings]


def _terms_before(finding: Finding) -> Sequence[str]:
    """The terms that must be right first: those that an equation adds up, where the finding shows one, as
    `BT-106 = 100`; and the invoice currency for what is sought in it, or in another one (BT-111)."""
    if finding.terms[:1] == ("BT-111",) or "currency" in dict(getattr(finding.found, "params", ())):
        return ("BT-5",)
    is_equation = isinstance(finding.found, str) and bool(finding.terms) and " = " in finding.found
    return finding.terms[1:] if is_equation and str(finding.found).startswith(finding.terms[0]) else ()


def _because_of(cause: Finding, finding: Finding) -> Finding:
    advice = Text("It may follow from {rule}: correct that first.", rule=cause.rule)
    if finding.advice:
        advice = Text("{first} {then}", first=advice, then=finding.advice)
    return replace(finding, because_of=cause.rule, advice=advice)
