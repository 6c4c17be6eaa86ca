"""What waits to be pushed to recipients: seen by operators, and tried again when they say so."""

from aiohttp import web

from gateway.api.desk import Call, unknown
from gateway.api.shapes import DeliveriesShape, DeliveryShape
from gateway.http.answers import empty_answer, json_answer
from gateway.i18n import Text
from gateway.messages.ports import PendingDelivery

_PAUSE = Text("pause of a recipient")


async def list_deliveries(call: Call) -> web.StreamResponse:
    """Every recipient for whom messages wait."""
    pending = await call.doors.deliveries.pending()
    return json_answer(DeliveriesShape(items=[await _shape(call, one) for one in pending]))


async def resume(call: Call) -> web.StreamResponse:
    """End a recipient's pause."""
    party_id = call.named("partyId")
    if not await call.doors.deliveries.resume(party_id, call.actor):
        raise unknown(_PAUSE, party_id)
    return empty_answer()


async def _shape(call: Call, one: PendingDelivery) -> DeliveryShape:
    party = await call.doors.directory.party(one.recipient_id)
    return DeliveryShape(
        recipient_id=one.recipient_id,
        way=party.settings.get("delivery", "mailbox") if party else "",
        waiting_messages=one.waiting_messages,
        oldest_kenmerk=one.oldest_kenmerk,
        oldest_queued_at=one.oldest_queued_at,
        failures=one.failures,
        paused_until=one.paused_until,
    )
