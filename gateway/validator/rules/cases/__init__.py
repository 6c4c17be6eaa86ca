"""The cases of the rules as data: for each rule a document that holds it and one that breaks it.

A case is a sample document with a few terms changed. It is in a TOML file of this folder, under the id of
its rule:

    [["BR-33".breaks]]
    document = "en16931-everything"
    remove = ["BT-97", "BT-98"]
    also = ["BR-CO-21"]

`document` names a sample of `tests/samples` (at the top of a file: the one its cases start from). `change` gives
terms another text, and makes what is not there yet; `remove` takes terms away; `repeat` doubles an element,
before the changes. A term is `BT-97`, at the first place where the document has it, or an XPath from the root
element. `also` lists the other rules that break with it.

Rules that are broken by what is added to a sample, as hundreds of the syntax rules are, have one row each:

    [adds]
    UBL-CR-646 = { "cac:InvoiceLine/cac:SubInvoiceLine/cbc:ID" = "1", also = ["UBL-CR-..."] }

That is two cases: the sample as it is holds, and with these terms it breaks.

`tests/rules` runs every case; `meterpoort rules show` and docs/reference/rules print them.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """One document, and what it does to one rule: holds or breaks it."""

    rule: str
    breaks: bool
    document: str
    change: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    repeat: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    file: str = ""

    @property
    def expected(self) -> frozenset[str]:
        """Every rule that the document breaks."""
        return frozenset((self.rule, *self.also)) if self.breaks else frozenset(self.also)


_KEYS = {"document", "change", "remove", "repeat", "also"}


@cache
def cases() -> Mapping[str, tuple[Case, ...]]:
    """Every case by the id of its rule, those that hold first. Raises ValueError for an unknown key."""
    found: dict[str, list[Case]] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            for case in _of_file(file.name, tomllib.loads(file.read_text("utf-8"))):
                found.setdefault(case.rule, []).append(case)
    return {rule: tuple(sorted(listed, key=lambda case: case.breaks)) for rule, listed in found.items()}


def _of_file(name: str, content: dict[str, Any]) -> Iterator[Case]:
    document = content.pop("document", "")
    for rule, row in content.pop("adds", {}).items():
        yield from _of_row(name, rule, document, row)
    for rule, outcomes in content.items():
        for outcome, rows in outcomes.items():
            if outcome not in {"holds", "breaks"}:
                raise ValueError(f"{name}: {rule} has {outcome!r}; a case holds or breaks")
            for row in rows:
                yield _case(name, rule, outcome == "breaks", {"document": document, **row})


def _of_row(name: str, rule: str, document: str, row: dict[str, Any]) -> Iterator[Case]:
    """The two cases of a row of `adds`."""
    document = row.pop("document", document)
    also = tuple(row.pop("also", ()))
    yield Case(rule, False, document, file=name)
    yield Case(rule, True, document, row, also=also, file=name)


def _case(name: str, rule: str, breaks: bool, row: dict[str, Any]) -> Case:
    if unknown := row.keys() - _KEYS:
        raise ValueError(f"{name}: a case of {rule} has unknown keys: {', '.join(sorted(unknown))}")
    listed = {key: tuple(row.get(key, ())) for key in ("remove", "repeat", "also")}
    return Case(rule, breaks, row["document"], row.get("change", {}), file=name, **listed)
