"""What the web asks of rooms it may not know; `app` hands in the fulfilment."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from gateway.messages.ports import PendingDelivery


class Validation(Protocol):
    """Judges a document without storing anything."""

    async def judge(self, document: bytes, *, profile: str | None, checks_schema: bool) -> bytes:
        """The report as JSON, as `meterpoort validate --format json` prints it, without `file`."""


Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
"""Which parts that the gateway needs answer now, by name."""

Metrics = Callable[[str], tuple[str, bytes]]
"""Content type and body for a scrape, in the format that this Accept header asks for."""


async def always_ready() -> Mapping[str, bool]:
    """For a gateway without anything to look after."""
    return {}


def no_metrics(_accept: str) -> tuple[str, bytes]:
    """For a gateway that counts nothing."""
    return "text/plain; version=0.0.4; charset=utf-8", b""


class _NothingPending:
    """A gateway that pushes nothing. Fulfils `messages.ports.Deliveries`."""

    async def pending(self) -> tuple[PendingDelivery, ...]:
        """Nothing."""
        return ()

    async def resume(self, recipient_id: str, actor: str) -> bool:
        """No recipient has a pause."""
        del recipient_id, actor
        return False


NOTHING_PENDING = _NothingPending()
