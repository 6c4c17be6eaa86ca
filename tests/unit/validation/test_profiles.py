"""The rules that an invoice meets: those it claims, and those that are asked for on top."""

import pytest

from gateway.validation.judge import judge
from gateway.validation.profiles import choose, profile_named
from tests.samples import SAMPLES

NLCIUS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"


@pytest.mark.parametrize(
    ("claim", "wish", "profile", "sets"),
    [
        (NLCIUS, None, "nlcius", ["EN 16931", "NLCIUS"]),
        (f"{NLCIUS}#conformant#urn:fdc:nen.nl:gaccount:v1.0", None, "nlcius", ["EN 16931", "NLCIUS"]),
        (PEPPOL, None, "en16931", ["EN 16931"]),
        (None, None, "en16931", ["EN 16931"]),
        (NLCIUS, "en16931", "en16931", ["EN 16931", "NLCIUS"]),
        (PEPPOL, "nlcius", "nlcius", ["EN 16931", "NLCIUS"]),
        (NLCIUS, "basisfactuur-rijk", "basisfactuur-rijk", ["EN 16931", "NLCIUS", "Basisfactuur Rijk"]),
        (PEPPOL, "basisfactuur-rijk", "basisfactuur-rijk", ["EN 16931", "Basisfactuur Rijk"]),
    ],
)
def test_what_is_claimed_is_met_and_what_is_asked_comes_on_top(
    claim: str | None, wish: str | None, profile: str, sets: list[str]
) -> None:
    chosen = choose(claim, wish)
    assert chosen.profile.name == profile
    assert [used.name for used in chosen.used] == sets


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="nlcius, basisfactuur-rijk, en16931"):
        profile_named("xrechnung")


def test_a_dutch_rule_refuses_and_a_dutch_warning_does_not() -> None:
    invoice = SAMPLES["nlcius-invoice"].xml()
    refused = judge(invoice.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"'))
    assert [finding.rule for finding in refused.fatal] == ["BR-NL-1"]
    warned = judge(SAMPLES["nlcius-discouraged"].xml())
    assert warned.valid
    assert {"BR-NL-19", "BR-NL-27-1", "BR-NL-30"} <= {finding.rule for finding in warned.findings}


def test_an_empty_element_is_told_with_its_place() -> None:
    found = judge(SAMPLES["nlcius-invoice"].xml().replace(b">+31 113 555 019<", b"><")).findings
    assert [(each.rule, each.location.rpartition("/")[2]) for each in found] == [("SI-UBL-2", "cbc:Telephone")]


def test_the_rijk_asks_for_an_oin() -> None:
    peppol = SAMPLES["peppol-invoice"].xml()
    assert judge(peppol, profile="basisfactuur-rijk").valid
    private = peppol.replace(b'CompanyID schemeID="0190"', b'CompanyID schemeID="0106"')
    assert judge(private).valid
    assert [each.rule for each in judge(private, profile="basisfactuur-rijk").fatal] == ["BR-NL-BFR-2"]
