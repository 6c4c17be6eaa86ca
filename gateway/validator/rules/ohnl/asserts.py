"""The rules of UBL-OHNL 1.9 that look at more than one element, by their name in the tables.

Some of the five parts of an address are looked for right in the document element, as the official text does, where
the schema has none of them.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.ohnl.lists import SOURCE
from gateway.validator.rules.patterns import PatternRule, Test
from gateway.validator.rules.xpath import root_of, text_nodes
from gateway.validator.xml.namespaces import CAC, CBC
from gateway.validator.xml.paths import Element, child, children, text_of, texts

Show = Callable[[Element, object], Detail]


def ohnl_rule(sentence: Text, holds: Test, advice: Text, detail: Show = no_detail) -> PatternRule:
    """A rule; the table gives it an id."""
    return PatternRule("", Flag.FATAL, sentence, holds, SOURCE, advice, detail=detail)


_BUILDING = re.compile(r"\d+(-[ \w]+)?")


def _is_building_number(text: str) -> bool:
    return _BUILDING.fullmatch(text.translate(_SYMBOLS)) is not None


class _Symbols(dict[int, str]):
    """Makes of each character what Python's \\w takes exactly where XPath's does."""

    def __missing__(self, code: int) -> str:
        kind = unicodedata.category(chr(code))
        if kind[0] in "PZC":
            return chr(code) if chr(code) in "- " else "!"
        return chr(code) if kind == "Nd" else "x"


_SYMBOLS = _Symbols()


def _buildings(element: Element) -> list[str]:
    return [text_of(each) for each in root_of(element).iter(f"{CBC}BuildingNumber")]


def _wrong_building(element: Element) -> str | None:
    return next((text for text in _buildings(element) if not _is_building_number(text)), None)


def _identifications(element: Element) -> list[Element]:
    return list(root_of(element).iter(f"{CAC}PartyIdentification"))


def _without_scheme(element: Element) -> str | None:
    """The first number of a party that does not say which kind of number it is."""
    numbers = (each for party in _identifications(element) for each in children(party, "cbc:ID"))
    return next(
        (text_of(each) for each in numbers if not {"schemeAgencyID", "schemeAgencyName"}.issubset(each.keys())),
        None,
    )


def _has_branch_alone(identification: Element) -> bool:
    """Whether this is the number of a branch, and its party does not give one KvK number."""
    if _count(identification, "Vest") != 1:
        return False
    party = identification.getparent()
    parts = [identification] if party is None else children(party, "cac:PartyIdentification")
    return sum(_count(each, "KvK") for each in parts) != 1


def _count(identification: Element, owner: str) -> int:
    return sum(each.get("schemeAgencyName") == owner for each in children(identification, "cbc:ID"))


_ELSEWHERE = ("cbc:Room", "cbc:Floor", "cbc:Department", "cbc:InhouseMail", "cbc:PlotIdentification")


def _is_address(address: Element, context: Element) -> bool:
    """Whether an address has a post box, or a place to go to, and not both."""
    has_more = any(child(context, name) is not None for name in _ELSEWHERE)
    is_somewhere = has_more or any(
        child(address, name) is not None for name in ("cbc:StreetName", "cbc:BuildingNumber")
    )
    return (child(address, "cbc:Postbox") is not None) != is_somewhere


def _once(path: str) -> PatternRule:
    """What is at a path is given for the whole document, or for each line, and not for both."""
    name = path.rpartition("/")[2]

    def is_given_once(element: Element, _facts: object) -> bool:
        lines = children(element, "cac:OrderLine/cac:LineItem")
        given = sum(len(children(line, path)) for line in lines)
        return given == 0 if child(element, path) is not None else given == len(lines)

    def detail(element: Element, _facts: object) -> Detail:
        given = len(children(element, f"cac:OrderLine/cac:LineItem/{path}"))
        return Detail(f"{len(children(element, path))} + {given} {name}")

    return ohnl_rule(
        Text("{name} is given once for the document, or once in each line, not in both.", name=name),
        is_given_once,
        Text(
            "Put {name} in the document itself and leave it out of the lines, or the other way round.", name=name
        ),
        detail,
    )


_COUNTRY = re.compile("[A-Z]{2}")
_DESCRIBED = (
    "cbc:Description",
    *(
        f"cac:{owner}ItemIdentification/cbc:ID"
        for owner in ("Buyers", "Sellers", "Manufacturers", "Standard", "Catalogue")
    ),
)


def _has_contact(element: Element, _facts: object) -> bool:
    lines = children(element, "cac:OrderLine/cac:LineItem")
    contacts = sum(len(children(line, "cac:Delivery/cac:DeliveryParty/cac:Contact")) for line in lines)
    return contacts == len(lines) or bool(children(element, "cac:SellerSupplierParty/cac:Party/cac:Contact"))


def _pricing_currencies(price: Element) -> list[Element]:
    above = list(price.iterancestors())
    return children(above[3], "cbc:PricingCurrencyCode") if len(above) > 3 else []


def _is_in_pricing_currency(price: Element, _facts: object) -> bool:
    currencies = _pricing_currencies(price)
    return not currencies or price.get("currencyID") in {text for each in currencies for text in text_nodes(each)}


ASSERTS: Mapping[str, Callable[[str], PatternRule]] = {
    "country": lambda _path: ohnl_rule(
        Text("The country of a number (schemeAgencyID) is two capital letters."),
        lambda element, _facts: _COUNTRY.fullmatch(element.get("schemeAgencyID") or "") is not None,
        Text("Write the code of the country that gave the number, NL."),
        lambda element, _facts: Detail(element.get("schemeAgencyID"), "NL"),
    ),
    "building": lambda _path: ohnl_rule(
        Text("A building number is digits, or digits, a hyphen and what is added to them."),
        lambda element, _facts: _wrong_building(element) is None,
        Text("Write 12, or 12-a."),
        lambda element, _facts: Detail(_wrong_building(element), "12-a"),
    ),
    "scheme": lambda _path: ohnl_rule(
        Text("Each number of a party says of which country and of which kind it is."),
        lambda element, _facts: _without_scheme(element) is None,
        Text("Add schemeAgencyID and schemeAgencyName."),
        lambda element, _facts: Detail(_without_scheme(element), "schemeAgencyID, schemeAgencyName"),
    ),
    "address": lambda _path: ohnl_rule(
        Text("An address has a post box, or a street or building number, and not both."),
        lambda element, _facts: all(
            _is_address(each, element) for each in root_of(element).iter(f"{CAC}PostalAddress")
        ),
        Text("Give each PostalAddress a Postbox, or a StreetName or BuildingNumber."),
        lambda _element, _facts: Detail(None, "cbc:Postbox | cbc:StreetName | cbc:BuildingNumber"),
    ),
    "branch": lambda _path: ohnl_rule(
        Text("A party with the number of a branch (Vest) also gives its KvK number, once."),
        lambda element, _facts: not any(map(_has_branch_alone, _identifications(element))),
        Text("Add a PartyIdentification with the KvK number."),
        lambda _element, _facts: Detail("Vest", "Vest, KvK"),
    ),
    "once": _once,
    "contact": lambda _path: ohnl_rule(
        Text("The seller has a contact, or each line has one for its delivery."),
        _has_contact,
        Text("Add Contact to the Party of the seller."),
        lambda _element, _facts: Detail(None, "cac:Contact"),
    ),
    "known": lambda _path: ohnl_rule(
        Text("An item has a description or some number."),
        lambda item, _facts: any(texts(item, path) for path in _DESCRIBED),
        Text("Add Description, or the number of the item as buyer, seller or manufacturer has it."),
        lambda _element, _facts: Detail(None, " | ".join(_DESCRIBED)),
    ),
    "currency": lambda _path: ohnl_rule(
        Text("Where there is a PricingCurrencyCode, prices are in that currency."),
        _is_in_pricing_currency,
        Text("Make currencyID of the price equal to PricingCurrencyCode."),
        lambda price, _facts: Detail(
            price.get("currencyID"), " | ".join(text_of(each) for each in _pricing_currencies(price))
        ),
    ),
}
"""By name. What is made of the name may need a path."""
