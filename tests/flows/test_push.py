"""Messages pushed by the real gateway: from submission to the recipient's own server, or back."""

import asyncio
import base64
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, web
from click.testing import CliRunner
from lxml import etree
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from gateway.api.application import build
from gateway.channels.digipoort.wire.names import AFLEVEREN, KOPPELVLAK
from gateway.cli import main
from gateway.client import AsyncClient, ProblemError
from gateway.http.trace import traceparent_for
from gateway.main import open_gateway
from gateway.messages.message import Message
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.messages.submission import Content, Submission
from gateway.settings import DatabaseSettings, Settings, TracingSettings
from gateway.store.messages.measures import Measures
from gateway.validator.model.identifiers import PartyIdentifier
from tests.collector import attributes, collecting
from tests.flows.test_damage import flip
from tests.flows.test_wus import INVOICE
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.pki.hierarchies import hierarchy, pair
from tests.waiting import WAIT_SECONDS_MAX, until

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
    traces: list[str] = field(default_factory=list)
    """The `traceparent` of each request."""
    meanwhile: Callable[[], Awaitable[object]] | None = None
    """What happens while it takes an event."""
    messages: list[bytes] = field(default_factory=list)
    """What its afleverservice was sent."""
    port: int = 0

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """The webhook."""
        self.traces.append(request.headers.get("traceparent", ""))
        self.events.append(msgspec.json.decode(await request.read()))
        if self.meanwhile:
            await self.meanwhile()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """The afleverservice: a signed afleverResponse to a message whose signature holds."""
        self.traces.append(request.headers.get("traceparent", ""))
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
        """The party that is called here."""
        party_settings = {"delivery": delivery, "delivery_url": f"https://localhost:{self.port}/{delivery}"}
        return replace(GEMEENTE, settings=party_settings)


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
async def running(
    data: Path,
    database_url: str = "",
    *,
    pause_seconds_first: float = 0.05,
    give_up_hours: float = 72,
    collector: str = "",
) -> AsyncIterator[Any]:
    """A gateway with short pauses that may call this machine; `collector` gets its spans."""
    settings = Settings(data_directory=data, database=DatabaseSettings(url=database_url))
    settings = msgspec.structs.replace(
        settings,
        digipoort=msgspec.structs.replace(settings.digipoort, tls_directory=hierarchy()),
        delivery=msgspec.structs.replace(
            settings.delivery,
            hosts_allowed="localhost",
            pause_seconds_first=pause_seconds_first,
            give_up_hours=give_up_hours,
        ),
        tracing=TracingSettings(endpoint=collector),
    )
    async with open_gateway(settings) as gateway:
        await gateway.register.save(VAN_DIJK, "test")
        yield gateway


async def hand_in(gateway: Any, document: bytes = INVOICE) -> str:
    """A supplier's invoice."""
    content = Content(len(document), document)
    caller = Caller("key", Role.SUPPLIER, "van-dijk")
    receipt = await gateway.intake.submit(Submission(caller, "http", content))
    return str(receipt.kenmerk)


async def settled(gateway: Any, kenmerk: str) -> tuple[Message, list[str]]:
    """The message once it is delivered or returned, and its statuscodes."""

    async def settled_message() -> Message | None:
        message: Message = await gateway.store.message(kenmerk, None)
        return message if message.state.is_settled else None

    message = await until(settled_message)
    assert message is not None
    return message, [entry.statuscode for entry in await gateway.store.journal(kenmerk)]


async def called(recipient: Recipient, times: int) -> bool:
    return len(recipient.events) >= times


async def is_paused(gateway: Any) -> bool:
    pending = await gateway.outbox.pending()
    return bool(pending) and pending[0].paused_until is not None


async def waiting(gateway: Any, messages: int) -> bool:
    """Whether so many wait for a recipient that is left alone."""
    pending = await gateway.outbox.pending()
    return bool(pending) and pending[0].waiting_messages == messages and pending[0].paused_until is not None


FLIPPED = 10
SECOND = 1 / 3600
"""In hours."""
PASSED = ["105", "100", "110", "200", "301", "301"]


async def test_a_recipient_is_called_and_the_message_is_metered_then(tmp_path: Path, recipient: Recipient) -> None:
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


