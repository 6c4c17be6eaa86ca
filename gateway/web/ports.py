"""What the web asks of rooms it may not know; `app` hands in the fulfilment."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol


class Validation(Protocol):
    """Judges a document without storing anything."""

    async def judge(self, document: bytes, *, profile: str | None, checks_schema: bool) -> bytes:
        """The report as JSON, as `meterpoort validate --format json` prints it, without `file`."""


Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
"""Which parts that the gateway needs answer now, by name."""

Metrics = Callable[[], bytes]
"""The metrics in Prometheus's text format."""


async def always_ready() -> Mapping[str, bool]:
    """For a gateway without anything to look after."""
    return {}


def no_metrics() -> bytes:
    """For a gateway that counts nothing."""
    return b""
