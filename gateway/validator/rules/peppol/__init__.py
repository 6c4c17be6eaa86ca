"""The rules of Peppol: those that its documents share, and BIS Billing 3 with its self-billing."""