@pytest.mark.parametrize("delivery", ["webhook", "afleverservice"])
async def test_no_message_with_a_flipped_bit_is_pushed(
    tmp_path: Path, database_url: str, recipient: Recipient, delivery: str
) -> None:
    """Bits flip while the recipient is away: it hears of none of those messages, and gets the whole one."""
    recipient.statuses, chosen = [503], random.Random(4)
    async with running(tmp_path, database_url, pause_seconds_first=3_600) as gateway:
        await gateway.register.save(recipient.party(delivery), "test")
        documents = [INVOICE.replace(b"2026-0417", b"PF-%02d" % number) for number in range(FLIPPED + 1)]
        kenmerken = [await hand_in(gateway, document) for document in documents]
        await until(lambda: waiting(gateway, FLIPPED + 1))
        for kenmerk in kenmerken[:-1]:
            where = (await gateway.store.message(kenmerk, None)).document
            bit = 8 * where.offset + chosen.randrange(8 * where.size_bytes)
            flip(tmp_path / "documents" / where.key, bit)
        assert await gateway.outbox.resume("waterkant", "test")
        settled_as = [(await settled(gateway, kenmerk))[0].state for kenmerk in kenmerken]
    assert settled_as == ["parked"] * FLIPPED + ["delivered"]
    assert len(recipient.events) + len(recipient.messages) == 2  # the one that was answered 503, and the last


async def test_a_recipient_that_stays_away_and_a_replay(
    tmp_path: Path, database_url: str, recipient: Recipient
) -> None:
    recipient.statuses = [503] * 1_000
    async with running(tmp_path, database_url, give_up_hours=SECOND) as gateway:
        await gateway.register.save(recipient.party(), "test")
        kenmerk = await hand_in(gateway)
        message, codes = await settled(gateway, kenmerk)
        assert (message.state, message.disposition, codes[-1]) == ("returned", "undeliverable", "410")
        assert (await gateway.store.journal(kenmerk))[-1].foutcode == "AFS600"
        recipient.statuses.clear()
        assert await gateway.operations.replay(kenmerk, "operator")
        message, codes = await settled(gateway, kenmerk)
        assert (message.state, message.disposition, codes[-1]) == ("delivered", "billable", "400")


@asynccontextmanager
async def client_of(gateway: Any, role: Role, party_id: str | None = None) -> AsyncIterator[AsyncClient]:
    """A client of the HTTP API with a key of this role."""
    _, key = await gateway.register.new_key(role, party_id, "test")
    async with api_of(gateway) as url, AsyncClient(url, key) as client:
        yield client


@asynccontextmanager
async def api_of(gateway: Any) -> AsyncIterator[str]:
    """The address of its HTTP API."""
    runner = web.AppRunner(build(gateway.services()))  # without the client certificates that the gateway asks for
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(("status", "state"), [(204, "delivered"), (422, "returned")])
async def test_a_sender_that_waits_learns_what_became_of_a_pushed_message(
    tmp_path: Path, database_url: str, recipient: Recipient, status: int, state: str
) -> None:
    recipient.statuses = [status]
    async with (
        running(tmp_path, database_url) as gateway,
        client_of(gateway, Role.SUPPLIER, "van-dijk") as supplier,
    ):
        await gateway.register.save(recipient.party(), "test")
        message = await supplier.submit(INVOICE, wait_seconds=WAIT_SECONDS_MAX)
    assert (message.state, message.is_settled) == (state, True)


async def test_a_sender_does_not_wait_longer_than_it_asked_for_a_slow_recipient(
    tmp_path: Path, recipient: Recipient
) -> None:
    released = asyncio.Event()
    recipient.meanwhile = released.wait
    async with running(tmp_path) as gateway, client_of(gateway, Role.SUPPLIER, "van-dijk") as supplier:
        await gateway.register.save(recipient.party(), "test")
        message = await supplier.submit(INVOICE, wait_seconds=1)
        assert (message.state, message.is_settled) == ("offered", False)
        released.set()
        assert (await supplier.wait_until_settled(message.kenmerk)).state == "delivered"


async def test_an_operator_sees_who_is_left_alone_and_lets_it_be_called_again(
    tmp_path: Path, database_url: str, recipient: Recipient
) -> None:
    recipient.statuses = [503] * 2
    async with running(tmp_path, database_url, pause_seconds_first=3_600) as gateway:
        await gateway.register.save(recipient.party(), "test")
        first, second = await hand_in(gateway), await hand_in(gateway, INVOICE.replace(b"2026-0417", b"2026-0418"))

        async def both_wait() -> bool:
            pending = await gateway.outbox.pending()
            return bool(pending) and pending[0].waiting_messages == 2 and pending[0].failures == 1

        await until(both_wait)
        async with client_of(gateway, Role.OPERATOR) as operator:
            for failures in (1, 2):
                [item] = (await operator.request("GET", "/v1/deliveries"))["items"]
                assert (item["recipientId"], item["way"]) == ("waterkant", "webhook")
                assert (item["waitingMessages"], item["oldestKenmerk"]) == (2, first)
                assert item["failures"] == failures
                assert datetime.fromisoformat(item["pausedUntil"]) > datetime.now(UTC)
                await operator.request("POST", "/v1/deliveries/waterkant/resumptions")
                if failures == 1:
                    await until(lambda: called(recipient, 2))
                    await until(lambda: is_paused(gateway))
            assert [(await settled(gateway, one))[0].state for one in (first, second)] == ["delivered"] * 2
            assert (await operator.request("GET", "/v1/deliveries"))["items"] == []
            with pytest.raises(ProblemError, match="404"):
                await operator.request("POST", "/v1/deliveries/waterkant/resumptions")
        figures = gateway.metrics.exposition()[1].decode()
        assert 'meterpoort_pushes_total{push_outcome="troubled",way="webhook"} 2.0' in figures
        assert 'meterpoort_pushes_total{push_outcome="delivered",way="webhook"} 2.0' in figures
        assert 'meterpoort_push_failures_total{failure="status"} 2.0' in figures


