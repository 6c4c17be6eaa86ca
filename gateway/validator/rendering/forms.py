"""Numbers, dates and accounts as people write them. Nothing is rounded."""

import re
from functools import lru_cache

from gateway.i18n import format_date

_NUMBER = re.compile(r"([+-]?)(?=[0-9])0*+([0-9]*)(?:\.([0-9]*))?")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)T?([0-9:.]*(?:Z|[+-]\d\d:\d\d)?)", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Za-z0-9]{8,30}")
_SIGNS = {"nl": (".", ","), "en": (",", ".")}
_SPACE = " \t\r\n"


def number_text(text: str, language: str, decimals_min: int = 0) -> str:
    """A number by the reader's habit: grouped by thousands, with at least so many decimals and all that were sent.
    What is no number stays as it is."""
    found = _NUMBER.fullmatch(text.strip(_SPACE))
    if found is None:
        return text
    sign, whole, decimals = found[1].replace("+", ""), found[2] or "0", (found[3] or "").ljust(decimals_min, "0")
    group, point = _SIGNS[language]
    if len(whole) > 3:
        whole = f"{int(whole):,}".replace(",", group) if len(whole) < 4000 else whole
    return f"{sign.replace('-', '−')}{whole}{point if decimals else ''}{decimals}"


def quantity_text(text: str, language: str) -> str:
    """A quantity or rate, without zeros at the end of its decimals: `24.00` is 24."""
    stripped = text.strip(_SPACE)
    if "." not in stripped or not _NUMBER.fullmatch(stripped):
        return number_text(text, language)
    return number_text(stripped.rstrip("0").rstrip("."), language)


@lru_cache(maxsize=4096)
def date_text(text: str, language: str) -> str:
    """A day in words, with the time if there is one: 2 November 2026 and 2 november 2026 17:00:00. What is no day
    stays as it is."""
    found = _DAY.fullmatch(text.strip(_SPACE))
    try:
        day = format_date(found[1], language) if found else text
    except ValueError:
        return text
    return f"{day} {found[2]}" if found and found[2] else day


def account_text(text: str) -> str:
    """An IBAN in groups of four; another account number as it is."""
    compact = re.sub(r"[ \t\r\n]", "", text)
    if not _IBAN.fullmatch(compact):
        return text
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))


def size_text(size_bytes: int, language: str) -> str:
    """A size for people: 4.2 MB and 4,2 MB, in units of 1,000."""
    for unit, name in ((1_000_000, "MB"), (1_000, "kB")):
        if size_bytes >= unit:
            return f"{number_text(f'{size_bytes / unit:.1f}', language)} {name}"
    return f"{number_text(str(size_bytes), language)} bytes"
