"""Policies of an installation: a file changes what it names, and a wrong one is refused whole."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.billing.rating.policies import DEFAULT, Regime, read_policies
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import PoliciesError

FILE = """
substantial_units = 50_000
free_units = [["digid", 500]]
vat_percent = 9
approval_by_another = false
companies_pay = []
calendar = [["prepaid", { advance_month = 2, final_month = 3 }]]
vat_refunds = [[2019, 28], [2020, 30]]
"""


def test_a_file_changes_what_it_names_and_nothing_else() -> None:
    found = read_policies(FILE)
    assert (found.substantial_units, found.free(Service.DIGID), found.free(Service.MIJNOVERHEID)) == (
        50_000,
        500,
        0,
    )
    assert (found.vat_percent, found.approval_by_another, found.companies_pay) == (Decimal(9), False, frozenset())
    assert found.months(Service.DIGIPOORT).advance_month == 2
    assert (found.refund_from(2020), found.refund_from(2018)) == (date(2021, 7, 26), None)
    assert (found.payment_days, found.regime(Service.DIGID)) == (DEFAULT.payment_days, Regime.PASSED_ON)
    assert read_policies("") == DEFAULT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("free_unit = 3", "unknown: free_unit"),
        ("substantial_units = 'many'", "substantial_units"),
        ("substantial_units = -1", "substantial_units"),
        ("free_units = [['digi', 3]]", "free_units"),
        ("x =", "TOML|Invalid"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(PoliciesError, match=message):
        read_policies(text)
