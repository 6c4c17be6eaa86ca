"""What showing a document costs, from its bytes and its verdict to the page, the text and the PDF: milliseconds of
CPU time of one process, of each the best of a few rounds."""

import time
from collections.abc import Callable
from functools import partial

from gateway.validator.judge import judge
from gateway.validator.rendering.render import RenderingRequest, render
from gateway.validator.report.report import encode_report
from tests.samples import invoice, sample

ROUNDS = 7
DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "10 lines": lambda: invoice(10),
    "100 lines": lambda: invoice(100),
    "1,000 lines": lambda: invoice(1_000),
    "everything": lambda: sample("en16931-everything"),
    "an order": lambda: sample("order"),
    "4 MB of attachments": lambda: invoice(10, attachments=4, attachment_bytes=750_000),
}


def rendering() -> dict[str, object]:
    """By document and form."""
    found: dict[str, object] = {}
    for name, make in DOCUMENTS.items():
        document = make()
        report = encode_report(judge(document), "")
        rounds = {"html": ROUNDS, "text": ROUNDS, "pdf": 2}
        found[name] = {
            form: _best(partial(render, document, RenderingRequest(form, "nl", report)), count)
            for form, count in rounds.items()
        }
    return found


def _best(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return round(min(times) * 1_000, 1)
