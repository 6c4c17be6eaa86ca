"""A meter entry: one unit that one party pays for, or its correction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UsageKind(StrEnum):
    """What is counted. Digipoort's two directions; services metered elsewhere are named by their service."""

    DELIVERED_TO = "delivered-to"
    """A message placed at the disposal of a non-Rijk party."""
    SUBMITTED_BY = "submitted-by"
    """A message of a non-Rijk party, accepted and delivered."""


@dataclass(frozen=True, slots=True)
class UsageEntry:
    """What is to be added to the meter: key (message, party, kind), so that nothing counts twice.

    `at` is the moment in UTC that made it billable; its Amsterdam date decides the billing year.
    `quantity` is 1, or -1 in a reversal that names its original.
    """

    kenmerk: str
    party_id: str
    kind: UsageKind
    at: datetime
    quantity: int = 1
