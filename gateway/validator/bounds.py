"""How much one report holds: a document that breaks everything everywhere gets a report that can still be read."""

from collections import Counter
from collections.abc import Sequence

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage

FINDINGS_MAX = 2_000
"""Findings of rules in one report; each is bounded too (`model.finding`), so a report is a few megabytes."""
_EACH = (50, 20, 10, 5, 2, 1)


def within_bounds(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, or where there are too many the first ones of each rule: no broken rule goes unsaid."""
    if len(findings) <= FINDINGS_MAX:
        return list(findings)
    times = Counter(finding.rule for finding in findings)
    each = next((most for most in _EACH if sum(min(most, n) for n in times.values()) < FINDINGS_MAX), 1)
    seen: Counter[str] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        seen[finding.rule] += 1
        if seen[finding.rule] <= each:
            kept.append(finding)
    return [*kept, _left_out(len(findings) - len(kept), each)]


def _left_out(count: int, each: int) -> Finding:
    return Finding(
        "MP-RULES-MORE",
        Flag.WARNING,
        Stage.RULES,
        Text(
            "{count} more findings are left out: of each rule the first {each} are listed.", count=count, each=each
        ),
        found=str(count),
    )
