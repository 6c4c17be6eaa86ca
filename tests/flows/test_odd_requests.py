"""Whatever a caller puts in a path, a query or a body, the gateway says what is wrong with it: never a 500.

Every operation of the OpenAPI document is asked with every odd value in every place, on both databases: some of
these values are at home in one and unheard of in the other.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from yarl import URL

from tests.flows.conftest import House, numbered
from tests.waiting import WAIT_SECONDS_MAX

WORDS = ["\0", "a\0b", "", " ", "x" * 5_000, "é", "%", "'", "..", "None", "[]", "town", "operator", "a\nb"]
NUMBERS = ["-1", "0", "1", "1.5", "NaN", "1e400", f"{2**63 - 1}", f"{2**63}", f"{10**27}", "9" * 5_000]
YEARS = ["0", "1", "1999", "2000", "2100", "2101", "9998", "9999", "10000", "٢٠٢٦"]
MOMENTS = ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
IN_ADDRESSES = [*WORDS, *NUMBERS, *YEARS, *MOMENTS]
IN_BODIES: list[Any] = [
    "\ud800",
    *[one for one in IN_ADDRESSES if one],
    *(0, -1, 1.5, 2**63, 10**27, True, None, "", [], {}, [None], [[]], ["\0"], ["town"], {"a": "\0"}, {"": ""}),
]

BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/keys", {"role": "government", "partyId": "town", "isTest": False}),
    (
        "PUT",
        "/v1/parties/new",
        {"name": "N", "kind": "company", "kindSource": "", "identifiers": ["0106:12345678"]},
    ),
    (
        "PUT",
        "/v1/parties/new",
        {"name": "N", "kind": "company", "mandates": [], "settings": {"profile": "nlcius"}},
    ),
    ("PUT", "/v1/parties/town/forecasts/2026", {"units": 10, "means": "api"}),
    ("POST", "/v1/mailbox/leases", {"count": 1, "seconds": 1}),
    ("PUT", "/v1/mailbox/messages/{kenmerk}/confirmation", {"token": "x"}),
    ("POST", "/v1/messages/{kenmerk}/returns", {"reason": "x"}),
]
EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "urn:nld:oin:00000001002220647000:systeem:digid",
    "type": "nl.meterpoort.digid-authentications.succeeded.v1",
    "time": "2026-11-01T10:00:00Z",
    "subject": "town",
    "data": {"count": 1},
}


def invalid_requests(path: str, operation: dict[str, Any]) -> Iterator[str]:
    """Addresses of one operation: an odd value in one place, plain ones in the others."""
    named = [one for one in operation["parameters"] if one["in"] == "path"]
    plain = {one["name"]: "town" for one in named} | {"number": "1", "year": "2026", "position": "1"}
    for one in named:
        for odd in IN_ADDRESSES:
            yield _fill_path(path, plain | {one["name"]: odd})
    for one in operation["parameters"]:
        if one["in"] == "query":
            for odd in IN_ADDRESSES:
                yield f"{_fill_path(path, plain)}?{one['name']}={quote(odd, safe='')}"


def _fill_path(path: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def spoiled(body: Any) -> Iterator[Any]:
    """The body with an odd value in the place of each of its members, at every depth."""
    yield from IN_BODIES
    if isinstance(body, dict):
        for name, value in body.items():
            for odd in spoiled(value):
                yield body | {name: odd}


IN_HEADERS = [
    "\udcff",
    "é",
    "x" * 5_000,
    "a\tb",
    "",
    "0190:\udcff",
    "XX:\udcff",
    "XX:" + "y" * 4_000,
    "bearer \udcff",
]


async def failures(house: House, requests: Iterable[tuple[str, str, str, Any]]) -> list[str]:
    """The requests (role, method, address, JSON or None) that the gateway failed at."""
    found = []
    for role, method, address, body in requests:
        headers = house.as_(role) | ({} if body is None else {"Content-Type": "application/json"})
        data = None if body is None else json.dumps(body)
        async with house.session.request(method, URL(address, encoded=True), data=data, headers=headers) as answer:
            if answer.status >= 500:
                found.append(f"{answer.status} {role} {method} {address[:150]} {str(body)[:150]}")
    return found


async def test_odd_values_in_addresses(house: House) -> None:
    requests = [
        (role, "GET", address, None)
        for path, operations in (await _paths(house)).items()
        if "get" in operations
        for role in _asking(operations["get"])
        for address in invalid_requests(path, operations["get"])
    ]
    odd_queries = ("%FF=1", "number=%ED%A0%80", "lang=%FF", "&&==")
    requests += [("town", "GET", f"/v1/messages?{odd}", None) for odd in odd_queries]
    assert len(requests) > 1_000
    assert await failures(house, requests) == []


async def _paths(house: House) -> dict[str, dict[str, Any]]:
    document: Any = await house.get("operator", "/v1/openapi.json")
    return {f"/v1{path}": operations for path, operations in document["paths"].items()}


def _asking(operation: dict[str, Any]) -> list[str]:
    """Keys to ask with: a party's and the gateway's own, where the operation is for them."""
    roles = operation["description"].partition("role: ")[2]
    own = [role for role in ("finance", "operator") if role in roles][:1]
    return own + (["town"] if "government" in roles or not roles else [])


async def test_odd_values_in_bodies(house: House) -> None:
    kenmerk = (await (await house.send("supplier", numbered("A-1"))).json())["kenmerk"]
    requests = [
        (role, method, path.replace("{kenmerk}", kenmerk), odd)
        for method, path, body in BODIES
        for odd in spoiled(body)
        for role in (
            ("operator", "finance") if "parties" in path else ("town",) if "mail" in path else ("operator",)
        )
    ]
    assert await failures(house, requests) == []


async def test_odd_usage_events(house: House) -> None:
    found = []
    for odd in spoiled(EVENT):
        headers = house.as_("operator") | {"Content-Type": "application/cloudevents+json"}
        async with house.session.post("/v1/usage-events", data=json.dumps(odd), headers=headers) as answer:
            if answer.status >= 500:
                found.append(f"{answer.status} {str(odd)[:200]}")
    assert found == []


async def test_odd_values_in_headers(house: House) -> None:
    """Bytes that are no UTF-8 come as lone surrogates out of the header section."""
    parameters = (await _paths(house))["/v1/messages"]["post"]["parameters"]
    names = [one["name"] for one in parameters if one["in"] == "header"]
    names += ["Authorization", "X-API-Key", "Accept", "Accept-Language", "Content-Type", "If-None-Match", "Cookie"]
    found = []
    for name in names:
        for odd in IN_HEADERS:
            headers = house.as_("supplier") | {"Content-Type": "application/xml"} | {name: odd}
            for method, address in (("POST", "/v1/messages"), ("GET", "/v1/messages")):
                head = "".join(f"{header}: {value}\r\n" for header, value in headers.items())
                status = await _raw(
                    house, f"{method} {address} HTTP/1.1\r\nHost: a\r\n{head}Content-Length: 4\r\n\r\n<a/>"
                )
                if status >= 500:
                    found.append(f"{status} {method} {name}: {odd[:40]!r}")
    assert found == []


async def _raw(house: House, request: str) -> int:
    """The status of the answer to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(house.address).port)
    writer.write(request.encode("utf-8", "surrogateescape"))
    line = await asyncio.wait_for(reader.readline(), WAIT_SECONDS_MAX)
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])
