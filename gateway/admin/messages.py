"""What an operator does at the command line to messages and deliveries that are stuck."""

from gateway.admin.stores import ACTOR, with_stores
from gateway.clock import utc_now
from gateway.messages.ports import PendingDelivery
from gateway.settings import Settings
from gateway.store.messages.operations import record_replay


def replay_message(settings: Settings, kenmerk: str) -> bool:
    """Have a message offered again; False when it is neither parked nor returned."""
    return with_stores(settings, lambda stores: record_replay(stores.writer, kenmerk, ACTOR, utc_now()))


def pending_deliveries(settings: Settings) -> tuple[PendingDelivery, ...]:
    """Every recipient for whom messages wait to be pushed."""
    return with_stores(settings, lambda stores: stores.outbox.pending())


def resume_delivery(settings: Settings, party_id: str) -> bool:
    """End a recipient's pause; False when it has none."""
    return with_stores(settings, lambda stores: stores.outbox.resume(party_id, ACTOR))
