"""The rules that an invoice meets: those it claims, and those that are asked for on top."""

from dataclasses import replace
from datetime import date

import pytest

import gateway
from gateway.validator.judge import judge
from gateway.validator.kinds import definition_of
from gateway.validator.model.document import DocumentKind
from gateway.validator.profiles import choose, profile_named, remarks
from gateway.validator.ubl.bindings import UBL_INVOICE
from tests.samples import SAMPLES, sample
from tests.samples.documents import document

CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:receipt_advice:3"
NLCIUS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
SELF_BILLING = PEPPOL.replace("billing", "selfbilling")


@pytest.mark.parametrize(
    ("claim", "profile_asked", "profile", "sets"),
    [
        (NLCIUS, None, "nlcius", ["EN 16931", "NLCIUS"]),
        (
            f"{NLCIUS}#conformant#urn:fdc:nen.nl:gaccount:v1.0",
            None,
            "nlcius-gaccount",
            ["EN 16931", "NLCIUS", "NLCIUS G-account"],
        ),
        (PEPPOL, None, "peppol", ["EN 16931", "Peppol BIS Billing"]),
        (SELF_BILLING, None, "peppol-self-billing", ["EN 16931", "Peppol BIS Self-Billing"]),
        (None, None, "en16931", ["EN 16931"]),
        (NLCIUS, "en16931", "en16931", ["EN 16931"]),
        (PEPPOL, "nlcius", "nlcius", ["EN 16931", "NLCIUS"]),
        (NLCIUS, "basisfactuur-rijk", "basisfactuur-rijk", ["EN 16931", "Basisfactuur Rijk"]),
        (PEPPOL, "basisfactuur-rijk", "basisfactuur-rijk", ["EN 16931", "Basisfactuur Rijk"]),
    ],
)
def test_what_is_asked_is_judged_else_what_is_claimed(
    claim: str | None, profile_asked: str | None, profile: str, sets: list[str]
) -> None:
    chosen = choose(UBL_INVOICE, claim, profile_asked)
    assert chosen.profile == profile
    assert [used.name for used in chosen.used] == sets


@pytest.mark.parametrize(
    ("claim", "also", "profile", "sets"),
    [
        (NLCIUS, ["en16931"], "nlcius", ["EN 16931", "NLCIUS"]),
        (NLCIUS, ["basisfactuur-rijk"], "basisfactuur-rijk", ["EN 16931", "NLCIUS", "Basisfactuur Rijk"]),
        (PEPPOL, ["nlcius"], "nlcius", ["EN 16931", "Peppol BIS Billing", "NLCIUS"]),
        (None, ["nlcius", "basisfactuur-rijk"], "basisfactuur-rijk", ["EN 16931", "NLCIUS", "Basisfactuur Rijk"]),
        (NLCIUS, ["basisfactuur-rijk", "en16931"], "basisfactuur-rijk",
         ["EN 16931", "NLCIUS", "Basisfactuur Rijk"]),
    ],
)  # fmt: skip
def test_what_comes_on_top_takes_nothing_away(
    claim: str | None, also: list[str], profile: str, sets: list[str]
) -> None:
    chosen = choose(UBL_INVOICE, claim, None, also)
    assert chosen.profile == profile
    assert [used.name for used in chosen.used] == sets
    assert choose(UBL_INVOICE, claim).rules.rules.keys() <= chosen.rules.rules.keys()


def test_why_is_given_for_each_set_for_itself() -> None:
    why = {used.name: used.why.en for used in choose(UBL_INVOICE, NLCIUS, None, ["basisfactuur-rijk"]).used}
    assert why["EN 16931"] == "every invoice meets these rules"
    assert why["NLCIUS"].startswith("CustomizationID names ")
    assert why["Basisfactuur Rijk"] == "basisfactuur-rijk was asked for as well"
    assert {used.why.en for used in choose(UBL_INVOICE, PEPPOL, "nlcius").used} == {"nlcius was asked for"}


