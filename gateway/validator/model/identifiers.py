"""Identifiers of parties: OIN, KvK number, VAT number, GLN.

Each kind has `compact` (strip what people add), `problem` (what is wrong, or None); schemes are the
Electronic Address Scheme codes of EN 16931 (CEF EAS): 0190 OIN, 0106 KvK, 9944 Dutch VAT, 0088 GLN.
"""

import re
from dataclasses import dataclass

from stdnum import ean
from stdnum.nl import btw

from gateway.i18n import Text
from gateway.validator.finding import WrongValueError

OIN = "0190"
KVK = "0106"
VAT_NL = "9944"
GLN = "0088"

_SCHEME_NAMES = {"OIN": OIN, "KVK": KVK, "BTW": VAT_NL, "GLN": GLN}


@dataclass(frozen=True, slots=True, order=True)
class PartyIdentifier:
    """A party's identifier under its EAS scheme, compact: `0190:00000001002220647000`."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> "PartyIdentifier":
        """Read `scheme:value`, the scheme as an EAS code or as OIN, KvK, BTW or GLN.

        Raises WrongValueError (a ValueError) that says what is wrong.
        """
        scheme, colon, value = text.strip().partition(":")
        if not colon:
            example = "0190:00000001002220647000"
            raise WrongValueError(
                Text("{text} is not scheme:value, as {example}", text=repr(text), example=example)
            )
        code = _SCHEME_NAMES.get(scheme.upper(), scheme)
        identifier = cls(code, compact(code, value))
        if wrong := problem(identifier):
            raise WrongValueError(wrong)
        return identifier


def compact(scheme: str, value: str) -> str:
    """Strip the spaces, dots and dashes that people write in numbers; VAT numbers in capitals."""
    stripped = value if value.isalnum() else re.sub(r"[\s.\-]", "", value)
    return stripped.upper() if scheme == VAT_NL else stripped


def problem(identifier: PartyIdentifier) -> Text | None:
    """What is wrong with the identifier in its scheme, or None.

    OIN: 20 positions, no check digit is defined (Logius, OIN-stelsel). KvK: 8 digits. GLN: 13 digits,
    GS1 check digit. Dutch VAT: NL, 9 digits, B, 2 digits, with the elfproef or the mod-97 check.
    """
    check = _CHECKS.get(identifier.scheme)
    return check(identifier.value) if check else None


def _oin_problem(value: str) -> Text | None:
    if re.fullmatch(r"0000\d{4}[0-9A-Z]{12}", value, re.ASCII):
        return None
    return Text(
        "{value} is not an OIN: 20 positions, the first eight a prefix such as 00000001", value=repr(value)
    )


def _kvk_problem(value: str) -> Text | None:
    if re.fullmatch(r"\d{8}", value, re.ASCII):
        return None
    return Text("{value} is not a KvK number: 8 digits", value=repr(value))


def _gln_problem(value: str) -> Text | None:
    if not re.fullmatch(r"\d{13}", value, re.ASCII):
        return Text("{value} is not a GLN: 13 digits", value=repr(value))
    if ean.is_valid(value):
        return None
    return Text("{value} is not a GLN: its check digit is wrong", value=repr(value))


def _vat_problem(value: str) -> Text | None:
    if not re.fullmatch(r"NL\d{9}B\d{2}", value, re.ASCII):
        return Text("{value} is not a Dutch VAT number: NL, 9 digits, B, 2 digits", value=repr(value))
    if btw.is_valid(value):
        return None
    return Text("{value} is not a Dutch VAT number: its check digits are wrong", value=repr(value))


_CHECKS = {OIN: _oin_problem, KVK: _kvk_problem, GLN: _gln_problem, VAT_NL: _vat_problem}
