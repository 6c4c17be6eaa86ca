"""Finds the CII-SR and CII-DT rules that a document breaks, from what reading it noted.

Most follow from where an element is, and the walk of the reader has counted those. Where the text decides, the
elements that it is about are looked at here.
"""

from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from gateway.validator.cii.rules import RULES
from gateway.validator.rules.xpath import normal
from gateway.validator.ubl.breaches import SyntaxBreach
from gateway.validator.ubl.reader import Located, Reading
from gateway.validator.xml.paths import children, has, text_of, texts

Holds = Callable[[etree._Element], bool]


def breaches(reading: Reading[Any]) -> list[SyntaxBreach]:
    """Every rule of this module that a document breaks, in document order."""
    notes = reading.notes
    found = [SyntaxBreach(RULES[rule], ordinals[0], len(ordinals)) for rule, ordinals in notes.unused.items()]
    found += [SyntaxBreach(RULES[rule], ordinal) for rule, ordinal in notes.broken]
    for rule, elements in notes.topics.items():
        if holds := _HOLDS.get(rule):
            found += [SyntaxBreach(RULES[rule], at) for at, each in dict.fromkeys(elements) if not holds(each)]
        else:
            found += _TOGETHER[rule](rule, elements)
    return sorted(found, key=lambda breach: (breach.ordinal, breach.rule.id))


# --- one element at a time ---------------------------------------------------------------------------------


def _not_both(one: str, other: str) -> Holds:
    return lambda element: not (children(element, one) and children(element, other))


def _of_type(element: etree._Element, code: str) -> list[etree._Element]:
    """The documents that an element refers to whose type is this one, blanks around it left out."""
    documents = children(element, "ram:AdditionalReferencedDocument")
    return [each for each in documents if code in map(normal, texts(each, "ram:TypeCode"))]


def _at_most_one(code: str, path: str | None = None) -> Holds:
    def holds(element: etree._Element) -> bool:
        found = _of_type(element, code)
        return len(found if path is None else [inside for each in found for inside in children(each, path)]) <= 1

    return holds


def _exactly(code: str) -> Holds:
    """At most one document of a type, which is written without blanks."""

    def holds(element: etree._Element) -> bool:
        documents = children(element, "ram:AdditionalReferencedDocument")
        return len([each for each in documents if code in texts(each, "ram:TypeCode")]) <= 1

    return holds


def _is_additional(*codes: str) -> Holds:
    """It is an additional document of one of these types."""

    def holds(element: etree._Element) -> bool:
        is_additional = etree.QName(element).localname == "AdditionalReferencedDocument"
        return is_additional and not set(codes).isdisjoint(texts(element, "ram:TypeCode"))

    return holds


def _has_discount(agreement: etree._Element) -> bool:
    discount = "ram:GrossPriceProductTradePrice/ram:AppliedTradeAllowanceCharge"
    indicators = texts(agreement, f"{discount}/ram:ChargeIndicator/udt:Indicator")
    says_false = any(normal(each) in {"false", "0"} for each in indicators)
    return says_false and bool(children(agreement, f"{discount}/ram:ActualAmount"))


def _has_accounts(settlement: etree._Element) -> bool:
    for means in children(settlement, "ram:SpecifiedTradeSettlementPaymentMeans"):
        account = "ram:PayeePartyCreditorFinancialAccount"
        has_account = children(means, f"{account}/ram:IBANID") or children(means, f"{account}/ram:ProprietaryID")
        if not has_account and {"30", "58"} & set(map(normal, texts(means, "ram:TypeCode"))):
            return False
    return True


_CONTACT = "ram:DefinedTradeContact"
_HOLDS: dict[str, Holds] = {
    "CII-SR-046": lambda product: has(product, "ram:GlobalID/@schemeID"),
    "CII-SR-090": lambda product: len(children(product, "ram:OriginTradeCountry/ram:ID")) == 1,
    "CII-SR-119": _has_discount,
    "CII-SR-449": _not_both("ram:ShipToTradeParty/ram:ID", "ram:ShipToTradeParty/ram:GlobalID"),
    "CII-SR-450": _not_both("ram:BuyerTradeParty/ram:ID", "ram:BuyerTradeParty/ram:GlobalID"),
    "CII-SR-451": _not_both("ram:PayeeTradeParty/ram:ID", "ram:PayeeTradeParty/ram:GlobalID"),
    "CII-SR-457": _exactly("50"),
    "CII-SR-458": _exactly("130"),
    "CII-SR-465": _not_both(
        f"ram:SellerTradeParty/{_CONTACT}/ram:PersonName", f"ram:SellerTradeParty/{_CONTACT}/ram:DepartmentName"
    ),
    "CII-SR-466": _not_both(
        f"ram:BuyerTradeParty/{_CONTACT}/ram:PersonName", f"ram:BuyerTradeParty/{_CONTACT}/ram:DepartmentName"
    ),
    "CII-SR-470": _has_accounts,
    "CII-SR-474": _at_most_one("130"),
    "CII-SR-475": _at_most_one("916", "ram:Name"),
    "CII-SR-476": _at_most_one("916", "ram:AttachmentBinaryObject"),
    "CII-DT-015": _is_additional("916"),
    "CII-DT-018": _is_additional("50", "130", "916"),
    "CII-DT-021": _is_additional("916"),
    "CII-DT-022": _is_additional("916"),
    "CII-DT-024": _is_additional("130"),
    "CII-DT-037": lambda tax: "VAT" in texts(tax, "ram:TypeCode"),
    "CII-DT-097": lambda day: day.get("format") != "102",
}


# --- all of them together ----------------------------------------------------------------------------------

_Together = Callable[[str, list[Located]], Iterator[SyntaxBreach]]


def _alike(of: Callable[[str], str]) -> _Together:
    """All have the same text."""

    def judge(rule: str, found: list[Located]) -> Iterator[SyntaxBreach]:
        first = of(text_of(found[0][1]))
        for ordinal, element in found[1:]:
            if of(text := text_of(element)) != first:
                yield SyntaxBreach(RULES[rule], ordinal, found=text)
                return

    return judge


def _once(rule: str, found: list[Located]) -> Iterator[SyntaxBreach]:
    if len(found) > 1:
        yield SyntaxBreach(RULES[rule], found[1][0], len(found))


_ON_A_LINE = (
    *("SpecifiedLineTradeDelivery", "IncludedSupplyChainTradeLineItem"),
    *("SupplyChainTradeTransaction", "CrossIndustryInvoice"),
)


def _with_a_billed_unit(rule: str, found: list[Located]) -> Iterator[SyntaxBreach]:
    if not any(_is_billed(element) for _, element in found):
        yield SyntaxBreach(RULES[rule], found[0][0], len(found))


def _is_billed(element: etree._Element) -> bool:
    """Whether it is the invoiced quantity of a line of the document."""
    above = tuple(etree.QName(each).localname for each in element.iterancestors())
    return etree.QName(element).localname == "BilledQuantity" and above == _ON_A_LINE


_TOGETHER: dict[str, _Together] = {
    "CII-SR-462": _alike(str),
    "CII-SR-467": _alike(normal),
    "CII-SR-468": _alike(normal),
    "CII-SR-469": _once,
    "CII-DT-033": _with_a_billed_unit,
}
