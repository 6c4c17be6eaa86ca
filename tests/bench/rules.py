"""What judging an invoice costs beside parsing it and checking it against the schema: CPU time of one core.

Of each step the best of several runs, in one process, on documents of `tests.samples.invoice`. The base is lxml
alone: parse, schema and letting go of the tree. The chain is what the gateway does: guarded parse, schema,
reading, every rule of EN 16931, and letting go of it all. `gateway.judge` adds what else a verdict needs:
identification, parties, attachments, profile. Rounds of each follow each other, so that a slow moment of the
machine hits them alike.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise

from lxml import etree

from gateway.rules.en16931 import EN16931
from gateway.rules.engine import judge
from gateway.syntax import ubl, ubl_breaches, xml
from gateway.syntax.tokens import Markup
from gateway.validation import reference
from gateway.validation.judge import judge as verdict_on
from tests.conformance.schema import FOLDER
from tests.samples import invoice

_BYTES_A_MEASUREMENT = 6_000_000
_RUNS = range(4, 300)
_ROUNDS = 3
_LARGE_BYTES = 4_000_000
"""One round takes SaxonC long enough."""

_LIMITS = xml.Limits(elements_max=500_000, attributes_max=500_000, attachments_max=1_000)
"""Ten thousand lines and a thousand attachments are more than the caps let through."""

DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "1 line": lambda: invoice(1),
    "10 lines": lambda: invoice(10),
    "100 lines": lambda: invoice(100),
    "1,000 lines": lambda: invoice(1_000),
    "10,000 lines": lambda: invoice(10_000),
    "1,000 lines, 100 VAT breakdowns": lambda: invoice(1_000, breakdowns=100),
    "10,000 lines, 100 VAT breakdowns": lambda: invoice(10_000, breakdowns=100),
    "1,000 notes": lambda: invoice(1, notes=1_000),
    "10,000 notes": lambda: invoice(1, notes=10_000),
    "100 attachments": lambda: invoice(1, attachments=100),
    "1,000 attachments": lambda: invoice(1, attachments=1_000),
}
BASE = ("parse alone", "schema alone", "letting go of the tree alone")
STEPS = ("parse", "schema", "read", "rules", "syntax rules", "letting go of the invoice", "and of the tree")


def rules() -> dict[str, object]:
    """Milliseconds of each step and the ratios, for each document; memory at 10,000 lines."""
    found: dict[str, object] = {name: _measure(make()) for name, make in DOCUMENTS.items()}
    found["memory at 10,000 lines, times the file"] = _memory()
    return found


def _measure(document: bytes) -> dict[str, object]:
    runs = max(_RUNS.start, min(_RUNS.stop, _BYTES_A_MEASUREMENT // len(document)))
    base, chain = [float("inf")] * len(BASE), [float("inf")] * len(STEPS)
    whole = saxon = float("inf")
    for _ in range(_ROUNDS if len(document) < _LARGE_BYTES else 1):
        for _ in range(runs):
            base = list(map(min, base, _base(document)))
            chain = list(map(min, chain, _chain(document)))
            whole = min(whole, _verdict(document))
        saxon = min(saxon, _saxon(document))
    found: dict[str, object] = {"bytes": len(document)}
    found |= {step: round(seconds * 1000, 3) for step, seconds in zip(BASE + STEPS, base + chain, strict=True)}
    return found | {
        "chain": round(sum(chain) * 1000, 3),
        "chain, times the base": round(sum(chain) / sum(base), 2),
        "gateway.judge": round(whole * 1000, 3),
        "gateway.judge, times the base": round(whole / sum(base), 2),
        "SaxonC": round(saxon * 1000, 1),
        "SaxonC, times the chain": round(saxon / sum(chain), 1),
    }


def _base(document: bytes) -> list[float]:
    parser, schema = etree.XMLParser(huge_tree=True, resolve_entities=False), _schema()
    marks = [time.process_time()]
    root = etree.fromstring(document, parser)
    marks.append(time.process_time())
    schema.validate(root)
    marks.append(time.process_time())
    del root
    marks.append(time.process_time())
    return [after - before for before, after in pairwise(marks)]


def _chain(document: bytes) -> list[float]:
    schema = _schema()
    marks = [time.process_time()]
    parsed = xml.read(document, _LIMITS)
    marks.append(time.process_time())
    if not isinstance(parsed, xml.Parsed):
        raise TypeError(parsed)
    schema.validate(parsed.root)
    marks.append(time.process_time())
    reading = ubl.read(parsed.root, Markup.of(parsed.markup, is_paired=parsed.is_paired))
    marks.append(time.process_time())
    judgement = judge(reading.invoice, EN16931)
    marks.append(time.process_time())
    found = ubl_breaches.breaches(reading)
    marks.append(time.process_time())
    del reading, judgement, found
    marks.append(time.process_time())
    del parsed
    marks.append(time.process_time())
    return [after - before for before, after in pairwise(marks)]


def _verdict(document: bytes) -> float:
    before = time.process_time()
    verdict_on(document, limits=_LIMITS)
    return time.process_time() - before


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(FOLDER / "maindoc" / "UBL-Invoice-2.1.xsd"))


def _saxon(document: bytes) -> float:
    """Seconds of SaxonC with the official stylesheet of EN 16931 on the same document."""
    engine = reference.en16931()
    runs = []
    for _ in range(max(1, min(20, 200_000 // len(document)))):
        before = time.process_time()
        engine.fired(document)
        runs.append(time.process_time() - before)
    return min(runs)


_PEAK = """
from lxml import etree
from gateway.rules.en16931 import EN16931
from gateway.rules.engine import judge
from gateway.syntax import ubl, ubl_breaches
from gateway.syntax.tokens import Markup
from tests.samples import invoice
def judged(document):
    reading = ubl.read(etree.fromstring(document, etree.XMLParser(huge_tree=True)), Markup.of(document))
    return judge(reading.invoice, EN16931), ubl_breaches.breaches(reading), reading
judged(invoice(1))
import sys
def peak_kilobytes():
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0])
before = peak_kilobytes()
document = sys.stdin.buffer.read()
kept = judged(document)
print((peak_kilobytes() - before) * 1024 / len(document))
"""


def _memory() -> float:
    """The most that a fresh process grows while it judges, the document itself counted in."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK], input=invoice(10_000), capture_output=True, check=True, env=dict(os.environ)
    )
    return round(float(done.stdout), 1)