async def test_what_waits_and_who_is_left_alone_is_measured(tmp_path: Path, recipient: Recipient) -> None:
    recipient.statuses = [503] * 9
    async with running(tmp_path, pause_seconds_first=3_600) as gateway:
        await gateway.register.save(recipient.party(), "test")
        await hand_in(gateway)
        measures = Measures(gateway.engines)
        await until(lambda: is_paused(gateway))
        assert await measures.paused_recipients(datetime.now(UTC)) == 1
        waiting = await measures.to_push()
        assert waiting.messages == 1
        assert waiting.oldest_at is not None
        assert await measures.paused_recipients(datetime.now(UTC) + timedelta(hours=2)) == 0


async def test_a_returned_message_is_replayed_over_http_and_by_the_command_line(
    tmp_path: Path, recipient: Recipient
) -> None:
    recipient.statuses = [422, 422]
    async with running(tmp_path) as gateway, client_of(gateway, Role.OPERATOR) as operator:
        await gateway.register.save(recipient.party(), "test")
        kenmerk = await hand_in(gateway)
        assert (await settled(gateway, kenmerk))[0].state == "returned"
        last = (await operator.statuses(kenmerk))[-1]
        assert (last.statuscode, last.foutcode) == ("410", "AFO100")
        await operator.request("POST", f"/v1/messages/{kenmerk}/replays")
        await until(lambda: called(recipient, 2))
        assert (await settled(gateway, kenmerk))[0].state == "returned"
        command = ["messages", "replay", kenmerk, "--data", str(tmp_path)]
        result = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert (result.exit_code, result.output) == (0, f"replayed {kenmerk}\n")
        await until(lambda: called(recipient, 3))
        message, codes = await settled(gateway, kenmerk)
        assert (message.state, codes[-1]) == ("delivered", "400")
        result = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert result.exit_code == 1
        assert "neither parked nor returned" in result.output


async def test_the_command_line_names_who_is_left_alone_and_lets_it_be_called_again(
    tmp_path: Path, recipient: Recipient
) -> None:
    recipient.statuses = [503]
    async with running(tmp_path, pause_seconds_first=3_600) as gateway:
        await gateway.register.save(recipient.party(), "test")
        kenmerk = await hand_in(gateway)
        await until(lambda: is_paused(gateway))
        where = ["--data", str(tmp_path)]
        result = await asyncio.to_thread(CliRunner().invoke, main, ["deliveries", "list", *where])
        assert result.output.splitlines()[1].split()[:2] == ["waterkant", "1"]
        assert "paused until" in result.output
        assert kenmerk in result.output
        result = await asyncio.to_thread(CliRunner().invoke, main, ["deliveries", "resume", "waterkant", *where])
        assert result.output == "resumed waterkant\n"
        assert (await settled(gateway, kenmerk))[0].state == "delivered"
        result = await asyncio.to_thread(CliRunner().invoke, main, ["deliveries", "resume", "waterkant", *where])
        assert result.exit_code == 1


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


async def test_every_attempt_to_deliver_is_logged_with_the_trace_of_the_request(
    tmp_path: Path, database_url: str, recipient: Recipient
) -> None:
    trace = traceparent_for("")
    recipient.statuses = [503, 503]
    async with running(tmp_path, database_url, pause_seconds_first=3600) as gateway:
        await gateway.register.save(recipient.party(), "test")
        with capture_logs([merge_contextvars]) as before, bound_contextvars(traceparent=trace):
            kenmerk = await hand_in(gateway)
            await until(lambda: attempts(gateway, kenmerk, 1))
    async with running(tmp_path, database_url) as gateway:
        with capture_logs([merge_contextvars]) as after:
            await gateway.outbox.resume("waterkant", "operator")
            assert (await settled(gateway, kenmerk))[1][-1] == "400"
    failures = [line for line in (*before, *after) if line["event"] == "delivery_failed"]
    assert recipient.traces == [trace, trace, trace][: len(recipient.traces)] != []
    assert [(line["kenmerk"], line["traceparent"]) for line in failures] == [(kenmerk, trace)] * 2


