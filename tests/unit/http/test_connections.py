"""Too many connections: who is silent makes room, honest senders are served, plain and over TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, TCPConnector, web

from gateway.http.body import whole
from gateway.http.connections import RESERVE, ConnectionLimits, Connections, Slot
from gateway.http.limits import RequestLimits
from gateway.http.problems import TooManyRequests
from gateway.http.server import Runner
from gateway.pki.tls import TlsFiles, server_context
from tests.unit.pki.hierarchies import hierarchy

CONNECTIONS_MAX = 4


@dataclass
class LimitedServer:
    """A server with few slots."""

    port: int
    connections: Connections
    became: list[str]
    release: asyncio.Event
    """Ends the requests to `/busy`."""

    async def raw(self, words: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that says this and no more."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(words)
        await writer.drain()
        await asyncio.sleep(0.02)
        return reader, writer


async def _opened(tls: ssl.SSLContext | None) -> tuple[LimitedServer, Runner]:
    became: list[str] = []
    release = asyncio.Event()

    async def busy(_request: web.Request) -> web.Response:
        await release.wait()
        return web.Response(text="done")

    async def receive(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await whole(request, 1000, RequestLimits()))))

    app = web.Application()
    app.router.add_get("/busy", busy)
    app.router.add_post("/", receive)
    limits = ConnectionLimits(connections_max=CONNECTIONS_MAX, header_seconds_max=0.5)
    connections = Connections(limits, became.append)
    runner = Runner(app, idle_seconds_max=30, shutdown_seconds_max=0.1, connections=connections)
    await runner.setup()
    await runner.listen("127.0.0.1", 0, tls)
    return LimitedServer(runner.addresses[0][1], connections, became, release), runner


@pytest.fixture
async def server() -> AsyncIterator[LimitedServer]:
    """Without TLS."""
    opened, runner = await _opened(None)
    yield opened
    opened.release.set()
    await runner.cleanup()


@pytest.fixture
async def tls_server() -> AsyncIterator[LimitedServer]:
    """With mutual TLS."""
    opened, runner = await _opened(server_context(TlsFiles(hierarchy())))
    yield opened
    await runner.cleanup()


async def test_silent_connections_make_room_the_longest_silent_first(server: LimitedServer) -> None:
    silent = [await server.raw(b"POST / HT") for _ in range(CONNECTIONS_MAX)]
    async with ClientSession() as session, session.post(f"http://127.0.0.1:{server.port}/", data=b"abc") as answer:
        assert (answer.status, await answer.text()) == (200, "3")
    assert server.became == ["evicted"]
    assert await asyncio.wait_for(silent[0][0].read(), 2) == b""
    assert not silent[1][0].at_eof()
    assert len(server.connections) <= CONNECTIONS_MAX
    for _, writer in silent:
        writer.close()


async def test_bodies_without_a_caller_make_room_and_take_half_of_the_places(server: LimitedServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc"
    slow = [await server.raw(head) for _ in range(CONNECTIONS_MAX)]
    assert server.became == ["evicted"] * (CONNECTIONS_MAX // 2)
    for _ in range(CONNECTIONS_MAX):
        async with (
            ClientSession() as session,
            session.post(f"http://127.0.0.1:{server.port}/", data=b"abc") as answer,
        ):
            assert answer.status == 200
    for _, writer in slow:
        writer.close()


async def test_a_header_that_comes_too_slowly_is_given_up(server: LimitedServer) -> None:
    reader, writer = await server.raw(b"P")
    with suppress(ConnectionError):
        for letter in b"OST / HTTP/1.1\r\nHost: slow":
            writer.write(bytes([letter]))
            await asyncio.sleep(0.15)
    with suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 2) == b""
    assert len(server.connections) == 0
    writer.close()


async def test_where_all_are_being_served_a_new_one_is_turned_away(server: LimitedServer) -> None:
    busy = [await server.raw(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(CONNECTIONS_MAX + RESERVE)]
    reader, writer = await server.raw()
    reported = await asyncio.wait_for(reader.read(), 2)
    assert reported.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: " in reported
    assert server.became == ["refused"] * (RESERVE + 1)
    writer.close()
    server.release.set()
    for served, line in busy:
        assert (await asyncio.wait_for(served.readline(), 2)).startswith(b"HTTP/1.1 200 ")
        line.close()


async def test_a_connection_that_ended_is_no_longer_counted(server: LimitedServer) -> None:
    for _ in range(3 * CONNECTIONS_MAX):
        _, writer = await server.raw()
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.05)
    assert (len(server.connections), server.became) == (0, [])


async def test_half_open_handshakes_lock_nobody_out(tls_server: LimitedServer) -> None:
    half_open = [await tls_server.raw(b"\x16\x03\x01") for _ in range(5 * CONNECTIONS_MAX)]
    context = ssl.create_default_context(cafile=hierarchy() / "ca.pem")
    clients = hierarchy() / "clients"
    context.load_cert_chain(clients / "leverancier.pem", clients / "leverancier-key.pem")
    async with ClientSession(connector=TCPConnector(ssl=context, force_close=True)) as session:
        for _ in range(3):
            async with session.post(f"https://localhost:{tls_server.port}/", data=b"abc") as answer:
                assert answer.status == 200
    assert tls_server.became == []
    for _, writer in half_open:
        writer.close()


# Who makes room, without a network


class Crowd:
    """Connections with few slots, and who was closed."""

    def __init__(self, address_max: int = 100, caller_max: int = 100) -> None:
        self.ended: list[str] = []
        limits = ConnectionLimits(connections_max=4, address_max=address_max, caller_max=caller_max)
        self.connections = Connections(limits)

    def enter(self, name: str, address: str = "192.0.2.1") -> Slot:
        slot = self.connections.enter(address, lambda: self.ended.append(name))
        assert slot is not None
        return slot

    def enter_kept(self, name: str, caller: str) -> Slot:
        """A connection whose last request was of this caller."""
        slot = self.enter(name)
        slot.begin()
        slot.require_caller(caller)
        slot.finish()
        return slot


async def test_kept_connections_of_callers_stay_longest() -> None:
    crowd = Crowd()
    crowd.enter_kept("kept", "supplier")
    body = crowd.enter("body")
    body.begin()
    crowd.enter("silent")
    with body.receiving(20):
        crowd.enter("more")
        for number in range(4):
            crowd.enter(f"new-{number}")
    assert crowd.ended == ["silent", "more", "new-0", "new-1"]


async def test_the_body_that_is_farthest_behind_makes_room_first() -> None:
    crowd = Crowd()
    slots = [crowd.enter(str(number)) for number in range(4)]
    for slot in slots:
        slot.begin()
    with slots[0].receiving(20), slots[1].receiving(10):
        crowd.enter("new")
        assert crowd.ended == ["1"]


async def test_where_nobody_makes_room_there_are_places_for_health() -> None:
    crowd = Crowd()
    for number in range(4):
        crowd.enter(str(number)).begin()
    for number in range(RESERVE):
        slot = crowd.enter(f"health-{number}")
        slot.begin()
        assert slot.is_reserve
    assert crowd.connections.enter("192.0.2.1", lambda: None) is None
    assert crowd.ended == []


async def test_a_crowded_address_makes_room_among_its_own() -> None:
    crowd = Crowd(address_max=2)
    crowd.enter("other", "192.0.2.9")
    for number in range(3):
        crowd.enter(str(number))
    assert crowd.ended == ["0"]


async def test_one_caller_has_its_share_of_connections() -> None:
    crowd = Crowd(caller_max=2)
    crowd.enter_kept("0", "supplier")
    for number in (1, 2):
        slot = crowd.enter(str(number))
        slot.begin()
        slot.require_caller("supplier")
    assert crowd.ended == ["0"]
    slot = crowd.enter("3")
    slot.begin()
    with pytest.raises(TooManyRequests):
        slot.require_caller("supplier")
    slot.require_caller("other")
