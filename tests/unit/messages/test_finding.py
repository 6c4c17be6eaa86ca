"""What a person types: names, amounts and days, as Dutch people write them."""

from datetime import UTC, date, datetime

import pytest

from gateway.messages.finding import close_parties, moment, party_named, words_of
from gateway.messages.participants import Party, PartyKind
from gateway.validator.model.identifiers import PartyIdentifier

OFFICE = Party(
    "kantoorvak", "Kantoorvak Merwestreek B.V.", PartyKind.COMPANY, (PartyIdentifier("0106", "90817263"),)
)
TOWN = Party("gemeente-zandrijk", "Gemeente Zandrijk", PartyKind.NON_RIJK)
PARTIES = (OFFICE, TOWN)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1210", 121_000),
        ("1210,50", 121_050),
        ("1.210,50", 121_050),
        ("1,210.50", 121_050),
        ("€1.210", 121_000),
        ("12.345.678", 1_234_567_800),
        ("0,07", 7),
        ("2026-001", None),
        ("1,2,3", None),
        ("x", None),
    ],
)
def test_amounts(text: str, cents: int | None) -> None:
    [word] = words_of(text, PARTIES)
    assert word.amount_cents == cents


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-02", date(2026, 11, 2)),
        ("2-11-2026", date(2026, 11, 2)),
        ("02/11/2026", date(2026, 11, 2)),
        ("2026-02-30", None),
        ("9999-12-31", None),
        ("0001-01-01", None),
        ("2026-11", None),
    ],
)
def test_days(text: str, day: date | None) -> None:
    [word] = words_of(text, PARTIES)
    assert word.day == day


def test_each_word_may_be_part_of_a_name_or_an_identifier() -> None:
    first, second, third = words_of("  Kantoorvak MERWE  90817263 ", PARTIES)
    assert first.parties == second.parties == third.parties == {"kantoorvak"}
    assert words_of("eur 5 €", PARTIES) == words_of("5", PARTIES)


def test_a_party_is_named_by_id_name_or_identifier() -> None:
    for text in ("kantoorvak", " kantoorvak merwestreek b.v. ", "0106:90817263"):
        assert party_named(text, PARTIES) is OFFICE
    assert party_named("merwestreek", PARTIES) is None


@pytest.mark.parametrize("text", ["Kantoorvak Merwestreek", "kantorvak", "merwestrek", "Kantoorvak BV"])
def test_a_name_that_is_nearly_right(text: str) -> None:
    assert close_parties(text, PARTIES) == (OFFICE,)
    assert close_parties("iets anders", PARTIES) == ()


def test_a_day_is_a_day_in_amsterdam() -> None:
    """In July the clock there is two hours ahead, in November one."""
    assert moment("2026-07-01") == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert moment("29-11-2026", is_end=True) == datetime(2026, 11, 29, 23, tzinfo=UTC)
    assert moment("2026-11-29T12:00:00+01:00") == datetime(2026, 11, 29, 11, tzinfo=UTC)
    for wrong in ("yesterday", "2026-11-29T12:00:00", "2026-13-01T09:00:00Z"):
        with pytest.raises(ValueError, match=r"."):
            moment(wrong)
