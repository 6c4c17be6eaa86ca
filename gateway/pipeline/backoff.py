"""How long to leave a recipient alone after attempts that failed.

Digipoort tries for 72 hours (Logius, Metrokaart). The pause is the recipient's, not a message's: after a failure
nobody calls it until the pause is over, and then one message alone tries (a circuit breaker, half open).
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Growing pauses."""

    first: timedelta = timedelta(seconds=10)
    longest: timedelta = timedelta(hours=4)
    give_up_after: timedelta = timedelta(hours=72)
    spread: float = 0.1
    """Backoff differ by at most this share, so that recipients that fell together are not called together."""

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures in a row, the last included."""
        doubled = self.first * float(1 << min(max(failures - 1, 0), 30))
        return min(doubled, self.longest) * (1 + random.uniform(-self.spread, self.spread))  # noqa: S311  # no secret

    def is_over(self, queued_at: datetime, now: datetime) -> bool:
        """Whether a message waited so long that it is returned."""
        return now - queued_at >= self.give_up_after
