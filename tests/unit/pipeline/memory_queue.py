"""A queue that judges nothing."""

from gateway.messages.message import Message
from gateway.pipeline.queue import JudgingQueue


class MemoryQueue(JudgingQueue):
    """Notes what it is offered, which has no bytes with it and is judged in a worker."""

    def __init__(self) -> None:
        self.offered: list[str] = []

    @property
    def waiting_count(self) -> int:
        """Messages that were offered."""
        return len(self.offered)

    def __contains__(self, kenmerk: str) -> bool:
        return kenmerk in self.offered

    def offer(self, message: Message, data: bytes | None, *, is_suspect: bool = False) -> None:
        """Note it."""
        assert data is None
        assert is_suspect
        self.offered.append(message.kenmerk)
