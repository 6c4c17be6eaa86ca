"""`python -m tests.samples` writes the sample files next to this module."""

from pathlib import Path

from tests.samples.catalogue import SAMPLES

FOLDER = Path(__file__).parent / "files"
ON_DISK = (
    "nlcius-invoice",
    "nlcius-invoice-full",
    "nlcius-credit-note",
    "nlcius-small-business",
    "basisfactuur-rijk",
    "peppol-invoice",
    "peppol-credit-note",
    "en16931-everything",
    "en16931-intra-community",
)

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in ON_DISK:
        (FOLDER / f"{name}.xml").write_bytes(SAMPLES[name].xml())
