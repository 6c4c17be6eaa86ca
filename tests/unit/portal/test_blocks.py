"""The parts that pages are made of."""

from decimal import Decimal

import pytest

from gateway.i18n import Text
from gateway.portal.blocks import Cell, DataTable


@pytest.mark.parametrize(
    ("cells", "is_number"),
    [
        ((3, None, Decimal("2.50")), True),
        ((None, None), False),
        ((), False),
        ((3, "three"), False),
        ((True,), False),
    ],
)
def test_a_column_of_counts_and_amounts_has_numbers(cells: tuple[Cell, ...], *, is_number: bool) -> None:
    table = DataTable(Text("Bills"), [Text("Paid")], [(cell,) for cell in cells], Text("There are none."))
    assert table.is_number(0) is is_number
