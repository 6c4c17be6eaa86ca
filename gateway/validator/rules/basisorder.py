"""The basisorder Rijk: rules of buyers at the Rijk, on top of those of the order's format.

An order of Peppol meets BR-NL-BOR-1 to -9, one in UBL-OHNL BR-NL-BOR-21 to -33. Where the official text asks a
text of several elements it ends in an error: such an order is not judged, and not valid.

Source: Logius, basisorder Rijk 0.9.0 of 12 June 2023, Schematron 0.9.0 of 25 August (UBL-OHNL) and 29 August 2023
(Peppol).
"""

from dataclasses import replace
from datetime import date

from gateway.i18n import Text
from gateway.validator.model.order import PurchaseOrder
from gateway.validator.rules.asserts import assertion, has_element
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.engine import RulePage, RuleSet, rule_set
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test, UndecidableError
from gateway.validator.rules.xpath import root_of, text
from gateway.validator.xml.namespaces import UBL
from gateway.validator.xml.paths import Element, children, text_of, texts

SOURCE = "Basisorder Rijk 0.9.0"

_BUYER = "/Order/cac:BuyerCustomerParty/cac:Party"
_SELLER = "/Order/cac:SellerSupplierParty/cac:Party"
_LINE = "/Order/cac:OrderLine/cac:LineItem"
_PEPPOL = "urn:fdc:peppol.eu"
_SELLER_SCHEMES = ("KvK", "Vest", "BTW")


def is_ohnl(root: Element) -> bool:
    """Whether an order is one of UBL-OHNL: by a mark that it has and an order of Peppol has not, or as it gives a
    version of UBL and does not name Peppol."""
    specifications, versions = texts(root, "cbc:CustomizationID"), texts(root, "cbc:UBLVersionID")
    if not versions and any(f"{_PEPPOL}:poacc:trns:order:" in each for each in specifications):
        return False
    named = (*specifications, *texts(root, "cbc:ProfileID"))
    if "2.0" in versions or any(each.strip() == "NL" or each.strip().startswith("1.") for each in named):
        return True
    return bool(versions) and not any(_PEPPOL in each for each in named)


def _rule(
    number: int,
    terms: str,
    sentence: Text,
    holds: Test,
    advice: Text,
    found: str = "",
    expected: str | None = None,
) -> PatternRule:
    key = f"BR-NL-BOR-{number}"
    return assertion(key, terms, sentence, holds, advice, source=SOURCE, found=found, expected=expected)


def _text(number: int, term: str, what: Text, path: str) -> PatternRule:
    """There is a text at a path. Undecidable where there are several elements."""
    return _rule(
        number,
        term,
        Text("{what} is given.", what=what),
        lambda element, _facts: text(element, path) != "",
        Text("Fill in {name}.", name=path),
        path,
        path,
    )


def _on_ohnl(path: str, *rules: PatternRule) -> RuleContext:
    return RuleContext((path,), rules, lambda _element, ohnl: ohnl)


def _equal(ours: list[str], theirs: list[str]) -> bool:
    """`eq` of XPath: nothing equals nothing. Raises UndecidableError for several."""
    if len(ours) > 1 or len(theirs) > 1:
        raise UndecidableError("several values where one is compared")
    return bool(ours) and ours == theirs


def _currencies(line: Element) -> list[list[str]]:
    return [
        texts(line, "cbc:LineExtensionAmount/@currencyID"),
        texts(line, "cac:Price/cbc:PriceAmount/@currencyID"),
    ]


def _order_currencies(element: Element) -> list[str]:
    root = root_of(element)
    orders = root.iter(f"{{{UBL}Order-2}}Order")
    return [text_of(each) for order in orders for each in children(order, "cbc:DocumentCurrencyCode")]


def _is_in_order_currency(line: Element, _facts: object) -> bool:
    wanted = _order_currencies(line)
    return all(_equal(found, wanted) for found in _currencies(line))


