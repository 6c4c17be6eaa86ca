"""The report in SVRL, the report language of Schematron: for programs that read those of the official artefacts.

One pattern a stage and one fired rule a finding, in the order of ISO/IEC 19757-3, annex D. `test` holds the
sentence of the rule: our rules have no XPath.
"""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from gateway.validator.finding import Stage
from gateway.validator.report.report import (
    JudgedDocument,
    RenderContext,
    Report,
    ReportFinding,
    sides_of,
)

_SPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
}
_ROOT = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
_ANYWHERE = "/*"


def render(reports: Sequence[JudgedDocument], context: RenderContext) -> str:
    """The report. Raises ValueError for more than one: SVRL reports on one document."""
    if len(reports) != 1:
        raise ValueError("SVRL reports on one document; give one file")
    report, language = reports[0].report, context.language
    title = f"{report.file or 'document'}: {'valid' if report.valid else 'not valid'}"
    rules = ", ".join(f"{used.name} {used.version}" for used in report.rule_sets)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl" title={_attribute(title)} '
            f"schemaVersion={_attribute(rules)}>",
            *(f"  <svrl:text>{_text(why)}</svrl:text>" for why in dict.fromkeys(_reasons(report))),
            *_prefixes(report),
            *(line for stage in report.stages or [Stage.XML] for line in _pattern(report, stage, language)),
            "</svrl:schematron-output>",
        ]
    )


def _reasons(report: Report) -> list[str]:
    """Which rules were chosen, and why."""
    return [f"{used.name} {used.version}: {used.why}" for used in report.rule_sets]


def _prefixes(report: Report) -> list[str]:
    spaces = {**_SPACES, "ubl": _ROOT.format(report.document)} if report.document else _SPACES
    return [
        f'  <svrl:ns-prefix-in-attribute-values prefix="{prefix}" uri={_attribute(uri)}/>'
        for prefix, uri in sorted(spaces.items())
    ]


def _pattern(report: Report, stage: Stage, language: str) -> list[str]:
    findings = [finding for finding in report.findings if finding.stage is stage]
    lines = [f'  <svrl:active-pattern id="{stage.value}" name="{stage.value}"/>']
    if not findings:
        return [*lines, f'  <svrl:fired-rule context="{_ANYWHERE}"/>']
    return [*lines, *(line for finding in findings for line in _failed_assert(finding, language))]


def _failed_assert(finding: ReportFinding, language: str) -> list[str]:
    location = _attribute(finding.location or _ANYWHERE)
    sides = (f"{word}: {value}." for word, value in sides_of(finding, language) if value)
    parts = [finding.message, *sides, finding.advice]
    return [
        f"  <svrl:fired-rule context={location}/>",
        f"  <svrl:failed-assert id={_attribute(finding.rule)} flag={_attribute(finding.flag)} location={location} "
        f"test={_attribute(finding.message)}>",
        f"    <svrl:text>{_text(' '.join(filter(None, parts)))}</svrl:text>",
        "  </svrl:failed-assert>",
    ]


def _text(text: str) -> str:
    return escape(xml_characters(text))


def _attribute(text: str) -> str:
    return quoteattr(xml_characters(text))


def xml_characters(text: str) -> str:
    """The text without characters that XML 1.0 cannot hold."""
    return "".join(each if each in "\t\n\r" or _is_character(ord(each)) else "\ufffd" for each in text)


def _is_character(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
