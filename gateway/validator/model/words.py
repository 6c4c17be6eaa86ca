"""Codes in words: the tables of `words.toml`, and Babel's countries and currencies."""

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from babel import Locale

from gateway.i18n import Text, plural

_BABEL = {"country": Locale("en").territories, "currency": Locale("en").currencies}
"""The codes with a name in Babel, by the form of a placeholder that writes it."""


@cache
def tables() -> Mapping[str, Mapping[str, str | list[str]]]:
    """Every table: by its name, the English words of each code, or those for one and for several."""
    return tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))


@lru_cache(maxsize=4096)
def words_for(table: str, code: str, language: str, *, is_one: bool = True) -> str | None:
    """What a code of a table means, in the form for one or for several; None where the table does not say."""
    text = _text_for(table, code, count=1 if is_one else 2)
    return text.in_language(language) if text else None


def _text_for(table: str, code: str, *, count: int) -> Text | None:
    code = code.strip(" \t\r\n")
    if table in _BABEL:
        return Text(f"{{code:{table}}}", code=code) if code in _BABEL[table] else None
    words = tables()[table].get(code)
    if isinstance(words, list):
        return plural(*words, count=count)
    return Text(words) if words else None


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
    return _text_for(table, code, count=1) if table else None
