"""Valid documents: `SAMPLES` by name, `invoice()` by size, and a few files."""

from tests.samples.catalogue import SAMPLES, invoice
from tests.samples.document import Sample

__all__ = ["SAMPLES", "Sample", "invoice"]
