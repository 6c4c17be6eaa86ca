"""The meter over HTTP: usage events in; statements, seals and proofs out."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.desk import Call, unknown
from gateway.api.shapes import Shape
from gateway.clock import utc_now
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.body import whole
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.metering.entry import ConflictingEntryError, UnknownEntryError, UsageError
from gateway.metering.events import (
    BATCHED,
    BINARY,
    STRUCTURED,
    EventsRefusedError,
    UnknownMediaTypeError,
    meter_events,
    party_names,
    read_events,
)
from gateway.metering.seal import Proof, Seal
from gateway.metering.statement import Statement

EVENTS_BYTES_MAX = 4 * 1024 * 1024
"""About ten thousand events: enough to be quick, little enough not to keep others waiting."""
EVENT_TYPES = (STRUCTURED, BATCHED, BINARY)

_ENTRY = Text("meter entry")
_PARTY = Text("party")


class TakenShape(Shape):
    """What became of the events: all of them are in the ledger; `repeated` of them were before."""

    received: int
    recorded: int
    repeated: int


class ReversalWish(Shape):
    """Why an entry is undone, for the auditor."""

    reason: Annotated[str, Meta(pattern=r"\S", max_length=500)]


class ReversalShape(Shape):
    """An entry that was undone, now or before, by one of the opposite quantity at the same moment."""

    reverses: int
    party_id: str
    kind: str
    quantity: int
    reason: str
    author: str


class SealList(Shape):
    """Seals, oldest first; the fields of each are as they are hashed."""

    items: list[Seal]


class SealQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which seals."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


async def take_events(call: Call) -> web.StreamResponse:
    """Record usage events, all of them or none."""
    body = await whole(call.request, EVENTS_BYTES_MAX, call.doors.limits)
    names = party_names(await call.doors.directory.parties())
    try:
        events = read_events(call.request.content_type, call.request.headers, body)
        taken = await call.doors.meter.take(meter_events(events, names, utc_now()))
    except UnknownMediaTypeError as error:
        found = call.request.headers.get("Content-Type", "")
        raise problems.UnsupportedMediaType(found[:100], list(EVENT_TYPES)) from error
    except EventsRefusedError as refused:
        faults = (_fault(problem.index, problem.code, problem.text) for problem in refused.problems)
        raise problems.InvalidInput(tuple(faults)) from refused
    except ConflictingEntryError as conflict:
        raise problems.UsageConflict(conflict.source, conflict.key, str(conflict)) from conflict
    return json_answer(TakenShape(taken.received, taken.recorded, taken.repeated))


def _fault(index: int, code: str, text: Text) -> Fault:
    return Fault("body", f"[{index}]", Text("{code}: {text}", code=code, text=text))


async def reverse_entry(call: Call) -> web.StreamResponse:
    """Undo an entry by one of its opposite, in the name of the key; the same again changes nothing."""
    position, wish = _position(call), await call.body(ReversalWish)
    try:
        reversal = await call.doors.meter.reverse(position, wish.reason, call.caller.key_id)
    except UnknownEntryError as error:
        raise unknown(_ENTRY, call.named("position")) from error
    except ConflictingEntryError as conflict:
        raise problems.UsageConflict(conflict.source, conflict.key, str(conflict)) from conflict
    except UsageError as error:
        detail = Text(f"{error}.", f"Regel {position} is niet terug te draaien.")
        raise problems.StateConflict(detail) from error
    body = ReversalShape(
        position, reversal.party_id, reversal.kind, reversal.quantity, wish.reason, call.caller.key_id
    )
    return json_answer(body)


async def show_statement(call: Call) -> web.StreamResponse:
    """What a party used in an Amsterdam year; a party sees its own."""
    party_id = call.named("partyId")
    visible = call.visible_to
    if visible is not None and party_id not in visible:
        raise unknown(_PARTY, party_id)
    if await call.doors.directory.party(party_id) is None:
        raise unknown(_PARTY, party_id)
    statement: Statement = await call.doors.meter.statement(party_id, _year(call.named("year")))
    return json_answer(statement)


def _year(text: str) -> int:
    if len(text) == 4 and text.isascii() and text.isdigit() and "2000" <= text <= "2100":
        return int(text)
    reason = Text("must be a year from 2000 to 2100, in four digits")
    raise problems.InvalidInput((Fault("path", "year", reason),))


async def list_seals(call: Call) -> web.StreamResponse:
    """The seals of the meter's chain, for everybody to keep."""
    query = call.query(SealQuery)
    return json_answer(SealList(list(await call.doors.meter.seals(query.after, query.limit))))


async def prove_entry(call: Call) -> web.StreamResponse:
    """The proof that a seal covers an entry; a party sees its own."""
    named, position = call.named("position"), _position(call)
    try:
        proof: Proof = await call.doors.meter.prove(position)
    except UnknownEntryError as error:
        raise unknown(_ENTRY, named) from error
    except UsageError as error:
        detail = Text(
            f"{error}.", f"Regel {position} is nog niet verzegeld; vraag het na het volgende zegel opnieuw."
        )
        raise problems.StateConflict(detail) from error
    if call.visible_to is not None and proof.entry.party_id not in call.visible_to:
        raise unknown(_ENTRY, named)
    return json_answer(proof)


def _position(call: Call) -> int:
    """The position in the path; nought, where no entry is, for what is no number."""
    named = call.named("position")
    return int(named) if named.isascii() and named.isdigit() and len(named) <= 18 else 0
