"""What operators see and do of deliveries that wait."""

from collections.abc import Callable

from gateway.messages.ports import Deliveries


class WakingDeliveries:
    """Wakes the dispatcher when a pause is ended. Implements `messages.ports.Deliveries`."""

    def __init__(self, deliveries: Deliveries, wake: Callable[[], None]) -> None:
        self._deliveries = deliveries
        self._wake = wake
        self.pending = deliveries.pending

    async def resume(self, recipient_id: str, actor: str) -> bool:
        """End the pause of a recipient; False when it has none."""
        is_ended = await self._deliveries.resume(recipient_id, actor)
        self._wake()
        return is_ended
