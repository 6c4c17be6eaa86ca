"""Codes in words, in Dutch and English: the tables of `words.toml`; countries and currencies are Babel's."""

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from babel import Locale

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
