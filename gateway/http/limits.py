"""How much is accepted in a request, and how long the gateway waits for it. The settings document the values."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.http import problems
from gateway.settings import Settings

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Sizes in bytes, times in seconds."""

    body_bytes_max: int = 32 * MIB
    """A whole body, of any kind, as it comes over the line."""
    attachments_bytes_max: int = 20 * MIB
    """All attachments of a message together, decoded. Digipoort's 20 MB, read as its XSD does: 20,971,520."""
    attachments_count_max: int = 200
    in_memory_bytes_max: int = 256 * 1024
    """A document up to this size is read in one go and handed on in memory; a larger one streams to storage."""
    body_bytes_per_second_min: int = 4096
    body_idle_seconds_max: float = 20.0
    """How far a body may fall behind that rate."""
    body_seconds_max: float = 300.0
    large_bodies_max: int = 64
    """Bodies above `in_memory_bytes_max` that may come in at the same time."""
    retry_after_seconds: int = 30
    part_header_count_max: int = 16
    """Headers of one part of a multipart body: browsers send two, MIME libraries four."""
    part_header_bytes_max: int = 4096
    filename_characters_max: int = 255

    @classmethod
    def of(cls, settings: Settings) -> "RequestLimits":
        """As the settings have them."""
        http = settings.http
        return cls(
            body_bytes_max=http.body_size_bytes_max,
            attachments_bytes_max=settings.attachments.size_bytes_max,
            attachments_count_max=settings.attachments.count_max,
            in_memory_bytes_max=settings.storage.small_content_size_bytes_max,
            body_bytes_per_second_min=http.body_bytes_per_second_min,
            body_idle_seconds_max=http.body_idle_seconds_max,
            body_seconds_max=http.body_seconds_max,
            large_bodies_max=http.large_bodies_max,
            retry_after_seconds=settings.queue.retry_after_seconds,
        )


class ConcurrencyLimit:
    """Limits what is in use at the same time, counted in any unit. One caller may use half of it."""

    def __init__(self, available: int, retry_after_seconds: int) -> None:
        self._available = available
        self._caller_max = max(1, available // 2)
        self._held: Counter[str] = Counter()
        """Units in use by caller."""
        self._retry_after_seconds = retry_after_seconds

    @contextmanager
    def hold(self, count: int = 1, caller: str = "") -> Iterator[None]:
        """Use `count` units during the block. Raises Overloaded if they are not available, or not to this caller
        (empty: nobody in particular)."""
        is_greedy = bool(caller) and self._held[caller] + count > self._caller_max
        if count > self._available or is_greedy:
            raise problems.Overloaded(self._retry_after_seconds)
        self._available -= count
        self._held[caller] += count
        try:
            yield
        finally:
            self._available += count
            self._held[caller] -= count
            if not self._held[caller]:
                del self._held[caller]
