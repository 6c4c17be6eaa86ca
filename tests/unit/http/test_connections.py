"""Too many connections: who is silent makes room, honest senders are served, plain and over TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, TCPConnector, web

from gateway.http.connections import Connections
from gateway.http.server import Runner
from gateway.pki.tls import TlsFiles, server_context
from tests.unit.pki.hierarchies import hierarchy

CONNECTIONS_MAX = 4


@dataclass
class LimitedServer:
    """A server with few places."""

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
        return web.Response(text=str(len(await request.read())))

    app = web.Application()
    app.router.add_get("/busy", busy)
    app.router.add_post("/", receive)
    connections = Connections(CONNECTIONS_MAX, became.append)
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


async def test_a_sender_that_stops_in_its_body_makes_room(server: LimitedServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc"
    stopped = [await server.raw(head) for _ in range(CONNECTIONS_MAX)]
    await asyncio.sleep(1.1)
    async with ClientSession() as session, session.post(f"http://127.0.0.1:{server.port}/", data=b"abc") as answer:
        assert answer.status == 200
    assert server.became == ["evicted"]
    for _, writer in stopped:
        writer.close()


async def test_where_all_are_being_served_a_new_one_is_turned_away(server: LimitedServer) -> None:
    busy = [await server.raw(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(CONNECTIONS_MAX)]
    reader, writer = await server.raw()
    reported = await asyncio.wait_for(reader.read(), 2)
    assert reported.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: " in reported
    assert server.became == ["refused"]
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
