"""The report for people: findings on one side, the document's own source on the other, each leading to the other.

One page without scripts and without anything from elsewhere. The pages of `api` take the same parts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jinja2
from msgspec import structs

import gateway
from gateway.i18n import Text
from gateway.validator.kinds import KINDS
from gateway.validator.report.report import (
    JudgedDocument,
    RenderContext,
    Report,
    ReportFinding,
    ReportRuleSet,
    in_language,
    names_of,
    unread_message,
    verdict_of,
)
from gateway.validator.report.source import Row, Source, row_at, source_of
from gateway.validator.report.style import COLOURS, PAGE, REPORT
from gateway.validator.xml.parsing import DEFAULT_LIMITS
from gateway.validator.xml.pdf import xml_of

FINDINGS_SHOWN_MAX = 500
_NEAR_ROWS = 4
_FOLDED_ROWS_MIN = 10

TEMPLATES = jinja2.PackageLoader("gateway.validator.report", "templates")


class FindingView(ReportFinding, kw_only=True):
    """A finding, in one language, its terms by their names. `row` is its row of the source, 0 where none is
    shown."""

    number: int
    position: str
    row: int


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of the source, with the findings on it. `flag` is that of the worst of them."""

    id: int
    number: str
    """Of its line; of a line that is shown in pieces, from the second on, with the column it begins at."""
    text: str
    left_out: int
    findings: tuple[FindingView, ...]

    @property
    def flag(self) -> str:
        flags = {finding.flag for finding in self.findings}
        return "fatal" if "fatal" in flags else "warning" if flags else ""


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report, in one language. `anchor` sets its links apart from those of another on the same page."""

    anchor: str
    file: str
    is_valid: bool
    verdict: str
    document: str | None
    number: str | None
    profile: str | None
    rule_sets: tuple[ReportRuleSet, ...]
    not_judged: tuple[str, ...]
    fatal_count: int
    warning_count: int
    findings: tuple[FindingView, ...]
    left_out: int
    rows: tuple[RowView, ...]
    rows_before: int
    """So many rows come before the first finding and are folded."""
    rows_left_out: int
    rules_url: str
    """Where rules are explained; empty where nowhere is."""


def render(reports: Sequence[JudgedDocument], context: RenderContext) -> str:
    """The page."""
    language = context.language
    anchors = [""] if len(reports) == 1 else [f"d{number}-" for number in range(1, len(reports) + 1)]
    views = [
        report_view(one.report, _source(one), language, anchor, context.rules_url)
        for one, anchor in zip(reports, anchors, strict=True)
    ]
    return _environment.get_template("report.html").render(
        reports=views,
        unread=[unread_message(one, language) for one in context.unread],
        language=language,
        t=translator(language),
        style=COLOURS + PAGE + REPORT,
        version=gateway.__version__,
    )


def _source(judged: JudgedDocument) -> bytes | None:
    """The XML that findings are about: of a PDF, that in it."""
    return judged.document and xml_of(judged.document, DEFAULT_LIMITS.document_bytes_max)


def template_environment(loader: jinja2.BaseLoader) -> jinja2.Environment:
    """Reads templates: values are escaped, a name without a value is an error, and tags leave no empty lines."""
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


_environment = template_environment(TEMPLATES)


def translator(language: str) -> Callable[..., str]:
    """What templates call `t`: `t("At most {limit:n} bytes", limit=10_000)` is that text in the language."""
    return lambda key, **params: Text(key, **params).in_language(language)


def report_view(
    report: Report, document: bytes | None, language: str, anchor: str = "", rules_url: str = ""
) -> ReportView:
    """The report as the templates take it; `document` is None for a reader who may not see its source."""
    report = in_language(report, language)
    findings_shown = report.findings[:FINDINGS_SHOWN_MAX]
    marks = {_mark(finding) for finding in findings_shown if finding.line is not None}
    source = source_of(document, marks) if document is not None else Source()
    rows = source.rows
    at = {mark: row_at(rows, *mark) for mark in marks}
    findings = [_finding_view(number, finding, at, language) for number, finding in enumerate(findings_shown, 1)]
    by_row: dict[int, list[FindingView]] = {}
    for finding in findings:
        by_row.setdefault(finding.row, []).append(finding)
    return ReportView(
        anchor=anchor,
        file=report.file,
        is_valid=report.valid,
        document=_document_name(report.document, language),
        verdict=_lead(report, language),
        number=report.number,
        profile=report.profile,
        rule_sets=tuple(report.rule_sets),
        not_judged=tuple(report.not_judged),
        fatal_count=sum(finding.flag == "fatal" for finding in report.findings),
        warning_count=sum(finding.flag == "warning" for finding in report.findings),
        findings=tuple(findings),
        left_out=len(report.findings) - len(findings_shown),
        rows=tuple(
            RowView(number, _number(row), row.text, row.left_out, tuple(by_row.get(number, ())))
            for number, row in enumerate(rows, 1)
        ),
        rows_before=_rows_before([row for row in at.values() if row is not None]),
        rows_left_out=source.left_out,
        rules_url=rules_url,
    )


def _document_name(document: str | None, language: str) -> str | None:
    names = {each.kind.value: each.name for each in KINDS}
    return names[document].in_language(language) if document in names else document


def _rows_before(marked: Sequence[int]) -> int:
    """How many rows to fold, so that the first finding is in sight, with what is around it."""
    before = min(marked, default=0) - _NEAR_ROWS
    return before if before >= _FOLDED_ROWS_MIN else 0


def _lead(report: Report, language: str) -> str:
    mark, verdict = "✓" if report.valid else "✗", verdict_of(report, language)
    return f"{mark} {verdict[0].upper()}{verdict[1:]}"


def _position(finding: ReportFinding, language: str) -> str:
    if not finding.line:
        return ""
    if not finding.column:
        return Text("line {line}", line=finding.line).in_language(language)
    return Text("line {line}, column {column}", line=finding.line, column=finding.column).in_language(language)


def _number(row: Row) -> str:
    return str(row.line) if row.column == 1 else f"{row.line}:{row.column}"


def _mark(finding: ReportFinding) -> tuple[int, int]:
    return finding.line or 0, finding.column or 1


def _finding_view(
    number: int, finding: ReportFinding, at: dict[tuple[int, int], int | None], language: str
) -> FindingView:
    row = at.get(_mark(finding))
    shown = {**structs.asdict(finding), "terms": names_of(finding.terms, language)}
    return FindingView(
        **shown, number=number, position=_position(finding, language), row=0 if row is None else row + 1
    )
