"""A verdict: what the checks say of one document, and what they read in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

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


def as_json_object(verdict: Verdict, file: str) -> dict[str, object]:
    """The verdict ready for a JSON encoder; the same keys on the command line and in the API.

    `message`, `found`, `expected`, `advice`, `not_judged` and `why` are English, their Dutch is under the same
    name with `_nl`.
    """
    facts = verdict.facts
    return {
        "file": file,
        "valid": verdict.valid,
        "document": verdict.kind.value if verdict.kind else None,
        "profile": verdict.profile,
        "findings": [_finding_as_json_object(finding) for finding in verdict.findings],
        "number": facts.number if facts else None,
        "customization_id": facts.customization_id if facts else None,
        "attachments": [
            {
                "number": attachment.number,
                "media_type": attachment.media_type,
                "filename": attachment.filename,
                "size_bytes": attachment.size_bytes,
                "sha256": attachment.sha256,
            }
            for attachment in verdict.attachments
        ],
        "not_judged": [text.en for text in verdict.not_judged],
        "not_judged_nl": [text.nl for text in verdict.not_judged],
        "rule_sets": [_used_as_json_object(used) for used in verdict.rule_sets],
        "stages": [stage.value for stage in verdict.stages],
    }


def encode_report(verdict: Verdict, file: str = "") -> bytes:
    """Return the verdict on a file as JSON, as it is stored and as the API returns it."""
    return msgspec.json.encode(as_json_object(verdict, file))


def _used_as_json_object(used: RuleSetUsed) -> dict[str, object]:
    return {
        "name": used.name,
        "version": used.version,
        "valid_from": used.valid_from.isoformat() if used.valid_from else None,
        "valid_until": used.valid_until.isoformat() if used.valid_until else None,
        "why": used.why.en,
        "why_nl": used.why.nl,
    }


def _finding_as_json_object(finding: Finding) -> dict[str, object]:
    advice = finding.advice
    return {
        "rule": finding.rule,
        "flag": finding.flag.value,
        "location": finding.location or "/",
        "line": finding.line,
        "column": finding.column,
        "message": finding.message.en,
        "message_nl": finding.message.nl,
        "stage": finding.stage.value,
        "terms": list(finding.terms),
        "found": _english(finding.found),
        "found_nl": _dutch(finding.found),
        "expected": _english(finding.expected),
        "expected_nl": _dutch(finding.expected),
        "advice": advice.en if advice else None,
        "advice_nl": advice.nl if advice else None,
        "because_of": finding.because_of,
    }


def _english(text: Text | str | None) -> str | None:
    return text.en if isinstance(text, Text) else text


def _dutch(text: Text | str | None) -> str | None:
    return text.nl if isinstance(text, Text) else text
