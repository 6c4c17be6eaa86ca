"""An invoice of a contractor, paid to its own account and to its blocked account for taxes (G-rekening)."""

from tests.samples.document import NLCIUS, Payment, Sample

G_ACCOUNT_SAMPLES: dict[str, Sample] = {
    "nlcius-gaccount": Sample(
        customization=f"{NLCIUS}#conformant#urn:fdc:nen.nl:gaccount:v1.0",
        number="2026-0424",
        payments=(
            Payment(identifier="1", amount="81.00"),
            Payment(identifier="GACCOUNT", amount="40.00", accounts=("NL66MPRT0912345678",)),
        ),
    ),
}
