"""The mailbox: see, take under a lease, confirm."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import MUNICIPALITY, SUPPLIER, SmallGateway

TOWN = {"X-API-Key": "mp_municipality"}


async def _delivered(client: Client) -> str:
    headers = {"X-API-Key": "mp_supplier", "Content-Type": "application/xml"}
    async with client.post("/v1/messages", data=b"<Invoice/>", headers=headers) as answer:
        return str((await answer.json())["kenmerk"])


async def _take(client: Client, **wanted: float) -> list[dict[str, Any]]:
    async with client.post("/v1/mailbox/leases", json=wanted, headers=TOWN) as answer:
        assert answer.status == 200
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items


async def _confirm(client: Client, kenmerk: str, token: str | None = None) -> int:
    body = {} if token is None else {"token": token}
    async with client.put(f"/v1/mailbox/messages/{kenmerk}/confirmation", json=body, headers=TOWN) as answer:
        return answer.status


async def test_taken_confirmed_gone(client: Client) -> None:
    kenmerk = await _delivered(client)
    (lease,) = await _take(client)
    assert await _confirm(client, kenmerk, lease["token"]) == 200
    async with client.get("/v1/mailbox/messages", headers=TOWN) as answer:
        assert (await answer.json())["items"] == []
    assert await _confirm(client, kenmerk, lease["token"]) == 200
    assert await _take(client) == []


async def test_an_unconfirmed_message_comes_back_after_its_lease(client: Client, gateway: SmallGateway) -> None:
    kenmerk = await _delivered(client)
    (first,) = await _take(client, seconds=60)
    assert await _take(client) == []
    gateway.now += timedelta(seconds=61)
    (second,) = await _take(client)
    assert second["timesTaken"] == 2
    assert await _confirm(client, kenmerk, first["token"]) == 409
    assert await _confirm(client, kenmerk, second["token"]) == 200


async def test_only_as_many_as_were_asked(client: Client) -> None:
    sent = [await _delivered(client) for _ in range(3)]
    taken = await _take(client, count=2)
    assert [lease["message"]["kenmerk"] for lease in taken] == sent[:2]


async def test_a_lease_request_without_a_body_has_the_defaults(client: Client, gateway: SmallGateway) -> None:
    await _delivered(client)
    async with client.post("/v1/mailbox/leases", headers=TOWN) as answer:
        (lease,) = (await answer.json())["items"]
    assert lease["expiresAt"] == (gateway.now + timedelta(seconds=900)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("wanted", [{"count": 0}, {"count": 101}, {"seconds": 0}, {"seconds": 1e9}, {"hours": 1}])
async def test_a_request_out_of_bounds_is_refused(client: Client, wanted: dict[str, float]) -> None:
    async with client.post("/v1/mailbox/leases", json=wanted, headers=TOWN) as answer:
        assert answer.status == 400


async def test_what_is_not_in_the_mailbox_cannot_be_confirmed(client: Client) -> None:
    kenmerk = await _delivered(client)
    path = f"/v1/mailbox/messages/{kenmerk}/confirmation"
    for key in ("mp_supplier", "mp_other"):
        async with client.put(path, json={}, headers={"X-API-Key": key}) as answer:
            assert answer.status == 404
    assert await _confirm(client, "01890000-0000-7000-8000-000000000000") == 404


@pytest.mark.parametrize(
    ("key", "party", "status"),
    [
        ("mp_intermediary", SUPPLIER, 200),
        ("mp_intermediary", MUNICIPALITY, 403),
        ("mp_supplier", MUNICIPALITY, 403),
        ("mp_municipality", MUNICIPALITY, 200),
        ("mp_operator", MUNICIPALITY, 403),
        ("mp_finance", MUNICIPALITY, 403),
    ],
)
async def test_whose_mailbox(client: Client, key: str, party: str, status: int) -> None:
    async with client.get("/v1/mailbox/messages", params={"partyId": party}, headers={"X-API-Key": key}) as answer:
        assert answer.status == status
