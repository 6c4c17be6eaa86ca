"""The report: a verdict as every renderer takes it, with the same names as its JSON.

The modules `text`, `html`, `svrl`, `junit` and `sarif` each write one form; `render` chooses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from typing import Literal, TypeVar

import msgspec
from msgspec import structs

import gateway.validator.kinds  # noqa: F401 - it enters the names of the terms of every model
from gateway.i18n import Text
from gateway.validator.finding import UNKNOWN_RECIPIENT, Finding, Stage
from gateway.validator.model.terms import GROUPS, TERMS
from gateway.validator.verdict import RuleSetUsed, Verdict

_Part = TypeVar("_Part", bound=msgspec.Struct)


class ReportFinding(msgspec.Struct, kw_only=True):
    """What one check says of one place. Names as `meterpoort validate` prints them."""

    rule: str
    flag: Literal["fatal", "warning"]
    location: str
    line: int | None
    column: int | None
    message: str
    message_nl: str
    stage: Stage
    terms: list[str]
    found: str | None
    found_nl: str | None = None
    expected: str | None
    expected_nl: str | None = None
    advice: str | None
    advice_nl: str | None
    because_of: str | None = None


class ReportAttachment(msgspec.Struct):
    """An attachment as the document has it."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str


class ReportRuleSet(msgspec.Struct, kw_only=True):
    """A set of rules that judged the document, why it was chosen, and when it is in force."""

    name: str
    version: str
    valid_from: date | None = None
    valid_until: date | None = None
    why: str
    why_nl: str | None = None


class Report(msgspec.Struct, kw_only=True):
    """The verdict on a document. Names as `meterpoort validate` prints them.

    `message`, `found`, `expected`, `advice`, `not_judged` and `why` are English, their Dutch is under the same
    name with `_nl`.
    """

    file: str
    valid: bool
    document: str | None
    profile: str | None
    findings: list[ReportFinding]
    number: str | None
    customization_id: str | None
    attachments: list[ReportAttachment]
    not_judged: list[str] = []
    not_judged_nl: list[str] = []
    rule_sets: list[ReportRuleSet]
    stages: list[Stage]


def report_of(verdict: Verdict, file: str = "") -> Report:
    """The report on a document; `file` names it."""
    facts = verdict.facts
    return Report(
        file=file,
        valid=verdict.valid,
        document=verdict.kind.value if verdict.kind else None,
        profile=verdict.profile,
        findings=[_finding(finding) for finding in verdict.findings],
        number=facts.number if facts else None,
        customization_id=facts.customization_id if facts else None,
        attachments=[
            ReportAttachment(one.number, one.media_type, one.filename, one.size_bytes, one.sha256)
            for one in verdict.attachments
        ],
        not_judged=[text.en for text in verdict.not_judged],
        not_judged_nl=[text.nl for text in verdict.not_judged],
        rule_sets=[_rule_set(used) for used in verdict.rule_sets],
        stages=list(verdict.stages),
    )


def encode_report(verdict: Verdict, file: str = "") -> bytes:
    """The report on a file as JSON, as it is stored and as the API returns it."""
    return msgspec.json.encode(report_of(verdict, file))


def _finding(finding: Finding) -> ReportFinding:
    return ReportFinding(
        rule=finding.rule,
        flag=finding.flag.value,
        location=finding.location or "/",
        line=finding.line,
        column=finding.column,
        message=finding.message.en,
        message_nl=finding.message.nl,
        stage=finding.stage,
        terms=list(finding.terms),
        found=_plain_text(finding.found, "en"),
        found_nl=_plain_text(finding.found, "nl"),
        expected=_plain_text(finding.expected, "en"),
        expected_nl=_plain_text(finding.expected, "nl"),
        advice=_plain_text(finding.advice, "en"),
        advice_nl=_plain_text(finding.advice, "nl"),
        because_of=finding.because_of,
    )


