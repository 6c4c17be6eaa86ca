"""The rules of the time card, beyond their cases: what is chosen, what a finding tells, what the schema meets."""

from collections import Counter

import pytest

from gateway.validator.business_rules import FINDINGS_EACH_MAX
from gateway.validator.finding import Stage
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.rules.cases import cases
from gateway.validator.rules.setu import ALLOWANCES, HOURS, SETU
from gateway.validator.ubl.reader import read
from gateway.validator.ubl.time_card_bindings import HR_TIME_CARD
from gateway.validator.xml import parsing
from gateway.validator.xml.parsing import Parsed
from tests.rules.documents import document_of
from tests.samples.documents import document

CARD = document(DocumentKind.TIME_CARD).decode()
END = "</CustomerReportingRequirements>"


def of_version(version: str) -> bytes:
    """The sample, which then names its version."""
    return CARD.replace(
        END, f'<AdditionalRequirement requirementTitle="VersionId">{version}</AdditionalRequirement>{END}'
    ).encode()


@pytest.mark.parametrize("card", [CARD.encode(), of_version("1.4")])
def test_a_card_of_this_version_or_none_is_judged(card: bytes) -> None:
    verdict = judge(card)
    assert verdict.findings == ()
    assert [(used.name, used.version) for used in verdict.rule_sets] == [("SETU Time Card", "1.4.2")]


def test_a_card_of_setu_ohnl_2_is_not_judged_unless_the_rules_are_asked_for() -> None:
    verdict = judge(of_version("2.0").replace(b'type="Regular"', b'type="Normal"'))
    [finding] = verdict.findings
    assert (finding.rule, finding.found, verdict.rule_sets, verdict.valid) == ("MP-RULES-NONE", "2.0", (), True)
    asked = judge(of_version("2.0").replace(b'type="Regular"', b'type="Normal"'), profile="setu-timecard")
    assert [each.rule for each in asked.findings] == ["SETU-TC-38"]


def test_a_finding_names_the_term_the_location_and_what_to_change() -> None:
    [finding] = judge(CARD.replace('multiplier="150"', 'multiplier="1.5"').encode()).findings
    assert (finding.rule, finding.terms, finding.found, finding.expected) == (
        "SETU-TC-14",
        ("TT-43",),
        "1.5",
        ">= 100",
    )
    assert finding.location.endswith("/hr:TimeInterval[2]/hr:RateOrAmount")
    assert finding.line is not None
    assert finding.advice is not None


def test_a_card_of_100_000_hours_has_a_bounded_report() -> None:
    hours = "<StartDateTime>2026-11-02T08:30:00</StartDateTime><Duration>8</Duration>"
    many = f"<TimeInterval type='Normal'>{hours}</TimeInterval>" * 100_000
    start = CARD.index("<TimeInterval")
    findings = judge(f"{CARD[:start]}{many}{CARD[start:]}".encode()).findings
    assert Counter(each.rule for each in findings) == {"SETU-TC-38": FINDINGS_EACH_MAX, "MP-RULES-MORE": 1}
    assert "(99900)" in findings[-1].message.en


def test_what_is_almost_a_code_is_recognised() -> None:
    [finding] = judge(CARD.replace('type="Regular"', 'type="regular"').encode()).findings
    assert finding.advice is not None
    assert finding.advice.en == "Did you mean Regular?"


@pytest.mark.parametrize("number", ["7.5", "+7.5", " 8 ", "0", "-0", "1e1", "INF"])
def test_what_the_official_text_reads_as_a_number_of_hours_holds(number: str) -> None:
    assert fired(CARD.replace("8.00", number)) == set()


@pytest.mark.parametrize("number", ["", " ", "-0.01", "8 uur", "8,5", "NaN", "PT8H", "0x8"])
def test_what_it_reads_as_less_or_as_no_number_does_not(number: str) -> None:
    assert fired(CARD.replace("8.00", number)) == {"SETU-TC-36"}


def fired(card: str) -> set[str]:
    return {each.rule for each in judge(card.encode(), schema=False).findings}


def test_rules_that_the_schema_meets_first_are_the_ones_that_say_so() -> None:
    met_first = set()
    for rule, listed in cases().items():
        if rule.startswith("SETU-TC-"):
            verdicts = [judge(document_of(case), profile="setu-timecard") for case in listed if case.breaks]
            if all(any(each.stage is Stage.SCHEMA for each in verdict.findings) for verdict in verdicts):
                met_first.add(rule)
    assert met_first == SETU.schema_first


def test_the_lists_have_as_many_codes_as_the_official_ones() -> None:
    assert (len(HOURS.values), len(ALLOWANCES.values)) == (51, 135)
    assert {"100", "107O", "201B", "400", "901", "903", "914O"} <= ALLOWANCES.values
    assert not {"108", "902", "915"} & ALLOWANCES.values


def test_a_card_is_read_into_its_model() -> None:
    parsed = parsing.read(CARD.encode())
    assert isinstance(parsed, Parsed)
    card = read(parsed.root, HR_TIME_CARD).document
    assert (card.number, card.number_owner, card.issue_date) == (
        "UREN-2026-45-0031",
        "StaffingCustomer",
        "2026-11-09T07:15:00",
    )
    assert card.worker is not None
    assert (card.worker.name, card.worker.number) == ("Fenna Oosterwoud", "UZK-20417")
    [time] = card.times
    assert [(each.type, each.duration) for each in time.intervals] == [("Regular", "8.00"), ("Overtime", "2.50")]
    assert [rate.multiplier for each in time.intervals for rate in each.rates] == ["100", "150"]
    [allowance] = time.allowances
    assert allowance.identifier is not None
    assert (allowance.type, allowance.amount, allowance.identifier.name) == ("102B", "6.40", "allowance")
    assert [each.name for each in card.approvals] == ["Ruben Terwisscha"]
    assert card.requirements is not None
    assert (card.requirements.purchase_order, card.requirements.cost_centre) == ("INK-2026-0188", "6150")
    assert [(each.owner, each.value) for each in (*card.suppliers, *card.customers)] == [
        ("KvK", "90817263"),
        ("OIN", "00000001812345678000"),
    ]
    assert card.assignment is not None
    assert card.assignment.value == "INZ-2026-0772"
