"""The rules of EN 16931 that only the XML of a Cross Industry Invoice can show: CII-SR (how it is made up) and
CII-DT (data types).

Most are rows of `rules.toml`; those that ask for more are in `ASKS_MORE`, with their functions in `breaches`.
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

_ONE_IDENTIFIER = Text("A party has an identifier (ID) or one with a scheme (GlobalID), not both.")
_ONE_CONTACT = Text("A contact is a person (PersonName) or a department (DepartmentName), not both.")
_ONE_OBJECT = Text("At most one referenced document is the invoiced object (type 130).")
_AGREEMENT = "ram:ApplicableHeaderTradeAgreement"


def _of_supporting_document(name: str) -> tuple[Flag, str, Text]:
    sentence = Text("Only a supporting document (AdditionalReferencedDocument, type 916) has {name}.", name=name)
    return Flag.FATAL, f"ReferencedDocument/ram:{name}", sentence


ASKS_MORE: dict[str, tuple[Flag, str, Text]] = {
    "CII-SR-046": (
        Flag.FATAL,
        "ram:SpecifiedTradeProduct/ram:GlobalID/@schemeID",
        Text("The standard identifier of an item (GlobalID) names its scheme."),
    ),
    "CII-SR-090": (
        Flag.FATAL,
        "ram:SpecifiedTradeProduct/ram:OriginTradeCountry/ram:ID",
        Text("A country of origin has one code (ID)."),
    ),
    "CII-SR-119": (
        Flag.WARNING,
        "ram:GrossPriceProductTradePrice/ram:AppliedTradeAllowanceCharge",
        Text("A price discount has an amount, and an indicator that says false."),
    ),
    "CII-SR-449": (Flag.WARNING, "ram:ShipToTradeParty/ram:GlobalID", _ONE_IDENTIFIER),
    "CII-SR-450": (Flag.WARNING, "ram:BuyerTradeParty/ram:GlobalID", _ONE_IDENTIFIER),
    "CII-SR-451": (Flag.WARNING, "ram:PayeeTradeParty/ram:GlobalID", _ONE_IDENTIFIER),
    "CII-SR-457": (
        Flag.WARNING,
        f"{_AGREEMENT}/ram:AdditionalReferencedDocument",
        Text("At most one referenced document is the tender or lot (type 50)."),
    ),
    "CII-SR-458": (Flag.WARNING, f"{_AGREEMENT}/ram:AdditionalReferencedDocument", _ONE_OBJECT),
    "CII-SR-462": (
        Flag.FATAL,
        "ram:ApplicableTradeTax/ram:DueDateTypeCode",
        Text("All VAT breakdowns give the same code for the VAT point date (DueDateTypeCode)."),
    ),
    "CII-SR-465": (Flag.WARNING, "ram:SellerTradeParty/ram:DefinedTradeContact", _ONE_CONTACT),
    "CII-SR-466": (Flag.WARNING, "ram:BuyerTradeParty/ram:DefinedTradeContact", _ONE_CONTACT),
    "CII-SR-467": (
        Flag.FATAL,
        "ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode",
        Text("All payment means have the same code."),
    ),
    "CII-SR-468": (
        Flag.FATAL,
        "ram:SpecifiedTradeSettlementPaymentMeans/ram:Information",
        Text("All payment means give the same text (Information)."),
    ),
    "CII-SR-469": (
        Flag.FATAL,
        "ram:ApplicableHeaderTradeSettlement/ram:PaymentReference",
        Text("An invoice gives at most one payment reference."),
    ),
    "CII-SR-470": (
        Flag.FATAL,
        "ram:SpecifiedTradeSettlementPaymentMeans",
        Text("A credit transfer (payment means 30 or 58) has an account: IBANID or ProprietaryID."),
    ),
    "CII-SR-474": (
        Flag.WARNING,
        "ram:SpecifiedLineTradeSettlement/ram:AdditionalReferencedDocument",
        _ONE_OBJECT,
    ),
    "CII-SR-475": (
        Flag.WARNING,
        f"{_AGREEMENT}/ram:AdditionalReferencedDocument/ram:Name",
        Text("At most one supporting document (type 916) has a description (Name)."),
    ),
    "CII-SR-476": (
        Flag.WARNING,
        f"{_AGREEMENT}/ram:AdditionalReferencedDocument/ram:AttachmentBinaryObject",
        Text("At most one supporting document (type 916) is attached."),
    ),
    "CII-DT-015": _of_supporting_document("URIID"),
    "CII-DT-018": (
        Flag.FATAL,
        "ReferencedDocument/ram:TypeCode",
        Text("Only an AdditionalReferencedDocument has a type: 50, 130 or 916."),
    ),
    "CII-DT-021": _of_supporting_document("Name"),
    "CII-DT-022": _of_supporting_document("AttachmentBinaryObject"),
    "CII-DT-024": (
        Flag.FATAL,
        "ReferencedDocument/ram:ReferenceTypeCode",
        Text("Only an invoiced object (AdditionalReferencedDocument, type 130) has a ReferenceTypeCode."),
    ),
    "CII-DT-033": (
        Flag.FATAL,
        "Quantity/@unitCode",
        Text("Only a document whose invoiced quantities have a unit gives other quantities one."),
    ),
    "CII-DT-037": (Flag.FATAL, "TradeTax/ram:TypeCode", Text("The only tax is VAT.")),
    "CII-DT-097": (
        Flag.FATAL,
        "udt:DateTimeString",
        Text("A day in format 102 is eight digits: year, month and day, as 20261129."),
    ),
}
"""The rules with their own function: flag, what each is about, and its sentence."""

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
    for rule, (flag, path, sentence) in ASKS_MORE.items():
        yield SyntaxRule(rule, flag, sentence, path, CORRECT, SOURCE)
    for rule, attribute in DEAD.items():
        path = f"rsm:ExchangedDocument/ram:TypeCode/{attribute}"
        yield replace(leave_out(rule, path, Flag.FATAL, SOURCE), is_dead=True)


RULES: dict[str, SyntaxRule] = {rule.id: rule for rule in sorted(_rules(), key=lambda rule: rule.id)}
"""Every CII-DT and CII-SR rule by its id."""
