"""What judging a Peppol order costs, in times of parsing it with lxml and checking it against its schema.

Measured as invoices are (`tests.bench.validator`), by turns. The schema of the common components is that of OASIS;
that of the order is ours, which a test holds to that of OASIS.
"""

import time
from functools import cache

from lxml import etree

from gateway.validator.judge import judge
from schemas import common_file, ubl_file
from tests.bench.validator import LIMITS
from tests.samples.full import full
from tests.samples.orders import broken_order, order

_ROUNDS = {10: 300, 1_000: 12, 10_000: 3}
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
_COMMON = ("CommonAggregateComponents", "CommonBasicComponents", "CommonExtensionComponents")


def orders() -> dict[str, object]:
    """Milliseconds and ratios of orders of 10 to 10,000 lines, growth, and an order that breaks everything."""
    found: dict[str, object] = {}
    best: dict[int, float] = {}
    for lines, rounds in _ROUNDS.items():
        base, ours = _best_of(order(lines), rounds)
        best[lines] = ours
        found[f"{lines} lines"] = _row(base, ours)
    found["one of everything"] = _row(*_best_of(full("peppol-order-full"), 200))
    found["10,000 lines, times 1,000 lines"] = round(best[10_000] / best[1_000], 1)
    broken = broken_order(10_000)
    before = time.process_time()
    verdict = judge(broken, limits=LIMITS)
    found["10,000 lines that each break 20 rules"] = {
        "megabytes": round(len(broken) / 1e6, 1),
        "seconds": round(time.process_time() - before, 2),
        "findings": len(verdict.findings),
    }
    return found


def _row(base: float, ours: float) -> dict[str, object]:
    return {
        "lxml and schema": round(base * 1_000, 3),
        "gateway.judge": round(ours * 1_000, 3),
        "gateway.judge, times lxml and schema": round(ours / base, 2),
    }


def _best_of(document: bytes, rounds: int) -> tuple[float, float]:
    base = ours = float("inf")
    for _ in range(rounds):
        before = time.process_time()
        _parse_and_check(document)
        between = time.process_time()
        judge(document, limits=LIMITS)
        base, ours = min(base, between - before), min(ours, time.process_time() - between)
    return base, ours


def _parse_and_check(document: bytes) -> None:
    root = etree.fromstring(document, etree.XMLParser(huge_tree=True, resolve_entities=False))
    _schema().validate(root)


@cache
def _schema() -> etree.XMLSchema:
    files = {name: common_file(f"UBL-{name}-2.1.xsd") for name in _COMMON} | {"Order": ubl_file("Order")}
    imports = "".join(
        f'<xs:import namespace="{_UBL.format(name)}" schemaLocation="{path.as_uri()}"/>'
        for name, path in files.items()
    )
    return etree.XMLSchema(
        etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')
    )
