"""What an operator looks at first: what waits, since when, and what does not go on by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

COUNTED_MAX = 1_000
"""Of a mailbox so many are counted, and one more says that there are more."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many messages wait, and when the oldest of them was received; `queued_at` is since when one waits here,
    where that was later."""

    messages: int = 0
    oldest_at: datetime | None = None
    queued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of all gateways on the database together. `in_mailboxes`: by recipient, the oldest first."""

    to_judge: Backlog
    in_mailboxes: Sequence[tuple[str, Backlog]]
    to_push: Backlog
    parked: int
    damaged: int
    silent: Sequence[str]
    """Parties that sent or were sent messages regularly, and now have none."""
    last_received_at: datetime | None
    nodes: int
    """Gateways that run."""
