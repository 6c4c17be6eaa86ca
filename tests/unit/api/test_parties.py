"""Parties, keys, health: what operators do, and what others may not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from gateway.api.application import build
from gateway.api.services import Services
from gateway.messages.participants import Caller, Role
from gateway.settings import HttpSettings
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import MUNICIPALITY, SUPPLIER, SmallGateway

OPERATOR = {"X-API-Key": "mp_operator"}
PROVINCE = {
    "name": "Provincie Duinland",
    "kind": "non-rijk",
    "kindSource": "Register van overheidsorganisaties",
    "identifiers": ["OIN:00000001003214345000"],
    "settings": {"profile": "basisfactuur-rijk, basisorder-rijk"},
}


async def test_a_party_is_added_then_replaced(client: Client) -> None:
    path = "/v1/parties/provincie-duinland"
    async with client.put(path, json=PROVINCE, headers=OPERATOR) as answer:
        assert (answer.status, answer.headers["Location"]) == (201, path)
    async with client.put(path, json=PROVINCE | {"name": "Provincie Duinland-Zuid"}, headers=OPERATOR) as answer:
        assert answer.status == 200
    async with client.get(path, headers=OPERATOR) as answer:
        party = await answer.json()
    assert (party["name"], party["identifiers"]) == ("Provincie Duinland-Zuid", ["0190:00000001003214345000"])


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("/v1/parties/UPPER", {}, 400),
        ("/v1/parties/p", {"identifiers": ["0190:1"]}, 400),
        ("/v1/parties/p", {"mandates": ["none-such"]}, 400),
        ("/v1/parties/p", {"settings": {"profile": "none-such"}}, 400),
        ("/v1/parties/p", {"settings": {"profile": "nlcius, none-such"}}, 400),
        ("/v1/parties/p", {"identifiers": ["0106:12345678"]}, 409),
    ],
)
async def test_a_party_that_cannot_be(client: Client, path: str, change: dict[str, object], status: int) -> None:
    async with client.put(path, json=PROVINCE | change, headers=OPERATOR) as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    ("key", "party", "status"),
    [
        ("mp_supplier", SUPPLIER, 200),
        ("mp_supplier", MUNICIPALITY, 404),
        ("mp_intermediary", SUPPLIER, 200),
        ("mp_finance", MUNICIPALITY, 200),
        ("mp_operator", "none-such", 404),
    ],
)
async def test_who_sees_which_party(client: Client, key: str, party: str, status: int) -> None:
    async with client.get(f"/v1/parties/{party}", headers={"X-API-Key": key}) as answer:
        assert answer.status == status


async def test_a_key_is_made_works_and_is_revoked_at_once(client: Client) -> None:
    wanted = {"role": "supplier", "partyId": SUPPLIER}
    async with client.post("/v1/keys", json=wanted, headers=OPERATOR) as answer:
        made = await answer.json()
        assert (answer.status, answer.headers["Location"]) == (201, f"/v1/keys/{made['keyId']}")
    own = {"Authorization": f"Bearer {made['key']}"}
    async with client.get("/v1/messages", headers=own) as answer:
        assert answer.status == 200
    async with client.delete(f"/v1/keys/{made['keyId']}", headers=OPERATOR) as answer:
        assert answer.status == 204
    async with client.get("/v1/messages", headers=own) as answer:
        assert answer.status == 401
    async with client.delete(f"/v1/keys/{made['keyId']}", headers=OPERATOR) as answer:
        assert answer.status == 204  # it is revoked, now or before


async def test_a_key_is_listed_with_what_it_is_for_and_never_itself(client: Client) -> None:
    wanted = {"role": "supplier", "partyId": SUPPLIER, "label": "bookkeeping", "expiresAt": "2099-01-01T00:00:00Z"}
    async with client.post("/v1/keys", json=wanted, headers=OPERATOR) as answer:
        made = await answer.json()
    async with client.get(f"/v1/keys?partyId={SUPPLIER}", headers=OPERATOR) as answer:
        text = await answer.text()
        [listed] = [one for one in (await answer.json())["items"] if one["keyId"] == made["keyId"]]
    assert (listed["label"], listed["expiresAt"], listed["works"]) == ("bookkeeping", "2099-01-01T00:00:00Z", True)
    assert MUNICIPALITY not in text


async def test_a_party_sees_and_changes_its_own_keys_alone(client: Client) -> None:
    own = {"X-API-Key": "mp_supplier"}
    async with client.get("/v1/keys", headers=own) as answer:
        assert {one["partyId"] for one in (await answer.json())["items"]} == {SUPPLIER}
    async with client.get("/v1/keys", headers=OPERATOR) as answer:
        others = [one["keyId"] for one in (await answer.json())["items"] if one["partyId"] != SUPPLIER]
    for key_id in others:
        async with client.delete(f"/v1/keys/{key_id}", headers=own) as answer:
            assert answer.status == 404
        async with client.post(f"/v1/keys/{key_id}/rotations", json={}, headers=own) as answer:
            assert answer.status == 404


async def test_a_test_key_makes_no_other_keys(client: Client) -> None:
    """Rotation gives nobody more than they had."""
    wanted = {"role": "supplier", "partyId": SUPPLIER, "isTest": True}
    async with client.post("/v1/keys", json=wanted, headers=OPERATOR) as answer:
        made = await answer.json()
    async with client.get("/v1/keys", headers={"X-API-Key": made["key"]}) as answer:
        assert [one["keyId"] for one in (await answer.json())["items"]] == [made["keyId"]]


async def test_a_rotated_key_works_next_to_the_new_one_for_some_hours(
    client: Client, gateway: SmallGateway
) -> None:
    own = {"X-API-Key": "mp_supplier"}
    async with client.get("/v1/keys", headers=own) as answer:
        [key_id] = [one["keyId"] for one in (await answer.json())["items"]]
    async with client.post(f"/v1/keys/{key_id}/rotations", json={"overlapHours": 2}, headers=own) as answer:
        made = await answer.json()
        assert answer.status == 201
    for key in ("mp_supplier", made["key"]):
        async with client.get("/v1/messages", headers={"X-API-Key": key}) as answer:
            assert answer.status == 200
    gateway.now = datetime.now(UTC) + timedelta(hours=2, minutes=1)
    assert await gateway.register.authenticate("mp_supplier") is None
    assert await gateway.register.authenticate(made["key"]) is not None


async def test_a_key_is_revoked_by_its_start_where_only_one_begins_so(
    client: Client, gateway: SmallGateway
) -> None:
    for number in (1, 2):
        await gateway.add_key(f"mp_key-{number}", Caller(f"key-{number}", Role.SUPPLIER, SUPPLIER))
    for text, status in (("mp_key-", 409), ("mp_", 404), ("mp_key-1", 204), ("key-2", 204)):
        async with client.delete(f"/v1/keys/{text}", headers=OPERATOR) as answer:
            assert answer.status == status, text


@pytest.mark.parametrize(
    "wanted",
    [
        {"role": "supplier"},
        {"role": "operator", "partyId": SUPPLIER},
        {"role": "government", "partyId": "none-such"},
        {"role": "government", "partyId": SUPPLIER},
        {"role": "supplier", "partyId": MUNICIPALITY},
        {"role": "finance", "partyId": MUNICIPALITY},
        {"role": "king"},
        {},
    ],
)
async def test_keys_that_cannot_be(client: Client, wanted: dict[str, str]) -> None:
    async with client.post("/v1/keys", json=wanted, headers=OPERATOR) as answer:
        assert answer.status == 400
        assert [error["name"] for error in (await answer.json())["errors"]] in (["partyId"], ["role"])


async def test_only_operators_make_keys(client: Client) -> None:
    for key in ("mp_supplier", "mp_intermediary", "mp_municipality", "mp_finance"):
        async with client.post("/v1/keys", json={"role": "operator"}, headers={"X-API-Key": key}) as answer:
            assert answer.status == 403


async def test_a_revoked_key_works_at_no_later_request(client: Client, gateway: SmallGateway) -> None:
    headers = {"X-API-Key": "mp_supplier"}
    async with client.get("/v1/messages", headers=headers) as answer:
        assert answer.status == 200
    await gateway.register.revoke_key("key-supplier", "tests")
    async with client.get("/v1/messages", headers=headers) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_asks_for_no_key(client: Client, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.status == 200


async def test_metrics_are_for_operators_unless_the_settings_open_them(
    aiohttp_client: AiohttpClient, client: Client, gateway: SmallGateway
) -> None:
    async with client.get("/metrics") as answer:
        assert answer.status == 401
    async with client.get("/metrics", headers=OPERATOR) as answer:
        assert answer.status == 200
    services = replace(gateway.services(), http=HttpSettings(metrics_need_key=False))
    without_key = await aiohttp_client(build(services))
    async with without_key.get("/metrics") as answer:
        assert answer.status == 200


class TestWhenSomethingFails:
    """Readiness with a part that does not answer."""

    @pytest.fixture
    def services(self, gateway: SmallGateway) -> Services:
        async def readiness() -> dict[str, bool]:
            return {"store": True, "storage": False}

        return replace(gateway.services(), readiness=readiness)

    async def test_it_says_what(self, client: Client) -> None:
        async with client.get("/readyz") as answer:
            problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["failing"]) == (503, ["storage"])
