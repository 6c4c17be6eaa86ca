"""Valid documents: `SAMPLES` by name, `invoice()` by size, and a few files."""

from pathlib import Path

from tests.samples.catalogue import SAMPLES, invoice
from tests.samples.document import Sample

__all__ = ["SAMPLES", "Sample", "invoice", "sample"]


def sample(name: str) -> bytes:
    """The sample of this name: of `SAMPLES`, else a file of `documents`, as `order`."""
    if name in SAMPLES:
        return SAMPLES[name].xml()
    return (Path(__file__).parent / "documents" / f"{name}.xml").read_bytes()