def _is_of(element: Element, *names: str) -> bool:
    return element.get("schemeAgencyID") == "NL" and element.get("schemeAgencyName") in names


ON_OHNL: tuple[Pattern, ...] = (
    Pattern(
        (
            _on_ohnl(
                "/Order",
                _text(22, "tir01-003", Text("The number of the order"), "cbc:ID"),
                _text(23, "tir01-007", Text("The currency of the order"), "cbc:DocumentCurrencyCode"),
            ),
            _on_ohnl(
                _BUYER,
                _rule(
                    24,
                    "tir01-022",
                    Text("The buyer has one PartyIdentification."),
                    lambda party, _facts: len(children(party, "cac:PartyIdentification")) == 1,
                    Text("Identify the buyer by its OIN alone."),
                    "cac:PartyIdentification/cbc:ID",
                    "1 × cac:PartyIdentification",
                ),
            ),
            _on_ohnl(
                f"{_BUYER}/cac:PartyIdentification",
                _text(25, "tir01-022", Text("The number of the buyer"), "cbc:ID"),
            ),
            _on_ohnl(f"{_BUYER}/cac:PartyName", _text(27, "tir01-023", Text("The name of the buyer"), "cbc:Name")),
            _on_ohnl(
                f"{_SELLER}/cac:PartyIdentification",
                _text(28, "tir01-059", Text("The number of the seller"), "cbc:ID"),
            ),
            _on_ohnl(
                f"{_SELLER}/cac:PartyName", _text(30, "tir01-060", Text("The name of the seller"), "cbc:Name")
            ),
            _on_ohnl(
                _LINE,
                _text(31, "tir01-120", Text("The number of the line"), "cbc:ID"),
                _text(32, "tir01-128", Text("The amount of the line"), "cbc:LineExtensionAmount"),
            ),
        ),
        is_ohnl,
    ),
    Pattern(
        (
            _on_ohnl(
                "/Order",
                _rule(
                    21,
                    "tir01-001",
                    Text("The order is in UBL-OHNL 1.9."),
                    lambda order, _facts: _equal(texts(order, "cbc:CustomizationID"), ["1.9"]),
                    Text("Write 1.9 as CustomizationID."),
                    "cbc:CustomizationID",
                    "1.9",
                ),
            ),
            _on_ohnl(
                f"{_BUYER}/cac:PartyIdentification/cbc:ID",
                _rule(
                    26,
                    "tir01-022",
                    Text("The buyer is identified by its OIN."),
                    lambda number, _facts: _is_of(number, "OIN"),
                    Text('Write schemeAgencyID="NL" and schemeAgencyName="OIN", and the OIN of the buyer.'),
                    "@schemeAgencyName",
                    "OIN",
                ),
            ),
            _on_ohnl(
                f"{_SELLER}/cac:PartyIdentification/cbc:ID",
                _rule(
                    29,
                    "tir01-059",
                    Text(
                        "The seller is identified by a KvK number, a branch number (Vest) or a VAT number (BTW)."
                    ),
                    lambda number, _facts: _is_of(number, *_SELLER_SCHEMES),
                    Text('Write schemeAgencyID="NL" and as schemeAgencyName KvK, Vest or BTW.'),
                    "@schemeAgencyName",
                    " | ".join(_SELLER_SCHEMES),
                ),
            ),
            _on_ohnl(
                _LINE,
                replace(
                    _rule(
                        33,
                        "tir01-128 tir01-130",
                        Text("The amount and the price of a line are in the currency of the order."),
                        _is_in_order_currency,
                        Text("Make currencyID of the amount and the price equal to DocumentCurrencyCode."),
                    ),
                    detail=lambda line, _facts: Detail(
                        " | ".join(", ".join(found) or "–" for found in _currencies(line)),
                        ", ".join(_order_currencies(line)),
                    ),
                ),
            ),
        ),
        is_ohnl,
    ),
)


def _on_peppol(path: str, *rules: PatternRule) -> RuleContext:
    return RuleContext((path,), rules, lambda _element, ohnl: not ohnl)


