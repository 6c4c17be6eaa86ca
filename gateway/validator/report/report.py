"""The report: a verdict as every renderer takes it, with the same names as its JSON.

The modules `text`, `html`, `svrl`, `junit` and `sarif` each write one form; `render` chooses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Literal, Protocol

import msgspec

import gateway.validator.kinds  # noqa: F401 - it enters the names of the terms of every model
from gateway.i18n import Text
from gateway.validator.finding import UNKNOWN_RECIPIENT, Stage
from gateway.validator.model.terms import GROUPS, TERMS
from gateway.validator.verdict import Verdict, as_json_object


class ReportFinding(msgspec.Struct):
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
    expected: str | None
    advice: str | None
    advice_nl: str | None
    found_nl: str | None = None
    expected_nl: str | None = None
    because_of: str | None = None


class ReportAttachment(msgspec.Struct):
    """An attachment as the document has it."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str


class ReportRuleSet(msgspec.Struct):
    """A set of rules that judged the document, why it was chosen, and when it is in force."""

    name: str
    version: str
    why: str
    why_nl: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class Report(msgspec.Struct):
    """The verdict on a document. Names as `meterpoort validate` prints them."""

    file: str
    valid: bool
    document: str | None
    profile: str | None
    findings: list[ReportFinding]
    number: str | None
    customization_id: str | None
    attachments: list[ReportAttachment]
    rule_sets: list[ReportRuleSet]
    stages: list[Stage]
    not_judged: list[str] = []
    not_judged_nl: list[str] = []


def report_of(verdict: Verdict, file: str) -> Report:
    """The report on a document; `file` names it."""
    return msgspec.convert(as_json_object(verdict, file), Report)


def message_of(finding: ReportFinding, language: str) -> str:
    """What a finding says, in the reader's language."""
    return finding.message_nl if language == "nl" else finding.message


def advice_of(finding: ReportFinding, language: str) -> str:
    """What to change, in the reader's language; empty where there is no advice."""
    return (finding.advice_nl if language == "nl" else finding.advice) or ""


def found_of(finding: ReportFinding, language: str) -> str | None:
    """The value found, in the reader's language where it is words."""
    return finding.found_nl or finding.found if language == "nl" else finding.found


def expected_of(finding: ReportFinding, language: str) -> str | None:
    """The value expected, in the reader's language where it is words."""
    return finding.expected_nl or finding.expected if language == "nl" else finding.expected


def not_judged_of(report: Report, language: str) -> list[str]:
    """What was not judged, in the reader's language."""
    return report.not_judged_nl or report.not_judged if language == "nl" else report.not_judged


def verdict_of(report: Report, language: str) -> str:
    """The verdict in a few words: no document is called valid alone of which something was not judged."""
    if not report.valid:
        return Text("not valid").in_language(language)
    if any(finding.rule == UNKNOWN_RECIPIENT for finding in report.findings):
        return Text("valid, could not be delivered").in_language(language)
    text = Text("valid as far as it was judged") if report.not_judged else Text("valid")
    return text.in_language(language)


def why_of(used: ReportRuleSet, language: str) -> str:
    """Why a set of rules was chosen, in the reader's language."""
    return used.why_nl or used.why if language == "nl" else used.why


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
    """What was found and what is expected, each with its word, in the reader's language."""
    sides = ((Text("Found"), found_of(finding, language)), (Text("Expected"), expected_of(finding, language)))
    return [(word.in_language(language), value) for word, value in sides if value is not None]


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What a renderer needs besides the reports. `rules_url` is the address of the pages on rules, to which
    the id of a rule is added; empty where there are none."""

    unread: tuple[Unread, ...] = ()
    rules_url: str = ""


class _Renderer(Protocol):
    def __call__(
        self, reports: Sequence[JudgedDocument], context: RenderContext, *, language: str, colour: bool
    ) -> str: ...


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
    context: RenderContext | None = None,
) -> str:
    """The reports in one of FORMS. `colour` is for terminals, and only text has any. Files that could not be read
    are named in HTML, JUnit and SARIF, which are one document for all.

    Raises KeyError for a form that does not exist, ValueError for several reports in SVRL, which has room for one.
    """
    renderer: _Renderer = import_module(FORMS[form]).render
    return renderer(reports, context or RenderContext(), language=language, colour=colour)
