"""Valid documents: `SAMPLES` by name, `invoice()` by size, and a few files."""

from pathlib import Path

from tests.samples.catalogue import CII_SAMPLES, SAMPLES, invoice
from tests.samples.cii import cii
from tests.samples.document import Sample
from tests.samples.full import NAMES, full
from tests.samples.peppol import PEPPOL_SAMPLES

__all__ = ["CII_SAMPLES", "PEPPOL_SAMPLES", "SAMPLES", "Sample", "invoice", "sample"]


def sample(name: str) -> bytes:
    """The sample of this name: of `SAMPLES`, `PEPPOL_SAMPLES` or `CII_SAMPLES`, a whole structure as
    `peppol-order-full`, else a file of `documents`, as `order`."""
    if found := SAMPLES.get(name) or PEPPOL_SAMPLES.get(name):
        return found.xml()
    if name in CII_SAMPLES:
        return cii(CII_SAMPLES[name])
    if name in NAMES:
        return full(name)
    return (Path(__file__).parent / "documents" / f"{name}.xml").read_bytes()