def test_a_set_tells_from_when_it_is_in_force() -> None:
    assert [used.valid_from for used in choose(UBL_INVOICE, NLCIUS).used] == [date(2026, 3, 30), date(2026, 8, 17)]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (None, "2.0.3.13"),
        ("nonsense", "2.0.3.13"),
        ("2026-08-17", "2.0.3.13"),
        ("2026-08-16", "2.0.3.12"),
        ("2020-01-01", "2.0.3.12"),
    ],
)
def test_the_version_is_that_of_the_day_of_the_document(day: str | None, version: str) -> None:
    for chosen in (
        choose(UBL_INVOICE, NLCIUS, issue_date=day),
        choose(UBL_INVOICE, None, "nlcius", issue_date=day),
        choose(UBL_INVOICE, None, None, ["nlcius"], day),
    ):
        assert chosen.used[-1].version == version


def test_choosing_a_set_is_judging_by_it_alone() -> None:
    without_kvk = (
        SAMPLES["nlcius-invoice"].xml().replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"')
    )
    assert [each.rule for each in judge(without_kvk).fatal] == ["BR-NL-1"]
    assert judge(without_kvk, profile="en16931").findings == ()
    assert [each.rule for each in judge(without_kvk, also=["en16931"]).fatal] == ["BR-NL-1"]


@pytest.mark.parametrize(
    "claim",
    [
        "urn:foo",
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v2.0",
        "urn:cen.eu:en16931:2017#conformant#urn:voorbeeld",
        "urn:cen.eu:en16931:2018",
    ],
)
def test_a_specification_that_is_not_judged_is_remarked(claim: str) -> None:
    invoice = SAMPLES["en16931-standard"].xml().replace(b">urn:cen.eu:en16931:2017<", f">{claim}<".encode())
    verdict = judge(invoice)
    [remark] = verdict.findings
    assert (remark.rule, remark.found, remark.line) == ("MP-RULES-SPECIFICATION", claim.rpartition("#")[2], 3)
    assert remark.location == "/ubl:Invoice/cbc:CustomizationID"
    assert verdict.valid
    assert judge(invoice, profile="en16931").findings == (), "who chooses the rules knows which they are"


SEEF = "urn:fdc:energie-efactuur.nl:invoice:v3.1"


@pytest.mark.parametrize(
    ("claim", "profile", "unknown"),
    [
        (f"{NLCIUS}#conformant#{SEEF}", "nlcius", f"SEeF (energie) ({SEEF})"),
        (f"{NLCIUS}#compliant#urn:fdc:setu.nl:invoice:v2.2#conformant#urn:fdc:nen.nl:gaccount:v1.0",
         "nlcius-gaccount", "SETU Invoice (urn:fdc:setu.nl:invoice:v2.2)"),
        (f"{PEPPOL}#conformant#urn:voorbeeld:1", "peppol", "urn:voorbeeld:1"),
        ("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", "en16931",
         "XRechnung (urn:xeinkauf.de:kosit:xrechnung_3.0)"),
    ],
)  # fmt: skip
def test_a_known_extension_is_judged_by_what_is_known_and_the_report_says_so(
    claim: str, profile: str, unknown: str
) -> None:
    invoice = sample("nlcius-gaccount" if "gaccount" in profile else "peppol-invoice" if profile == "peppol" else
                     "nlcius-invoice")  # fmt: skip
    before = invoice.partition(b"<cbc:CustomizationID>")[2].partition(b"<")[0]
    verdict = judge(invoice.replace(before, claim.encode()))
    assert (verdict.valid, verdict.profile) == (True, profile)
    names = ", ".join(used.name for used in verdict.rule_sets)
    stated = f"Not judged: the rules of {unknown}. The document was judged by {names} alone."
    assert [text.en for text in verdict.not_judged] == [stated]
    for form in ("text", "html"):
        shown = gateway.render([("a.xml", invoice, verdict)], form)
        assert "as far as it was judged" in shown
        assert "Not judged: the rules of" in shown
    assert gateway.as_json_object(verdict, "a.xml")["not_judged"] == [stated]


def test_what_was_left_out_or_not_reached_is_not_judged() -> None:
    invoice = SAMPLES["nlcius-invoice"].xml()
    assert judge(invoice).not_judged == ()
    [left_out] = judge(invoice, schema=False).not_judged
    assert "schema" in left_out.en
    [refused] = judge(invoice.replace(b"<cbc:IssueDate>", b"<cbc:Nonsense/><cbc:IssueDate>")).not_judged
    assert "rules" in refused.en
    assert judge(b"").not_judged == (refused,)


