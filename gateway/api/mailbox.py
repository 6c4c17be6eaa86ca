"""The recipient's mailbox: list the messages, lease them, confirm them.

A leased message that is not confirmed is available again when its lease ends. Confirming twice has the effect of
confirming once.
"""

from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.access import PARTIES
from gateway.api.call import Call, message_not_found
from gateway.api.lists import at_most, bad_cursor, page_answer, page_limit
from gateway.api.message_resources import MessageResource, message_resource
from gateway.api.messages import MessagePage
from gateway.api.problem_kinds import LeaseLost
from gateway.api.route import NEXT_PAGE, Returns, Routes
from gateway.api.schema import PartyId, Schema, Timestamp
from gateway.http import problems
from gateway.http.problems import Fault
from gateway.i18n import Text

routes = Routes("mailbox")


class LeaseResource(Schema):
    """A message in your hands until `expiresAt`; confirm it with the token before then."""

    message: MessageResource
    token: str
    expires_at: Timestamp
    times_taken: int


class Leases(Schema):
    """What was taken; empty when nothing waits."""

    items: list[LeaseResource]


class LeaseRequest(Schema):
    """How many messages to take, and for how many seconds."""

    count: Annotated[int, Meta(ge=1)] = 10
    seconds: Annotated[float, Meta(gt=0)] | UnsetType = UNSET


class ConfirmationRequest(Schema):
    """The token of the lease under which the message was taken; none to confirm without a lease."""

    token: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class Confirmation(Schema):
    """The recipient has the message."""

    kenmerk: str
    state: Literal["confirmed"] = "confirmed"


class MailboxQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Whose mailbox: the caller's own, or that of a supplier that gave it a mandate."""

    party_id: PartyId | None = None


class WaitingQuery(MailboxQuery, frozen=True, rename="camel"):
    """Which page of the mailbox."""

    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


@routes.get(
    "/v1/mailbox/messages",
    Text("What waits in the mailbox, oldest first"),
    Returns("One page of messages delivered and not confirmed.", MessagePage, headers=NEXT_PAGE),
    roles=PARTIES,
)
async def list_mailbox(call: Call, query: WaitingQuery) -> web.StreamResponse:
    """What was delivered and not confirmed, oldest first; what is leased too."""
    limit = page_limit(call, query.limit)
    try:
        page = await call.services.mailbox.waiting(_owner(call, query), query.cursor, limit)
    except ValueError as error:
        raise bad_cursor() from error
    return page_answer(call, page.next_cursor, MessagePage, items=[message_resource(item) for item in page.items])


@routes.post(
    "/v1/mailbox/leases",
    Text("Lease the oldest messages; those not confirmed become available again"),
    Returns("What was taken; empty when nothing waits."),
    roles=PARTIES,
)
async def take_messages(call: Call, query: MailboxQuery, body: LeaseRequest) -> Leases:
    """Lease the oldest messages that nobody holds."""
    owner, allowed = _owner(call, query), call.services.leases
    seconds = allowed.lease_seconds_default if body.seconds is UNSET else body.seconds
    faults = []
    if body.count > allowed.take_messages_max:
        faults.append(Fault("body", "count", at_most(f"{allowed.take_messages_max}")))
    if seconds > allowed.lease_seconds_max:
        faults.append(Fault("body", "seconds", at_most(f"{allowed.lease_seconds_max:g}")))
    if faults:
        raise problems.InvalidInput(tuple(faults))
    taken = await call.services.mailbox.take(owner, body.count, timedelta(seconds=seconds))
    return Leases(items=[LeaseResource.of(one, message=message_resource(one.message)) for one in taken])


@routes.put(
    "/v1/mailbox/messages/{kenmerk}/confirmation",
    Text("Confirm that you have the message; confirming it again changes nothing"),
    Returns("Confirmed, now or before."),
    roles=PARTIES,
    problems=(LeaseLost,),
)
async def confirm_message(
    call: Call, kenmerk: str, query: MailboxQuery, body: ConfirmationRequest
) -> Confirmation:
    owner = _owner(call, query)
    if await call.services.mailbox.confirm(owner, kenmerk, body.token, call.actor):
        return Confirmation(kenmerk=kenmerk)
    message = await call.services.messages.message(kenmerk, frozenset({owner}))
    if message is None or message.recipient_id != owner:
        raise message_not_found(kenmerk)
    raise LeaseLost(kenmerk)


def _owner(call: Call, query: MailboxQuery) -> str:
    """The party whose mailbox it is. Raises Forbidden for one that the caller does not act for."""
    wanted = query.party_id or call.caller.party_id
    if wanted is None or call.visible_to is None or wanted not in call.visible_to:
        raise problems.Forbidden(Text("This key does not act for the party whose mailbox was asked."))
    return wanted
