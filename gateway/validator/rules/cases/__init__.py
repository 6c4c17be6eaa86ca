"""The cases of the rules as data: for each rule a document that holds it and one that breaks it.

A case is a sample document with a few terms changed. It is a row in a TOML file of this folder, under the id of
its rule, among those that hold or those that break; several rows of one rule are a list:

    [holds]
    BR-DEC-01 = { BT-92 = "40" }

    [breaks]
    BR-33 = { document = "en16931-everything", remove = ["BT-97", "BT-98"], also = ["BR-CO-21"] }

`document` names a sample of `tests/samples` (at the top of a file: the one its cases start from). `remove` takes
terms away; `repeat` doubles an element, before the changes; `also` lists the other rules that break with it.
Anything else is a term that gets another text, and is made where it is not there yet. A term is `BT-97`, at the
first place where the document has it, or an XPath from the root element.

A rule without a row that holds is held by the sample that its first case breaks, as it is.

With `structure = "peppol-T01"` a file has the cases of the structural rules of that transaction, which follow from
the structure; `[also]` lists by rule what else breaks. `document` then has all of the structure.

With `unused = "UBL"`, or `"CII"`, it has those of the rules on what an invoice leaves out, without those that have
a row in the file: the element is made where its rule says. `[places]` says by how a path begins where that is. By
the name of an element, `[inside]` says what is made in it and `[values]` its text: the first pattern that fits
counts. `[documents]` and `[also]` are as for the others.

With `table = "order"` it has those of a table of UBL-OHNL, whose ids begin with `prefix`; `[documents]` names the
sample for the paths that have a part of its key in them.

Where several sets have different rules under one id, a file says with `set` whose rules it is about; without it
the first set that has them is meant.

`tests/rules` runs every case; `meterpoort rules show` and docs/reference/rules print them.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.validator.cii.rules import UNUSED as UNUSED_IN_CII
from gateway.validator.rules.ohnl.table import read_table, table_cases
from gateway.validator.rules.peppol.structural import structural_cases
from gateway.validator.ubl.rules import UNUSED_ELEMENTS
from gateway.validator.ubl.structure import read_structure


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
    set: str = ""
    """The set whose rule is meant; empty for the first one that has it."""

    @property
    def expected(self) -> frozenset[str]:
        """Every rule that the document breaks."""
        return frozenset((self.rule, *self.also)) if self.breaks else frozenset(self.also)


_LISTED = ("remove", "repeat", "also")
_PATH = re.compile(r"[A-Z]+-[\d-]+|.*[:@].*")
"""A term, or a path."""
_UNUSED = {"UBL": UNUSED_ELEMENTS, "CII": UNUSED_IN_CII}


@cache
def cases() -> Mapping[str, tuple[Case, ...]]:
    """Every case by the id of its rule, those that hold first. Raises ValueError for an unknown key."""
    by_set: dict[tuple[str, str], list[Case]] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            for case in _of_file(file.name, tomllib.loads(file.read_text("utf-8"))):
                by_set.setdefault((case.rule, case.set), []).append(case)
    found: dict[str, tuple[Case, ...]] = {}
    for (rule, _), listed in by_set.items():
        cases_of_rule = (*found.get(rule, ()), *_with_one_that_holds(listed))
        found[rule] = tuple(sorted(cases_of_rule, key=lambda case: case.breaks))
    return found


def _with_one_that_holds(listed: list[Case]) -> list[Case]:
    """The cases of a rule, those that hold first."""
    if all(case.breaks for case in listed):
        first = listed[0]
        return [Case(first.rule, False, first.document, file=first.file, set=first.set), *listed]
    return sorted(listed, key=lambda case: case.breaks)


def _of_file(name: str, content: dict[str, Any]) -> Iterator[Case]:
    document, about = content.pop("document", ""), content.pop("set", "")
    rows = [(rule, True, row) for rule, row in _rows_that_follow(content)]
    if unknown := content.keys() - {"holds", "breaks"}:
        raise ValueError(f"{name}: a case holds or breaks, it has no {', '.join(sorted(unknown))}")
    for outcome, by_rule in content.items():
        for rule, written in by_rule.items():
            listed = written if isinstance(written, list) else [written]
            rows += [(rule, outcome == "breaks", row) for row in listed]
    for rule, breaks, row in rows:
        yield replace(_case(name, rule, breaks, {"document": document, **row}), set=about)


def _rows_that_follow(content: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The rows of the cases that follow from a structure, from a table, or from what is left out."""
    documents, also = content.pop("documents", {}), content.pop("also", {})
    found: list[tuple[str, str, dict[str, Any]]] = []
    if structure := content.pop("structure", ""):
        cases_of = structural_cases(read_structure(structure), structure.rpartition("-")[2])
        found = [(rule, "", row) for rule, row in cases_of]
    if table := content.pop("table", ""):
        rows = table_cases(read_table(table, content.pop("prefix")))
        found = [(each.id, each.path, row) for each, row in rows]
    if unused := content.pop("unused", ""):
        found = list(_of_unused(_UNUSED[unused], content))
    for rule, path, row in found:
        row["also"] = (*also.get(rule, ()), *row.get("also", ()))
        row |= next(({"document": sample} for part, sample in documents.items() if part in path), {})
    return [(rule, row) for rule, _path, row in found]


def _of_unused(unused: Mapping[str, str], content: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Of each rule on what is left out: the path of the element, and its row."""
    places, inside, values = (content.pop(key, {}) for key in ("places", "inside", "values"))
    for rule, written in unused.items():
        begin = next((each for each in places if written.startswith(each)), "")
        path = places.get(begin, "") + written.removeprefix(begin)
        if more := _by_name(inside, path):
            path = f"{path}/{more}"
        if rule not in content["breaks"]:
            yield rule, path, {path: _by_name(values, path)}


def _by_name(texts: Mapping[str, str], path: str) -> str:
    """The text of the first pattern that the name at the end of a path fits, empty for none."""
    name = path.rpartition("/")[2]
    return next(
        (text for text, names in texts.items() if any(fnmatchcase(name, each) for each in names.split())), ""
    )


def _case(name: str, rule: str, breaks: bool, row: dict[str, Any]) -> Case:
    document = row.pop("document")
    listed: dict[str, Any] = {key: tuple(row.pop(key, ())) for key in _LISTED}
    if unknown := [key for key in row if not _PATH.fullmatch(key)]:
        raise ValueError(f"{name}: a case of {rule} has unknown keys: {', '.join(unknown)}")
    return Case(rule, breaks, document, row, file=name, **listed)
