"""Where the engines may differ, and why; each only on documents that the schema refuses.

A proviso names the rules, the documents, and the reason. What it excuses is counted and shown on the page.
"""

from dataclasses import dataclass
from functools import cache

from lxml import etree

from tests.samples.xml import CAC, CBC


@dataclass(frozen=True, slots=True)
class Proviso:
    """`rules` may differ on a document in which `path` finds something; no rules named: all may."""

    path: str
    reason: str
    rules: frozenset[str] = frozenset()

    def covers(self, rule: str, root: etree._Element) -> bool:
        return (not self.rules or rule in self.rules) and bool(_compiled(self.path)(root))


PROVISOS = (
    Proviso(
        "//cac:Price//cbc:*[contains(., 'NaN')]",
        "SaxonC 13 takes the text NaN for 0 or more; in XPath 2.0 no comparison with NaN is true: it breaks.",
        frozenset({"BR-27", "BR-28"}),
    ),
    Proviso(
        "//cac:AllowanceCharge[count(cbc:ChargeIndicator) > 1]",
        "Two indicators in one AllowanceCharge make it an allowance and a charge at once for the stylesheet; ours "
        "takes the first. UBL's schema allows one.",
    ),
)


def excused(rules: frozenset[str], document: bytes) -> dict[str, Proviso]:
    """Which of the rules that differ on a document are covered, and by what."""
    if not rules:
        return {}
    root = etree.fromstring(document)
    covering = {rule: next((each for each in PROVISOS if each.covers(rule, root)), None) for rule in rules}
    return {rule: proviso for rule, proviso in covering.items() if proviso is not None}


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces={"cac": CAC, "cbc": CBC})
