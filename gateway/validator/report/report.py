"""The report: a verdict as every renderer takes it, with the same names as its JSON.

`report_text`, `report_html`, `report_svrl`, `report_junit` and `report_sarif` each write one form; `render` picks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Literal, Protocol

import msgspec

import gateway.validator.model.invoice  # noqa: F401 - it enters the names of the terms
from gateway.i18n import Text
from gateway.validator.finding import Stage
from gateway.validator.model.terms import GROUPS, TERMS
from gateway.validator.verdict import Verdict, as_json_object

Language = Literal["nl", "en"]


class FindingShape(msgspec.Struct):
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


class JudgedAttachment(msgspec.Struct):
    """An attachment as it stands in the document."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str


class UsedRules(msgspec.Struct):
    """A set of rules that judged the document, why it was chosen, and when it is in force."""

    name: str
    version: str
    why: str
    why_nl: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class ReportShape(msgspec.Struct):
    """The verdict on a document. Names as `meterpoort validate` prints them."""

    file: str
    valid: bool
    document: str | None
    profile: str | None
    findings: list[FindingShape]
    number: str | None
    customization_id: str | None
    attachments: list[JudgedAttachment]
    rule_sets: list[UsedRules]
    stages: list[Stage]


def report_of(verdict: Verdict, file: str) -> ReportShape:
    """The report on a document; `file` names it."""
    return msgspec.convert(as_json_object(verdict, file), ReportShape)


def said(text: Text, language: str) -> str:
    """A text in the reader's language."""
    return text.nl if language == "nl" else text.en


def message_of(finding: FindingShape, language: str) -> str:
    """What a finding says, in the reader's language."""
    return finding.message_nl if language == "nl" else finding.message


def advice_of(finding: FindingShape, language: str) -> str:
    """What to change, in the reader's language; empty where there is no advice."""
    return (finding.advice_nl if language == "nl" else finding.advice) or ""


def found_of(finding: FindingShape, language: str) -> str | None:
    """What stands in the document, in the reader's language where it is words."""
    return finding.found_nl or finding.found if language == "nl" else finding.found


def expected_of(finding: FindingShape, language: str) -> str | None:
    """What should stand there, in the reader's language where it is words."""
    return finding.expected_nl or finding.expected if language == "nl" else finding.expected


def why_of(used: UsedRules, language: str) -> str:
    """Why a set of rules was chosen, in the reader's language."""
    return used.why_nl or used.why if language == "nl" else used.why


def names_of(terms: Sequence[str], language: str) -> list[str]:
    """Terms as people read them: `BT-112 Invoice total amount with VAT`."""
    return [f"{term} {said(_name(term), language)}".rstrip() for term in terms]


def _name(term: str) -> Text:
    if term in GROUPS:
        return GROUPS[term].name
    return TERMS[term][0].name if term in TERMS else Text("")


@dataclass(frozen=True, slots=True)
class Reported:
    """A report and the document it is about; without the document no source stands beside the findings."""

    report: ReportShape
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that was to be judged and could not be read, and why."""

    file: str
    reason: str


def could_not_be_read(unread: Unread, language: str) -> str:
    """That a file could not be read, in the reader's language; the reason is the system's own."""
    words = "kon niet worden gelezen" if language == "nl" else "could not be read"
    return f"{unread.file} {words}: {unread.reason}"


@dataclass(frozen=True, slots=True)
class Run:
    """What there is to say of a run beside its reports. `rules_url` is the address of the pages on rules, to which
    the id of a rule is added; empty where there are none."""

    unread: tuple[Unread, ...] = ()
    rules_url: str = ""


class _Renderer(Protocol):
    def __call__(self, reports: Sequence[Reported], run: Run, *, language: str, colour: bool) -> str: ...


FORMS = {
    "text": "gateway.validator.report.text",
    "html": "gateway.validator.report.html",
    "svrl": "gateway.validator.report.svrl",
    "junit": "gateway.validator.report.junit",
    "sarif": "gateway.validator.report.sarif",
}
"""The module of each form; its `render` writes all reports of a run as one text."""


def render(
    reports: Sequence[Reported], form: str, *, language: str = "en", colour: bool = False, run: Run | None = None
) -> str:
    """The reports in one of FORMS. `colour` is for terminals, and only text has any. Files that could not be read
    are told in HTML, JUnit and SARIF, which are one document for all.

    Raises KeyError for a form that does not exist, ValueError for several reports in SVRL, which has room for one.
    """
    renderer: _Renderer = import_module(FORMS[form]).render
    return renderer(reports, run or Run(), language=language, colour=colour)
