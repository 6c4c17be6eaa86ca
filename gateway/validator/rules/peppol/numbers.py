"""Numbers of organisations as the rules of Peppol check them, which is not always as their issuers do.

Source: OpenPEPPOL, validation artefacts 2026.5, the functions of the Schematron.
"""

import re

from stdnum import ean, luhn
from stdnum.gr import vat as greek_vat
from stdnum.no import orgnr

from gateway.validator.rules.patterns import UndecidableError
from gateway.validator.rules.xpath import is_integer

_LETTERS = re.compile(r"[A-Za-z]*")
_ABN_WEIGHTS = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def is_gln(text: str) -> bool:
    """GLN (0088): digits of which the last is that of GS1, modulo 10. Any length passes."""
    return _are_digits(text) and ean.calc_check_digit(text[:-1]) == text[-1]


def is_norwegian(text: str) -> bool:
    """Norwegian organisation number (0192): nine digits, modulo 11. A check digit of 10 never fits."""
    return len(text) == 9 and _are_digits(text) and int(text) > 0 and orgnr.checksum(text) == 0


def is_danish_cvr(text: str) -> bool:
    """Danish CVR number (0184): eight digits, DK before them or not."""
    return is_danish_se(text) or (len(text) == 8 and _are_digits(text))


def is_danish_p(text: str) -> bool:
    """Danish P number (0096): ten digits."""
    return len(text) == 10 and _are_digits(text)


def is_danish_se(text: str) -> bool:
    """Danish SE number (0198): DK and eight digits."""
    return len(text) == 10 and text.startswith("DK") and _are_digits(text[2:])


def is_belgian(text: str) -> bool:
    """Belgian enterprise number (0208): ten digits, modulo 97."""
    return len(text) == 10 and _are_digits(text) and int(text[8:]) == 97 - int(text[:8]) % 97


def is_codice_ipa(text: str) -> bool:
    """Code of an Italian public office (0201): six letters and digits."""
    return len(text) == 6 and text.isascii() and text.isalnum()


def is_codice_fiscale(text: str) -> bool:
    """Italian tax code (0210, 9907): eleven digits, or sixteen characters with letters and digits in their places;
    no check digit is worked out."""
    if len(text) == 11:
        return is_integer(text)
    letters = text[:6] + text[8:9] + text[15:]
    numbers = (text[6:8], text[9:11], text[14:15])
    return len(text) == 16 and _LETTERS.fullmatch(letters) is not None and all(map(is_integer, numbers))


def is_partita_iva(text: str) -> bool:
    """Italian VAT number (0211): after IT eleven digits by Luhn; another country's passes unseen. Raises
    UndecidableError where the digits begin with a sign, on which the official text ends in an error."""
    country, digits = text[:2], text[2:]
    if country not in ("IT", "it"):
        return True
    if len(digits) != 11 or not is_integer(digits):
        return False
    if not digits.isdigit():
        raise UndecidableError("a sign before the digits")
    return luhn.is_valid(digits)


def is_swedish(text: str) -> bool:
    """Swedish organisation number (0007): ten digits by Luhn."""
    return len(text) == 10 and _are_digits(text) and has_swedish_check(text)


def has_swedish_check(text: str) -> bool:
    """Whether the tenth digit is that of Luhn over those before it. Raises UndecidableError for digits of other
    scripts, on which the official text ends in an error."""
    if not text.isdecimal():
        return False
    if not text[:9].isascii():
        raise UndecidableError("digits of another script")
    return len(text) >= 10 and luhn.is_valid(text[:10])


def is_australian(text: str) -> bool:
    """Australian Business Number (0151): eleven digits, modulo 89, the first one less 1."""
    if len(text) != 11 or not _are_digits(text):
        return False
    added = sum(weight * int(digit) for weight, digit in zip(_ABN_WEIGHTS, text, strict=True))
    return (added - _ABN_WEIGHTS[0]) % 89 == 0


def is_greek_tin(text: str) -> bool:
    """Whether a text begins with a Greek tax number: nine digits, modulo 11."""
    return len(text) >= 9 and _are_digits(text[:9]) and greek_vat.calc_check_digit(text[:8]) == text[8]


def is_kvk(text: str) -> bool:
    """Dutch Chamber of Commerce number (0106): eight digits."""
    return len(text) == 8 and _are_digits(text)


def is_oin(text: str) -> bool:
    """Dutch OIN (0190): twenty digits."""
    return len(text) == 20 and _are_digits(text)


def is_dutch_establishment(text: str) -> bool:
    """Dutch establishment number (0217): twelve digits."""
    return len(text) == 12 and _are_digits(text)


def is_dutch_vat(text: str) -> bool:
    """Dutch VAT number (9944): NL, nine digits, B, two digits; no check digit is worked out."""
    return re.fullmatch(r"NL[0-9]{9}B[0-9]{2}", text) is not None


def is_iban(text: str) -> bool:
    """IBAN: two capitals, two digits, up to thirty letters and digits, 1 modulo 97 with letters as two digits."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Za-z0-9]{0,30}", text):
        return False
    return int("".join(str(ord(each) - 55 if ord(each) > 64 else each) for each in text[4:] + text[:4])) % 97 == 1
