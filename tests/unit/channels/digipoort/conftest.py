"""The endpoint over mutual TLS, on a small gateway."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector, web
from lxml import etree

from gateway.channels.digipoort.endpoint import WusEndpoint
from gateway.channels.digipoort.options import WusOptions
from gateway.channels.digipoort.records import ProcesStore
from gateway.channels.digipoort.replay import ReplayGuard, ReplayLog
from gateway.channels.digipoort.sandbox import Pace, Sandbox
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.answer import signer
from gateway.channels.digipoort.wire.timestamp import AgePolicy
from gateway.channels.inspection import Inspections
from gateway.clock import utc_now
from gateway.http.client_certificate import Identities, identities
from gateway.messages.participants import Party, PartyKind
from gateway.pki.revocation import Revocation
from gateway.pki.tls import HttpFetch, TlsFiles, server_context
from gateway.validator.model.identifiers import PartyIdentifier
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES, sign, to_bytes, unsigned
from tests.unit.pki.hierarchies import hierarchy, lists, pair
from tests.unit.small_gateway import SmallGateway, small_gateway

AANLEVER, STATUS, OPHAAL = "aanleverservice", "statusinformatieservice", "ophaalservice"
WINDOW = AgePolicy().replay_window
LEVERANCIER, SOFTWAREHUIS, GEMEENTE = "van-dijk", "factuurstroom", "waterkant"
PARTIES = (
    Party(LEVERANCIER, "Van Dijk Kantoormeubelen B.V.", PartyKind.COMPANY, (PartyIdentifier("0106", "27418562"),)),
    Party(
        SOFTWAREHUIS,
        "Factuurstroom Software B.V.",
        PartyKind.COMPANY,
        (PartyIdentifier("0106", "61502793"),),
        mandates=frozenset({LEVERANCIER}),
    ),
    Party(GEMEENTE, "Gemeente Waterkant", PartyKind.NON_RIJK, (PartyIdentifier("0190", "00000099000000001000"),)),
)
_PORTS = {AANLEVER: "AanleverService", STATUS: "StatusinformatieService", OPHAAL: "OphaalService"}


def wus_gateway(parties: Sequence[Party] = PARTIES) -> AbstractAsyncContextManager[SmallGateway]:
    """A small gateway with the parties of these tests; its clock is the real one, as the client's is."""
    return small_gateway(parties, GEMEENTE, utc_now)


def client_context(name: str) -> ssl.SSLContext:
    """A client's side of mutual TLS, by the name of its file."""
    path = name if "/" in name else f"clients/{name}"
    context = ssl.create_default_context(cafile=hierarchy() / "ca.pem")
    context.load_cert_chain(hierarchy() / f"{path}.pem", hierarchy() / f"{path}-key.pem")
    return context


@dataclass
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes

    @property
    def root(self) -> etree._Element:
        """As XML."""
        return etree.fromstring(self.body)

    def text(self, name: str) -> str | None:
        """The first element of the koppelvlak with this name."""
        return self.root.findtext(f".//k:{name}", namespaces=NAMES)

    def texts(self, name: str) -> list[str]:
        """All of them."""
        return [one.text or "" for one in self.root.iterfind(f".//k:{name}", NAMES)]

    @property
    def foutcode(self) -> str | None:
        """Of a fault."""
        return self.text("foutcode")


@dataclass
class Server:
    """A running endpoint, and the gateway behind it."""

    gateway: SmallGateway
    port: int
    sandbox: Sandbox | None = None
    sessions: dict[str, ClientSession] = field(default_factory=dict)

    def url(self, service: str = AANLEVER, family: str = "wus/2.0") -> str:
        """The address of a service."""
        return f"https://localhost:{self.port}/{family}/{service}/1.2"

    def session(self, name: str) -> ClientSession:
        """A client's connection."""
        if name not in self.sessions:
            self.sessions[name] = ClientSession(connector=TCPConnector(ssl=client_context(name)))
        return self.sessions[name]

    async def post(
        self, body: bytes, service: str = AANLEVER, name: str = "leverancier", **headers: str
    ) -> Answer:
        """Send bytes as they are."""
        sent = {
            "Content-Type": "text/xml; charset=utf-8",
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        async with self.session(name).post(self.url(service), data=io.BytesIO(body), headers=sent) as response:
            return Answer(response.status, response.content_type, await response.read())

    async def call(self, operation: str, body: str, service: str = AANLEVER, name: str = "leverancier") -> Answer:
        """Sign and send a request for an operation."""
        base = f"http://logius.nl/digipoort/wus/2.0/{service}/1.2/{_PORTS[service]}/"
        envelope = unsigned(body, action=f"{base}{operation}Request", to=self.url(service))
        return await self.post(to_bytes(sign(envelope, *pair(name))), service, name)


Open = Callable[..., Awaitable[Server]]


@pytest.fixture
async def open_endpoint(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens endpoints with options that a test chooses."""
    async with HttpFetch() as fetch, AsyncExitStack() as stack:
        revocation = Revocation(fetch, lambda: datetime.now(UTC), lists().crls)
        closing: list[Callable[[], Awaitable[object]]] = []

        async def opened(
            settings: WusOptions | None = None,
            *,
            is_sandbox: bool = False,
            earlier: Server | None = None,
            make_identities: Callable[[], Identities] | None = None,
            with_tls: bool = True,
        ) -> Server:
            files = TlsFiles(hierarchy())
            gateway = earlier.gateway if earlier else await stack.enter_async_context(wus_gateway())
            records = ProcesStore(gateway.engines, gateway.writer)
            replays = ReplayGuard(WINDOW, ReplayLog(tmp_path / f"seen-{len(closing)}", WINDOW))
            now = gateway.clock()
            replays.recall(await records.berichtkenmerken_since(now - WINDOW), now)
            known = (
                make_identities() if make_identities else identities(files, revocation, lambda: datetime.now(UTC))
            )
            ports = WusServices(
                intake=gateway,
                storage=gateway.storage,
                messages=gateway.store,
                mailbox=gateway.mailbox,
                directory=gateway.register,
                records=records,
                identities=known,
                signer=signer(files),
                clock=gateway.clock,
                replays=replays,
            )
            sandbox = _sandbox(gateway) if is_sandbox else None
            app = web.Application()
            WusEndpoint(ports, settings or WusOptions(), sandbox).add_to(app)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(files) if with_tls else None)
            await site.start()
            server = Server(gateway, runner.addresses[0][1], sandbox)
            closing.append(runner.cleanup)
            closing.append(lambda: _close(server))
            return server

        yield opened
        for close in reversed(closing):
            await close()


def _sandbox(gateway: SmallGateway) -> Sandbox:
    now = gateway.clock
    return Sandbox(gateway.register, now, Pace.at_once(), lambda _: asyncio.sleep(0), Inspections(now))


async def _close(server: Server) -> None:
    for session in server.sessions.values():
        await session.close()
    await asyncio.sleep(0.02)  # TLS connections need a moment to say goodbye


@pytest.fixture
async def server(open_endpoint: Open) -> Server:
    """A running endpoint with the default options."""
    return await open_endpoint()
