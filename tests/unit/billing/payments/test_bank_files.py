"""Bank files are read as the bank means them, and nothing else is taken for one."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.billing.payments.bank_files import read_bank_file
from gateway.billing.payments.payment import BankEntry
from gateway.billing.runs.errors import BankFileError
from tests.unit.billing.payments.camt import OURS, Line, statement

DAY = date(2026, 2, 10)


def pairs(entries: object) -> list[tuple[str, Decimal]]:
    assert isinstance(entries, list)
    return [(entry.entry_id, entry.amount) for entry in entries]


@pytest.mark.parametrize("version", ["02", "08"])
def test_an_entry_of_one_transaction_has_its_texts(version: str) -> None:
    line = Line("590.00", [("590.00", "RF43GD2026000001", "Rekening & meer")], "A1")
    [entry] = read_bank_file(statement([line], version))
    assert (entry.entry_id, entry.booked_on, entry.amount) == (f"{OURS} A1", DAY, Decimal("590.00"))
    assert entry.texts[:2] == ("RF43GD2026000001", "Rekening & meer")


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_batch_is_taken_apart(version: str) -> None:
    batch = Line("700.00", [("590.00", "RF43GD2026000001", ""), ("110.00", "", "GD2026-000002")], "B1")
    entries = read_bank_file(statement([batch], version))
    assert pairs(entries) == [(f"{OURS} B1 1", Decimal("590.00")), (f"{OURS} B1 2", Decimal("110.00"))]


def test_money_that_went_out_is_below_zero_and_what_is_pending_is_left_out() -> None:
    lines = [Line("59.00", [("59.00", "", "x")], "C1", side="DBIT"), Line("1.00", [], "C2", status="PDNG")]
    assert pairs(read_bank_file(statement(lines))) == [(f"{OURS} C1", Decimal("-59.00"))]


def test_entries_without_a_reference_of_the_bank_have_their_ordinal_as_id() -> None:
    entries = read_bank_file(statement([Line("1.00", []), Line("1.00", [])]))
    assert [entry.entry_id for entry in entries] == [f"{OURS} S-2026-041 1", f"{OURS} S-2026-041 2"]


def test_csv_in_dutch_and_in_english_say_the_same() -> None:
    dutch = "\ufeffDatum;Bedrag;Omschrijving;id\r\n10-02-2026;1.590,50;betaling GD2026-000001;7\r\n"
    english = "id,date,amount,reference\n7,2026-02-10,1590.50,betaling GD2026-000001\n"
    expected = [BankEntry("7", DAY, Decimal("1590.50"), ("betaling GD2026-000001",))]
    assert read_bank_file(dutch.encode()) == read_bank_file(english.encode()) == expected


def test_rows_without_id_differ_and_keep_their_id() -> None:
    text = "date,amount,reference\n2026-02-10,5,x\n2026-02-10,5,x\n2026-02-11,5,x\n"
    ids = [entry.entry_id for entry in read_bank_file(text.encode())]
    assert len(set(ids)) == 3
    assert ids == [entry.entry_id for entry in read_bank_file(text.encode())]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<a/>", "not CAMT.053"),
        (b"<a", "not XML"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "document type"),
        (statement([]).replace(b"001.02", b"001.99"), "camt.053.001.99"),
        (b"date,amount\n", "no column reference"),
        (b"date,amount,reference\n2026-02-30,1,x\n", "row 2"),
        (b"date,amount,reference\n2026-02-10,1.005,x\n", "row 2"),
        (b"date,amount,reference\n2026-02-10,NaN,x\n", "row 2"),
        (b"date,amount,reference\n2026-02-10\n", "row 2"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "no column"),
    ],
)
def test_what_is_no_bank_file_is_refused_with_a_reason(content: bytes, says: str) -> None:
    with pytest.raises(BankFileError, match=says):
        read_bank_file(content)
