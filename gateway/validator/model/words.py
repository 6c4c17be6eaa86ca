"""Codes in words, in Dutch and English: the tables of `words.toml`; countries and currencies are Babel's."""

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from babel import Locale

from gateway.i18n import Text, in_both

_COLUMN = {"en": 0, "nl": 1}


@cache
def tables() -> Mapping[str, Mapping[str, list[str]]]:
    """Every table: by its name, the words of each code in English and Dutch."""
    return tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))


@lru_cache(maxsize=4096)
def words_for(table: str, code: str, language: str, *, is_one: bool = True) -> str | None:
    """What a code of a table means, in the form for one or for several; None where the table does not say."""
    code = code.strip(" \t\r\n")
    if table == "country":
        return str(Locale(language).territories[code]) if code in Locale(language).territories else None
    if table == "currency":
        name = Locale(language).currencies.get(code)
        return str(name) if name else None
    found = tables()[table].get(code)
    if found is None:
        return None
    one, _, many = found[_COLUMN[language]].partition("|")
    return one if is_one else many or one


_TABLES = {
    "CEF EAS": "scheme",
    "CEF VATEX": "exemption",
    "EN 16931, MIME": "media_type",
    "ISO 3166-1": "country",
    "ISO 4217": "currency",
    "ISO 6523 ICD": "scheme",
    "Peppol EAS": "scheme",
    "UN/ECE Rec. 20": "unit",
    "UNTDID 1001": "document_type",
    "UNTDID 1001, Peppol orders": "order_type",
    "UNTDID 1153": "object_scheme",
    "UNTDID 1229": "line_answer",
    "UNTDID 2005": "vat_point",
    "UNTDID 2475": "vat_point",
    "UNTDID 4343": "answer",
    "UNTDID 4451": "note_subject",
    "UNTDID 4461": "payment_means",
    "UNTDID 5189": "allowance_reason",
    "UNTDID 5305": "vat_category",
    "UNTDID 7143": "classification",
    "UNTDID 7161": "charge_reason",
}
"""The table with the words of a code list, by its title or what that begins with before a comma."""


def name_of_code(title: str, code: str) -> Text | None:
    """What a code of the list with this title means; None where no table says."""
    table = _TABLES.get(title) or _TABLES.get(title.partition(",")[0])
    english = words_for(table, code, "en") if table else None
    dutch = words_for(table, code, "nl") if table else None
    return in_both(english, dutch) if english and dutch else None
