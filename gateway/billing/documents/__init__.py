"""Bills as documents: UBL, PDF, mail, journal and tables."""
