"""The portal: a party's messages, use and bills on one page. Nothing can be changed on it."""

from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.access import FIGURES, READERS
from gateway.api.billing import today
from gateway.api.call import Call
from gateway.api.contents import may_read_content
from gateway.api.lists import bad_cursor, next_page
from gateway.api.messages import Q
from gateway.api.route import Returns, Routes
from gateway.api.search import close_names
from gateway.api.words import DOCUMENTS, STATES
from gateway.billing.documents.bill import Bill
from gateway.billing.rating.services import Service
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.pages import Pages
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.finding import words_of
from gateway.messages.lifecycle import State
from gateway.messages.message import MessageFilter
from gateway.validator.report.report import Language

routes = Routes("pages")
_PAGES = Pages("gateway.portal")
_MESSAGES_SHOWN = 50


class PortalQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which messages to show."""

    state: str = ""
    """Empty: all; so the form says "all"."""
    q: Annotated[str, msgspec.Meta(max_length=200, description=Q)] = ""
    cursor: str | None = None
    lang: Language | None = None


@routes.get(
    "/portal",
    Text("Messages, use and bills on one page, for people"),
    Returns("A page.", media_types=(HTML,)),
    roles=READERS,
    menu=Text("Messages"),
)
async def show_portal(call: Call, query: PortalQuery) -> web.StreamResponse:
    language = call.language
    parties = await call.services.directory.parties()
    wanted = MessageFilter(call.visible_to, _states(query.state), words=words_of(query.q, parties))
    try:
        page = await call.services.messages.page(wanted, query.cursor, _MESSAGES_SHOWN)
    except ValueError as error:
        raise bad_cursor() from error
    return _PAGES.answer(
        "portal.html",
        call.request,
        query=query,
        party=await call.services.directory.party(call.caller.party_id or ""),
        role=call.caller.role.value,
        shows_requests=call.services.inspections is not None and call.caller.party_id is not None,
        messages=page.items,
        names={party.party_id: party.name for party in parties},
        close=[] if page.items or query.cursor else await close_names(call, query.q),
        may_read=may_read_content(call),
        following=next_page(call, page.next_cursor),
        states={state: text.in_language(language) for state, text in STATES.items()},
        kinds={kind: text.in_language(language) for kind, text in DOCUMENTS.items()},
        year=today(call).year,
        usage=await _usage(call),
        bills=await _bills(call),
    )


def _states(text: str) -> frozenset[State]:
    try:
        return frozenset({State(text)}) if text else frozenset()
    except ValueError as error:
        raise problems.InvalidInput((Fault("query", "state", Text("is not a state")),)) from error


async def _usage(call: Call) -> dict[str, int]:
    """The party's use of this year, by kind."""
    billing, party_id = call.services.billing, call.caller.party_id
    if billing is None or party_id is None:
        return {}
    day = today(call)
    counted = await billing.counts.by_party(Service.DIGIPOORT, day.replace(month=1, day=1), day)
    return dict(sorted(counted.get(party_id, {}).items()))


async def _bills(call: Call) -> list[Bill]:
    """The bills of this year, of the party or for finance of all."""
    billing, party_id = call.services.billing, call.caller.party_id
    if billing is None or call.caller.role not in FIGURES:
        return []
    bills = await billing.store.bills(today(call).year)
    return [bill for bill in bills if party_id is None or bill.debtor.party_id == party_id]