@pytest.mark.parametrize("claim", ["urn:cen.eu:en16931:2017", NLCIUS, f" {NLCIUS}\n"])
def test_a_specification_that_is_judged_is_not_remarked(claim: str) -> None:
    invoice = SAMPLES["nlcius-invoice"].xml().replace(f">{NLCIUS}<".encode(), f">{claim}<".encode())
    assert "MP-RULES-SPECIFICATION" not in {finding.rule for finding in judge(invoice).findings}


@pytest.mark.parametrize(
    ("day", "remarked"),
    [
        ("2026-02-22", ["EN 16931 1.3.16", "NLCIUS 2.0.3.12"]),
        ("2026-02-23", ["EN 16931 1.3.16"]),
        ("2026-03-29", ["EN 16931 1.3.16"]),
        ("2026-08-16", []),
        ("2026-03-30", []),
        ("2026-03-30+01:00", []),
        ("-0044-03-15", []),
        ("12026-03-15", []),
    ],
)
def test_an_invoice_of_another_time_is_remarked(day: str, remarked: list[str]) -> None:
    dated = (
        SAMPLES["nlcius-invoice"].xml().replace(b"2026-11-02</cbc:IssueDate>", f"{day}</cbc:IssueDate>".encode())
    )
    found = [finding for finding in judge(dated).findings if finding.rule == "MP-RULES-DATE"]
    assert [each.message.en.partition(" is in force")[0] for each in found] == remarked
    assert all(each.location == "/ubl:Invoice/cbc:IssueDate" and each.line for each in found)


def test_a_set_that_has_ended_is_remarked() -> None:
    chosen = choose(UBL_INVOICE, None)
    chosen = replace(chosen, used=(replace(chosen.used[0], valid_until=date(2026, 10, 31)),))
    header = definition_of(DocumentKind.INVOICE).header
    [remark] = remarks(chosen, "2026-11-01", header)
    assert (remark.rule, remark.expected) == ("MP-RULES-DATE", "<= 2026-10-31")
    assert (remark.location, remark.terms) == ("cbc:IssueDate", ("BT-2",))
    assert not remarks(chosen, "2026-10-31", header)


def test_rules_for_invoices_do_not_go_with_a_receipt_advice() -> None:
    advice = document(DocumentKind.RECEIPT_ADVICE)
    verdict = judge(advice, profile="nlcius")
    assert [(each.rule, each.flag.value) for each in verdict.findings] == [
        ("MP-RULES-PROFILE", "warning"),
        ("MP-RULES-NONE", "warning"),
    ]
    assert verdict.valid
    assert verdict.rule_sets == ()


def test_where_there_are_no_rules_the_verdict_tells() -> None:
    verdict = judge(document(DocumentKind.RECEIPT_ADVICE))
    [finding] = verdict.findings
    assert verdict.valid
    assert (finding.rule, finding.flag.value, finding.found) == ("MP-RULES-NONE", "warning", CUSTOMIZATION)
    assert finding.location == "/ubl:ReceiptAdvice/cbc:CustomizationID"
    assert finding.message.en.startswith("Not judged: ")
    assert finding.message.nl.startswith("Niet beoordeeld: ")


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"nlcius, .*peppol, .*en16931"):
        profile_named("xrechnung")


def test_a_dutch_rule_refuses_and_a_dutch_warning_does_not() -> None:
    invoice = SAMPLES["nlcius-invoice"].xml()
    refused = judge(invoice.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"'))
    assert [finding.rule for finding in refused.fatal] == ["BR-NL-1"]
    warned = judge(SAMPLES["nlcius-discouraged"].xml())
    assert warned.valid
    assert {"BR-NL-19", "BR-NL-27-1", "BR-NL-30"} <= {finding.rule for finding in warned.findings}


def test_an_empty_element_is_reported_with_its_position() -> None:
    found = judge(SAMPLES["nlcius-invoice"].xml().replace(b">+31 113 555 019<", b"><")).findings
    assert [(each.rule, each.location.rpartition("/")[2]) for each in found] == [("SI-UBL-2", "cbc:Telephone")]


def test_the_rijk_asks_for_an_oin() -> None:
    peppol = SAMPLES["peppol-invoice"].xml()
    assert judge(peppol, profile="basisfactuur-rijk").valid
    private = peppol.replace(b'CompanyID schemeID="0190"', b'CompanyID schemeID="0106"')
    assert judge(private).valid
    assert [each.rule for each in judge(private, profile="basisfactuur-rijk").fatal] == ["BR-NL-BFR-2"]
