"""Every reason why a value does not fit is in the gateway's words, in both languages."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from gateway.api.keys import CreateKeyRequest
from gateway.api.parties import PartyRequest
from gateway.api.schema import Year
from gateway.http import problems
from gateway.http.parameters import read_json
from gateway.http.reasons import _PATTERNS, reason_of
from gateway.portal.pages import ROUTES
from tests.unit.api.openapi_watch import Client

ODD: list[Any] = ["x", "", "-1", "1.5", "y" * 600, "0001-01-01", "2026-01-01T00:00:00", "true", 0, -1, 1.5, 10**27]
ODD += [True, None, [], {}, [[]], [None], {"a": None}]
LIBRARY = ("Expected", "expected", "Invalid", "invalid", "`", "RFC3339", "enum", "regex")


def reasons(kind: Any, value: Any, strict: bool = True) -> list[str]:
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        reason = reason_of(error, kind)
        assert reason.en != reason.nl
        return [reason.en, reason.nl]
    return []


def kinds() -> dict[str, Any]:
    """The type of every query parameter and of every member of a body."""
    takes = [route.body.schema for route in ROUTES if route.body and route.body.schema]
    structs = dict.fromkeys([route.query for route in ROUTES] + takes)
    found = {
        f"{one.__name__}.{field.name}": field.type for one in structs for field in msgspec.structs.fields(one)
    }
    return found | {"literal": Literal["en", "nl"], "short": Annotated[int, Meta(gt=1, lt=9)], "year": Year}


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds().keys())
def test_no_word_of_a_library_reaches_a_caller(kind: Any) -> None:
    words = [word for strict in (True, False) for value in ODD for word in reasons(kind, value, strict)]
    assert words
    assert [word for word in words if any(foreign in word for foreign in LIBRARY)] == []
    assert [word for word in words if word in {"does not fit here", "past hier niet"}] == []


def test_patterns_are_explained_in_words() -> None:
    _, found = msgspec.json.schema_components([PartyRequest, CreateKeyRequest])
    patterns = [str(found) for found in _patterns(found)]
    assert patterns
    assert set(patterns) <= set(_PATTERNS)


def _patterns(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
        return own + [one for value in schema.values() for one in _patterns(value)]
    return [one for item in schema for one in _patterns(item)] if isinstance(schema, list) else []


@pytest.mark.parametrize("body", [b"{", b'{"a" 1}', b"\xff", b"", b'{"name": "\xed\xa0\x80"}'])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(problems.InvalidInput) as refused:
        read_json(body, PartyRequest)
    [fault] = refused.value.faults
    assert fault.reason.nl.startswith("is geen JSON in UTF-8")


def test_no_text_holds_a_null_character() -> None:
    """PostgreSQL has no room for it."""
    wanted = msgspec.json.encode({"name": "a\0", "kind": "company", "settings": {"a": "\0", "\0": "a"}})
    with pytest.raises(problems.InvalidInput) as refused:
        read_json(wanted, PartyRequest)
    assert [fault.name for fault in refused.value.faults] == ["name", "settings"]
    with pytest.raises(problems.InvalidInput):
        read_json(b'{"a\\u0000": 1}', PartyRequest)


async def test_a_caller_who_reads_dutch(client: Client) -> None:
    headers = {"X-API-Key": "mp_supplier", "Accept-Language": "nl"}
    wrong = {"state": "delivred", "limit": "0", "receivedFrom": "gisteren", "colour": "blauw"}
    async with client.get("/v1/messages", params=wrong, headers=headers) as answer:
        reasons = {error["name"]: error["reason"] for error in (await answer.json())["errors"]}
    assert reasons == {
        "colour": "is niet bekend",
        "state": "moet een zijn van received, checked, offered, delivered, confirmed, refused, duplicate, "
        "returned, parked",
        "limit": "moet minstens 1 zijn",
        "receivedFrom": "moet een tijdstip met tijdzone zijn, zoals 2026-11-23T12:00:00Z, of een dag, "
        "zoals 2026-11-23",
    }
