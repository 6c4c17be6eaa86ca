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
from gateway.api.lists import at_most, bad_cursor, link_header, next_page, page_limit
from gateway.api.messages import MessagePage, MessageResource, message_resource
from gateway.api.problem_kinds import LeaseLost
from gateway.api.route import NEXT_PAGE, Body, Returns, Routes
from gateway.api.schema import PageLinks, PartyId, Schema, Timestamp
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.message import Lease

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
    query=WaitingQuery,
)
async def list_mailbox(call: Call) -> web.StreamResponse:
    """What was delivered and not confirmed, oldest first; what is leased too."""
    query = call.query(WaitingQuery)
    limit = page_limit(call, query.limit)
    try:
        page = await call.services.mailbox.waiting(_owner(call, query), query.cursor, limit)
    except ValueError as error:
        raise bad_cursor() from error
    following = next_page(call, page.next_cursor)
    body = MessagePage(items=[message_resource(item) for item in page.items], links=PageLinks(next=following))
    return json_answer(body, more=link_header(following))


@routes.post(
    "/v1/mailbox/leases",
    Text("Lease the oldest messages; those not confirmed become available again"),
    Returns("What was taken; empty when nothing waits.", Leases),
    body=Body(LeaseRequest, is_required=False),
    roles=PARTIES,
    query=MailboxQuery,
)
async def take_messages(call: Call) -> web.StreamResponse:
    """Lease the oldest messages that nobody holds."""
    owner = _owner(call, call.query(MailboxQuery))
    wanted = await call.body(LeaseRequest)
    allowed = call.services.lease_limits
    seconds = allowed.seconds_default if wanted.seconds is UNSET else wanted.seconds
    faults = []
    if wanted.count > allowed.messages_max:
        faults.append(Fault("body", "count", at_most(f"{allowed.messages_max}")))
    if seconds > allowed.seconds_max:
        faults.append(Fault("body", "seconds", at_most(f"{allowed.seconds_max:g}")))
    if faults:
        raise problems.InvalidInput(tuple(faults))
    taken = await call.services.mailbox.take(owner, wanted.count, timedelta(seconds=seconds))
    return json_answer(Leases(items=[lease_resource(lease) for lease in taken]))


@routes.put(
    "/v1/mailbox/messages/{kenmerk}/confirmation",
    Text("Confirm that you have the message; confirming it again changes nothing"),
    Returns("Confirmed, now or before.", Confirmation),
    body=Body(ConfirmationRequest, is_required=False),
    roles=PARTIES,
    query=MailboxQuery,
    problems=(LeaseLost,),
)
async def confirm_message(call: Call) -> web.StreamResponse:
    """The recipient has the message safe."""
    owner = _owner(call, call.query(MailboxQuery))
    wanted = await call.body(ConfirmationRequest)
    kenmerk = call.path_part("kenmerk")
    if await call.services.mailbox.confirm(owner, kenmerk, wanted.token, call.actor):
        return json_answer(Confirmation(kenmerk=kenmerk))
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


def lease_resource(lease: Lease) -> LeaseResource:
    """A message that was taken."""
    return LeaseResource.of(lease, message=message_resource(lease.message))
