"""The records of billing."""
