"""The basisorder Rijk: rules of buyers at the Rijk, on top of those of the order's format.

An order of Peppol meets BR-NL-BOR-1 to -9, one in UBL-OHNL BR-NL-BOR-21 to -33. Where the official text asks a
text of several elements it ends in an error: such an order is not judged, and not valid.

Source: Logius, basisorder Rijk 0.9.0 of 12 June 2023, Schematron 0.9.0 of 25 August (UBL-OHNL) and 29 August 2023
(Peppol). The rules are in `basisorder.rules`.
"""

from datetime import date

from gateway.validator.model.order import PurchaseOrder
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.engine import RulePage, RuleSet, rule_set
from gateway.validator.rules.patterns import Test, UndecidableError
from gateway.validator.rules.xpath import root_of, text
from gateway.validator.xml.namespaces import UBL
from gateway.validator.xml.paths import Element, children, text_of, texts

SOURCE = "Basisorder Rijk 0.9.0"

_PEPPOL = "urn:fdc:peppol.eu"


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


def _is_of_ohnl(_element: Element, ohnl: bool) -> bool:
    return ohnl


def _is_of_peppol(_element: Element, ohnl: bool) -> bool:
    return not ohnl


def _has_one_text(path: str) -> Test:
    """There is a text at a path. Undecidable where there are several elements."""
    return lambda element, _facts: text(element, path) != ""


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


def _currencies_found(line: Element, _facts: object) -> Detail:
    found = " | ".join(", ".join(found) or "–" for found in _currencies(line))
    return Detail(found, ", ".join(_order_currencies(line)))


def _is_specification(wanted: str) -> Test:
    return lambda order, _facts: _equal(texts(order, "cbc:CustomizationID"), [wanted])


def _is_dutch_number(*names: str) -> Test:
    return lambda number, _facts: number.get("schemeAgencyID") == "NL" and number.get("schemeAgencyName") in names


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
    patterns=read_rules("basisorder", globals(), SOURCE, is_ohnl),
    valid_from=date(2023, 6, 12),
)
"""For parties that ask for the basisorder: an order goes by the rules of its format as well."""