@pytest.mark.parametrize("delivery", ["webhook", "afleverservice"])
async def test_a_message_is_one_trace_from_its_request_to_its_recipient(
    tmp_path: Path, database_url: str, recipient: Recipient, delivery: str
) -> None:
    trace, callers = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    recipient.statuses = [503]
    with collecting() as collector:
        async with (
            running(tmp_path, database_url, collector=collector.url) as gateway,
            api_of(gateway) as url,
            ClientSession(url) as session,
        ):
            await gateway.register.save(recipient.party(delivery), "test")
            _, key = await gateway.register.new_key(Role.SUPPLIER, "van-dijk", "test")
            headers = {
                "traceparent": f"00-{trace}-{callers}-01",
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/xml",
            }
            async with session.post("/v1/messages", data=INVOICE, headers=headers) as answer:
                logged, kenmerk = answer.headers["traceparent"], (await answer.json())["kenmerk"]
            for probe in ("/healthz", "/readyz", "/metrics"):
                async with session.get(probe, headers=headers) as answer:
                    assert answer.headers["traceparent"].startswith(f"00-{trace}")
            assert (await settled(gateway, kenmerk))[0].state == "delivered"
        by_name: dict[str, list[Any]] = {}
        for span in collector.spans:
            if span.trace_id.hex() == trace:
                by_name.setdefault(span.name, []).append(span)
        [request], [judging] = by_name["POST /v1/messages"], by_name["judge"]
        first, second = by_name[f"deliver {delivery}"]
        assert sorted(by_name) == sorted(["POST /v1/messages", "judge", f"deliver {delivery}"])
    assert request.parent_span_id.hex() == callers
    assert logged == f"00-{trace}-{request.span_id.hex()}-01"
    assert {one.parent_span_id for one in (judging, first, second)} == {request.span_id}
    assert recipient.traces == [f"00-{trace}-{one.span_id.hex()}-01" for one in (first, second)]
    about = {"meterpoort.kenmerk": kenmerk, "meterpoort.recipient": "waterkant"}
    status = "http.response.status_code"
    assert attributes(request) == {"http.request.method": "POST", "http.route": "/v1/messages", status: 202}
    judged = attributes(judging)
    assert (judged["meterpoort.kenmerk"], judged["meterpoort.valid"]) == (kenmerk, True)
    assert "NLCIUS" in str(judged["meterpoort.rule_sets"])
    assert attributes(first) | {"error.type": ""} == about | {"error.type": "", status: 503}
    assert attributes(second) == about | {status: attributes(second)[status]}
    assert attributes(second)[status] < 300  # type: ignore[operator]


async def attempts(gateway: Any, kenmerk: str, number: int) -> bool:
    """Whether so many attempts to deliver it failed."""
    return [entry.statuscode for entry in await gateway.store.journal(kenmerk)].count("420") == number


async def test_a_change_of_mind_while_a_message_is_on_its_way_loses_nothing(
    tmp_path: Path, recipient: Recipient
) -> None:
    """After an event the recipient still has to fetch the document, also with another delivery method."""
    async with running(tmp_path) as gateway:
        await gateway.register.save(recipient.party(), "test")
        recipient.meanwhile = lambda: gateway.register.save(recipient.party("afleverservice"), "test")
        first = await hand_in(gateway)
        assert (await settled(gateway, first))[0].state == "delivered"
        waiting = await gateway.mailbox.waiting("waterkant", None, 10)
        assert [one.kenmerk for one in waiting.items] == [first]
        second = await hand_in(gateway, INVOICE.replace(b"2026-0417", b"2026-0418"))
        assert (await settled(gateway, second))[0].state == "delivered"
        assert len(recipient.messages) == 1


@pytest.mark.parametrize("delivery", ["mailbox", "afleverservice"])
async def test_a_change_of_mind_ends_the_pause_of_the_old_way(
    tmp_path: Path, recipient: Recipient, delivery: str
) -> None:
    recipient.statuses = [503]
    async with running(tmp_path, pause_seconds_first=3_600) as gateway:
        await gateway.register.save(recipient.party(), "test")
        kenmerk = await hand_in(gateway)
        await until(lambda: is_paused(gateway))
        await gateway.register.save(replace(recipient.party(), name="Gemeente aan de Waterkant"), "test")
        assert await is_paused(gateway)  # another name is no other address
        await gateway.register.save(GEMEENTE if delivery == "mailbox" else recipient.party(delivery), "test")
        assert (await settled(gateway, kenmerk))[0].state == "delivered"
        assert len(recipient.messages) == (1 if delivery == "afleverservice" else 0)
