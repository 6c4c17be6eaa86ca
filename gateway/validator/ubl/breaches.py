"""Finds the UBL-CR, UBL-SR and UBL-DT rules that a document breaks, from what reading it noted.

Most rules follow from where an element is, and the walk of the reader has counted those. Where the text decides,
the few elements that it is about are looked at here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lxml import etree

from gateway.validator.ubl.path_rules import Topic
from gateway.validator.ubl.reader import Located, Reading
from gateway.validator.ubl.rules import RULES, SyntaxRule
from gateway.validator.xml.namespaces import CAC, CBC
from gateway.validator.xml.paths import children, text_of, texts


class SyntaxBreach(NamedTuple):
    """A rule that a document breaks. `ordinal` is that of the first element at fault (see `Reading.elements`),
    `times` how many there are, `found` the text or attribute where the rule is about one."""

    rule: SyntaxRule
    ordinal: int
    times: int = 1
    found: str | None = None


def breaches(reading: Reading[Any]) -> list[SyntaxBreach]:
    """Every rule of this module that a document breaks, in document order."""
    notes = reading.notes
    found = [SyntaxBreach(RULES[rule], ordinals[0], len(ordinals)) for rule, ordinals in notes.unused.items()]
    for rule, ordinals in notes.once.items():
        if len(ordinals) > 1:
            found.append(SyntaxBreach(RULES[rule], ordinals[0], len(ordinals)))
    found += [SyntaxBreach(RULES[rule], ordinal) for rule, ordinal in notes.broken]
    for topic, elements in notes.topics.items():
        if len(elements) > _ONE_IS_FINE.get(topic, 0):
            found += _TOPICS[topic](sorted(dict.fromkeys(elements), key=_ordinal))
    found += _long_amounts(notes.long_amounts)
    return sorted(found, key=lambda breach: (breach.ordinal, breach.rule.id))


def _ordinal(located: Located) -> int:
    return located[0]


def _long_amounts(found: list[Located]) -> Iterator[SyntaxBreach]:
    """Amounts with more than two decimals; those in a price with a discount may have more."""
    discounted: dict[etree._Element, bool] = {}
    for ordinal, element in found:
        for above in element.iterancestors(_PRICE):
            if above not in discounted:
                discounted[above] = above.find(_ALLOWANCE) is not None
            if discounted[above]:
                break
        else:
            yield SyntaxBreach(RULES["UBL-DT-01"], ordinal, found=text_of(element))


_Elements = list[Located]


def _version(found: _Elements) -> Iterator[SyntaxBreach]:
    versions = [text_of(element) for _, element in found]
    if "2.1" not in versions:
        yield SyntaxBreach(RULES["UBL-CR-002"], found[0][0], found=versions[0])


@dataclass(slots=True)
class _Document:
    """What the rules ask of a reference to a document."""

    ordinal: int
    types: list[str] = field(default_factory=list)
    numbers: int = 0
    has_scheme: bool = False
    has_attachment: bool = False
    has_description: bool = False

    @property
    def is_object(self) -> bool:
        """An invoiced object."""
        return "130" in self.types


def _document(ordinal: int, reference: etree._Element) -> _Document:
    """There may be tens of thousands: each is gone through once."""
    found = _Document(ordinal)
    for child in reference:
        tag = child.tag
        if tag == _ID:
            found.numbers += 1
            found.has_scheme = found.has_scheme or child.get("schemeID") is not None
        elif tag == _TYPE:
            found.types.append(text_of(child))
        elif tag == _ATTACHMENT:
            found.has_attachment = True
        elif tag == _DESCRIPTION:
            found.has_description = True
    return found


def _supporting_documents(found: _Elements) -> Iterator[SyntaxBreach]:
    documents = [_document(ordinal, each) for ordinal, each in found]
    root = found[0][1].getroottree().getroot()
    projects = "50" if etree.QName(root).localname == "CreditNote" else None
    for each in documents:
        if (each.has_scheme or each.types) and not (each.is_object or projects in each.types):
            yield SyntaxBreach(RULES["UBL-SR-43"], each.ordinal, found=", ".join(each.types) or None)
    stray = [one for one in documents if one.has_scheme and (not one.types or any(t != "130" for t in one.types))]
    yield from _first("UBL-CR-665", [each.ordinal for each in stray])
    objects = [each for each in documents if each.is_object]
    yield from _first("UBL-CR-666", [each.ordinal for each in objects if each.has_attachment])
    yield from _first("UBL-CR-673", [each.ordinal for each in objects if each.has_description])
    above = {ordinal: each.getparent() for ordinal, each in found} if objects else {}
    named = [each.ordinal for each in objects if above[each.ordinal] is root for _ in range(each.numbers)]
    if len(named) > 1:
        yield from _first("UBL-SR-04", named)


def _payees(found: _Elements) -> Iterator[SyntaxBreach]:
    for ordinal, payee in found:
        names = texts(payee, "cac:PartyName/cbc:Name")
        above = payee.getparent()
        seller = "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName"
        sellers = texts(above, seller) if above is not None else []
        another = any(name != other for name in names for other in sellers)
        numbers = children(payee, "cac:PartyIdentification/cbc:ID")
        counts = {
            "UBL-SR-19": len(names),
            "UBL-SR-20": len([number for number in numbers if number.get("schemeID", "").upper() != "SEPA"]),
            "UBL-SR-21": len(children(payee, "cac:PartyLegalEntity/cbc:CompanyID")),
        }
        for rule, count in counts.items():
            if count > 1 or not another:
                yield SyntaxBreach(RULES[rule], ordinal, found=", ".join(names) or None)


def _reasons(found: _Elements) -> Iterator[SyntaxBreach]:
    for ordinal, element in found:
        indicators = {text.strip(" \t\r\n") for text in texts(element, "cbc:ChargeIndicator")}
        if indicators & {"false", "0"}:
            yield SyntaxBreach(RULES["UBL-SR-30"], ordinal)
        elif indicators & {"true", "1"}:
            yield SyntaxBreach(RULES["UBL-SR-31"], ordinal)


def _creditors(found: _Elements) -> Iterator[SyntaxBreach]:
    sepa = [ordinal for ordinal, element in found if element.get("schemeID", "").upper() == "SEPA"]
    if len(sepa) > 1:
        yield from _first("UBL-SR-29", sepa)


def _one_text(rule: str) -> Callable[[_Elements], Iterator[SyntaxBreach]]:
    def judge(found: _Elements) -> Iterator[SyntaxBreach]:
        given = [text_of(element) for _, element in found]
        if len(set(given)) > 1:
            other = next(ordinal for ordinal, text in enumerate(given) if text != given[0])
            yield SyntaxBreach(RULES[rule], found[other][0], found=given[other])

    return judge


def _registrations(vat: str, other: str | None) -> Callable[[_Elements], Iterator[SyntaxBreach]]:
    def judge(found: _Elements) -> Iterator[SyntaxBreach]:
        counted: dict[str, list[int]] = {}
        for ordinal, element in found:
            schemes = ["".join(texts(scheme, "cbc:ID")).upper() for scheme in children(element, "cac:TaxScheme")]
            numbers = [ordinal] * len(children(element, "cbc:CompanyID"))
            if "VAT" in schemes:
                counted.setdefault(vat, []).extend(numbers)
            if other and any(scheme != "VAT" for scheme in schemes):
                counted.setdefault(other, []).extend(numbers)
        for rule, ordinals in counted.items():
            if len(ordinals) > 1:
                yield from _first(rule, ordinals)

    return judge


def _first(rule: str, ordinals: list[int]) -> Iterator[SyntaxBreach]:
    if ordinals:
        yield SyntaxBreach(RULES[rule], ordinals[0], len(ordinals))


_TOPICS: dict[str, Callable[[_Elements], Iterator[SyntaxBreach]]] = {
    Topic.VERSION: _version,
    Topic.DOCUMENT: _supporting_documents,
    Topic.PAYEE: _payees,
    Topic.ALLOWANCE: _reasons,
    Topic.SCHEME: _creditors,
    Topic.PAYMENT_ID: _one_text("UBL-SR-44"),
    Topic.PAYMENT_MEANS: _one_text("UBL-SR-47"),
    Topic.SELLER_TAX: _registrations("UBL-SR-12", "UBL-SR-13"),
    Topic.BUYER_TAX: _registrations("UBL-SR-18", None),
}
_SEVERAL = (Topic.SCHEME, Topic.PAYMENT_ID, Topic.PAYMENT_MEANS, Topic.SELLER_TAX, Topic.BUYER_TAX)
_ONE_IS_FINE: dict[str, int] = dict.fromkeys(_SEVERAL, 1)
"""Topics that are only about several of a kind."""

_ID = f"{CBC}ID"
_TYPE = f"{CBC}DocumentTypeCode"
_DESCRIPTION = f"{CBC}DocumentDescription"
_ATTACHMENT = f"{CAC}Attachment"
_PRICE = f"{CAC}Price"
_ALLOWANCE = f"{CAC}AllowanceCharge"
