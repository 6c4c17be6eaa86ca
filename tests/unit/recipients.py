"""A recipient's own server over TLS, and a `Post` that may call this machine."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
from aiohttp import web

from gateway.channels.addresses import OutsideResolver
from gateway.channels.outbound import Post
from gateway.channels.proces import Identiteit, Proces
from gateway.messages.message import Message
from gateway.testing.doubles import MemoryOutbox
from tests.unit.pki.hierarchies import hierarchy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Recipient:
    """A recipient's server over TLS."""

    def __init__(self) -> None:
        self.answer: Handler = self.take
        self.requests: list[tuple[web.Request, bytes]] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/ontvang"

    async def receive(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request, await request.read()))
        return await self.answer(request)

    async def take(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=204)


@pytest.fixture
async def recipient() -> AsyncIterator[Recipient]:
    made = Recipient()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(hierarchy() / "server.pem", hierarchy() / "server-key.pem")
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/ontvang", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with Post(OutsideResolver({"localhost"}), trusted(), seconds_max=5.0) as made:
        yield made


def trusted() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=hierarchy() / "ca.pem")


def now() -> datetime:
    return datetime.now(UTC)


async def proces_of(message: Message) -> Proces:
    """As if the message had come in over Digipoort's interface."""
    return Proces(
        message.kenmerk,
        "E-Factuur-UBL",
        "urn:uuid:1",
        message.received_at,
        Identiteit("27418562", "KvK"),
        "Bedrijf",
        ontvanger=Identiteit("00000099000000001000", "OIN"),
        bestandsnaam="factuur & bijlage.xml",
    )


def outbox_with(document: bytes) -> MemoryOutbox:
    outbox = MemoryOutbox()
    outbox.add("a", "k-1", document)
    return outbox
