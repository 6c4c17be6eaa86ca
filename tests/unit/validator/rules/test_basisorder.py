"""The basisorder Rijk: when it is applied, and where its official text ends in an error."""

from gateway.validator.catalogue import rule_catalogue
from gateway.validator.judge import judge
from tests.samples import sample

ORDER = sample("ohnl-order").decode()
FOREIGN = ORDER.replace('schemeAgencyName="KvK"', 'schemeAgencyName="Fi"', 1)


def test_it_comes_on_top_of_the_rules_of_the_order() -> None:
    for verdict in (
        judge(FOREIGN.encode(), profile="basisorder-rijk"),
        judge(FOREIGN.encode(), also=["basisorder-rijk"]),
    ):
        assert [used.name for used in verdict.rule_sets] == ["UBL-OHNL Order", "Basisorder Rijk"]
        assert [each.rule for each in verdict.findings] == ["BR-NL-BOR-29"]
        assert verdict.profile == "basisorder-rijk"
    assert judge(FOREIGN.encode()).findings == ()


def test_it_goes_with_an_order_that_names_no_specification_of_its_own() -> None:
    verdict = judge(ORDER.replace(">1.9<", "> <").encode(), profile="basisorder-rijk")
    assert [used.name for used in verdict.rule_sets] == ["Basisorder Rijk"]
    assert [each.rule for each in verdict.findings] == ["BR-NL-BOR-21"]


def test_the_rules_for_ohnl_leave_an_order_of_peppol_alone() -> None:
    verdict = judge(sample("order"), profile="basisorder-rijk")
    assert [each.rule for each in verdict.findings if each.rule >= "BR-NL-BOR-2"] == []


def test_where_the_official_text_ends_in_an_error_the_order_is_not_valid() -> None:
    start = ORDER.index("<cbc:DocumentCurrencyCode")
    end = ORDER.index("</cbc:DocumentCurrencyCode>") + len("</cbc:DocumentCurrencyCode>")
    verdict = judge((ORDER[:end] + ORDER[start:]).encode(), profile="basisorder-rijk", schema=False)
    assert not verdict.valid
    assert {each.rule for each in verdict.findings} == {"MP-RULE-UNDECIDABLE"}


def test_a_finding_names_the_term_what_is_there_and_what_is_asked() -> None:
    before, lines, after = ORDER.partition("<cac:LineItem>")
    amount = '<cbc:LineExtensionAmount currencyID="'
    dollars = before + lines + after.replace(f"{amount}EUR", f"{amount}USD", 1)
    found = judge(dollars.encode(), profile="basisorder-rijk").findings
    [finding] = [each for each in found if each.rule == "BR-NL-BOR-33"]
    assert (finding.found, finding.expected) == ("USD | EUR", "EUR")
    assert finding.terms == ("tir01-128", "tir01-130")
    assert finding.location == "/ubl:Order/cac:OrderLine/cac:LineItem"
    assert all(each.terms for each in rule_catalogue("basisorder-rijk"))
