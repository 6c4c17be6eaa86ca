"""The report in SARIF 2.1.0, for code hosts and editors that show findings next to a file (OASIS, 2020)."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

import gateway
from gateway.validator.catalogue import UnknownRuleError, rule_entry
from gateway.validator.media_types import document_type
from gateway.validator.report.report import (
    JudgedDocument,
    RenderContext,
    Report,
    ReportFinding,
    Unread,
    names_of,
    sides_of,
    unread_message,
)

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"fatal": "error", "warning": "warning"}


def render(reports: Sequence[JudgedDocument], context: RenderContext) -> str:
    """All reports as one run."""
    language = context.language
    findings = [finding for one in reports for finding in one.report.findings]
    rules = list(dict.fromkeys(finding.rule for finding in findings))
    about = {finding.rule: finding for finding in reversed(findings)}
    one_run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "Meterpoort",
                "semanticVersion": gateway.__version__,
                "language": language,
                "rules": [_rule(about[rule], language) for rule in rules],
            }
        },
        "invocations": [_invocation(context.unread, language)],
        "columnKind": "unicodeCodePoints",
        "artifacts": [_artifact(one) for one in reports],
        "results": [
            _result(finding, one.report, rules.index(finding.rule), artifact, language)
            for artifact, one in enumerate(reports)
            for finding in one.report.findings
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [one_run]}, ensure_ascii=False, indent=2)


def _invocation(unread: Sequence[Unread], language: str) -> dict[str, object]:
    """Whether every file could be judged; the run failed where one could not be read."""
    notifications = [
        {
            "level": "error",
            "message": {"text": unread_message(one, language)},
            "locations": [_location(one.file)],
        }
        for one in unread
    ]
    return {"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}


def _location(file: str) -> dict[str, object]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(file)}}}


def _rule(finding: ReportFinding, language: str) -> dict[str, object]:
    """What the tool says of a rule: from the catalogue, or for the gateway's own checks from a finding."""
    try:
        entry = rule_entry(finding.rule)
    except UnknownRuleError:
        sentence, source = finding.message, "Meterpoort"
    else:
        sentence, source = entry.sentence.in_language(language), entry.source
    return {
        "id": finding.rule,
        "shortDescription": {"text": sentence},
        "defaultConfiguration": {"level": _LEVELS[finding.flag]},
        "properties": {"tags": [finding.stage.value, *finding.terms], "source": source},
    }


def _artifact(judged: JudgedDocument) -> dict[str, object]:
    uri, media_type = _uri(judged.report.file), document_type(judged.document or b"")
    return {"location": {"uri": uri}, "mimeType": media_type, "roles": ["analysisTarget"]}


def _uri(file: str) -> str:
    """The file as a URI reference; standard input has a name too."""
    path = PurePath(file or "document")
    return f"file://{quote(path.as_posix())}" if path.is_absolute() else quote(path.as_posix())


def _result(finding: ReportFinding, report: Report, rule: int, artifact: int, language: str) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(report.file), "index": artifact}}
    if finding.line is not None:
        physical["region"] = {"startLine": finding.line, "startColumn": finding.column or 1}
    location: dict[str, object] = {"physicalLocation": physical}
    if finding.location:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.location, "kind": "element"}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.flag],
        "message": {"text": _message(finding, language)},
        "locations": [location],
        "partialFingerprints": {"location/v1": _fingerprint(finding)},
        "properties": {"terms": names_of(finding.terms, language)},
    }


def _message(finding: ReportFinding, language: str) -> str:
    values = [f"{word}: {value}." for word, value in sides_of(finding, language)]
    parts = [finding.message, *values, finding.advice]
    return " ".join(filter(None, parts))


def _fingerprint(finding: ReportFinding) -> str:
    """The same for the same rule at the same place, whatever line that is on today."""
    return hashlib.sha256(f"{finding.rule}\n{finding.location}".encode()).hexdigest()[:32]
