"""The report as plain text: one line for the document, a paragraph for each finding."""

from collections.abc import Iterator, Sequence

from gateway.i18n import Text
from gateway.validator.report.report import (
    JudgedDocument,
    RenderContext,
    Report,
    ReportFinding,
    names_of,
    sides_of,
    verdict_of,
)

_RESET, _BOLD, _RED, _GREEN, _YELLOW = "\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m"
_FLAGS = {"fatal": Text("fatal"), "warning": Text("warning")}
_INDENT = " " * 10


def render(reports: Sequence[JudgedDocument], context: RenderContext) -> str:
    """Every report, one after the other."""
    return "\n".join(line for one in reports for line in _lines(one.report, context.language, context.colour))


def _lines(report: Report, language: str, colour: bool) -> Iterator[str]:
    yield _head(report, language, colour)
    for text in report.not_judged:
        yield f"  {printable(text)}"
    for finding in report.findings:
        yield from _paragraph(finding, language, colour)


def _head(report: Report, language: str, colour: bool) -> str:
    rules = ", ".join(f"{used.name} {used.version}" for used in report.rule_sets)
    about = " · ".join(filter(None, (report.document, report.profile, rules)))
    verdict = _paint(verdict_of(report, language), _GREEN if report.valid else _RED, colour)
    head = f"{printable(report.file)}: {verdict}" if report.file else verdict
    return f"{head} ({about})" if about else head


def _paragraph(finding: ReportFinding, language: str, colour: bool) -> Iterator[str]:
    position = "" if finding.line is None else f"{finding.line}:{finding.column}"
    word = _FLAGS[finding.flag].in_language(language)
    flag = _paint(f"{word:<8}", _RED if finding.flag == "fatal" else _YELLOW, colour)
    yield f"  {flag}{_paint(f'{finding.rule:<20}', _BOLD, colour)}{position}".rstrip()
    yield f"{_INDENT}{printable(finding.message)}"
    for word, value in sides_of(finding, language):
        yield f"{_INDENT}{word.lower()}: {printable(value)}"
    if finding.advice:
        yield f"{_INDENT}{printable(finding.advice)}"
    if finding.terms:
        yield f"{_INDENT}{'; '.join(names_of(finding.terms, language))}"
    if finding.location:
        yield f"{_INDENT}{printable(finding.location)}"


def _paint(text: str, paint: str, colour: bool) -> str:
    return f"{paint}{text}{_RESET}" if colour else text


def printable(text: str) -> str:
    """A text of somebody else on one line, without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
