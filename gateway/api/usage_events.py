"""Usage events from other meters, and the reversal of a meter entry."""

from typing import Annotated

from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import ENTRY, position_of
from gateway.api.call import Call
from gateway.api.problem_kinds import StateConflict, UsageConflict
from gateway.api.route import Body, Returns, Routes
from gateway.api.schema import Schema
from gateway.clock import utc_now
from gateway.http import problems
from gateway.http.body import whole
from gateway.http.parameters import check_nesting
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.metering.entry import ConflictingEntryError, UnknownEntryError, UsageError
from gateway.metering.events import (
    BATCHED,
    BINARY,
    STRUCTURED,
    EventsRefusedError,
    UnknownMediaTypeError,
    UsageData,
    UsageEvent,
    meter_events,
    party_names,
    read_events,
)

routes = Routes("billing")
EVENTS_BYTES_MAX = 4 * 1024 * 1024
"""About ten thousand events: enough to be quick, little enough not to keep others waiting."""

EVENT_TYPES = (STRUCTURED, BATCHED, BINARY)


class TakenResource(Schema):
    """What became of the events: all of them are in the ledger; `repeated` of them were before."""

    received: int
    recorded: int
    repeated: int


class ReversalRequest(Schema):
    """Why an entry is undone, for the auditor."""

    reason: Annotated[str, Meta(pattern=r"\S", max_length=500)]


class ReversalResource(Schema):
    """An entry that was undone, now or before, by one of the opposite quantity at the same moment."""

    reverses: int
    party_id: str
    kind: str
    quantity: int
    reason: str
    author: str


@routes.post(
    "/v1/usage-events",
    Text("Record use that was metered elsewhere: CloudEvents, one or a batch, all of them or none"),
    Returns("On stable storage; a repeat of the same content is harmless."),
    raw_body=Body(
        media_types=EVENT_TYPES,
        description="CloudEvents 1.0 by the NL GOV profile: structured, batched, or binary (attributes as `ce-` "
        "headers, the data as body). The data is `party` and `count`.",
        schemas={STRUCTURED: UsageEvent, BATCHED: list[UsageEvent], BINARY: UsageData},
    ),
    roles=FINANCE,
    problems=(UsageConflict,),
)
async def take_usage_events(call: Call) -> TakenResource:
    body = await whole(call.request, EVENTS_BYTES_MAX, call.services.limits)
    check_nesting(body)
    names = party_names(await call.services.directory.parties())
    try:
        events = read_events(call.request.content_type, call.request.headers, body)
        taken = await call.services.meter.record(meter_events(events, names, utc_now()))
    except UnknownMediaTypeError as error:
        found = call.request.headers.get("Content-Type", "")
        raise problems.UnsupportedMediaType(found[:100], list(EVENT_TYPES)) from error
    except EventsRefusedError as refused:
        faults = (_fault(problem.index, problem.code, problem.text) for problem in refused.problems)
        raise problems.InvalidInput(tuple(faults)) from refused
    except ConflictingEntryError as conflict:
        raise UsageConflict(conflict.source, conflict.key, conflict.differences) from conflict
    return TakenResource.of(taken)


def _fault(index: int, code: str, text: Text) -> Fault:
    return Fault("body", f"[{index}]", Text("{code}: {text}", code=code, text=text))


@routes.put(
    "/v1/usage-entries/{position}/reversal",
    Text("Reverse a meter entry by an opposite entry, with a reason; nothing is removed"),
    Returns("It is undone, now or before."),
    roles=FINANCE,
    problems=(UsageConflict, StateConflict),
)
async def reverse_entry(call: Call, position: str, body: ReversalRequest) -> ReversalResource:
    """Undo an entry by one of its opposite, in the name of the key; the same again changes nothing."""
    try:
        reversal = await call.services.meter.reverse(position_of(position), body.reason, call.caller.key_id)
    except UnknownEntryError as error:
        raise problems.UnknownItem(ENTRY, position) from error
    except ConflictingEntryError as conflict:
        raise UsageConflict(conflict.source, conflict.key, conflict.differences) from conflict
    except UsageError as error:
        detail = Text("Entry {position} cannot be reversed: {reason}.", position=position, reason=str(error))
        raise StateConflict(detail) from error
    return ReversalResource.of(
        reversal, reason=body.reason, reverses=position_of(position), author=call.caller.key_id
    )
