"""What a person types to find messages: part of a number or kenmerk, a name, an amount, a day."""

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

from gateway.clock import AMSTERDAM
from gateway.messages.message import Word
from gateway.messages.participants import Party

WORDS_MAX = 8
_AMOUNT = re.compile(r"€?(\d{1,3}(?:[.,]\d{3})+|\d{1,12})(?:[.,](\d\d))?")
_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)[-/](\d\d?)[-/](\d{4})")
_ALIKE = 0.7
_YEARS = range(1900, 3000)
"""Of other years, moments near their ends may not exist in UTC."""
_NO_WORDS = {"€", "eur", "euro"}


def words_of(text: str, parties: Iterable[Party]) -> tuple[Word, ...]:
    """The words of a search; all must be in a message. Amounts may have points or commas, days may be Dutch."""
    known = list(parties)
    words = [one for one in text.lower().split() if one not in _NO_WORDS][:WORDS_MAX]
    return tuple(Word(one, _parties_with(one, known), _cents(one), _day(one)) for one in words)


def _parties_with(word: str, parties: Iterable[Party]) -> frozenset[str]:
    return frozenset(
        party.party_id
        for party in parties
        if word in party.name.lower()
        or word in party.party_id
        or any(word in {one.value, str(one)} for one in party.identifiers)
    )


def _cents(word: str) -> int | None:
    match = _AMOUNT.fullmatch(word)
    return int(re.sub("[.,]", "", match[1]) + (match[2] or "00")) if match else None


def _day(word: str) -> date | None:
    match = _DAY.fullmatch(word)
    if not match:
        return None
    year, month, day = map(int, match.group(1, 2, 3) if match[1] else match.group(6, 5, 4))
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def party_named(text: str, parties: Iterable[Party]) -> Party | None:
    """The party with this id, name or identifier, or None."""
    wanted = text.strip().lower()
    for party in parties:
        if wanted in {party.party_id, party.name.lower(), *(str(one) for one in party.identifiers)}:
            return party
    return None


def close_parties(text: str, parties: Iterable[Party]) -> tuple[Party, ...]:
    """At most three parties whose id or name, or a word of it, is like this text, the most alike first."""
    wanted, scores = text.strip().lower(), list[tuple[float, Party]]()
    for party in parties:
        names = {party.party_id, party.name.lower(), *party.name.lower().split()}
        score = max(difflib.SequenceMatcher(None, wanted, name).ratio() for name in names)
        scores.append((1.0 if any(wanted in name for name in names) else score, party))
    alike = sorted((one for one in scores if one[0] >= _ALIKE), key=lambda one: -one[0])
    return tuple(party for _, party in alike[:3])


def moment(text: str, *, is_end: bool = False) -> datetime:
    """A moment (ISO 8601, with its offset), or a day in Amsterdam: its first moment, or with `is_end` the first
    after it. Raises ValueError."""
    text = text.strip()
    if day := _day(text):
        return start_of(day + timedelta(days=1) if is_end else day)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def start_of(day: date) -> datetime:
    """The first moment of a day in Amsterdam, in UTC."""
    return datetime.combine(day, time_of_day(), AMSTERDAM).astimezone(UTC)
