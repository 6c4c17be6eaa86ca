"""The report as JUnit XML, for build servers: a suite a document, a case a stage that ran, a case a finding.

JUnit knows no warnings: a warning is a case that passed and printed something. A rule that could not be checked
is an error, not a failure.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from gateway.i18n import plural
from gateway.validator.finding import Stage
from gateway.validator.report.report import (
    JudgedDocument,
    RenderContext,
    Report,
    ReportFinding,
    Unread,
    sides_of,
    unread_message,
)
from gateway.validator.report.svrl import xml_characters
from gateway.validator.verdict import FAILED_RULE


def render(reports: Sequence[JudgedDocument], context: RenderContext) -> str:
    """Every report as a suite."""
    root = ElementTree.Element("testsuites", name="meterpoort validate")
    for one in reports:
        root.append(_suite(one.report, context.language))
    for unread in context.unread:
        root.append(_unread(unread, context.language))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _unread(unread: Unread, language: str) -> ElementTree.Element:
    """A file that could not be read: an error, for nothing is known of it."""
    name = xml_characters(unread.file)
    suite = ElementTree.Element("testsuite", name=name, tests="1", skipped="0", failures="0", errors="1")
    case = ElementTree.SubElement(suite, "testcase", classname=name, name="read")
    message = xml_characters(unread_message(unread, language))
    ElementTree.SubElement(case, "error", message=message, type="unreadable")
    return suite


def _suite(report: Report, language: str) -> ElementTree.Element:
    name = xml_characters(report.file) or "document"
    cases = [_stage(report, stage, name, language) for stage in report.stages]
    cases += [_finding(finding, name, language) for finding in report.findings]
    counts = {word: str(sum(case.find(tag) is not None for case in cases)) for word, tag in _COUNTED.items()}
    suite = ElementTree.Element("testsuite", {"name": name, "tests": str(len(cases)), "skipped": "0", **counts})
    suite.extend(cases)
    return suite


_COUNTED = {"failures": "failure", "errors": "error"}


def _stage(report: Report, stage: Stage, name: str, language: str) -> ElementTree.Element:
    """A stage that ran; its findings are separate cases, so that each is counted once."""
    case = ElementTree.Element("testcase", classname=name, name=f"stage {stage.value}")
    found = sum(finding.stage is stage for finding in report.findings)
    if found:
        text = plural("{count} finding", "{count} findings", count=found)
        ElementTree.SubElement(case, "system-out").text = text.in_language(language)
    return case


def _finding(finding: ReportFinding, name: str, language: str) -> ElementTree.Element:
    at = "" if finding.line is None else f" line {finding.line}, column {finding.column}"
    case = ElementTree.Element("testcase", classname=name, name=xml_characters(f"{finding.rule}{at}"))
    message = xml_characters(finding.message)
    if finding.flag == "warning":
        ElementTree.SubElement(case, "system-out").text = f"{message}\n{_details(finding, language)}"
        return case
    tag = "error" if finding.rule == FAILED_RULE else "failure"
    problem = ElementTree.SubElement(case, tag, message=message, type=xml_characters(finding.rule))
    problem.text = _details(finding, language)
    return case


def _details(finding: ReportFinding, language: str) -> str:
    values = [f"{word.lower()}: {value}" for word, value in sides_of(finding, language)]
    parts = [finding.location, *values, finding.advice]
    return xml_characters("\n".join(filter(None, parts)))
