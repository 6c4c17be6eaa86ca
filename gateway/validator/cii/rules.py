"""The rules of EN 16931 that only the XML of a Cross Industry Invoice can show: CII-SR (how it is made up) and
CII-DT (data types).

Most are rows of `rules.toml`; those that look at what is in an element are in `content_rules`.
`DEAD` names those that no document breaks, because an earlier rule takes every element they are about.

Source: CEN/TC 434, validation artefacts for EN 16931, CII binding, version 1.3.16. Flags are as published.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.i18n import Text
from gateway.validator.cii.content_rules import CONTENT_RULES
from gateway.validator.finding import Flag
from gateway.validator.ubl.rules import CORRECT, SyntaxRule, how_often, leave_out, rows_of

SOURCE = "EN 16931 validation artefacts 1.3.16, CII syntax"


@dataclass(frozen=True, slots=True)
class SyntaxRow:
    """One row: what the elements of a context may not have (`most` is 0), or how often they have it."""

    rule: str
    flag: Flag
    contexts: tuple[str, ...]
    path: str
    least: int
    most: int
    is_absence: bool


_TIMES = re.compile(r"(\S+?)(<=|=|>=)1")
_NAME = re.compile(r"(?<![\w:@*])(?=\w)(?!\w+:)")
"""Where a name begins that has no prefix."""


def _with_prefixes(path: str) -> str:
    return _NAME.sub("ram:", path)


def _rows() -> Iterator[SyntaxRow]:
    published = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    for flag, forms in published.items():
        for form, table in forms.items():
            for section, rule, row in rows_of(table):
                contexts = tuple(map(_with_prefixes, section.split(" | ")))
                yield _row(rule, Flag(flag), contexts, row, is_absence=form == "absent")


def _row(rule: str, flag: Flag, contexts: tuple[str, ...], row: str, *, is_absence: bool) -> SyntaxRow:
    if is_absence:
        return SyntaxRow(rule, flag, contexts, _with_prefixes(row), 0, 0, True)
    match = _TIMES.fullmatch(row)
    if match is None:
        raise ValueError(f"{rule}: {row!r} is no row")
    path, sign = match.groups()
    least, most = {"<=": (0, 1), "=": (1, 1), ">=": (1, sys.maxsize)}[sign]
    return SyntaxRow(rule, flag, contexts, _with_prefixes(path), least, most, False)


ROWS = tuple(_rows())
UNUSED = {row.rule: f"{row.contexts[0]}/{row.path}".lstrip("/") for row in ROWS if row.is_absence}
"""Where the rows on what is left out look for it."""

UNLESS = {
    "CII-DT-027": "ram:InvoiceReferencedDocument",
    "CII-DT-041": "ram:ApplicableHeaderTradeSettlement",
    "CII-DT-052": "ram:ApplicableTradeTax",
    "CII-DT-054": "ram:ApplicableHeaderTradeSettlement",
    "CII-DT-058": "ram:ApplicableHeaderTradeSettlement",
    "CII-DT-098": "ram:ApplicableTradeTax",
}
"""Elements that these rules allow inside this one."""

DEAD: dict[str, str] = {
    "CII-DT-010": "@listID",
    "CII-DT-011": "@listAgencyID",
    "CII-DT-012": "@listVersionID",
}
"""About attributes of the type code (BT-3), which CII-DT-008 and CII-DT-009 meet first: an element meets only the
first rule of a pattern that is written for it."""


def _rules() -> Iterator[SyntaxRule]:
    for row in ROWS:
        path = f"{row.contexts[0].removeprefix('/').removeprefix('*')}/{row.path}".removeprefix("/")
        if row.is_absence:
            yield leave_out(row.rule, path, row.flag, SOURCE)
        else:
            most = None if row.most == sys.maxsize else row.most
            on = row.contexts[0].rpartition("/")[2] or Text("document")
            yield SyntaxRule(row.rule, row.flag, how_often(on, row.path, row.least, most), path, CORRECT, SOURCE)
    for each in CONTENT_RULES.values():
        yield SyntaxRule(each.id, each.flag, each.sentence, each.about, CORRECT, SOURCE)
    for rule, attribute in DEAD.items():
        path = f"rsm:ExchangedDocument/ram:TypeCode/{attribute}"
        yield replace(leave_out(rule, path, Flag.FATAL, SOURCE), is_dead=True)


RULES: dict[str, SyntaxRule] = {rule.id: rule for rule in sorted(_rules(), key=lambda rule: rule.id)}
"""Every CII-DT and CII-SR rule by its id."""
