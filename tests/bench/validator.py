"""What judging an invoice costs, in times of parsing it with lxml and checking it against the official schema.

The number that counts is that of the streams of `tests.samples.stream`: many senders, each with its own way of
writing XML, their first documents included. CPU time of one process; of each document the best of a few rounds, in
which the whole stream comes by. The base (lxml and the schema alone) and `gateway.judge` take turns. The single
documents are those of `tests.samples.invoice`, each with a few sets of values, by turns too.

`METERPOORT_NLCIUS_XSLT` names the stylesheet of NLCIUS; without it SaxonC runs EN 16931 alone.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from lxml import etree

from gateway.validator import reference
from gateway.validator.judge import judge
from gateway.validator.xml.parsing import Limits
from schemas import cii_file
from tests.conformance.engines import NLCIUS_STYLESHEET
from tests.conformance.schema import FOLDER
from tests.samples import invoice
from tests.samples.stream import stream

DOCUMENTS = 384
ROUNDS = 3
SAXON_DOCUMENTS = 96
_TURNS = 7
_BYTES_EACH = 4_000_000
"""A single document is measured again and again until so many bytes were read."""
_VALUES = range(4)

LIMITS = Limits(elements_max=1_000_000, attributes_max=1_000_000, attachments_max=1_000)
"""Ten thousand lines and a thousand attachments are more than the caps let through."""

SINGLE: dict[str, Callable[[int], bytes]] = {
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


def validator() -> dict[str, object]:
    """Milliseconds and ratios of the two streams and of each single document; growth and memory."""
    found: dict[str, object] = {}
    for name, lively in (("stream, lively", True), ("stream, steady", False)):
        found[name] = _stream(list(stream(DOCUMENTS, lively=lively)))
    for name, make in SINGLE.items():
        found[name] = _single([make(first) for first in _VALUES])
    found["10,000 lines, times 1,000 lines, by turns"] = _by_turns("1,000 lines", "10,000 lines")
    found["memory at 10,000 lines, times the file"] = _memory()
    return found


def _stream(documents: Sequence[bytes]) -> dict[str, object]:
    """Both by turns on each document, so that what one keeps in the cache is gone for the other; and each
    for itself on the whole stream. The first round is that in which everything is new."""
    rounds = [_by_turns_on(documents) for _ in range(ROUNDS)]
    base_all, judge_all = _best_of(rounds)
    base_again, nlcius_all = _best_of([_by_turns_on(documents, _judge_by_nlcius) for _ in range(ROUNDS)])
    apart = [(_times(base, documents), _times(_judge, documents)) for _ in range(ROUNDS)]
    base_apart, judge_apart = (sum(map(min, *times)) for times in zip(*apart, strict=True))
    per_document = 1_000 / len(documents)
    found: dict[str, object] = {
        "documents": len(documents),
        "bytes each": sum(map(len, documents)) // len(documents),
        "lxml and schema": round(base_all * per_document, 3),
        "gateway.judge": round(judge_all * per_document, 3),
        "gateway.judge, times lxml and schema": round(judge_all / base_all, 2),
        "the same, each document by EN 16931 and NLCIUS alone": round(nlcius_all / base_again, 2),
        "the same, first round": round(sum(rounds[0][1]) / sum(rounds[0][0]), 2),
        "the same, each for itself": round(judge_apart / base_apart, 2),
    }
    return found | _saxon_on(documents, judge_all)


def _best_of(rounds: Sequence[tuple[list[float], list[float]]]) -> tuple[float, float]:
    """The time of all documents, of each the best of the rounds: of the base, and of what is measured."""
    theirs, ours = (sum(map(min, *times)) for times in zip(*rounds, strict=True))
    return theirs, ours


def _by_turns_on(
    documents: Sequence[bytes], measured: Callable[[bytes], object] | None = None
) -> tuple[list[float], list[float]]:
    """The times of the base and of `gateway.judge`, document by document."""
    pairs = [(*_times(base, [document]), *_times(measured or _judge, [document])) for document in documents]
    return [theirs for theirs, _ in pairs], [ours for _, ours in pairs]


def _saxon_on(documents: Sequence[bytes], judge_all: float) -> dict[str, object]:
    """SaxonC on every so many-th document of the stream; its own first run of each stylesheet is left out."""
    chosen = documents[:: len(documents) // SAXON_DOCUMENTS]
    ours = judge_all / len(documents)
    found: dict[str, object] = {}
    together = 0.0
    for name, stylesheet in _stylesheets().items():
        stylesheet.fired_rules(documents[0])
        each = sum(_times(stylesheet.fired_rules, chosen)) / len(chosen)
        together += each
        found[f"SaxonC, {name}"] = round(each * 1_000, 3)
        found[f"SaxonC, {name}, times gateway.judge"] = round(each / ours, 1)
    return found | {"SaxonC, together, times gateway.judge": round(together / ours, 1)}


@cache
def _stylesheets() -> dict[str, reference.Stylesheet]:
    found = {"EN 16931": reference.en16931()}
    if path := os.environ.get(NLCIUS_STYLESHEET):
        found["NLCIUS"] = reference.Stylesheet(Path(path))
    return found


def _single(documents: Sequence[bytes]) -> dict[str, object]:
    runs = max(2, min(100, _BYTES_EACH // len(documents[0]) // len(documents)))
    ours = theirs = float("inf")
    for _ in range(runs):
        theirs_now, ours_now = _by_turns_on(documents)
        theirs, ours = min(theirs, *theirs_now), min(ours, *ours_now)
    saxon = min(_times(reference.en16931().fired_rules, documents[: 1 if len(documents[0]) > 1_000_000 else 3]))
    return {
        "bytes": len(documents[0]),
        "lxml and schema": round(theirs * 1_000, 3),
        "gateway.judge": round(ours * 1_000, 3),
        "gateway.judge, times lxml and schema": round(ours / theirs, 2),
        "SaxonC, EN 16931, times gateway.judge": round(saxon / ours, 1),
    }


def _by_turns(*names: str) -> float:
    """One kind of document in times of another, one of each in turn: neither stays in the cache."""
    best = [float("inf")] * len(names)
    for turn in range(_TURNS):
        for nth, name in enumerate(names):
            best[nth] = min(best[nth], *_times(_judge, [SINGLE[name](turn % 2)]))
    return round(best[1] / best[0], 1)


def _times(measured: Callable[[bytes], object], documents: Sequence[bytes]) -> list[float]:
    """The CPU time of each document, letting go of what was made of it included."""
    times = []
    for document in documents:
        before = time.process_time()
        measured(document)
        times.append(time.process_time() - before)
    return times


def base(document: bytes) -> None:
    """Parse with lxml, check with the official schema of its kind, let go of the tree."""
    root = etree.fromstring(document, etree.XMLParser(huge_tree=True, resolve_entities=False))
    _schema(etree.QName(root).localname).validate(root)


def _judge(document: bytes) -> None:
    judge(document, limits=LIMITS)


def _judge_by_nlcius(document: bytes) -> None:
    """By the rules that the two stylesheets have. A third of the streams claims Peppol's, which are many more."""
    judge(document, profile="nlcius", limits=LIMITS)


@cache
def _schema(kind: str) -> etree.XMLSchema:
    is_cii = kind == "CrossIndustryInvoice"
    return etree.XMLSchema(file=str(cii_file() if is_cii else FOLDER / "maindoc" / f"UBL-{kind}-2.1.xsd"))


_PEAK = """
import sys
from gateway.validator.judge import judge
from tests.bench.validator import LIMITS
from tests.samples import invoice
judge(invoice(1))
def peak_kilobytes():
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0])
before = peak_kilobytes()
document = sys.stdin.buffer.read()
kept = judge(document, limits=LIMITS)
print((peak_kilobytes() - before) * 1024 / len(document))
"""


def _memory() -> float:
    """The most that a fresh process grows while it judges, the document itself counted in."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK], input=invoice(10_000), capture_output=True, check=True, env=dict(os.environ)
    )
    return round(float(done.stdout), 1)
