"""The renderers: what other people's readers make of SVRL, JUnit and SARIF, and what a person reads."""

import json
from io import StringIO
from xml.etree import ElementTree

import msgspec
import pytest
from junitparser import Error, Failure, JUnitXml
from lxml import etree
from sarif_pydantic import Sarif

from gateway.validator.judge import judge
from gateway.validator.report.report import (
    FORMS,
    JudgedDocument,
    Report,
    ReportFinding,
    Unread,
    encode_report,
    render,
)
from tests.samples import sample
from tests.unit.validator.reported import GOOD, HOSTILE, NOT_XML, ON_ONE_LINE, WRONG, reported

DOCUMENTS = {"good": GOOD, "wrong": WRONG, "hostile": HOSTILE, "not xml": NOT_XML, "one line": ON_ONE_LINE}
SVRL = etree.RelaxNG(
    etree.fromstring(
        """
        <element name="schematron-output" ns="http://purl.oclc.org/dsdl/svrl"
            xmlns="http://relaxng.org/ns/structure/1.0">
          <optional><attribute name="title"/></optional>
          <optional><attribute name="phase"/></optional>
          <optional><attribute name="schemaVersion"/></optional>
          <zeroOrMore><element name="text"><text/></element></zeroOrMore>
          <zeroOrMore>
            <element name="ns-prefix-in-attribute-values">
              <attribute name="prefix"/><attribute name="uri"/><empty/>
            </element>
          </zeroOrMore>
          <oneOrMore>
            <element name="active-pattern">
              <optional><attribute name="id"/></optional><optional><attribute name="name"/></optional><empty/>
            </element>
            <oneOrMore>
              <element name="fired-rule"><attribute name="context"/><empty/></element>
              <zeroOrMore>
                <element name="failed-assert">
                  <optional><attribute name="id"/></optional><optional><attribute name="flag"/></optional>
                  <attribute name="location"/><attribute name="test"/>
                  <element name="text"><text/></element>
                </element>
              </zeroOrMore>
            </oneOrMore>
          </oneOrMore>
        </element>
        """
    )
)
"""The order of ISO/IEC 19757-3, annex D, in our own words, as far as our reports go."""


@pytest.fixture(params=DOCUMENTS)
def report(request: pytest.FixtureRequest) -> JudgedDocument:
    return reported(DOCUMENTS[request.param])


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_every_rule_that_broke(report: JudgedDocument, form: str, language: str) -> None:
    text = render([report], form, language=language)
    assert [finding.rule for finding in report.report.findings if finding.rule not in text] == []


def test_svrl_has_the_order_of_the_standard(report: JudgedDocument) -> None:
    root = etree.fromstring(render([report], "svrl").encode())
    SVRL.assertValid(root)
    failed = root.findall("{*}failed-assert")
    assert [(each.get("id"), each.get("flag")) for each in failed] == [
        (finding.rule, finding.flag) for finding in report.report.findings
    ]


def test_svrl_positions_lead_to_the_elements() -> None:
    document = etree.fromstring(WRONG)
    root = etree.fromstring(render([reported(WRONG)], "svrl").encode())
    spaces = {
        str(each.get("prefix")): str(each.get("uri")) for each in root.iter("{*}ns-prefix-in-attribute-values")
    }
    for failed in root.iter("{*}failed-assert"):
        assert len(document.xpath(str(failed.get("location")), namespaces=spaces)) == 1


def test_svrl_has_room_for_one_document() -> None:
    with pytest.raises(ValueError, match="one document"):
        render([reported(GOOD), reported(WRONG)], "svrl")


def test_junit_reads_as_it_was_meant(report: JudgedDocument) -> None:
    suites = JUnitXml.fromstring(render([report, reported(GOOD)], "junit").encode())
    fatal = [finding.rule for finding in report.report.findings if finding.flag == "fatal"]
    assert (suites.tests, suites.failures, suites.errors) == (
        sum(suite.tests for suite in suites),
        len(fatal),
        0,
    )
    cases = [case for suite in suites for case in suite]
    assert len(cases) == suites.tests
    results = [result for case in cases for result in case.result]
    assert [result.type for result in results if isinstance(result, Failure)] == fatal


def test_a_rule_that_failed_is_an_error_to_junit() -> None:
    one = reported(WRONG)
    one.report.findings[1].rule = "MP-RULE-FAILED"
    suites = JUnitXml.fromstring(render([one], "junit").encode())
    assert suites.errors == 1
    assert any(isinstance(result, Error) for suite in suites for case in suite for result in case.result)


