"""What was paid: marks that come back from bank and finance system, and what is open. No dunning."""
