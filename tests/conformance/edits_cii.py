"""The edits that make mutants of a Cross Industry Invoice: those of `edits` that need no names, and more."""

from collections.abc import Callable
from random import Random

from lxml import etree

from gateway.validator.cii.rules import ROWS
from gateway.validator.xml.namespaces import CII
from tests.conformance import values
from tests.conformance.edits import OPERATORS, WEIGHTS, Operator, add_to, copy_of, leaves_of, pick, reach
from tests.conformance.ubl import expanded, insert

_SHARED = (
    *(
        "drop",
        "drop_every",
        "blank",
        "hollow",
        "double",
        "repeat",
        "swap",
        "add",
        "negate",
        "odd_number",
        "decimals",
    ),
    *("pad", "case", "split", "rate", "scheme", "attribute", "shuffle", "reorder", "extra", "transplant"),
)
CII_WEIGHTS: dict[str, int] = {name: WEIGHTS[name] for name in _SHARED}
"""The operators for CII, with their weights."""

_RAM = f"{{{CII['ram']}}}"
_CODES: dict[str, tuple[str, ...]] = {
    "TypeCode": (
        "380",
        "381",
        "384",
        "389",
        "326",
        "999",
        "VAT",
        "GST",
        "vat",
        " VAT",
        "130",
        "50",
        "916",
        "30",
        "58",
    ),
    "CategoryCode": values.CATEGORIES,
    "InvoiceCurrencyCode": values.CURRENCIES,
    "TaxCurrencyCode": values.CURRENCIES,
    "DueDateTypeCode": ("5", "29", "72", "3", "35", " 29", "029"),
    "ReferenceTypeCode": ("ABT", "AAA", "XXX", "abt", ""),
    "SubjectCode": ("AAI", "REG", "BAT", "ADU", "aai", "ZZZ9"),
    "CountryID": ("NL", "BE", "IT", "ES", "XI", "EL", "AN", "SS", "nl", "NL ", "UK"),
    "ReasonCode": values.CODES["cbc:AllowanceChargeReasonCode"],
    "ExemptionReasonCode": values.CODES["cbc:TaxExemptionReasonCode"],
    "Indicator": ("true", "false", "1", "0", " true", "True", ""),
}
_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("TaxTotalAmount", "CalculatedAmount"),
    ("BasisAmount",),
    ("TaxTotalAmount", "CalculatedAmount", "GrandTotalAmount", "DuePayableAmount"),
    ("GrandTotalAmount", "DuePayableAmount"),
    ("LineTotalAmount", "TaxBasisTotalAmount"),
    ("ActualAmount",),
)
_DAYS = (*(day.replace("-", "") for day in values.DATES), "20261132", " 20261102 ", "2026110", "20261102000000")
_PATHS = [f"{row.contexts[0][1:]}/{row.path}".strip("/") for row in ROWS if row.contexts[0].startswith("/")]


def _operator(weight: int) -> Callable[[Operator], Operator]:
    def register(function: Operator) -> Operator:
        OPERATORS[function.__name__] = function
        CII_WEIGHTS[function.__name__] = weight
        return function

    return register


def _elements_named(root: etree._Element, *names: str) -> list[etree._Element]:
    return [node for name in names for node in root.iter(f"{_RAM}{name}")]


@_operator(weight=10)
def cii_code(root: etree._Element, random: Random) -> bool:
    """Another code, from the list that belongs there, or from none."""
    name = random.choice(list(_CODES))
    space = CII["udt"] if name == "Indicator" else CII["ram"]
    node = pick(random, list(root.iter(f"{{{space}}}{name}")))
    if node is None:
        return False
    node.text = random.choice(_CODES[name] if random.random() < 0.8 else values.ANY_CODE)
    return True


@_operator(weight=10)
def cii_category(root: etree._Element, random: Random) -> bool:
    """Another VAT category in one part, or everywhere; rates and reasons follow or do not."""
    nodes = _elements_named(root, "ApplicableTradeTax", "CategoryTradeTax")
    chosen = pick(random, nodes)
    if chosen is None:
        return False
    old, new = chosen.findtext(f"{_RAM}CategoryCode"), random.choice(values.CATEGORIES)
    rate = random.choice((None, *values.RATES))
    for node in nodes if random.random() < 0.6 else [chosen]:
        if node.findtext(f"{_RAM}CategoryCode") == old:
            _set(node, "CategoryCode", new)
            _set(node, "RateApplicablePercent", rate)
            if random.random() < 0.3:
                _set(node, "ExemptionReason", random.choice((None, "Vrijgesteld")))
    return True


def _set(node: etree._Element, name: str, text: str | None) -> None:
    found = node.find(f"{_RAM}{name}")
    if text is None and found is not None:
        node.remove(found)
    elif text is not None:
        if found is None:
            found = etree.Element(f"{_RAM}{name}")
            insert(node, found)
        found.text = text


@_operator(weight=5)
def cii_add_along(root: etree._Element, random: Random) -> bool:
    """The same change to tax and totals together."""
    delta = random.choice(values.DELTAS)
    names = random.choice(_TOGETHER)
    return sum(add_to(node, delta) for node in _elements_named(root, *names)) > 0


@_operator(weight=5)
def cii_day(root: etree._Element, random: Random) -> bool:
    """Another day, one that does not exist, or one in another format."""
    node = pick(random, leaves_of(root, "DateTimeString", "DateString"))
    if node is None:
        return False
    if random.random() < 0.25:
        node.set("format", random.choice(("203", "610", "", "102 ")))
    else:
        node.text = random.choice(_DAYS)
    return True


@_operator(weight=4)
def cii_unused(root: etree._Element, random: Random) -> bool:
    """Elements that a core invoice leaves out, a few or forty at once."""
    for path in random.sample(_PATHS, random.choice((1, 3, 40))):
        steps = path.split("/")
        attribute = steps.pop() if steps[-1].startswith("@") else ""
        reach(root, steps)
        if attribute:
            for node in root.findall("/".join(map(expanded, steps)) or "."):
                node.set(attribute[1:], "X")
    return True


@_operator(weight=4)
def cii_number(root: etree._Element, random: Random) -> bool:
    """A registration for another tax, none at all, or a number more."""
    node = pick(random, _elements_named(root, "SpecifiedTaxRegistration"))
    parent = node.getparent() if node is not None else None
    if node is None or parent is None:
        return False
    if random.random() < 0.4:
        parent.remove(node)
    elif random.random() < 0.5:
        insert(parent, copy_of(node))
    for number in node.iter(f"{_RAM}ID"):
        number.set("schemeID", random.choice(("VA", "FC", "va", "VAT", "0106", "")))
    return True


@_operator(weight=3)
def cii_second(root: etree._Element, random: Random) -> bool:
    """A copy of a document, payment, allowance or total, with another text in it."""
    nodes = _elements_named(
        root, "AdditionalReferencedDocument", "SpecifiedTradeSettlementPaymentMeans", "TaxTotalAmount"
    )
    node = pick(random, [*nodes, *_elements_named(root, "SpecifiedTradeAllowanceCharge", "ApplicableTradeTax")])
    parent = node.getparent() if node is not None else None
    if node is None or parent is None:
        return False
    copy = copy_of(node)
    if copy.get("currencyID") is not None:
        copy.set("currencyID", random.choice(values.CURRENCIES))
    leaf = pick(random, leaves_of(copy))
    if leaf is not None:
        leaf.text = random.choice(values.ANY_CODE)
    parent.insert(parent.index(node) + 1, copy)
    return True
