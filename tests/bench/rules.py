"""What judging an invoice costs beside parsing it and checking it against the schema: CPU time of one core.

Of each step the best of several runs, in one process, on documents of `tests.samples.invoice`. The base is lxml
alone: parse, schema and letting go of the tree. The chain is what the gateway does: guards, knowing the document
to be valid and reading it (or parse, schema and reading), every rule of EN 16931, and letting go of it all.
`gateway.judge` adds what else a verdict needs: identification, parties, attachments, profile. Rounds of each
follow each other, so that a slow moment of the machine hits them alike.

The gateway remembers how valid documents are written. The documents that are measured come after others of their
kind, and each run takes another one, with other texts and amounts. `parsed` is the same where a document is not
recognised, though its shapes are known; `first of its kind` is the very first document, with nothing in memory.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise

from lxml import etree

from gateway.validator import reference
from gateway.validator.judge import judge as verdict_on
from gateway.validator.model.terms import without_collecting
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import judge
from gateway.validator.ubl import bindings as ubl
from gateway.validator.ubl import breaches as ubl_breaches
from gateway.validator.ubl import library
from gateway.validator.ubl.tokens import Markup
from gateway.validator.xml import parsing as xml
from tests.conformance.schema import FOLDER
from tests.lookalikes.compare import unknowing
from tests.samples import invoice

_BYTES_A_MEASUREMENT = 6_000_000
_RUNS = range(4, 300)
_ROUNDS = 3
_TURNS = 7
_LARGE_BYTES = 4_000_000
"""One round takes SaxonC long enough."""

_LIMITS = xml.Limits(elements_max=1_000_000, attributes_max=1_000_000, attachments_max=1_000)
"""Ten thousand lines and a thousand attachments are more than the caps let through."""

DOCUMENTS: dict[str, Callable[[int], bytes]] = {
    "1 line": lambda first: invoice(1, first=first),
    "10 lines": lambda first: invoice(10, first=first),
    "100 lines": lambda first: invoice(100, first=first),
    "1,000 lines": lambda first: invoice(1_000, first=first),
    "10,000 lines": lambda first: invoice(10_000, first=first),
    "1,000 lines, 100 VAT breakdowns": lambda first: invoice(1_000, breakdowns=100, first=first),
    "10,000 lines, 100 VAT breakdowns": lambda first: invoice(10_000, breakdowns=100, first=first),
    "1,000 notes": lambda first: invoice(1, notes=1_000, first=first),
    "10,000 notes": lambda first: invoice(1, notes=10_000, first=first),
    "100 attachments": lambda first: invoice(1, attachments=100, first=first),
    "1,000 attachments": lambda first: invoice(1, attachments=1_000, first=first),
}
"""Each by a number: another number gives other values in the same elements."""
_BEFORE = range(1_000, 1_016)
"""The numbers of the documents that come before the ones that are measured."""
_VALUES = range(8)
BASE = ("parse alone", "schema alone", "letting go of the tree alone")
STEPS = ("guards, knowing and reading", "rules", "syntax rules", "letting go")
PARSED = ("guards and parse", "schema", "reading of the parsed", "letting go of the parsed")


def rules() -> dict[str, object]:
    """Milliseconds of each step and the ratios, for each document; memory at 10,000 lines."""
    found: dict[str, object] = {name: _measure(make) for name, make in DOCUMENTS.items()}
    found["10,000 lines, times 1,000 lines, by turns"] = _by_turns("1,000 lines", "10,000 lines")
    found["memory at 10,000 lines, times the file"] = _memory()
    return found


def _measure(make: Callable[[int], bytes]) -> dict[str, object]:
    documents = [make(first) for first in _VALUES]
    size = len(documents[0])
    runs = max(_RUNS.start, min(_RUNS.stop, _BYTES_A_MEASUREMENT // size))
    for first in _BEFORE if size < _LARGE_BYTES else _BEFORE[:4]:
        _verdict(make(first))
    base, chain, parsed = [float("inf")] * len(BASE), [float("inf")] * len(STEPS), [float("inf")] * len(PARSED)
    whole = parsed_whole = saxon = new = float("inf")
    for _ in range(_ROUNDS if size < _LARGE_BYTES else 1):
        for run in range(runs):
            document = documents[run % len(documents)]
            base = list(map(min, base, _base(document)))
            with without_collecting():  # as judge does
                chain = list(map(min, chain, _chain(document)))
                parsed = list(map(min, parsed, _parsed_chain(document)))
            whole = min(whole, _verdict(document))
            parsed_whole = min(parsed_whole, _unknowing(_verdict, document))
        saxon = min(saxon, _saxon(documents[0]))
        new = min(new, _first_of_its_kind(documents[0]))
    found: dict[str, object] = {"bytes": size, "is recognised": _is_recognised(documents[0])}
    names = (*BASE, *STEPS, *PARSED)
    found |= {step: round(seconds * 1000, 3) for step, seconds in zip(names, base + chain + parsed, strict=True)}
    other_way = sum(parsed) + sum(chain[1:3])
    return found | {
        "chain": round(sum(chain) * 1000, 3),
        "chain, times the base": round(sum(chain) / sum(base), 2),
        "chain, parsed": round(other_way * 1000, 3),
        "gateway.judge": round(whole * 1000, 3),
        "gateway.judge, times the base": round(whole / sum(base), 2),
        "gateway.judge, parsed": round(parsed_whole * 1000, 3),
        "gateway.judge, first of its kind": round(new * 1000, 3),
        "SaxonC": round(saxon * 1000, 1),
        "SaxonC, times the chain": round(saxon / sum(chain), 1),
        "SaxonC, times the chain, parsed": round(saxon / other_way, 1),
    }


def _by_turns(*names: str) -> float:
    """The chain of one kind of document in times of another, one of each in turn: neither stays in the cache."""
    best = [float("inf")] * len(names)
    for turn in range(_TURNS):
        for nth, name in enumerate(names):
            document = DOCUMENTS[name](turn % 2)
            with without_collecting():
                best[nth] = min(best[nth], sum(_chain(document)))
    return round(best[1] / best[0], 1)


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
    parsed = xml.read(document, _LIMITS, recognise=ubl.recognise)
    if not isinstance(parsed, xml.Parsed):
        raise TypeError(parsed)
    if parsed.recognised is None:
        schema.validate(parsed.root)
        reading = ubl.read(parsed.root, Markup.of(parsed.markup, is_paired=parsed.is_paired), is_valid=True)
    else:
        reading = parsed.recognised.reading
    marks.append(time.process_time())
    judgement = judge(reading.invoice, EN16931)
    marks.append(time.process_time())
    found = ubl_breaches.breaches(reading)
    marks.append(time.process_time())
    del reading, judgement, found, parsed
    marks.append(time.process_time())
    return [after - before for before, after in pairwise(marks)]


def _parsed_chain(document: bytes) -> list[float]:
    """What takes the place of the first step and the last where a document is not recognised."""
    schema = _schema()
    marks = [time.process_time()]
    parsed = xml.read(document, _LIMITS)
    marks.append(time.process_time())
    if not isinstance(parsed, xml.Parsed):
        raise TypeError(parsed)
    schema.validate(parsed.root)
    marks.append(time.process_time())
    reading = ubl.read(parsed.root, Markup.of(parsed.markup, is_paired=parsed.is_paired), is_valid=True)
    marks.append(time.process_time())
    del reading, parsed
    marks.append(time.process_time())
    return [after - before for before, after in pairwise(marks)]


def _verdict(document: bytes) -> float:
    before = time.process_time()
    verdict_on(document, limits=_LIMITS)
    return time.process_time() - before


def _first_of_its_kind(document: bytes) -> float:
    """With nothing in memory; what is there is put back."""
    kept = dict(library._LIBRARIES)
    library._LIBRARIES.clear()
    try:
        return _verdict(document)
    finally:
        library._LIBRARIES.update(kept)


def _unknowing(measure: Callable[[bytes], float], document: bytes) -> float:
    """The same where nothing is recognised."""
    with unknowing():
        return measure(document)


def _is_recognised(document: bytes) -> bool:
    parsed = xml.read(document, _LIMITS, recognise=ubl.recognise)
    return isinstance(parsed, xml.Parsed) and parsed.recognised is not None


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
