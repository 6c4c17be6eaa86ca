"""The meter over HTTP."""

from typing import Any

import pytest

from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import MUNICIPALITY, SmallGateway

FINANCE = {"Authorization": "Bearer mp_finance"}
GOVERNMENT = {"Authorization": "Bearer mp_municipality"}
SUPPLIER = {"Authorization": "Bearer mp_supplier"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def event(number: int, **changes: object) -> dict[str, Any]:
    content = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "urn:nld:oin:00000001002220647000:systeem:digid",
        "type": "nl.meterpoort.digid-authentications.succeeded.v1",
        "time": "2026-01-01T00:00:00+01:00",
        "data": {"party": MUNICIPALITY, "count": 3},
    }
    return content | changes


async def post(client: Client, events: object, headers: dict[str, str]) -> tuple[int, Any]:
    async with client.post("/v1/usage-events", json=events, headers={**headers, **FINANCE}) as answer:
        return answer.status, await answer.json()


async def test_a_batch_counts_once_and_shows_in_the_statement(client: Client) -> None:
    batch = [event(1), event(2)]
    assert await post(client, batch, BATCH) == (200, {"received": 2, "recorded": 2, "repeated": 0})
    assert await post(client, [*batch, event(3)], BATCH) == (200, {"received": 3, "recorded": 1, "repeated": 2})
    async with client.get(f"/v1/parties/{MUNICIPALITY}/statements/2026", headers=GOVERNMENT) as answer:
        statement = await answer.json()
    assert (answer.status, statement["totals"]["quantity"]) == (200, 9)


async def test_one_event_structured_or_binary(client: Client) -> None:
    structured = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    assert (await post(client, event(1), structured))[0] == 200
    names = ("specversion", "id", "source", "type", "time")
    binary = {f"ce-{name}": event(1)[name] for name in names} | {"Content-Type": "application/json"}
    assert await post(client, event(1)["data"], binary) == (200, {"received": 1, "recorded": 0, "repeated": 1})


async def test_every_wrong_event_is_named_and_none_recorded(client: Client, gateway: SmallGateway) -> None:
    wrong = [event(1), event(2, data={"party": "nobody"}), event(3, time="2999-01-01T00:00:00Z")]
    status, problem = await post(client, wrong, BATCH)
    assert (status, problem["type"].rpartition("/")[2]) == (400, "invalid-input")
    assert [(error["name"], error["reason"].split(":")[0]) for error in problem["errors"]] == [
        ("[1]", "unknown-party"),
        ("[2]", "from-the-future"),
    ]
    assert await gateway.entries() == []


async def test_the_same_id_with_other_content_is_a_conflict(client: Client, gateway: SmallGateway) -> None:
    await post(client, [event(1)], BATCH)
    other = event(1, data={"party": MUNICIPALITY, "count": 4})
    status, problem = await post(client, [event(2), other], BATCH)
    assert (status, problem["type"].rpartition("/")[2], problem["eventId"]) == (409, "usage-conflict", "e1")
    assert len(await gateway.entries()) == 1


async def test_another_media_type_is_refused(client: Client) -> None:
    status, problem = await post(client, [event(1)], {"Content-Type": "text/csv"})
    assert (status, problem["type"].rpartition("/")[2]) == (415, "unsupported-media-type")


@pytest.mark.parametrize("key", [SUPPLIER, GOVERNMENT])
async def test_a_party_cannot_report_use(client: Client, key: dict[str, str]) -> None:
    async with client.post("/v1/usage-events", json=[event(1)], headers={**BATCH, **key}) as answer:
        assert answer.status == 403


async def test_a_party_sees_no_other_party(client: Client, gateway: SmallGateway) -> None:
    await post(client, [event(1)], BATCH)
    for headers, status in (
        (SUPPLIER, 404),
        (GOVERNMENT, 409),
    ):  # not sealed yet: only its party learns that it is
        async with client.get("/v1/usage-entries/1/proof", headers=headers) as answer:
            assert answer.status == status
    await gateway.meter.seal()
    paths = (f"/v1/parties/{MUNICIPALITY}/statements/2026", "/v1/usage-entries/1/proof")
    for path in paths:
        async with client.get(path, headers=SUPPLIER) as answer:
            assert answer.status == 404
        async with client.get(path, headers=GOVERNMENT) as answer:
            assert answer.status == 200


async def test_seals_are_listed_and_prove(client: Client, gateway: SmallGateway) -> None:
    await post(client, [event(1), event(2)], BATCH)
    async with client.get("/v1/usage-entries/1/proof", headers=FINANCE) as answer:
        assert answer.status == 409
    await gateway.meter.seal()
    async with client.get("/v1/seals", headers=SUPPLIER) as answer:
        (seal,) = (await answer.json())["items"]
    async with client.get("/v1/usage-entries/2/proof", headers=FINANCE) as answer:
        proof = await answer.json()
    assert (proof["seal"], proof["entry"]["quantity"]) == (seal, 3)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/usage-entries/99/proof", 404),
        ("/v1/usage-entries/x/proof", 404),
        ("/v1/usage-entries/99999999999999999999/proof", 404),
        (f"/v1/parties/{MUNICIPALITY}/statements/26", 400),
        ("/v1/parties/nobody/statements/2026", 404),
        ("/v1/seals?after=-1", 400),
        ("/v1/seals?limit=5000", 400),
    ],
)
async def test_what_is_not_there_is_a_problem(client: Client, path: str, status: int) -> None:
    async with client.get(path, headers=FINANCE) as answer:
        assert answer.status == status


async def test_finance_reverses_an_entry_in_the_name_of_its_key(client: Client, gateway: SmallGateway) -> None:
    await post(client, [event(1), event(2)], BATCH)
    for _ in range(2):
        async with client.put(
            "/v1/usage-entries/2/reversal", json={"reason": "counted twice"}, headers=FINANCE
        ) as answer:
            body = await answer.json()
        assert (answer.status, body["quantity"], body["author"]) == (200, -3, "key-finance")
    assert [entry.quantity for entry in await gateway.entries()] == [3, 3, -3]
    async with client.put("/v1/usage-entries/2/reversal", json={"reason": "other"}, headers=FINANCE) as answer:
        assert (await answer.json(content_type=None))["type"].rpartition("/")[2] == "usage-conflict"


@pytest.mark.parametrize(
    ("position", "body", "headers", "status"),
    [
        ("9", {"reason": "x"}, FINANCE, 404),
        ("x", {"reason": "x"}, FINANCE, 404),
        ("1", {"reason": "  "}, FINANCE, 400),
        ("1", {}, FINANCE, 400),
        ("1", {"reason": "x"}, GOVERNMENT, 403),
    ],
)
async def test_reversals_that_are_refused(
    client: Client, position: str, body: dict[str, str], headers: dict[str, str], status: int
) -> None:
    await post(client, [event(1)], BATCH)
    async with client.put(f"/v1/usage-entries/{position}/reversal", json=body, headers=headers) as answer:
        assert answer.status == status
