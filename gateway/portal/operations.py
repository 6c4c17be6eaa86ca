"""The operator's pages: what waits and what is stuck, with the buttons to get it going."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.deliveries import DeliveryResource, list_deliveries, resume_delivery
from gateway.api.lists import bad_cursor, next_page
from gateway.api.names import party_names
from gateway.api.operations import ReturnRequest, replay_message, return_message
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import Routes
from gateway.api.schema import PartyId
from gateway.api.words import DOCUMENTS, STATES
from gateway.http import problems
from gateway.http.problems import Problem
from gateway.i18n import Text
from gateway.messages.lifecycle import State
from gateway.messages.message import Message, MessageFilter
from gateway.messages.overview import COUNTED_MAX, Overview
from gateway.portal.answers import BACK_TO_PAGE, PAGE, DoneQuery, form_with
from gateway.portal.blocks import (
    Block,
    Button,
    Cell,
    DataTable,
    FactList,
    Field,
    FormBlock,
    Link,
    Mark,
    Notice,
    Value,
    answer_form,
    page,
)
from gateway.portal.portal import MESSAGES, newer_page

OVERVIEW, STUCK = "/portal/operations", "/portal/operations/stuck"
_STUCK_SHOWN = 50
routes = Routes("pages")


class StuckQuery(DoneQuery, frozen=True, rename="camel"):
    """Which page."""

    cursor: str | None = None
    newer: Annotated[str, Meta(max_length=36)] | None = None


class ResumeForm(msgspec.Struct, frozen=True, rename="camel"):
    """Which recipient can be reached again."""

    party_id: PartyId


class StuckForm(msgspec.Struct, frozen=True, rename="camel"):
    """What to do with which message; a return needs a reason."""

    kenmerk: Annotated[str, Meta(max_length=64)]
    action: Literal["replay", "return"]
    reason: Annotated[str, Meta(max_length=500)] = ""


@routes.get(
    OVERVIEW,
    Text("For the operator: what waits, what is stuck, and whether everything works"),
    PAGE,
    roles=OPERATORS,
    menu=Text("Overview"),
)
async def show_overview(call: Call, query: DoneQuery, problem: Problem | None = None) -> web.StreamResponse:
    seen, pushes = await call.services.overviews.overview(), (await list_deliveries(call)).items
    names = await party_names(call)
    blocks: list[Block] = (
        [] if not call.services.is_sandbox else [Notice(Text("A sandbox: every message is a test."))]
    )
    find = Field("q", Text("Kenmerk, part of a number, party, amount or day"), input_type="search")
    blocks += [
        FormBlock(Text("Find a message"), MESSAGES, [find], [("", Text("Search"))], only_asks=True),
        _state(seen),
        _mailboxes(seen, names),
        DataTable(
            Text("Waiting to be pushed"),
            [
                Text("Recipient"),
                Text("Messages"),
                Text("Oldest"),
                Text("Failed attempts"),
                Text("Paused until"),
                Text("Change"),
            ],
            [_push(one, names) for one in pushes],
            Text("Nothing waits to be pushed."),
        ),
        DataTable(
            Text("Fallen silent"),
            [Text("Party"), Text("Id")],
            [(Link(f"{MESSAGES}?q={party}", names.get(party, party)), party) for party in seen.silent],
            Text("Nobody who usually sends or receives has stopped."),
        ),
        await _health(call, seen),
    ]
    return page(call, Text("Overview"), blocks, problem, done=query.done)


@routes.post(
    OVERVIEW,
    Text("End the pause of a recipient in a form"),
    BACK_TO_PAGE,
    roles=OPERATORS,
    raw_body=form_with("`partyId`"),
    problems=(problems.UnknownItem, problems.UnsupportedMediaType),
)
async def resume_in_form(call: Call) -> web.StreamResponse:
    def resume(form: ResumeForm) -> Awaitable[object]:
        return resume_delivery(call, form.party_id)

    return await answer_form(call, ResumeForm, resume, partial(show_overview, call, DoneQuery()), OVERVIEW)


def _state(seen: Overview) -> FactList:
    def stuck(count: int, href: str) -> Cell:
        return [Mark(count, is_good=count == 0), Link(href, Text("look"))] if count else Mark(0, is_good=True)

    return FactList(
        Text("What waits"),
        [
            (Text("to be judged"), _since(seen.to_judge.messages, seen.to_judge.oldest_at)),
            (Text("in mailboxes"), _together([waiting.messages for _, waiting in seen.in_mailboxes])),
            (Text("to be pushed"), _since(seen.to_push.messages, seen.to_push.oldest_at)),
            (Text("set apart for you"), stuck(seen.parked, STUCK)),
            (Text("damaged content"), stuck(seen.damaged, MESSAGES)),
            (Text("last message received"), seen.last_received_at),
        ],
    )


def _together(counts: Sequence[int]) -> Value:
    """The sum, or what it is more than: of each mailbox so many are counted."""
    least = sum(min(one, COUNTED_MAX) for one in counts)
    return least if least == sum(counts) else Text("more than {least:n}", least=least)


def _since(count: int, oldest_at: datetime | None) -> Cell:
    return [count, Text("oldest:"), oldest_at] if oldest_at else count


def _mailboxes(seen: Overview, names: dict[str, str]) -> DataTable:
    return DataTable(
        Text("Waiting in mailboxes"),
        [Text("Recipient"), Text("Messages"), Text("Oldest")],
        [
            (
                Link(f"{MESSAGES}?state=delivered&q={party}", names.get(party, party)),
                _together([waiting.messages]),
                waiting.oldest_at,
            )
            for party, waiting in seen.in_mailboxes
        ],
        Text("Every mailbox is empty."),
    )


def _push(one: DeliveryResource, names: dict[str, str]) -> tuple[Cell, ...]:
    party = one.recipient_id
    resume = Button(OVERVIEW, Text("Try now"), {"partyId": party}, names.get(party, party))
    return (
        names.get(party, party),
        one.waiting_messages,
        Link(f"/v1/messages/{one.oldest_kenmerk}/report", one.oldest_queued_at),
        one.failures,
        one.paused_until,
        resume if one.paused_until else None,
    )


async def _health(call: Call, seen: Overview) -> FactList:
    words = {
        "store": Text("database"),
        "storage": Text("document storage"),
        "queue": Text("room in the queue"),
        "disk": Text("room on the disk"),
    }
    parts = await call.services.readiness()
    works, fails = Text("works"), Text("does not work")
    return FactList(
        Text("Health"),
        [
            (Text("gateways that run"), seen.nodes),
            *((words.get(name, name), Mark(works if good else fails, good)) for name, good in parts.items()),
            (Text("version"), call.services.gateway_version),
        ],
    )


@routes.get(
    STUCK,
    Text("For the operator: messages that were set apart or returned, to be offered again"),
    PAGE,
    roles=OPERATORS,
    menu=Text("Stuck"),
)
async def show_stuck(call: Call, query: StuckQuery, problem: Problem | None = None) -> web.StreamResponse:
    wanted = MessageFilter(None, frozenset({State.PARKED, State.RETURNED}), newer_than=query.newer)
    try:
        found = await call.services.messages.page(wanted, query.cursor, _STUCK_SHOWN)
    except ValueError as error:
        raise bad_cursor() from error
    names = await party_names(call)
    parked = [(one.kenmerk, f"{one.number or one.kenmerk}") for one in found.items if one.state is State.PARKED]
    blocks: list[Block] = [
        DataTable(
            Text("Set apart or returned"),
            [Text("Received"), Text("Document"), Text("From"), Text("To"), Text("State"), Text("Change")],
            [_message(one, names) for one in found.items],
            Text("Nothing is stuck."),
            next_page(call, found.next_cursor),
            newer_page(call, found.newer),
        )
    ]
    if parked:
        fields = [
            Field("kenmerk", Text("Message"), options=parked),
            Field("reason", Text("Reason, for the sender"), is_required=True),
        ]
        title, button = Text("Return a message to its sender"), Text("Return")
        blocks.append(FormBlock(title, STUCK, fields, [("return", button)]))
    return page(call, Text("Stuck messages"), blocks, problem, done=query.done)


@routes.post(
    STUCK,
    Text("Offer a message again or return it, in a form"),
    BACK_TO_PAGE,
    roles=OPERATORS,
    raw_body=form_with("`kenmerk`, `action`, `reason`"),
    problems=(StateConflict, problems.UnknownItem, problems.UnsupportedMediaType),
)
async def change_stuck(call: Call) -> web.StreamResponse:
    async def change(form: StuckForm) -> None:
        if form.action == "replay":
            await replay_message(call, form.kenmerk)
        elif form.reason.strip():
            await return_message(call, form.kenmerk, ReturnRequest(reason=form.reason.strip()))
        else:
            raise problems.InvalidInput((problems.Fault("body", "reason", problems.MISSING),))

    return await answer_form(call, StuckForm, change, partial(show_stuck, call, StuckQuery()), STUCK)


def _message(one: Message, names: dict[str, str]) -> tuple[Cell, ...]:
    title = one.number or one.kenmerk[:8]
    kind = DOCUMENTS[one.kind] if one.kind else Text("Document")
    return (
        one.received_at,
        Link(f"/v1/messages/{one.kenmerk}/report", Text("{kind} {number}", kind=kind, number=title)),
        names.get(one.sender_id or "", one.submitter_id),
        names.get(one.recipient_id or "", str(one.recipient or "") or None),
        Mark(STATES[one.state], is_good=False),
        Button(STUCK, Text("Offer again"), {"kenmerk": one.kenmerk, "action": "replay"}, title),
    )
