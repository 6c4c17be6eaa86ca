"""The report: a verdict as every renderer takes it, with the same names as its JSON.

`report_text`, `report_html`, `report_svrl`, `report_junit` and `report_sarif` each write one form; `render` picks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, Protocol

import msgspec

import gateway.model.invoice  # noqa: F401 - it enters the names of the terms
from gateway.messages.verdict import Verdict, as_json_object
from gateway.model.finding import Stage, Text
from gateway.model.terms import GROUPS, TERMS

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


class JudgedAttachment(msgspec.Struct):
    """An attachment as it stands in the document."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str


class UsedRules(msgspec.Struct):
    """A set of rules that judged the document, and why it was chosen."""

    name: str
    version: str
    why: str


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


def names_of(terms: Sequence[str], language: str) -> list[str]:
    """Terms as people read them: `BT-112 Invoice total amount with VAT`."""
    return [f"{term} {said(_name(term), language)}".rstrip() for term in terms]


def _name(term: str) -> Text:
    if term in GROUPS:
        return GROUPS[term].name
    return TERMS[term][0].name if term in TERMS else Text("", "")


@dataclass(frozen=True, slots=True)
class Reported:
    """A report and the document it is about; without the document no source stands beside the findings."""

    report: ReportShape
    document: bytes | None = None


class _Renderer(Protocol):
    def __call__(self, reports: Sequence[Reported], *, language: str, colour: bool) -> str: ...


FORMS = {
    "text": "gateway.validation.report_text",
    "html": "gateway.validation.report_html",
    "svrl": "gateway.validation.report_svrl",
    "junit": "gateway.validation.report_junit",
    "sarif": "gateway.validation.report_sarif",
}
"""The module of each form; its `render` writes all reports of a run as one text."""


def render(reports: Sequence[Reported], form: str, *, language: str = "en", colour: bool = False) -> str:
    """The reports in one of FORMS. `colour` is for terminals, and only text has any.

    Raises KeyError for a form that does not exist, ValueError for several reports in SVRL, which has room for one.
    """
    renderer: _Renderer = import_module(FORMS[form]).render
    return renderer(reports, language=language, colour=colour)
