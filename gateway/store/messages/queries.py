"""The statements of messages that run for every message, by name: text for the driver.

The columns of a row are the fields of its NamedTuple, in order.
"""

from functools import lru_cache
from typing import NamedTuple


class ClaimRow(NamedTuple):
    """Which message has a claim."""

    claim: str
    kenmerk: str


@lru_cache(maxsize=1024)
def claim(rows: int, placeholder: str) -> str:
    """Inserts those of so many claims that are free, and answers them."""
    values = ", ".join([f"({placeholder}, {placeholder})"] * rows)
    return f"INSERT INTO claims (claim, kenmerk) VALUES {values} ON CONFLICT DO NOTHING RETURNING claim, kenmerk"  # noqa: S608 - placeholders


@lru_cache(maxsize=1024)
def claims(number: int, placeholder: str) -> str:
    """Finds so many claims."""
    placeholders = ", ".join([placeholder] * number)
    return f"SELECT claim, kenmerk FROM claims WHERE claim IN ({placeholders})"  # noqa: S608 - placeholders


@lru_cache
def commit_message(columns: tuple[str, ...], placeholder: str) -> str:
    """Changes these columns of the message that has the kenmerk (the last value), where it waits to be judged."""
    changes = ", ".join(f'"{name}" = {placeholder}' for name in columns)
    return f"UPDATE messages SET {changes} WHERE kenmerk = {placeholder} AND state = 'received'"  # noqa: S608 - our own names
