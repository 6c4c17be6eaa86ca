"""The JSON body of every route: nested too deep, it is refused before it is parsed."""

import pytest

from gateway.api.resources import ROUTES
from gateway.messages.participants import Role
from tests.unit.api.billed import FINANCE, OPERATOR
from tests.unit.api.openapi_watch import Client
from tests.unit.api.test_usage_events import GOVERNMENT

JSON_BODIES = [
    (route, media_type)
    for route in ROUTES
    if route.body
    for media_type in route.body.media_types
    if media_type.endswith("json")
]
KEYS = {Role.FINANCE: FINANCE, Role.OPERATOR: OPERATOR, Role.GOVERNMENT: GOVERNMENT}
BOMBS = {
    "objects": b'{"a":' * 990 + b"1" + b"}" * 990,
    "unclosed objects": b'{"a":' * 9_000,
    "lists": b"[" * 5_000 + b"]" * 5_000,
    "unclosed lists": b"[" * 60_000,
    "both": b'[{"a":' * 3_000,
    "just too deep": b"[" * 21 + b"]" * 21,
    "in a member": b'{"data":' + b'{"a":' * 990 + b"1" + b"}" * 991,
    "in a batch": b"[" + b'{"data":' * 990 + b"1" + b"}" * 990 + b"]",
}


PARTS = {
    "keyId": "key-0",
    "billNumber": "GD2026-000001",
    "partyId": "a",
    "kenmerk": "00112233-4455-6677-8899-aabbccddeeff",
    "position": "1",
    "year": "2026",
    "startDay": "2026-01-01",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
async def test_json_that_is_nested_too_deep_is_a_problem(client: Client, bomb: bytes) -> None:
    tried = 0
    for route, media_type in JSON_BODIES:
        headers = {**KEYS[min(route.roles or ())], "Content-Type": media_type}
        async with client.request(route.method, route.path.format(**PARTS), data=bomb, headers=headers) as answer:
            problem = await answer.json(content_type=None)
        assert answer.status == 400, (route.path, problem)
        assert "is nested in more than 20 levels" in str(problem["errors"]), (route.path, problem)
        tried += 1
    assert tried >= 14
