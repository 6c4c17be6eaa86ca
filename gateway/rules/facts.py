"""What several rules ask of one invoice, worked out once."""

from dataclasses import dataclass

from gateway.model.invoice import Invoice


@dataclass(slots=True)
class Facts:
    """Shared answers about one invoice, each worked out at its first question."""

    invoice: Invoice
