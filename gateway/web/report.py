"""The verdict for people: as a page and as plain text, from the report's JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from gateway.messages.message import Message
from gateway.problems import said
from gateway.web.pages import rendered
from gateway.web.shapes import AttachmentShape, FindingShape, ReportShape, StatusShape, UsedRules
from gateway.web.words import DOCUMENTS, STATES, STEPS

Language = Literal["nl", "en"]

EXCERPT_BYTES_MAX = 2 * 1024 * 1024
"""Of a larger document no lines are shown: it would be read and split anew for every page."""
_LINE_CHARACTERS_MAX = 200
_FINDINGS_SHOWN_MAX = 500


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the document beside a finding."""

    number: int
    text: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding, in one language, with the lines it is about."""

    rule: str
    flag: str
    message: str
    advice: str
    location: str
    place: str
    found: str | None
    expected: str | None
    source: tuple[SourceLine, ...]


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """A verdict, in one language."""

    is_valid: bool
    document: str | None
    profile: str | None
    rule_sets: tuple[UsedRules, ...]
    fatal_count: int
    warning_count: int
    findings: tuple[ShownFinding, ...]
    left_out: int


def verdict_page(verdict: bytes, document: bytes | None, language: str) -> str:
    """The verdict on a document that was only checked."""
    return rendered("verdict.html", language, verdict=_shown(verdict, document, language))


def message_page(
    message: Message,
    journal: Sequence[StatusShape],
    verdict: bytes | None,
    language: str,
    attachments: Sequence[AttachmentShape],
    document: bytes | None,
) -> str:
    """A message: where it is, how it came there, and the verdict on it. `document` only for who may read it:
    then its lines stand beside the findings, and it can be fetched."""
    shown = None if verdict is None else _shown(verdict, document, language)
    state = said(STATES[message.state], language)
    return rendered(
        "message.html",
        language,
        message=message,
        state=state,
        kind=said(DOCUMENTS[message.kind], language) if message.kind else "",
        steps={step: said(text, language) for step, text in STEPS.items()},
        journal=journal,
        verdict=shown,
        attachments=attachments,
        may_read=document is not None,
    )


def verdict_text(verdict: bytes, language: str) -> str:
    """The verdict as plain text, one finding a paragraph."""
    return "\n".join(_text_lines(_shown(verdict, None, language), language)) + "\n"


def message_text(message: Message, journal: Sequence[StatusShape], verdict: bytes | None, language: str) -> str:
    """A message and its verdict as plain text."""
    lines = [f"{message.kenmerk}  {said(STATES[message.state], language)}", ""]
    lines += [
        f"{entry.at:%Y-%m-%d %H:%M:%SZ}  {entry.statuscode:<4} {said(STEPS[entry.step], language)}"
        for entry in journal
    ]
    if verdict is not None:
        lines += ["", *_text_lines(_shown(verdict, None, language), language)]
    return "\n".join(lines) + "\n"


def _text_lines(verdict: ShownVerdict, language: str) -> list[str]:
    is_dutch = language == "nl"
    good, bad = ("geldig", "niet geldig") if is_dutch else ("valid", "not valid")
    lines = [" · ".join(filter(None, (verdict.document, verdict.profile, good if verdict.is_valid else bad)))]
    for finding in verdict.findings:
        lines += ["", f"{finding.flag:<8}{finding.rule}  {finding.place}".rstrip(), f"        {finding.message}"]
        if finding.advice:
            lines.append(f"        {finding.advice}")
        if finding.location:
            lines.append(f"        {finding.location}")
    if verdict.left_out:
        lines += ["", f"… {verdict.left_out}"]
    return lines


def _shown(verdict: bytes, document: bytes | None, language: str) -> ShownVerdict:
    read = msgspec.json.decode(verdict, type=ReportShape)
    lines = _lines(document)
    return ShownVerdict(
        is_valid=read.valid,
        document=read.document,
        profile=read.profile,
        rule_sets=tuple(read.rule_sets),
        fatal_count=sum(finding.flag == "fatal" for finding in read.findings),
        warning_count=sum(finding.flag == "warning" for finding in read.findings),
        findings=tuple(_shown_finding(one, lines, language) for one in read.findings[:_FINDINGS_SHOWN_MAX]),
        left_out=max(0, len(read.findings) - _FINDINGS_SHOWN_MAX),
    )


def _shown_finding(finding: FindingShape, lines: Sequence[str], language: str) -> ShownFinding:
    words = ("regel", "teken") if language == "nl" else ("line", "column")
    numbers = [
        f"{word} {number}" for word, number in zip(words, (finding.line, finding.column), strict=True) if number
    ]
    return ShownFinding(
        rule=finding.rule,
        flag=finding.flag,
        message=finding.message_nl if language == "nl" else finding.message,
        advice=(finding.advice_nl if language == "nl" else finding.advice) or "",
        location=finding.location,
        place=", ".join(numbers),
        found=finding.found,
        expected=finding.expected,
        source=tuple(_excerpt(lines, finding.line)),
    )


def _lines(document: bytes | None) -> list[str]:
    if document is None:
        return []
    try:
        return document.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return []


def _excerpt(lines: Sequence[str], line: int | None) -> list[SourceLine]:
    """The line a finding is about, and the ones around it."""
    if line is None or not 0 < line <= len(lines):
        return []
    numbers = range(max(1, line - 1), min(len(lines), line + 1) + 1)
    return [SourceLine(number, _cut(lines[number - 1]), number == line) for number in numbers]


def _cut(text: str) -> str:
    text = text.rstrip("\r")
    return text if len(text) <= _LINE_CHARACTERS_MAX else text[:_LINE_CHARACTERS_MAX] + "…"