def _rule_set(used: RuleSetUsed) -> ReportRuleSet:
    return ReportRuleSet(
        name=used.name,
        version=used.version,
        valid_from=used.valid_from,
        valid_until=used.valid_until,
        why=used.why.en,
        why_nl=used.why.nl,
    )


def _plain_text(text: Text | str | None, language: str) -> str | None:
    """A text in a language; a value as plain text, for a document model has other classes for some."""
    if text is None:
        return None
    return text.in_language(language) if isinstance(text, Text) else str(text)


def in_language(report: Report, language: str) -> Report:
    """The report with its Dutch words in the place of the English ones, where that is the reader's language."""
    if language != "nl":
        return report
    return structs.replace(
        _in_dutch(report),
        findings=list(map(_in_dutch, report.findings)),
        rule_sets=list(map(_in_dutch, report.rule_sets)),
    )


def _in_dutch(part: _Part) -> _Part:
    names = [name.removesuffix("_nl") for name in part.__struct_fields__ if name.endswith("_nl")]
    return structs.replace(part, **{name: getattr(part, f"{name}_nl") or getattr(part, name) for name in names})


def verdict_of(report: Report, language: str) -> str:
    """The verdict in a few words: no document is called valid alone of which something was not judged."""
    if not report.valid:
        return Text("not valid").in_language(language)
    if any(finding.rule == UNKNOWN_RECIPIENT for finding in report.findings):
        return Text("valid, could not be delivered").in_language(language)
    text = Text("valid as far as it was judged") if report.not_judged else Text("valid")
    return text.in_language(language)


def names_of(terms: Sequence[str], language: str) -> list[str]:
    """Terms as people read them: `BT-112 Invoice total amount with VAT`."""
    return [f"{term} {_name(term).in_language(language)}".rstrip() for term in terms]


def _name(term: str) -> Text:
    if term in GROUPS:
        return GROUPS[term].name
    return TERMS[term][0].name if term in TERMS else Text("")


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """A report and the document it is about; without the document the findings are shown without its source."""

    report: Report
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that was to be judged and could not be read, and why."""

    file: str
    reason: str


def unread_message(unread: Unread, language: str) -> str:
    """That a file could not be read, in the reader's language; the reason is the system's own."""
    text = Text("{file} could not be read: {reason}", file=unread.file, reason=unread.reason)
    return text.in_language(language)


def sides_of(finding: ReportFinding, language: str) -> list[tuple[str, str]]:
    """What was found and what is expected, each with its word in a language."""
    sides = ((Text("Found"), finding.found), (Text("Expected"), finding.expected))
    return [(word.in_language(language), value) for word, value in sides if value is not None]


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What a renderer needs besides the reports."""

    language: str
    colour: bool
    """For terminals: only text has any."""
    unread: tuple[Unread, ...]
    """Files that could not be read: named in HTML, JUnit and SARIF, which are one document for all."""
    rules_url: str
    """The address of the pages on rules, to which the id of a rule is added; empty where there are none."""


FORMS = {
    "text": "gateway.validator.report.text",
    "html": "gateway.validator.report.html",
    "svrl": "gateway.validator.report.svrl",
    "junit": "gateway.validator.report.junit",
    "sarif": "gateway.validator.report.sarif",
}
"""The module of each form; its `render` writes all reports of a run as one text."""


def render(
    reports: Sequence[JudgedDocument],
    form: str,
    *,
    language: str = "en",
    colour: bool = False,
    unread: tuple[Unread, ...] = (),
    rules_url: str = "",
) -> str:
    """The reports in one of FORMS; the rest is what `RenderContext` has.

    Raises KeyError for a form that does not exist, ValueError for several reports in SVRL, which has room for one.
    """
    renderer: Callable[[Sequence[JudgedDocument], RenderContext], str] = import_module(FORMS[form]).render
    translated = [replace(one, report=in_language(one.report, language)) for one in reports]
    return renderer(translated, RenderContext(language, colour, unread, rules_url))
