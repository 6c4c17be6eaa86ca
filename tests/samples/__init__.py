"""Valid documents: `SAMPLES` by name, `invoice()` by size, and a few files."""

from pathlib import Path

from tests.samples.catalogue import CII_SAMPLES, SAMPLES, invoice
from tests.samples.cii import cii
from tests.samples.document import Sample
from tests.samples.full import NAMES, full
from tests.samples.g_account import G_ACCOUNT_SAMPLES
from tests.samples.peppol import PEPPOL_SAMPLES

__all__ = ["CII_SAMPLES", "G_ACCOUNT_SAMPLES", "PEPPOL_SAMPLES", "SAMPLES", "Sample", "invoice", "sample"]


def sample(name: str) -> bytes:
    """The sample of this name: of the samples of invoices in UBL or CII, a whole structure as `peppol-order-full`,
    else a file of `documents`, as `order`."""
    for samples in (SAMPLES, PEPPOL_SAMPLES, G_ACCOUNT_SAMPLES):
        if name in samples:
            return samples[name].xml()
    if name in CII_SAMPLES:
        return cii(CII_SAMPLES[name])
    if name in NAMES:
        return full(name)
    return (Path(__file__).parent / "documents" / f"{name}.xml").read_bytes()
