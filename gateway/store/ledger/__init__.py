"""The meter's ledger: entries, seals, audit."""
