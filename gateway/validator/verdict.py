"""A verdict: what the checks say of one document, and what they read in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import Attachment, DocumentFacts, DocumentKind

FAILED_RULE = "MP-RULE-FAILED"
"""The rule of a finding that says: a rule could not be checked, by an error of ours."""

_NOT_JUDGED = frozenset(
    {
        "MP-RULES-PROFILE",
        "MP-RULES-SPECIFICATION",
        "MP-RULES-NONE",
        "MP-RULE-UNDECIDABLE",
        "MP-REFERENCE-STOPPED",
        FAILED_RULE,
    }
)
"""The rules of findings that say: something was not judged."""


@dataclass(frozen=True, slots=True)
class RuleSetUsed:
    """A set of rules that judged the document, why it was chosen, and the days on which it is in force: from
    `valid_from` up to and including `valid_until`, None for no bound."""

    name: str
    version: str
    why: Text
    valid_from: date | None = None
    valid_until: date | None = None

    def is_in_force_on(self, day: date) -> bool:
        """Whether the set is in force on a day."""
        began = self.valid_from is None or self.valid_from <= day
        return began and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of every stage that ran.

    `kind`, `profile` and `facts` are None where the document was refused before they could be read. `findings`
    are in the order of the stages, then of the document. `rule_sets` names what was really applied: empty means
    that no business rule was checked.
    """

    findings: tuple[Finding, ...] = ()
    kind: DocumentKind | None = None
    profile: str | None = None
    facts: DocumentFacts | None = None
    attachments: tuple[Attachment, ...] = ()
    rule_sets: tuple[RuleSetUsed, ...] = ()
    stages: tuple[Stage, ...] = ()
    """The stages that ran, in order."""
    durations_ns: Mapping[Stage, int] = field(default_factory=dict, compare=False)
    """What each stage took, in nanoseconds of wall clock."""

    @property
    def valid(self) -> bool:
        """True when nothing fatal was found in a document that was recognised."""
        return self.kind is not None and not any(finding.flag is Flag.FATAL for finding in self.findings)

    @property
    def not_judged(self) -> tuple[Text, ...]:
        """What of the document was not judged, and why; empty where all was that it claims."""
        found = [finding.message for finding in self.findings if finding.rule in _NOT_JUDGED]
        if Stage.RULES not in self.stages:
            found.append(Text("Not judged: its rules, as it was refused before."))
        elif Stage.SCHEMA not in self.stages:
            found.append(Text("Not judged: its XML schema, which was left out."))
        return tuple(dict.fromkeys(found))

    @property
    def is_broken(self) -> bool:
        """True when a rule could not be checked by an error of ours: no reason to refuse, no ground to pass."""
        return any(finding.rule == FAILED_RULE for finding in self.findings)

    @property
    def fatal(self) -> tuple[Finding, ...]:
        """The findings for which the document is refused."""
        return tuple(finding for finding in self.findings if finding.flag is Flag.FATAL)
