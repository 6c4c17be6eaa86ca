"""The HTTP API from outside, on a real socket."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import event
from yarl import URL

from gateway.messages.participants import Role
from gateway.store.messages.register import RegisterStore
from tests.flows.conftest import House, numbered
from tests.waiting import WAIT_SECONDS_MAX

BROKEN = [
    b"GET /v1/messages HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET /v1/messages HTTP/1.1\r\nHost: a:99999\r\n\r\n",
    b"GET /nothing HTTP/1.0\r\n\r\n",
    b"rubbish\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost a\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"POST /v1/messages HTTP/1.1\r\nHost: evil.example\r\nExpect: magic\r\nContent-Length: 1\r\n\r\n",
]


async def raw(house: House, request: bytes) -> tuple[int, dict[str, Any]]:
    """What the gateway answers to these bytes: status and problem."""
    address = URL(house.address)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WAIT_SECONDS_MAX)
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
    body = await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("request_bytes", BROKEN, ids=range(len(BROKEN)))
async def test_the_type_of_every_problem_opens_its_page(house: House, request_bytes: bytes) -> None:
    """Whatever the caller calls the gateway, and also where it said nothing that could be read."""
    status, problem = await raw(house, request_bytes)
    assert problem["status"] == status
    assert problem["type"].startswith(f"{house.address}/problems/")
    async with house.session.get(problem["type"], headers={"Accept": "text/html"}) as page:
        assert page.status == 200
        assert problem["title"] in await page.text()


async def test_the_openapi_document_names_where_the_gateway_is(house: House) -> None:
    document: Any = await house.get("operator", "/v1/openapi.json")
    assert document["info"]["contact"]["url"] == f"{house.address}/"
    assert document["servers"] == [{"url": "/v1"}]


async def test_a_key_from_the_command_line_works_at_its_first_request(house: House) -> None:
    """Without waiting for the register to be followed; also right after a wrong key was looked for in vain."""
    gateway = house.gateway
    other_register = RegisterStore(gateway.engines, gateway.writer, house.clock)  # as the command line has it
    await other_register.refresh()
    for _ in range(3):
        _, key = await other_register.new_key(Role.OPERATOR, None, "command-line")
        async with house.session.get("/v1/parties", headers={"X-API-Key": key}) as answer:
            assert answer.status == 200
        async with house.session.get("/v1/parties", headers={"X-API-Key": "mp_wrong"}) as answer:
            assert answer.status == 401


async def test_wrong_keys_are_cheap(house: House) -> None:
    looks = Counter[str]()

    @event.listens_for(house.gateway.engines.read.sync_engine, "before_cursor_execute")
    def count(*call: Any) -> None:
        looks["register_log"] += "register_log" in call[2]

    async def tried(number: int) -> int:
        async with house.session.get("/v1/parties", headers={"X-API-Key": f"mp_wrong-{number}"}) as answer:
            return answer.status

    assert set(await asyncio.gather(*(tried(number) for number in range(200)))) == {401}
    event.remove(house.gateway.engines.read.sync_engine, "before_cursor_execute", count)
    assert 1 <= looks["register_log"] <= 100


@pytest.mark.parametrize(
    ("digest", "status"),
    [
        ("zzz", 400),
        ("sha-256=AAAA", 400),
        ("sha-256=:not base64!:", 400),
        ("sha-256=:AAAA:,", 400),
        ("sha-256=:AAAA:", 400),
        ("sha-512=:AAAA:", 202),
        ("md5=:AAAA:, sha-512=:AAAA==:", 202),
    ],
)
async def test_a_content_digest_is_checked_or_refused(house: House, digest: str, status: int) -> None:
    answer = await house.send("supplier", numbered("A-1"), wait=False, Content_Digest=digest)
    assert answer.status == status


async def test_answers_in_several_forms_say_that_they_vary(house: House) -> None:
    kenmerk = (await (await house.send("supplier", numbered("A-1"))).json())["kenmerk"]
    for path in (f"/v1/messages/{kenmerk}/report", "/problems", "/problems/forbidden"):
        for form in ("application/json", "text/html"):
            async with house.session.get(path, headers=house.as_("supplier") | {"Accept": form}) as answer:
                assert (answer.content_type, "Accept" in answer.headers["Vary"]) == (form, True)


async def test_the_use_of_a_year_is_asked_by_its_number(house: House) -> None:
    await house.send("supplier", numbered("A-1"))
    used: Any = await house.get("finance", "/v1/usage?year=2026")
    assert (used["firstDay"], used["lastDay"]) == ("2026-01-01", "2026-12-31")
    assert [(row["partyId"], row["units"]) for row in used["items"]] == [("town", 1)]
    assert (await house.get("finance", "/v1/usage?year=2025"))["items"] == []
    address = "/v1/usage?year=2026&firstDay=2026-02-01"
    async with house.session.get(address, headers=house.as_("finance")) as answer:
        assert answer.status == 400


async def test_the_sender_begins_and_the_gateway_does_the_rest(house: House) -> None:
    kenmerk = (await (await house.send("supplier", numbered("A-1"))).json())["kenmerk"]
    statuses: Any = await house.get("supplier", f"/v1/messages/{kenmerk}/statuses")
    assert [one["actor"] for one in statuses["items"]] == ["supplier"] + ["gateway"] * 7
