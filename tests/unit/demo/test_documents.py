"""The documents of the demo are what it says of them."""

from decimal import Decimal

from gateway.demo.cast import OFFICE, TOWN
from gateway.demo.documents import Line, order
from gateway.validator.judge import judge


def test_the_order_is_valid_by_peppol_and_the_basisorder() -> None:
    document = order("B-001-08", TOWN, OFFICE, [Line("Bureaustoel", Decimal(12), Decimal("285.00"))], "2026-11-30")
    verdict = judge(document, also=["basisorder-rijk"])
    assert (verdict.valid, verdict.findings) == (True, ())
    assert [each.name for each in verdict.rule_sets] == ["Peppol order", "Basisorder Rijk"]
