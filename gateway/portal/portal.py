"""Lists of messages: the inbox and the outbox of a party, and for the gateway's own people all of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.access import OFFICE, PARTIES, READERS
from gateway.api.call import Call
from gateway.api.lists import bad_cursor, next_page
from gateway.api.messages import Q
from gateway.api.route import Returns, Routes
from gateway.api.schema import LanguageQuery, PartyIdOrNone
from gateway.api.search import close_names
from gateway.api.viewers import see_other
from gateway.api.words import DOCUMENTS, RECEIVED_STATES, STATES
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.finding import words_of
from gateway.messages.kenmerk import time_of
from gateway.messages.lifecycle import State
from gateway.messages.message import MailboxEntry, Message, MessageFilter, Page
from gateway.messages.participants import Party, Role
from gateway.portal.answers import BACK, PAGE, PAGES
from gateway.portal.send import suppliers_of

routes = Routes("pages")
_MESSAGES_SHOWN = 50
_SEARCHED_MAX = 50_000
_SEARCHED_OF_ALL_MAX = 100_000
"""So many messages a search looks at for a page, so that it answers at once: of a party, and of all, which are in
one index."""
INBOX, OUTBOX, MESSAGES = "/portal/inbox", "/portal/outbox", "/portal/messages"
HOMES = {
    Role.SUPPLIER: OUTBOX,
    Role.INTERMEDIARY: OUTBOX,
    Role.GOVERNMENT: INBOX,
    Role.OPERATOR: "/portal/operations",
    Role.FINANCE: "/portal/year",
}
"""The first page of each role."""


class PortalQuery(LanguageQuery, frozen=True, rename="camel"):
    """Which messages to show."""

    state: str = ""
    """Empty: all; so the form says "all"."""
    q: Annotated[str, msgspec.Meta(max_length=200, description=Q)] = ""
    sender: PartyIdOrNone = ""
    """Only what was sent for this supplier; of an intermediary."""
    cursor: str | None = None
    newer: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    """The page next to it, towards the newest."""


@routes.get(
    "/portal",
    Text("To the first page of one's role"),
    Returns("To that page.", status=303, media_types=(HTML,), headers=BACK),
    roles=READERS,
)
async def show_portal(call: Call) -> web.StreamResponse:
    home, wanted = HOMES[call.caller.role], call.request.query.get("lang")
    return see_other(f"{home}?lang={wanted}" if wanted else home)


@routes.get(
    MESSAGES,
    Text("All messages, to search, for the operator and finance"),
    PAGE,
    roles=OFFICE,
    menu=Text("Messages"),
)
async def show_messages_page(call: Call, query: PortalQuery) -> web.StreamResponse:
    return await _list(call, query, Text("Messages"), None)


@routes.get(
    INBOX,
    Text("What was received: unread, taken and confirmed, for people"),
    PAGE,
    roles=PARTIES,
    menu=Text("Inbox"),
)
async def show_inbox(call: Call, query: PortalQuery) -> web.StreamResponse:
    return await _list(call, query, Text("Inbox"), True)


@routes.get(
    OUTBOX,
    Text("What was sent, and what became of it, for people"),
    PAGE,
    roles=PARTIES,
    menu=Text("Outbox"),
)
async def show_outbox(call: Call, query: PortalQuery) -> web.StreamResponse:
    return await _list(call, query, Text("Outbox"), False)


async def _list(call: Call, query: PortalQuery, title: Text, is_incoming: bool | None) -> web.Response:
    """A page of messages; `is_incoming`: received, or sent, or None for both."""
    language = call.language
    parties = await call.services.directory.parties()
    page = await _messages(call, query, parties, is_incoming)
    states = {**STATES, **RECEIVED_STATES} if is_incoming else STATES
    return PAGES.answer(
        "portal.html",
        call.request,
        query=query,
        title=title.in_language(language),
        path=call.request.path,
        is_incoming=is_incoming,
        party=call.services.directory.by_id(call.caller.party_id or ""),
        role=call.caller.role.value,
        suppliers=await suppliers_of(call) if is_incoming is False else [],
        shows_requests=call.services.inspections is not None and call.caller.party_id is not None,
        messages=page.items,
        searched_to=time_of(page.searched_to) if page.searched_to else None,
        waiting=await _waiting(call, page.items) if is_incoming else {},
        names={name: party.name for party in parties for name in (party.party_id, *map(str, party.identifiers))},
        close=[] if page.items or query.cursor else await close_names(call, query.q),
        following=next_page(call, page.next_cursor),
        newer=newer_page(call, page.newer),
        states={state: states[state].in_language(language) for state in STATES},
        offered=RECEIVED_STATES if is_incoming else STATES,
        kinds={kind: text.in_language(language) for kind, text in DOCUMENTS.items()},
    )


async def _messages(
    call: Call, query: PortalQuery, parties: Sequence[Party], is_incoming: bool | None
) -> Page[Message]:
    wanted = MessageFilter(
        call.visible_to,
        _states(query.state),
        words=words_of(query.q, parties),
        is_incoming=is_incoming,
        newer_than=query.newer,
        sender_id=query.sender or None,
        searched_max=_SEARCHED_MAX if call.visible_to is not None else _SEARCHED_OF_ALL_MAX,
    )
    try:
        return await call.services.messages.page(wanted, query.cursor, _MESSAGES_SHOWN)
    except ValueError as error:
        raise bad_cursor() from error


async def _waiting(call: Call, messages: Sequence[Message]) -> Mapping[str, MailboxEntry]:
    delivered = [one.kenmerk for one in messages if one.state is State.DELIVERED]
    return await call.services.mailbox.waiting_among(call.visible_to or frozenset(), delivered)


def newer_page(call: Call, newer: str | None) -> str | None:
    """The address of the page next to this one, towards the newest."""
    if newer is None:
        return None
    address = call.request.rel_url.update_query(newer=newer)
    return str(address.without_query_params("cursor"))


def _states(text: str) -> frozenset[State]:
    try:
        return frozenset({State(text)}) if text else frozenset()
    except ValueError as error:
        raise problems.InvalidInput((Fault("query", "state", Text("is not a state")),)) from error
