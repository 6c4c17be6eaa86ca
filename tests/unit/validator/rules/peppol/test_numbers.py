"""Numbers of organisations against python-stdnum, where Peppol checks what the issuer does."""

import random
from collections.abc import Callable

import pytest
from stdnum import ean, iban
from stdnum.au import abn
from stdnum.be import vat as belgian
from stdnum.gr import vat as greek
from stdnum.it import iva
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from gateway.validator.rules.patterns import UndecidableError
from gateway.validator.rules.peppol import numbers

Check = Callable[[str], bool]


def _numbers(length: int, times: int = 3_000) -> list[str]:
    made = random.Random(length)
    return ["".join(made.choices("0123456789", k=length)) for _ in range(times)]


@pytest.mark.parametrize(
    ("ours", "theirs", "length"),
    [
        (numbers.is_gln, lambda text: ean.is_valid(text), 13),
        (numbers.is_swedish, swedish.is_valid, 10),
    ],
)
def test_check_digits_are_those_of_the_issuer(ours: Check, theirs: Check, length: int) -> None:
    made = _numbers(length)
    assert [each for each in made if ours(each)] == [each for each in made if theirs(each)] != []


@pytest.mark.parametrize(
    ("ours", "theirs", "length"),
    [
        (numbers.is_norwegian, norwegian.is_valid, 9),
        (numbers.is_belgian, belgian.is_valid, 10),
        (numbers.is_australian, lambda text: abn.is_valid(text), 11),
        (numbers.is_greek_tin, greek.is_valid, 9),
        (lambda text: numbers.is_partita_iva(f"IT{text}"), iva.is_valid, 11),
    ],
)
def test_what_the_issuer_takes_passes(ours: Check, theirs: Check, length: int) -> None:
    """The issuers have more to say: of which number a check digit may be."""
    taken = [each for each in _numbers(length) if theirs(each)]
    assert taken
    assert all(map(ours, taken))


def test_a_wrong_check_digit_is_seen() -> None:
    for right, check in (
        ("974760673", numbers.is_norwegian),
        ("0123456749", numbers.is_belgian),
        ("51824753556", numbers.is_australian),
        ("2120000142", numbers.is_swedish),
        ("8712345000004", numbers.is_gln),
        ("IT12345678903", numbers.is_partita_iva),
        ("NL39RABO0300065264", numbers.is_iban),
    ):
        assert check(right), right
        assert not check(right[:-1] + str((int(right[-1]) + 1) % 10)), right


def test_an_iban_is_one_by_the_standard_library_of_numbers() -> None:
    made = [f"NL{digits[:2]}INGB{digits[2:12]}" for digits in _numbers(12)]
    assert [each for each in made if numbers.is_iban(each)] == [each for each in made if iban.is_valid(each)] != []


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (numbers.is_danish_cvr, ["DK12345678", "12345678"], ["1234567", "DK1234567", "dk12345678", " 12345678"]),
        (numbers.is_danish_se, ["DK12345678"], ["12345678"]),
        (numbers.is_danish_p, ["1234567890"], ["123456789", "12345678AB"]),
        (numbers.is_codice_ipa, ["UFA1b2"], ["UFA1B", "UFA1B2C", "UFA-B2"]),
        (numbers.is_codice_fiscale, ["RSSMRA80A01H501U", "12345678901"], ["RSSMRA80A01H501", "1SSMRA80A01H501U"]),
        (numbers.is_partita_iva, ["DE1", "IT12345678903"], ["IT1234567890", "ITA2345678903"]),
        (numbers.is_kvk, ["12345678"], ["1234567", "1234567A", "١٢٣٤٥٦٧٨"]),
        (numbers.is_oin, ["00000001001234567000"], ["0000000100123456700"]),
        (numbers.is_dutch_establishment, ["000012345678"], ["12345678"]),
        (numbers.is_dutch_vat, ["NL001234567B01"], ["NL001234567B1", "nl001234567B01", "NL.001234567B01"]),
        (numbers.is_greek_tin, ["094014201"], ["09401420", "A94014201"]),
        (numbers.is_gln, ["0", "17"], ["", "1", "A7"]),
    ],
)
def test_shapes(check: Check, right: list[str], wrong: list[str]) -> None:
    assert [each for each in right if not check(each)] == []
    assert [each for each in wrong if check(each)] == []


def test_what_the_official_text_cannot_decide_is_no_answer() -> None:
    for check, text in ((numbers.is_partita_iva, "IT+1234567890"), (numbers.has_swedish_check, "١١٢٠٠٠٠١٤٢")):
        with pytest.raises(UndecidableError):
            check(text)
