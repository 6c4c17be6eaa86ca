"""Usage metered elsewhere, received as CloudEvents 1.0 by the NL GOV profile.

One event says: this party used so many units of this service at this time. (`source`, `id`) is its key: the
same event again is harmless, with other content it is refused. A batch is recorded whole or not at all.

Sources: CloudEvents 1.0.2 (attributes; JSON format 3; JSON batch format 4; HTTP binding 3), NL GOV profile for
CloudEvents 1.0.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Protocol
from urllib.parse import unquote

import msgspec

from gateway.i18n import Text
from gateway.metering.entry import GATEWAY, UsageEntry, UsageKind
from gateway.validator.model.identifiers import OIN, PartyIdentifier

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
BINARY = "application/json"
"""In binary mode the body is the data, and the attributes are `ce-` headers."""
FUTURE_MAX = timedelta(hours=24)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
QUANTITY_MAX = 1_000_000_000

EVENT_TYPES: Mapping[str, UsageKind] = {
    "nl.meterpoort.digid-authentications.succeeded.v1": UsageKind.DIGID_AUTHENTICATION,
    "nl.meterpoort.mandates.used.v1": UsageKind.MANDATE_USED,
    "nl.meterpoort.mijnoverheid-messages.processed.v1": UsageKind.MIJNOVERHEID_MESSAGE,
}
"""Types of events, and what each counts."""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)]


class UsageData(msgspec.Struct, frozen=True, gc=False):
    """The data of an event: who used how many units.

    `party` is its id here, its identifier as `0190:00000001002220647000`, or `urn:nld:oin:…`.
    """

    party: _Name
    count: _Count = 1


class UsageEvent(msgspec.Struct, frozen=True, gc=False):
    """One CloudEvent that reports use. Other attributes are ignored."""

    id: _Name
    source: _Name
    type: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    data: UsageData
    specversion: Literal["1.0"]


class ProblemCode(StrEnum):
    """What can be wrong with an event."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_PARTY = "unknown-party"
    FROM_THE_FUTURE = "from-the-future"
    TOO_OLD = "too-old"
    BAD_NAME = "bad-name"
    CONFLICT = "conflict"


class EventProblem(msgspec.Struct, frozen=True):
    """What is wrong with one event. `index` counts from 0; in a file, from 1, the first row under the header."""

    index: int
    code: ProblemCode
    text: Text


class EventsRefusedError(Exception):
    """Some events cannot be recorded, so none was."""

    def __init__(self, problems: Sequence[EventProblem]) -> None:
        super().__init__("; ".join(f"{problem.index}: {problem.text.en}" for problem in problems[:3]))
        self.problems = tuple(problems)


class UnknownMediaTypeError(Exception):
    """A body in a media type that no CloudEvents mode uses."""


_decode_event = msgspec.json.Decoder(UsageEvent).decode
_decode_raw_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_usage = msgspec.json.Decoder(UsageData).decode


def read_events(media_type: str, headers: Mapping[str, str], body: bytes) -> Sequence[UsageEvent]:
    """The events in an HTTP request, in any of the three modes.

    Raises EventsRefusedError, and UnknownMediaTypeError for a media type that is none of `STRUCTURED`,
    `BATCHED` and `BINARY`.
    """
    if media_type == BATCHED:
        return _read_batch(body)
    if media_type == STRUCTURED:
        return [_read_one(body, 0)]
    if media_type == BINARY:
        return [_read_binary(headers, body)]
    raise UnknownMediaTypeError(media_type)


def _read_batch(body: bytes) -> Sequence[UsageEvent]:
    try:
        raw = _decode_raw_batch(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EventsRefusedError([malformed_event(0, str(error))]) from error
    events: list[UsageEvent] = []
    problems: list[EventProblem] = []
    for index, event in enumerate(raw):
        try:
            events.append(_read_one(event, index))
        except EventsRefusedError as refused:
            problems.extend(refused.problems)
    if problems:
        raise EventsRefusedError(problems)
    return events


def _read_one(body: bytes | msgspec.Raw, index: int) -> UsageEvent:
    try:
        return _decode_event(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EventsRefusedError([malformed_event(index, str(error))]) from error


def _read_binary(headers: Mapping[str, str], body: bytes) -> UsageEvent:
    attributes: dict[str, object] = {
        name.lower().removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    try:
        return msgspec.convert({**attributes, "data": _decode_usage(body)}, UsageEvent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EventsRefusedError([malformed_event(0, str(error))]) from error


def malformed_event(index: int, reason: str) -> EventProblem:
    """The event does not have the form of one."""
    return EventProblem(index, ProblemCode.MALFORMED, Text("Not a usage event: {reason}.", reason=reason))


class NamedParty(Protocol):
    """A party as events name it."""

    @property
    def party_id(self) -> str:
        """Our id of the party."""

    @property
    def identifiers(self) -> tuple[PartyIdentifier, ...]:
        """Its registered identifiers."""


def party_names(parties: Iterable[NamedParty]) -> dict[str, str]:
    """Every name that an event may use for a party, and the party's id."""
    names: dict[str, str] = {}
    for party in parties:
        names[party.party_id] = party.party_id
        for identifier in party.identifiers:
            names[str(identifier)] = party.party_id
            if identifier.scheme == OIN:
                names[f"urn:nld:oin:{identifier.value}"] = party.party_id
    return names


def meter_events(
    events: Iterable[UsageEvent], parties: Mapping[str, str], now: datetime, first_index: int = 0
) -> list[UsageEntry]:
    """The entries of these events; `parties` are the names that `party_names` gives.

    Raises EventsRefusedError with every event that cannot be recorded.
    """
    latest = now + FUTURE_MAX
    entries, problems = [], []
    for index, event in enumerate(events, first_index):
        kind, party_id = EVENT_TYPES.get(event.type), parties.get(event.data.party)
        if kind and party_id and EARLIEST <= event.time <= latest and _is_nameable(event):
            entries.append(UsageEntry(event.id, party_id, kind, event.time, event.data.count, event.source))
        else:
            problems.append(_problem(index, event, kind, party_id, latest))
    if problems:
        raise EventsRefusedError(problems)
    return entries


def _is_nameable(event: UsageEvent) -> bool:
    name, source = event.id, event.source
    return name.isprintable() and source.isprintable() and " " not in source and source != GATEWAY


def _problem(
    index: int, event: UsageEvent, kind: UsageKind | None, party_id: str | None, latest: datetime
) -> EventProblem:
    if kind is None:
        event_types = ", ".join(EVENT_TYPES)
        text = Text(
            "There is no type {type} of usage event; there are {event_types}.",
            type=repr(event.type),
            event_types=event_types,
        )
        return EventProblem(index, ProblemCode.UNKNOWN_TYPE, text)
    if party_id is None:
        text = Text("No party is registered as {party}.", party=repr(event.data.party))
        return EventProblem(index, ProblemCode.UNKNOWN_PARTY, text)
    if event.time > latest:
        text = Text("The time {time} is more than 24 hours ahead.", time=event.time.isoformat())
        return EventProblem(index, ProblemCode.FROM_THE_FUTURE, text)
    if event.time < EARLIEST:
        text = Text("The time {time} is before the year 2000.", time=event.time.isoformat())
        return EventProblem(index, ProblemCode.TOO_OLD, text)
    text = Text(
        "The id and source hold no control characters, the source no spaces, and it is not {gateway}.",
        gateway=repr(GATEWAY),
    )
    return EventProblem(index, ProblemCode.BAD_NAME, text)