def test_sarif_reads_as_it_was_meant(report: JudgedDocument) -> None:
    text = render([report, reported(GOOD, "map met spatie/é#1.xml")], "sarif")
    run = Sarif.model_validate_json(text).runs[0]
    assert [result.rule_id for result in run.results or []] == [f.rule for f in report.report.findings]
    raw = json.loads(text)["runs"][0]
    for result, finding in zip(raw["results"], report.report.findings, strict=True):
        assert raw["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == finding.rule
        assert result["level"] == ("error" if finding.flag == "fatal" else "warning")
        if finding.line:
            region = result["locations"][0]["physicalLocation"]["region"]
            assert (region["startLine"], region["startColumn"]) == (finding.line, finding.column)
    assert raw["artifacts"][1]["location"]["uri"] == "map%20met%20spatie/%C3%A9%231.xml"


def test_a_sarif_fingerprint_stays_when_lines_move() -> None:
    def prints(document: bytes) -> list[str]:
        run = json.loads(render([reported(document)], "sarif"))["runs"][0]
        return [result["partialFingerprints"]["location/v1"] for result in run["results"]]

    assert prints(WRONG) == prints(ON_ONE_LINE)
    assert len(set(prints(WRONG))) == len(prints(WRONG))


def test_text_shows_both_sides_the_names_and_what_was_meant() -> None:
    text = render([reported(WRONG)], "text")
    for part in (
        "factuur.xml: not valid (Invoice · nlcius · EN 16931 1.3.16",
        "expected: BT-109 + BT-110 = 2039.30 + 410.85 = 2450.15",
        "BT-112 Invoice total amount with VAT",
        "Did you mean KWH (kilowatt hour) or KWN or KWO?",
    ):
        assert part in text
    assert "BT-112 Totaal met btw" in render([reported(WRONG)], "text", language="nl")


def test_only_a_terminal_sees_colour() -> None:
    assert "\x1b[31m" in render([reported(WRONG)], "text", colour=True)
    assert "\x1b" not in render([reported(WRONG)], "text")


def test_what_a_document_says_cannot_steer_a_terminal() -> None:
    one = reported(GOOD)
    one.report.findings.append(_finding(found="\x1b[2J\u202e\r\nfactuur.xml: valid"))
    text = render([one], "text")
    assert not any(not character.isprintable() and character != "\n" for character in text)
    assert "\nfactuur.xml: valid" not in text[1:]


@pytest.mark.parametrize("form", ["svrl", "junit"])
def test_characters_that_xml_cannot_hold_are_replaced(form: str) -> None:
    one = reported(GOOD, "a\x00b.xml")
    one.report.findings.append(_finding(found="\x01\ud800\uffff"))
    ElementTree.parse(StringIO(render([one], form)))  # noqa: S314 - our own text


def _finding(found: str) -> ReportFinding:
    return ReportFinding(
        rule="BR-CL-23",
        flag="fatal",
        location="",
        line=None,
        column=None,
        message="A unit is a code.",
        message_nl="Een eenheid is een code.",
        stage=reported(GOOD).report.stages[-1],
        terms=["BT-130"],
        found=found,
        expected=None,
        advice=None,
        advice_nl=None,
    )


def test_junit_counts_a_file_that_could_not_be_read_as_an_error() -> None:
    unread = (Unread("weg<1>.xml", "No such file"),)
    suites = JUnitXml.fromstring(render([reported(GOOD)], "junit", language="nl", unread=unread).encode())
    assert (suites.errors, suites.failures) == (1, 0)
    [case] = list(suites)[-1]
    [error] = case.result
    assert isinstance(error, Error)
    assert error.message == "weg<1>.xml kon niet worden gelezen: No such file"


def test_sarif_says_that_the_run_failed_where_a_file_could_not_be_read() -> None:
    unread = (Unread("map met spatie/weg.xml", "No such file"),)
    text = render([reported(GOOD)], "sarif", unread=unread)
    [invocation] = Sarif.model_validate_json(text).runs[0].invocations or []
    assert invocation.execution_successful is False
    [notification] = json.loads(text)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "map met spatie/weg.xml could not be read: No such file"
    assert (
        notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "map%20met%20spatie/weg.xml"
    )
    whole = json.loads(render([reported(GOOD)], "sarif"))["runs"][0]["invocations"]
    assert whole == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_the_page_tells_of_a_file_that_could_not_be_read() -> None:
    page = render([], "html", unread=(Unread("<weg>.xml", "No such file"),))
    assert "&lt;weg&gt;.xml could not be read: No such file" in page


def test_the_page_links_rules_where_they_are_explained() -> None:
    linked = render([reported(WRONG)], "html", rules_url="https://gateway.example/rules/")
    assert 'href="https://gateway.example/rules/BR-CL-23"' in linked
    assert "/rules/" not in render([reported(WRONG)], "html")


TWICE = b"<cbc:CompanyID>NL859173641B01</cbc:CompanyID>"


@pytest.mark.parametrize(
    ("document", "rule", "found"),
    [
        (sample("cii-everything").replace(b'format="102">20261031', b'format="610">202610'), "BR-29", " "),
        (sample("nlcius-invoice").replace(TWICE, TWICE * 2, 1), "BR-CO-09", "NL859173641B01"),
    ],
)
def test_what_the_model_holds_otherwise_than_as_plain_text_is_encoded(
    document: bytes, rule: str, found: str
) -> None:
    report = msgspec.json.decode(encode_report(judge(document, schema=False)), type=Report)
    assert next(each.found or "" for each in report.findings if each.rule == rule).startswith(found)
