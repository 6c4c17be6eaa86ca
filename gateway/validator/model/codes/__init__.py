"""Code lists as data: the values that rules allow, with the version they were taken from.

`en16931.json` is made by `python -m tests.conformance.code_lists` from the official artefact, and a test
compares the two.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from gateway.validator.model.codes.mistaken import mistaken_for

_SPACE = " \t\r\n"
_NEAR_MISS_LENGTH_MAX = 24
_NEAR_MISSES_MAX = 3
_SHORT_LENGTH_MAX = 2


@dataclass(frozen=True, slots=True, eq=False)
class CodeList:
    """The values of one list. `title` is the name people know it by, `source` the artefact and its version."""

    title: str
    source: str
    values: frozenset[str]
    match: str = "trimmed"
    """How the artefact compares: `trimmed` of spaces around, `capitals` of either case too, or `exact`."""
    text: str = ""
    """All values in the artefact's order with a space before, between and after, as the artefact searches them."""

    def has(self, value: str) -> bool:
        """Whether a value, as the document writes it, is on the list."""
        if value in self.values or self.match == "exact":
            return value in self.values
        stripped = value.strip(_SPACE)
        return (stripped.upper() if self.match == "capitals" else stripped) in self.values

    def also(self, *values: str) -> "CodeList":
        """The same list with more values."""
        return CodeList(self.title, self.source, self.values | set(values), self.match, self.text)

    def but(self, *values: str) -> "CodeList":
        """The same list without some values."""
        return CodeList(self.title, self.source, self.values - set(values), self.match, self.text)


def near_misses(value: str, codes: CodeList) -> list[str]:
    """Codes of the list that a person may have meant: the same in capitals, what it is often mistaken for, or one
    slip of the pen away. In two characters every slip is another code, so there only swapped ones count."""
    wanted = value.strip(_SPACE).upper()
    if not wanted or len(wanted) > _NEAR_MISS_LENGTH_MAX:
        return []
    folded = _in_capitals(codes)
    if wanted in folded:
        return [folded[wanted]]
    if meant := [code for code in mistaken_for(wanted, codes.title) if code in codes.values]:
        return meant
    slips = _slips(wanted) if len(wanted) > _SHORT_LENGTH_MAX else [wanted[::-1]]
    found = {folded[each] for each in slips if each in folded}
    return sorted(found, key=lambda code: (abs(len(code) - len(wanted)), code))[:_NEAR_MISSES_MAX]


@lru_cache(maxsize=64)
def _in_capitals(codes: CodeList) -> dict[str, str]:
    return {code.upper(): code for code in sorted(codes.values)}


def _slips(text: str) -> Iterator[str]:
    for at in range(len(text) + 1):
        left, right = text[:at], text[at:]
        if right:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/.":
            yield left + letter + right
            if right:
                yield left + letter + right[1:]


def _load(file: str) -> dict[str, CodeList]:
    data = json.loads(resources.files(__name__).joinpath(file).read_text("utf-8"))
    return {
        name: CodeList(
            each["title"], data["source"], frozenset(each["values"].split()), each["match"], f" {each['values']} "
        )
        for name, each in data["lists"].items()
    }


LISTS = _load("en16931.json")
"""By name: `currencies`, `units`, `countries` and so on."""
PEPPOL_LISTS = {**LISTS, **_load("peppol.json")}
"""Those of Peppol, by the same names and more."""