def _there(number: int, path: str, terms: str, sentence: Text, advice: Text) -> PatternRule:
    """There is an element."""
    key = f"BR-NL-BOR-{number}"
    return assertion(key, terms, sentence, has_element(path), advice, source=SOURCE, expected=path)


def _scheme(number: int, term: str, sentence: Text, advice: Text, *schemes: str) -> PatternRule:
    """The scheme of an identifier is one of these."""
    return assertion(
        f"BR-NL-BOR-{number}",
        term,
        sentence,
        lambda element, _facts: element.get("schemeID") in schemes,
        advice,
        source=SOURCE,
        found="@schemeID",
        expected=" | ".join(schemes),
    )


_OIN_ADVICE = Text('Write schemeID="0190" and the OIN of the buyer.')

ON_PEPPOL: tuple[Pattern, ...] = (
    Pattern(
        (
            _on_peppol(
                _BUYER,
                _there(
                    2,
                    "cac:PartyName",
                    "tir01-023",
                    Text("The buyer has a name."),
                    Text("Add cac:PartyName with the name of the buyer."),
                ),
                _there(
                    5,
                    "cac:Contact/cbc:Name",
                    "tir01-050",
                    Text("The buyer names a contact."),
                    Text("Add cac:Contact with the name of a person or a team."),
                ),
            ),
            _on_peppol(
                f"{_BUYER}/cac:PartyLegalEntity",
                _there(
                    3,
                    "cbc:CompanyID",
                    "tir01-043",
                    Text("The legal entity of the buyer has a number."),
                    Text("Add cbc:CompanyID with the OIN of the buyer."),
                ),
            ),
            _on_peppol(
                _SELLER,
                _there(
                    7,
                    "cac:PartyName",
                    "tir01-060",
                    Text("The seller has a name."),
                    Text("Add cac:PartyName with the name of the seller."),
                ),
            ),
            _on_peppol(
                _LINE,
                _there(
                    8,
                    "cbc:LineExtensionAmount",
                    "tir01-128",
                    Text("A line has an amount."),
                    Text("Add cbc:LineExtensionAmount."),
                ),
                _there(
                    9,
                    "cac:Price",
                    "tir01-130",
                    Text("A line has a price."),
                    Text("Add cac:Price with cbc:PriceAmount."),
                ),
            ),
        ),
        is_ohnl,
    ),
    Pattern(
        (
            _on_peppol(
                f"{_BUYER}/cbc:EndpointID",
                _scheme(1, "tir01-021", Text("The address of the buyer is its OIN (0190)."), _OIN_ADVICE, "0190"),
            ),
            _on_peppol(
                f"{_BUYER}/cac:PartyLegalEntity/cbc:CompanyID",
                _scheme(
                    4, "tir01-043", Text("The legal entity of the buyer has its OIN (0190)."), _OIN_ADVICE, "0190"
                ),
            ),
            _on_peppol(
                f"{_SELLER}/cbc:EndpointID",
                _scheme(
                    6,
                    "tir01-058",
                    Text("The address of the seller is its KvK number (0106) or its VAT number (9944)."),
                    Text('Write schemeID="0106" and the KvK number, or schemeID="9944" and the VAT number.'),
                    "0106",
                    "9944",
                ),
            ),
        ),
        is_ohnl,
    ),
)

BASISORDER: RuleSet = rule_set(
    "Basisorder Rijk",
    "0.9.0",
    id="basisorder-rijk",
    document=PurchaseOrder,
    is_added=True,
    pages=(
        RulePage(
            "basisorder-rijk",
            "Rules: basisorder Rijk",
            "What buyers at the Rijk ask of an order on top of its format, where they ask for the basisorder.",
            r"BR-NL-BOR-\d+",
        ),
    ),
    patterns=(*ON_PEPPOL, *ON_OHNL),
    valid_from=date(2023, 6, 12),
)
"""For parties that ask for the basisorder: an order goes by the rules of its format as well."""
