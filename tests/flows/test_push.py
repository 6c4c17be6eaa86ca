"""Messages pushed by the real gateway: from submission to the recipient's own server, or back."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from lxml import etree

from gateway.app import opened
from gateway.koppelvlak.names import AFLEVEREN, KOPPELVLAK
from gateway.messages.message import Message
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.messages.submission import Channel, Content, Submission
from gateway.model.identifiers import PartyIdentifier
from gateway.settings import Database, Settings
from tests.flows.test_wus import INVOICE
from tests.unit.koppelvlak import xmlsec_client
from tests.unit.trust.hierarchies import hierarchy, pair

GEMEENTE = Party(
    "waterkant", "Gemeente Waterkant", PartyKind.NON_RIJK, (PartyIdentifier("0190", "00000099000000001000"),)
)
VAN_DIJK = Party("van-dijk", "Van Dijk B.V.", PartyKind.COMPANY, (PartyIdentifier("0106", "27418562"),))


@dataclass
class Recipient:
    """A municipality's own server."""

    statuses: list[int] = field(default_factory=list)
    """What it answers, in turn; then 204."""
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    """What its afleverservice was sent."""
    port: int = 0

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """The webhook."""
        self.events.append(msgspec.json.decode(await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """The afleverservice: a signed afleverResponse to a message whose signature holds."""
        self.messages.append(message := await request.read())
        xmlsec_client.verify(message)
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        kenmerk = etree.fromstring(message).findtext(f".//{{{KOPPELVLAK}}}kenmerk")
        body = (
            f'<afleverResponse xmlns="{KOPPELVLAK}"><kenmerk>{kenmerk}</kenmerk><berichtkenmerk>b</berichtkenmerk>'
            "<tijdstempelAfgeleverd>2026-11-23T09:00:00Z</tijdstempelAfgeleverd></afleverResponse>"
        )
        envelope = xmlsec_client.unsigned(body, action=AFLEVEREN.response_action)
        signed = xmlsec_client.to_bytes(xmlsec_client.sign(envelope, *pair("gemeente")))
        return web.Response(body=signed, content_type="text/xml")

    def party(self, delivery: str = "webhook") -> Party:
        """The party that wants to be told here, or to be sent everything."""
        wishes = {"delivery": delivery, "delivery_url": f"https://localhost:{self.port}/{delivery}"}
        return replace(GEMEENTE, settings=wishes)


@pytest.fixture
async def recipient() -> AsyncIterator[Recipient]:
    made = Recipient()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(hierarchy() / "server.pem", hierarchy() / "server-key.pem")
    app = web.Application()
    app.router.add_post("/webhook", made.receive)
    app.router.add_post("/afleverservice", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@asynccontextmanager
async def running(data: Path, database_url: str = "") -> AsyncIterator[Any]:
    """A gateway with short pauses that may call this machine."""
    settings = Settings(data_directory=data, database=Database(url=database_url))
    settings = msgspec.structs.replace(
        settings,
        digipoort=msgspec.structs.replace(settings.digipoort, tls_directory=hierarchy()),
        delivery=msgspec.structs.replace(
            settings.delivery, hosts_allowed="localhost", pause_seconds_first=0.05, give_up_hours=1 / 3600
        ),
    )
    async with opened(settings) as gateway:
        await gateway.register.save(VAN_DIJK, "test")
        yield gateway


async def hand_in(gateway: Any, document: bytes = INVOICE) -> str:
    """A supplier's invoice."""
    content = Content(len(document), document)
    caller = Caller("key", Role.SUPPLIER, "van-dijk")
    receipt = await gateway.reception.submit(Submission(caller, Channel.HTTP, content))
    return str(receipt.kenmerk)


async def settled(gateway: Any, kenmerk: str) -> tuple[Message, list[str]]:
    """The message once it is delivered or returned, and its statuscodes."""
    for _ in range(400):
        message: Message = await gateway.store.message(kenmerk, None)
        if message.state.is_settled:
            return message, [entry.statuscode for entry in await gateway.store.journal(kenmerk)]
        await asyncio.sleep(0.02)
    raise AssertionError(message)


PASSED = ["105", "100", "110", "200", "301", "301"]


async def test_a_recipient_is_told_and_the_message_is_metered_then(tmp_path: Path, recipient: Recipient) -> None:
    async with running(tmp_path) as gateway:
        await gateway.register.save(recipient.party(), "test")
        kenmerk = await hand_in(gateway)
        message, codes = await settled(gateway, kenmerk)
        assert codes == [*PASSED, "405", "400"]
        assert (message.state, message.disposition) == ("delivered", "billable")
        assert [event["id"] for event in recipient.events] == [kenmerk]
        waiting = await gateway.mailbox.waiting("waterkant", None, 10)
        assert [one.kenmerk for one in waiting.items] == [kenmerk]


async def test_a_recipient_that_was_away(tmp_path: Path, recipient: Recipient) -> None:
    recipient.statuses = [503, 503]
    async with running(tmp_path) as gateway:
        await gateway.register.save(recipient.party(), "test")
        message, codes = await settled(gateway, await hand_in(gateway))
        assert codes == [*PASSED, "405", "420", "405", "420", "405", "400"]
        assert message.state == "delivered"


async def test_a_recipient_that_stays_away_and_a_replay(
    tmp_path: Path, database_url: str, recipient: Recipient
) -> None:
    recipient.statuses = [503] * 1_000
    async with running(tmp_path, database_url) as gateway:
        await gateway.register.save(recipient.party(), "test")
        kenmerk = await hand_in(gateway)
        message, codes = await settled(gateway, kenmerk)
        assert (message.state, message.disposition, codes[-1]) == ("returned", "undeliverable", "410")
        assert (await gateway.store.journal(kenmerk))[-1].foutcode == "AFS600"
        recipient.statuses.clear()
        assert await gateway.operations.replay(kenmerk, "operator")
        message, codes = await settled(gateway, kenmerk)
        assert (message.state, message.disposition, codes[-1]) == ("delivered", "billable", "400")


async def test_a_message_brought_by_soap(tmp_path: Path, database_url: str, recipient: Recipient) -> None:
    recipient.statuses = [503]
    async with running(tmp_path, database_url) as gateway:
        await gateway.register.save(recipient.party("afleverservice"), "test")
        kenmerk = await hand_in(gateway)
        message, codes = await settled(gateway, kenmerk)
        assert codes == [*PASSED, "405", "420", "405", "400"]
        assert (message.state, message.disposition) == ("delivered", "billable")
        sent = etree.fromstring(recipient.messages[-1]).find(f".//{{{KOPPELVLAK}}}afleverRequest")
        assert sent is not None
        assert sent.findtext(f"{{{KOPPELVLAK}}}kenmerk") == kenmerk
        assert base64.b64decode(sent.findtext(f".//{{{KOPPELVLAK}}}inhoud") or "") == INVOICE
        assert len(recipient.messages) == 2
        assert (await gateway.mailbox.waiting("waterkant", None, 10)).items == ()


async def test_a_message_that_waits_survives_a_restart_and_a_change_of_mind(
    tmp_path: Path, recipient: Recipient
) -> None:
    recipient.statuses = [503] * 1_000
    async with running(tmp_path) as gateway:
        await gateway.register.save(recipient.party(), "test")
        kenmerk = await hand_in(gateway)
        while not recipient.events:  # noqa: ASYNC110  # the recipient is another program
            await asyncio.sleep(0.01)
    async with running(tmp_path) as gateway:
        await gateway.register.save(GEMEENTE, "test")
        message, _ = await settled(gateway, kenmerk)
        assert message.state == "delivered"
        waiting = await gateway.mailbox.waiting("waterkant", None, 10)
        assert [one.kenmerk for one in waiting.items] == [kenmerk]
