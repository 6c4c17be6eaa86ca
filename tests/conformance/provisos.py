"""Where the engines may differ, and why; each only on documents that the schema refuses, unless it is about those
without an official verdict.

A proviso names the rules, the documents, and the reason. What it excuses is counted and shown on the page.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from gateway.validator.xml.namespaces import CII as CII_NAMESPACES
from tests.conformance.ubl import children
from tests.samples.xml import CAC, CBC

RAM = CII_NAMESPACES["ram"]
CII_NUMBERS = ("Amount", "Quantity", "Percent")
NO_VERDICT = "(no official verdict)"
"""What a difference is called where the official stylesheet ends in an error and ours refuses nothing."""


@dataclass(frozen=True, slots=True)
class Proviso:
    """`rules` may differ on a document of which `applies` is true; no rules named: all may."""

    documents: str
    applies: Callable[[etree._Element], bool]
    reason: str
    rules: frozenset[str] = frozenset()

    def covers(self, rule: str, root: etree._Element) -> bool:
        return (not self.rules or rule in self.rules) and self.applies(root)


def _has_price_nan(root: etree._Element) -> bool:
    prices = (amount for price in root.iter(f"{{{CAC}}}Price") for amount in price.iter(f"{{{CBC}}}*"))
    return any("NaN" in (amount.text or "") for amount in prices)


def _has_rate_nan(root: etree._Element) -> bool:
    return any("NaN" in (rate.text or "") for rate in root.iter(f"{{{CBC}}}Percent"))


def _has_total_nan(root: etree._Element) -> bool:
    return any("NaN" in (amount.text or "") for amount in root.iter(f"{{{CBC}}}TaxAmount"))


def _has_odd_cii_number(root: etree._Element) -> bool:
    numbers = (each.text or "" for each in root.iter(f"{{{RAM}}}*") if str(each.tag).endswith(CII_NUMBERS))
    return any(re.search("[eEN]", number) for number in numbers)


def _has_empty_cii_date(root: etree._Element) -> bool:
    return any(not len(each) for each in root.iter(f"{{{RAM}}}StartDateTime", f"{{{RAM}}}EndDateTime"))


def _has_amount_due_outside_totals(root: etree._Element) -> bool:
    settlements = root.iter(f"{{{RAM}}}ApplicableHeaderTradeSettlement")
    return any(each.find(f"{{{RAM}}}DuePayableAmount") is not None for each in settlements)


def _repeats_what_stands_once(root: etree._Element) -> bool:
    for node in root.iter(etree.Element):
        times = Counter(child.tag for child in node)
        if any(times[child.tag] > 1 for child in children(str(node.tag)) if not child.repeatable):
            return True
    return False


PROVISOS = (
    Proviso(
        "A price is NaN",
        _has_price_nan,
        "SaxonC 13 takes the text NaN for 0 or more; in XPath 2.0 no comparison with NaN is true: it breaks.",
        frozenset({"BR-27", "BR-28"}),
    ),
    Proviso(
        "A VAT rate is NaN",
        _has_rate_nan,
        "As with a price: SaxonC 13 takes the text NaN for more than 0; in XPath 2.0 that is false: it breaks.",
        frozenset(f"BR-{family}-0{number}" for family in ("S", "AF", "AG") for number in (5, 6, 7)),
    ),
    Proviso(
        "A total of VAT is NaN",
        _has_total_nan,
        "As with a price: SaxonC 13 takes the text NaN for 0 or more; in XPath 2.0 that is false: it breaks.",
        frozenset({"PEPPOL-EN16931-R055"}),
    ),
    Proviso(
        "A number in CII is NaN or has an exponent",
        _has_odd_cii_number,
        "The official text compares some as doubles, in which 1e-3 is a number. Our engine reads decimals.",
    ),
    Proviso(
        "The begin or the end of a period in CII is an empty element",
        _has_empty_cii_date,
        "The official text compares the empty texts and counts the elements; to our engine there is no date.",
        frozenset({"BR-29", "BR-30", "BR-CO-19", "BR-CO-20"}),
    ),
    Proviso(
        "A CII settlement has an amount due next to its totals",
        _has_amount_due_outside_totals,
        "The stylesheet of NLCIUS in CII carries an earlier EN 16931, whose BR-CO-25 takes every DuePayableAmount "
        "of the document and ends in an error on two. Version 1.3.16 and ours warn of the first: CII-SR-339.",
        frozenset({NO_VERDICT}),
    ),
    Proviso(
        "An element occurs twice that UBL allows once",
        _repeats_what_stands_once,
        "The stylesheet uses one of them, all of them, or ends with an error, depending on the test. Our engine "
        "reports the rule that needs the term once.",
    ),
)


def excused(rules: frozenset[str], document: bytes) -> dict[str, Proviso]:
    """Which of the rules that differ on a document are covered, and by what."""
    if not rules:
        return {}
    root = etree.fromstring(document)
    covering = {rule: next((each for each in PROVISOS if each.covers(rule, root)), None) for rule in rules}
    return {rule: proviso for rule, proviso in covering.items() if proviso is not None}
