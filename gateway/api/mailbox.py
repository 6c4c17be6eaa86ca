"""The recipient's mailbox: see what waits, take it under a lease, confirm it.

A message that is taken and not confirmed lies in the mailbox again when its lease ends. Confirming twice is
as confirming once.
"""

from datetime import timedelta
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET

from gateway.api.desk import Call, unknown_message
from gateway.api.lists import at_most, bad_cursor, link_header, next_page, page_limit
from gateway.api.shapes import (
    Confirmation,
    ConfirmWish,
    Leases,
    MessagePage,
    PageLinks,
    PartyId,
    TakeWish,
    lease_shape,
    message_shape,
)
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text


class MailboxQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Whose mailbox: the caller's own, or that of a supplier that gave it a mandate."""

    party_id: PartyId | None = None


class WaitingQuery(MailboxQuery, frozen=True, rename="camel"):
    """Which page of the mailbox."""

    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


async def waiting(call: Call) -> web.StreamResponse:
    """What was delivered and not confirmed, oldest first; what is leased too."""
    query = call.query(WaitingQuery)
    limit = page_limit(call, query.limit)
    try:
        page = await call.doors.mailbox.waiting(_owner(call, query), query.cursor, limit)
    except ValueError as error:
        raise bad_cursor() from error
    following = next_page(call, page.next_cursor)
    body = MessagePage(items=[message_shape(item) for item in page.items], links=PageLinks(next=following))
    return json_answer(body, more=link_header(following))


async def take(call: Call) -> web.StreamResponse:
    """Lease the oldest messages that nobody holds."""
    owner = _owner(call, call.query(MailboxQuery))
    wish = await call.body(TakeWish)
    allowed = call.doors.leases
    seconds = allowed.seconds_default if wish.seconds is UNSET else wish.seconds
    faults = []
    if wish.count > allowed.messages_max:
        faults.append(Fault("body", "count", at_most(f"{allowed.messages_max}")))
    if seconds > allowed.seconds_max:
        faults.append(Fault("body", "seconds", at_most(f"{allowed.seconds_max:g}")))
    if faults:
        raise problems.InvalidInput(tuple(faults))
    taken = await call.doors.mailbox.take(owner, wish.count, timedelta(seconds=seconds))
    return json_answer(Leases(items=[lease_shape(lease) for lease in taken]))


async def confirm(call: Call) -> web.StreamResponse:
    """The recipient has the message safe."""
    owner = _owner(call, call.query(MailboxQuery))
    wish = await call.body(ConfirmWish)
    kenmerk = call.named("kenmerk")
    if await call.doors.mailbox.confirm(owner, kenmerk, wish.token, call.actor):
        return json_answer(Confirmation(kenmerk=kenmerk))
    message = await call.doors.messages.message(kenmerk, frozenset({owner}))
    if message is None or message.recipient_id != owner:
        raise unknown_message(kenmerk)
    raise problems.LeaseLost(kenmerk)


def _owner(call: Call, query: MailboxQuery) -> str:
    """The party whose mailbox it is. Raises Forbidden for one that the caller does not act for."""
    wanted = query.party_id or call.caller.party_id
    if wanted is None or call.visible_to is None or wanted not in call.visible_to:
        raise problems.Forbidden(
            Text(
                "This key does not act for the party whose mailbox was asked.",
            )
        )
    return wanted
