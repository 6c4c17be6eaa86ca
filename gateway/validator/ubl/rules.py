"""The rules of EN 16931 that only the XML can show: UBL-CR (what a core invoice leaves out), UBL-SR (how often
something may occur) and UBL-DT (attributes and decimals).

Those about one path alone are in `rules.toml`; `gateway.validator.ubl.breaches` finds what a document breaks.

Source: CEN/TC 434, validation artefacts for EN 16931, UBL binding, version 1.3.16. Flags are as published.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.i18n import Text, both
from gateway.validator.finding import Flag

SOURCE = "EN 16931 validation artefacts 1.3.16, UBL syntax"


@dataclass(frozen=True, slots=True)
class SyntaxRule:
    """A rule on the XML itself. `path` is what it is about, as the rule's own text writes it."""

    id: str
    flag: Flag
    sentence: Text
    path: str
    advice: Text
    source: str = SOURCE
    is_dead: bool = False
    """The official text keeps it from ever being broken."""


# The tables -------------------------------------------------------------------------------------------------


def rows_of(table: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The rows of a table that is written `"cac:OrderReference" = "UBL-CR-017 cbc:UUID  UBL-CR-018 cbc:Note"`: the
    element, the rule, and what it is about inside."""
    for above, written in table.items():
        words = written.split()
        yield from ((above, rule, inside) for rule, inside in zip(words[::2], words[1::2], strict=True))


_TABLES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("rules.toml").read_text(encoding="utf-8")
)
"""Rules about one path alone; what each table holds is said there."""
UNUSED_ELEMENTS = {
    rule: f"{above}/{name}".removeprefix("/") for above, rule, name in rows_of(_TABLES["unused_elements"])
}
MARKED_ATTRIBUTES = _TABLES["marked_attributes"]
UNUSED_ANYWHERE = _TABLES["unused_anywhere"]
UNUSED_ATTRIBUTES = _TABLES["unused_attributes"]
ONCE_IN_DOCUMENT = _TABLES["once_in_document"]

LINES = ("cac:InvoiceLine", "cac:CreditNoteLine")


@dataclass(frozen=True, slots=True)
class Times:
    """How often each of the paths may be met from an element of these names, at any depth. `above` is
    the name its parent must have, if any; a name in `on` without a prefix is how names may end."""

    on: tuple[str, ...]
    paths: tuple[str, ...]
    most: int | None = 1
    least: int = 0
    above: str = ""


TIMES: dict[str, Times] = {
    "UBL-SR-06": Times(("cac:BillingReference",), ("cac:InvoiceDocumentReference",)),
    "UBL-SR-07": Times(("cac:BillingReference",), ("cac:InvoiceDocumentReference/cbc:ID",), most=None, least=1),
    "UBL-SR-22": Times(("cac:TaxRepresentativeParty",), ("cac:PartyName/cbc:Name",)),
    "UBL-SR-23": Times(("cac:TaxRepresentativeParty",), ("cac:PartyTaxScheme/cbc:CompanyID",)),
    "UBL-SR-25": Times(("cac:Delivery",), ("cac:DeliveryParty/cac:PartyName/cbc:Name",)),
    "UBL-SR-26": Times(("cac:PaymentMeans",), ("cbc:PaymentID",)),
    "UBL-SR-27": Times(("cac:PaymentMeans",), ("cbc:PaymentMeansCode",)),
    "UBL-SR-28": Times(("cac:PaymentMeans",), ("cac:PaymentMandate/cbc:ID",)),
    "UBL-SR-32": Times(("cac:TaxSubtotal",), ("cac:TaxCategory/cbc:TaxExemptionReason",)),
    "UBL-SR-33": Times(("cac:AdditionalDocumentReference",), ("cbc:DocumentDescription",)),
    "UBL-SR-34": Times(LINES, ("cbc:Note",)),
    "UBL-SR-35": Times(LINES, ("cac:OrderLineReference/cbc:LineID",)),
    "UBL-SR-36": Times(LINES, ("cac:InvoicePeriod",)),
    "UBL-SR-37": Times(LINES, ("cac:Price/cac:AllowanceCharge/cbc:Amount",)),
    "UBL-SR-42": Times(("cac:Party",), ("cac:PartyTaxScheme",), most=2, above="cac:AccountingSupplierParty"),
    "UBL-SR-48": Times(LINES, ("cac:Item/cac:ClassifiedTaxCategory",), least=1),
    "UBL-SR-50": Times(LINES, ("cac:Item/cbc:Description",)),
    "UBL-SR-51": Times(("cac:PostalAddress", "cac:Address"), ("cac:AddressLine",)),
    "UBL-SR-52": Times(LINES, ("cac:DocumentReference",)),
    "UBL-SR-53": Times(("cac:PartyTaxScheme",), ("cac:TaxScheme/cbc:ID", "cbc:CompanyID"), most=None, least=1),
    "UBL-DT-06": Times(("BinaryObject",), ("@mimeCode",), least=1),
    "UBL-DT-07": Times(("BinaryObject",), ("@filename",), least=1),
}

WITH_TEXT: dict[str, tuple[str, Text]] = {
    "UBL-CR-002": (
        "cbc:UBLVersionID",
        Text("UBLVersionID is left out or is 2.1."),
    ),
    "UBL-CR-412": (
        "cac:PaymentMeans/cbc:PaymentDueDate",
        Text("An invoice gives its due date in DueDate, not in PaymentMeans; only a credit note does that."),
    ),
    "UBL-CR-665": (
        "cac:AdditionalDocumentReference/cbc:ID/@schemeID",
        Text("The identifier of a supporting document has no scheme; only an invoiced object (type 130) may."),
    ),
    "UBL-CR-666": (
        "cac:AdditionalDocumentReference/cac:Attachment",
        Text("A reference to an invoiced object (type 130) holds no attachment."),
    ),
    "UBL-CR-673": (
        "cac:AdditionalDocumentReference/cbc:DocumentDescription",
        Text("A reference to an invoiced object (type 130) holds no description."),
    ),
    "UBL-SR-04": (
        "cac:AdditionalDocumentReference/cbc:ID",
        Text("An invoice names at most one invoiced object (document type 130)."),
    ),
    "UBL-SR-12": (
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID",
        Text("The seller has at most one VAT identifier."),
    ),
    "UBL-SR-13": (
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID",
        Text("The seller has at most one tax registration other than for VAT."),
    ),
    "UBL-SR-18": (
        "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID",
        Text("The buyer has at most one VAT identifier."),
    ),
    "UBL-SR-19": (
        "cac:PayeeParty/cac:PartyName/cbc:Name",
        Text("The payee has one name, and it is not the seller's: a payee is somebody else."),
    ),
    "UBL-SR-20": (
        "cac:PayeeParty/cac:PartyIdentification/cbc:ID",
        Text("The payee has at most one identifier and is not the seller."),
    ),
    "UBL-SR-21": (
        "cac:PayeeParty/cac:PartyLegalEntity/cbc:CompanyID",
        Text("The payee has at most one legal registration number and is not the seller."),
    ),
    "UBL-SR-29": (
        "cac:PartyIdentification/cbc:ID",
        Text("An invoice names at most one bank creditor identifier (scheme SEPA)."),
    ),
    "UBL-SR-30": (
        "cac:AllowanceCharge/cbc:AllowanceChargeReason",
        Text("An allowance has at most one reason text."),
    ),
    "UBL-SR-31": (
        "cac:AllowanceCharge/cbc:AllowanceChargeReason",
        Text("A charge has at most one reason text."),
    ),
    "UBL-SR-43": (
        "cac:AdditionalDocumentReference/cbc:DocumentTypeCode",
        Text(
            "A document type is only given for an invoiced object (130) or, on a credit note, a "
            "project (50); only then may the identifier have a scheme."
        ),
    ),
    "UBL-SR-44": (
        "cbc:PaymentID",
        Text("All payment means give the same payment reference."),
    ),
    "UBL-SR-47": (
        "cbc:PaymentMeansCode",
        Text("All payment means have the same code."),
    ),
    "UBL-DT-01": (
        "Amount",
        Text("An amount has at most two decimals."),
    ),
}
"""The rules with their own function: what each is about, and its sentence."""

_WARNINGS = {"UBL-CR-002", "UBL-CR-412", "UBL-CR-665"}


def _rules() -> Iterator[SyntaxRule]:
    for rule, path in UNUSED_ELEMENTS.items():
        yield leave_out(rule, path.replace("line/", "cac:InvoiceLine/"))
    for rule, path in {**MARKED_ATTRIBUTES, **UNUSED_ANYWHERE}.items():
        yield leave_out(rule, path.removeprefix("/"))
    for rule, name in UNUSED_ATTRIBUTES.items():
        yield leave_out(rule, f"@{name}")
    for rule, path in ONCE_IN_DOCUMENT.items():
        yield _fatal(rule, path, how_often(Text("document"), path, 0, 1))
    for rule, times in TIMES.items():
        path = " | ".join(f"{times.on[0]}/{path}" for path in times.paths)
        yield _fatal(rule, path, how_often(times.on[0], both(times.paths), times.least, times.most))
    for rule, (path, sentence) in WITH_TEXT.items():
        flag = Flag.WARNING if rule in _WARNINGS else Flag.FATAL
        yield SyntaxRule(rule, flag, sentence, path, CORRECT)


_LEAVE_OUT = Text("Leave it out.")
CORRECT = Text("Correct or remove what is too many.")


def leave_out(rule: str, path: str, flag: Flag = Flag.WARNING, source: str = SOURCE) -> SyntaxRule:
    """A rule that something is not there."""
    sentence = Text("{path} has no use in an invoice of EN 16931: nobody is obliged to read it.", path=path)
    if flag is Flag.FATAL:
        sentence = Text("{path} does not belong in an invoice of EN 16931: leave it out.", path=path)
    return SyntaxRule(rule, flag, sentence, path, _LEAVE_OUT, source)


def _fatal(rule: str, path: str, sentence: Text) -> SyntaxRule:
    return SyntaxRule(rule, Flag.FATAL, sentence, path, CORRECT)


def how_often(on: Text | str, path: Text | str, least: int, most: int | None) -> Text:
    """The sentence of a rule on how often something is there; `most` None for no bound."""
    if most is None:
        return Text("Each {on} has {path}.", on=on, path=path)
    if least == most:
        return Text("Each {on} has {path} exactly once.", on=on, path=path)
    times = Text("once") if most == 1 else Text("{most} times", most=most)
    return Text("A {on} has {path} at most {times}.", on=on, path=path, times=times)


RULES: dict[str, SyntaxRule] = {rule.id: rule for rule in sorted(_rules(), key=lambda rule: rule.id)}
"""Every UBL-CR, UBL-DT and UBL-SR rule by its id."""
