"""UBL-OHNL beyond the cases of its rules: what is chosen, what a finding tells, and what the tables say."""

import pytest

from gateway.validator.finding import Stage
from gateway.validator.judge import judge
from gateway.validator.rules.ohnl import OHNL_ORDER, OHNL_ORDER_RESPONSE
from gateway.validator.rules.ohnl.asserts import ASSERTS
from gateway.validator.rules.ohnl.lists import LISTS
from gateway.validator.rules.ohnl.table import OhnlRule, bounds_of, read_table, table_patterns
from tests.samples import sample

ORDER = sample("ohnl-order").decode()


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("ohnl-order", "ohnl-order"),
        ("ohnl-order-lines", "ohnl-order"),
        ("ohnl-order-response", "ohnl-order-response"),
        ("ohnl-order-response-lines", "ohnl-order-response"),
    ],
)
def test_orders_and_responses_are_accepted_by_schema_and_rules(name: str, profile: str) -> None:
    verdict = judge(sample(name))
    assert (verdict.findings, verdict.profile) == ((), profile)
    assert Stage.SCHEMA in verdict.stages
    assert [used.version for used in verdict.rule_sets] == ["1.9"]


def test_the_parties_are_found_by_the_agency_that_issued_their_numbers() -> None:
    facts = judge(ORDER.replace(">90817263<", ">908172630000<").encode()).facts
    assert facts is not None
    assert [str(each) for each in facts.sender.identifiers] == ["0190:00000001812345678000"]
    assert [str(each) for each in facts.recipient.identifiers] == ["0106:90817263"]


def test_another_version_is_not_judged() -> None:
    verdict = judge(ORDER.replace(">1.9<", ">1.8<").encode())
    assert [(each.rule, each.found) for each in verdict.findings] == [("MP-RULES-NONE", "1.8")]
    assert verdict.valid


def test_a_finding_is_at_the_element_and_names_its_term_where_peppol_has_one() -> None:
    wrong = sample("ohnl-order").replace(b"<cbc:ProfileID>NL", b"<cbc:ProfileID>BE")
    [finding] = judge(wrong).findings
    assert (finding.rule, finding.terms) == ("OHNL-ORD-186", ("tir01-002",))
    assert finding.location == "/ubl:Order/cbc:ProfileID"


def test_a_finding_tells_what_is_there_and_what_to_write() -> None:
    wrong = ORDER.replace('listVersionID="D03A"', 'listVersionID="D99B"')
    value, code = judge(wrong.encode()).findings
    assert (value.rule, value.found, value.expected) == ("OHNL-ORD-322", "D99B", "D03A")
    assert (code.rule, code.found, code.expected) == (
        "OHNL-CL-13",
        'listVersionID="D99B"',
        'listVersionID="D03A"',
    )
    assert value.location == "/ubl:Order/cac:PaymentMeans/cbc:PaymentMeansCode"
    assert code.advice is not None
    assert code.advice.nl == 'Schrijf listVersionID="D03A", of laat listVersionID weg.'


@pytest.mark.parametrize("number", ["12", "12-a", "12- 3 hoog", "12-<", "١٢", "12-²"])
def test_a_building_number(number: str) -> None:
    assert fired(ORDER.replace(">18-a<", f">{number.replace('<', '&lt;')}<")) == set()


@pytest.mark.parametrize("number", ["", "12a", "12-", "12-a_b", "12-a\n", "12-a.b", "a-12", "12\t"])
def test_what_is_no_building_number(number: str) -> None:
    """By the regular expressions of XPath, whose word characters leave out the underscore."""
    assert fired(ORDER.replace(">18-a<", f">{number}<")) == {"OHNL-ORD-188"}


def fired(order: str) -> set[str]:
    return {each.rule for each in judge(order.encode(), schema=False).findings}


def test_the_tables_have_as_many_rules_as_the_official_text() -> None:
    order, response = read_table("order", "OHNL-ORD"), read_table("order_response", "OHNL-RSP")
    assert [len([row for row in order if row.pattern == pattern]) for pattern in (0, 1)] == [184, 158]
    assert [len([row for row in response if row.pattern == pattern]) for pattern in (0, 1)] == [210, 183]
    assert (order[0].id, order[-1].id, response[-1].id) == ("OHNL-ORD-001", "OHNL-ORD-342", "OHNL-RSP-393")
    assert len(LISTS) == 22
    for rules in (OHNL_ORDER, OHNL_ORDER_RESPONSE):
        assert len({rule.id for pattern in rules.patterns for rule, _ in pattern.all_rules}) in (
            342 + 22,
            393 + 22,
        )


def test_every_assert_is_used_and_says_what_to_change() -> None:
    used = {row.form[1:].partition(":")[0] for row in read_table("order", "X") if row.form.startswith("*")}
    assert used == ASSERTS.keys()


def test_what_a_table_cannot_say_is_refused() -> None:
    assert bounds_of("cbc:Note{0-3}") == ("cbc:Note", 0, 3)
    for form in ("cbc:Note", "cbc:Note*", "{1-3}", "cbc:Note{3}"):
        with pytest.raises(ValueError, match="is no rule of a table"):
            bounds_of(form)
    with pytest.raises(ValueError, match="nothing says which value"):
        table_patterns([OhnlRule("X-1", "Order", "cbc:Note=", 0)])


def test_many_lines_are_a_bounded_report() -> None:
    start, end = ORDER.index("<cac:OrderLine>"), ORDER.index("</Order>")
    line = ORDER[start:end].replace('listVersionID="0.3"', "").replace('unitCode="EA"', "").replace(">EUR<", ">?<")
    verdict = judge(
        (ORDER[:start] + line.replace('currencyID="EUR"', 'currencyID="?"') * 300 + "</Order>").encode()
    )
    counted = [each.rule for each in verdict.findings]
    assert counted.count("OHNL-CL-01") == 100
    assert "MP-RULES-MORE" in counted
