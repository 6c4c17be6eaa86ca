"""Valid documents of our own: `SAMPLES` by name, `invoice()` by size, a few as files for people to open."""

from tests.samples.catalogue import SAMPLES, invoice
from tests.samples.document import Sample

__all__ = ["SAMPLES", "Sample", "invoice"]
