"""The XML of a right and a wrong example of each rule, for people to copy.

`examples.json` is made from the cases by `python -m tests.rules.examples`, and a test compares the two.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("examples.json")


@dataclass(frozen=True, slots=True)
class Example:
    """A part of a document that holds a rule, and the same part of one that breaks it."""

    right: str
    wrong: str


@cache
def _examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(FILE.read_text("utf-8"))
    return found


def example_of(rule: str, name: str) -> Example | None:
    """The example of a rule of the set of this name; None where there is none."""
    pair = _examples().get(f"{rule} {name}") or _examples().get(rule)
    return Example(*pair) if pair else None
