"""Messages that wait to be pushed to recipients: listed, and resumed by an operator."""

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, Timestamp
from gateway.http import problems
from gateway.i18n import Text
from gateway.messages.ports import PendingDelivery

routes = Routes("operations")


class DeliveryResource(Schema):
    """What waits to be pushed to one recipient. `failures` counts attempts in a row; until `pausedUntil` it is
    left alone; the statuses of `oldestKenmerk` say what went wrong."""

    recipient_id: str
    way: str
    waiting_messages: int
    oldest_kenmerk: str
    oldest_queued_at: Timestamp
    failures: int
    paused_until: Timestamp | None


class DeliveriesResource(Schema):
    """Every recipient for whom messages wait."""

    items: list[DeliveryResource]


@routes.get(
    "/v1/deliveries",
    Text("Recipients for whom messages wait to be pushed"),
    Returns("The recipients, by id; one that is left alone says until when."),
    roles=OPERATORS,
)
async def list_deliveries(call: Call) -> DeliveriesResource:
    pending = await call.services.deliveries.pending()
    return DeliveriesResource(items=[await _shape(call, one) for one in pending])


@routes.post(
    "/v1/deliveries/{partyId}/resumptions",
    Text("End the pause of a recipient that can be reached again"),
    Returns("Its oldest message is offered within seconds."),
    roles=OPERATORS,
)
async def resume_delivery(call: Call, party_id: str) -> None:
    if not await call.services.deliveries.resume(party_id, call.actor):
        raise problems.UnknownItem(Text("pause of a recipient"), party_id)


async def _shape(call: Call, one: PendingDelivery) -> DeliveryResource:
    party = call.services.directory.by_id(one.recipient_id)
    return DeliveryResource.of(one, way=party.settings.get("delivery", "mailbox") if party else "")
