"""Usage events by CloudEvents in its three modes, and what is wrong with bad ones."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway.messages.participants import Party, PartyKind
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.metering.events import (
    BATCHED,
    BINARY,
    EVENT_TYPES,
    STRUCTURED,
    EventsRefusedError,
    ProblemCode,
    UnknownMediaTypeError,
    meter_events,
    party_names,
    read_events,
)
from gateway.validator.model.identifiers import OIN, PartyIdentifier

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SOURCE = "urn:nld:oin:00000001002220647000:systeem:digid"
EVENT: dict[str, object] = {
    "specversion": "1.0",
    "id": "5f6a",
    "source": SOURCE,
    "type": "nl.meterpoort.digid-authentications.succeeded.v1",
    "time": "2026-01-01T00:30:00+01:00",
    "datacontenttype": "application/json",
    "subject": "an attribute that we do not need",
    "data": {"party": "0190:00000003123456780000", "count": 12},
}
OIN_A = PartyIdentifier(OIN, "00000003123456780000")
PARTIES = party_names([Party("gemeente-a", "Gemeente A", PartyKind.NON_RIJK, (OIN_A,))])
ENTRY = UsageEntry(
    "5f6a", "gemeente-a", UsageKind.DIGID_AUTHENTICATION, datetime(2025, 12, 31, 23, 30, tzinfo=UTC), 12, SOURCE
)


def as_body(content: object) -> bytes:
    return json.dumps(content).encode()


def test_structured_batched_and_binary_say_the_same() -> None:
    structured = read_events(STRUCTURED, {}, as_body(EVENT))
    batched = read_events(BATCHED, {}, as_body([EVENT]))
    headers = {
        f"Ce-{name}": str(value) for name, value in EVENT.items() if name not in {"data", "datacontenttype"}
    }
    headers["ce-source"] = headers.pop("Ce-source").replace("digid", "%64igid")
    binary = read_events(BINARY, headers, as_body(EVENT["data"]))
    assert [meter_events(events, PARTIES, NOW) for events in (structured, batched, binary)] == [[ENTRY]] * 3


@pytest.mark.parametrize("party", ["gemeente-a", "0190:00000003123456780000", "urn:nld:oin:00000003123456780000"])
def test_a_party_is_named_by_id_identifier_or_urn(party: str) -> None:
    events = read_events(STRUCTURED, {}, as_body(EVENT | {"data": {"party": party}}))
    (entry,) = meter_events(events, PARTIES, NOW)
    assert (entry.party_id, entry.quantity) == ("gemeente-a", 1)


def test_every_type_counts_a_kind_of_its_own() -> None:
    events = [read_events(STRUCTURED, {}, as_body(EVENT | {"type": name}))[0] for name in EVENT_TYPES]
    kinds = {entry.kind for entry in meter_events(events, PARTIES, NOW)}
    assert kinds == set(UsageKind) - {UsageKind.DELIVERED_TO, UsageKind.SUBMITTED_BY}


@pytest.mark.parametrize("count", [0, -1, 1.5, 2.0, "3", True, None, 10**9 + 1, 10**40])
def test_a_count_is_a_whole_number_from_one(count: object) -> None:
    body = as_body([EVENT, EVENT | {"data": {"party": "gemeente-a", "count": count}}])
    with pytest.raises(EventsRefusedError) as refused:
        read_events(BATCHED, {}, body)
    (problem,) = refused.value.problems
    assert (problem.index, problem.code) == (1, ProblemCode.MALFORMED)
    assert "$.data.count" in problem.text.en


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "nl.meterpoort.something.else.v1"}, ProblemCode.UNKNOWN_TYPE),
        ({"data": {"party": "gemeente-z"}}, ProblemCode.UNKNOWN_PARTY),
        ({"time": (NOW + timedelta(hours=24, microseconds=1)).isoformat()}, ProblemCode.FROM_THE_FUTURE),
        ({"time": "1999-12-31T23:59:59Z"}, ProblemCode.TOO_OLD),
        ({"source": "meterpoort"}, ProblemCode.BAD_NAME),
        ({"source": "two words"}, ProblemCode.BAD_NAME),
        ({"id": "a\tb"}, ProblemCode.BAD_NAME),
    ],
)
def test_what_cannot_be_recorded_is_named(change: dict[str, object], code: ProblemCode) -> None:
    events = read_events(BATCHED, {}, as_body([EVENT, EVENT | change, EVENT]))
    with pytest.raises(EventsRefusedError) as refused:
        meter_events(events, PARTIES, NOW)
    (problem,) = refused.value.problems
    assert (problem.index, problem.code) == (1, code)
    assert problem.text.nl != problem.text.en


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"specversion": None},
        {"time": "2026-01-01T00:30:00"},
        {"time": "yesterday"},
        {"id": ""},
        {"id": "x" * 256},
        {"id": 5},
        {"data": None},
        {"data": "aGVsbG8="},
    ],
)
def test_what_is_no_event_is_reported_with_its_index(change: dict[str, object]) -> None:
    with pytest.raises(EventsRefusedError) as refused:
        read_events(BATCHED, {}, as_body([EVENT | change, EVENT, EVENT | change]))
    assert [problem.index for problem in refused.value.problems] == [0, 2]


@pytest.mark.parametrize("attribute", ["id", "source", "type", "time", "data", "specversion"])
def test_a_missing_attribute_is_named(attribute: str) -> None:
    event = {name: value for name, value in EVENT.items() if name != attribute}
    with pytest.raises(EventsRefusedError, match=attribute):
        read_events(STRUCTURED, {}, as_body(event))


@pytest.mark.parametrize("body", [b"", b"[", b"{}", b"null", b"[null]", b"[[]]", b"\xff\xfe", b'[{"id": "\xff"}]'])
@pytest.mark.parametrize("media_type", [BATCHED, STRUCTURED, BINARY])
def test_a_body_that_holds_no_events_is_refused(media_type: str, body: bytes) -> None:
    with pytest.raises(EventsRefusedError):
        read_events(media_type, {}, body)


def test_another_media_type_is_refused() -> None:
    with pytest.raises(UnknownMediaTypeError):
        read_events("text/plain", {}, b"")


def test_the_edge_of_a_day_ahead_is_taken() -> None:
    events = read_events(STRUCTURED, {}, as_body(EVENT | {"time": (NOW + timedelta(hours=24)).isoformat()}))
    assert len(meter_events(events, PARTIES, NOW)) == 1
