"""A real client program on the real gateway: zeep from the served WSDL, over mutual TLS, for every operation.

The client is the one of the how-to page, so the page is tested, too.
"""

import asyncio
import gc
import importlib.util
import io
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
import requests
import zeep
import zeep.exceptions
import zeep.wsa
from aiohttp import ClientSession, TCPConnector
from lxml import etree
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateway.channels.digipoort.sandbox import CAST
from gateway.channels.digipoort.wire.names import (
    AANLEVERSERVICE,
    KOPPELVLAK,
    SERVICES,
    STATUSINFORMATIESERVICE,
)
from gateway.main import listen, open_gateway
from gateway.messages.message import MessageFilter
from gateway.settings import Settings
from tests.flows.test_damage import flip
from tests.unit.channels.digipoort.conftest import client_context
from tests.unit.channels.digipoort.wire import published, xmlsec_client
from tests.unit.pki.hierarchies import hierarchy, pair
from tests.waiting import WAIT_SECONDS_MAX, until

ROOT = Path(__file__).parents[2]
SAMPLE = (ROOT / "tests/samples/files/nlcius-invoice.xml").read_bytes()
INVOICE = SAMPLE.replace(b"90817263", b"27418562").replace(b"00000001812345678000", b"00000099000000001000")
FLIPS = 10
GEEN_AUSP = "http://geenausp.nl"
VAN_DIJK = {"nummer": "27418562", "type": "KvK"}
WATERKANT = {"nummer": "00000099000000001000", "type": "OIN"}


def example() -> ModuleType:
    """docs/how-to/wus_client.py"""
    spec = importlib.util.spec_from_file_location("wus_client", ROOT / "docs/how-to/wus_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FaultError(Exception):
    """A typed fault, by its foutcode."""


@dataclass
class Party:
    """A client program of one party."""

    base: str
    name: str
    client_of: Callable[[str, str, Path, str], zeep.Client]

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """Call an operation, as the program would."""
        return await asyncio.to_thread(partial(self._call, service, operation, **arguments))

    def _call(self, service: str, operation: str, **arguments: Any) -> Any:
        client = self.client_of(service, self.base, hierarchy(), self.name)
        with client.transport.session:
            try:
                return client.service[operation](**arguments)
            except zeep.exceptions.Fault as fault:
                code = fault.detail[0][0].text
        # Raised anew: zeep's own traceback would hold the connection open.
        raise FaultError(code)

    async def submit(self, inhoud: bytes, aanleverkenmerk: str = "F-17", **more: Any) -> Any:
        """aanleveren"""
        return await self.call(
            "aanleverservice",
            "aanleveren",
            berichtsoort="E-Factuur-UBL",
            aanleverkenmerk=aanleverkenmerk,
            identiteitBelanghebbende=VAN_DIJK,
            rolBelanghebbende="Bedrijf",
            berichtInhoud={"mimeType": "application/xml", "bestandsnaam": "factuur.xml", "inhoud": inhoud},
            autorisatieAdres=GEEN_AUSP,
            **more,
        )

    async def statuses(self, kenmerk: str, operation: str = "getStatussenProces") -> list[str]:
        """The statuscodes of a proces."""
        found = await self.call("statusinformatieservice", operation, kenmerk=kenmerk, autorisatieAdres=GEEN_AUSP)
        return [one.statuscode for one in found or ()]

    async def wait_until_settled(self, kenmerk: str) -> list[str]:
        """The statuscodes once there is a last one."""

        async def last_codes() -> list[str]:
            codes = await self.statuses(kenmerk)
            return codes if codes[-1] in {"210", "311", "400", "410"} else []

        return await until(last_codes)


@dataclass
class World:
    """A running gateway with the parties of its sandbox."""

    gateway: Any
    base: str
    client_of: Callable[[str, str, Path, str], zeep.Client]
    """How the cast's programs come by their WSDL."""

    def party(self, name: str) -> Party:
        """One of the cast."""
        return Party(self.base, name, self.client_of)

    async def confirmed(self, kenmerk: str) -> Any:
        """The message once it is confirmed: that happens when its last byte was sent, so just after the answer."""

        async def confirmed() -> Any:
            message = await self.gateway.store.message(kenmerk, None)
            return message if message.state == "confirmed" else None

        return await until(confirmed)


@asynccontextmanager
async def running(data: Path, *, legacy_sha1: bool = False) -> AsyncIterator[World]:
    """A sandbox on this data directory."""
    settings = Settings(data_directory=data)
    settings = msgspec.structs.replace(
        settings,
        http=msgspec.structs.replace(settings.http, port=0),
        digipoort=msgspec.structs.replace(settings.digipoort, tls_directory=hierarchy(), legacy_sha1=legacy_sha1),
        testing=msgspec.structs.replace(settings.testing, sandbox=True),
    )
    async with open_gateway(settings) as gateway, listen(gateway) as base:
        yield World(gateway, base, example().client_of)
        gc.collect()  # urllib3 closes a connection when it is collected; a Fault's traceback still held it
        await asyncio.sleep(0.05)  # and then this side closes it, too


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running(tmp_path) as opened_world:
        yield opened_world


async def test_the_belanghebbende_must_be_who_the_document_is_from(tmp_path: Path) -> None:
    """Outside the sandbox, where mandates count: a software company with a mandate of one supplier and not of
    another."""
    settings = Settings(data_directory=tmp_path)
    digipoort = msgspec.structs.replace(settings.digipoort, tls_directory=hierarchy())
    http = msgspec.structs.replace(settings.http, port=0)
    settings = msgspec.structs.replace(settings, http=http, digipoort=digipoort)
    async with open_gateway(settings) as gateway, listen(gateway) as base:
        for party in CAST:
            await gateway.register.save(party, "test")
        softwarehuis = World(gateway, base, example().client_of).party("softwarehuis")
        own = await softwarehuis.submit(INVOICE)  # belanghebbende and supplier: Van Dijk
        of_another = await softwarehuis.submit(INVOICE.replace(b"27418562", b"38190246"))
        assert (await softwarehuis.wait_until_settled(own.kenmerk))[-1] == "400"
        assert (await softwarehuis.wait_until_settled(of_another.kenmerk))[-1] == "210"
        report = await gateway.store.report(of_another.kenmerk)
        assert [one["rule"] for one in msgspec.json.decode(report or b"")["findings"]] == ["MP-ON-BEHALF-OF"]
        gc.collect()
        await asyncio.sleep(0.05)


async def test_an_invoice_from_supplier_to_municipality(world: World) -> None:
    leverancier, gemeente = world.party("leverancier"), world.party("gemeente")
    answer = await leverancier.submit(INVOICE)
    assert answer.aanleverkenmerk == "F-17"
    assert await leverancier.wait_until_settled(answer.kenmerk) == [
        "105",
        "100",
        "110",
        "200",
        "301",
        "301",
        "405",
        "400",
    ]
    listed = await gemeente.call("ophaalservice", "getBerichtenLijst", berichtsoort="E-Factuur-UBL")
    assert [one.kenmerk for one in listed] == [answer.kenmerk]
    collected = await gemeente.call("ophaalservice", "getBerichtenKenmerk", kenmerk=answer.kenmerk)
    assert collected[0].berichtInhoud.inhoud == INVOICE
    assert collected[0].identiteitAanleveraar == "00000003274185620000"
    assert collected[0].aanleverkenmerk == "F-17"
    message = await world.confirmed(answer.kenmerk)
    assert (message.state, message.disposition, message.is_test) == ("confirmed", "test", True)


async def test_an_invoice_that_is_not_valid(world: World) -> None:
    leverancier = world.party("leverancier")
    answer = await leverancier.submit(
        INVOICE.replace(b"<cbc:ID>", b"<cbc:Id>", 1).replace(b"</cbc:ID>", b"</cbc:Id>", 1)
    )
    assert "311" in await leverancier.wait_until_settled(answer.kenmerk)
    found = await leverancier.call("statusinformatieservice", "getStatussenProces", kenmerk=answer.kenmerk)
    assert found[-1].statusFoutcode.foutcode == "VAS500"


async def test_a_bijlage_is_judged_by_its_content(world: World) -> None:
    leverancier = world.party("leverancier")
    for inhoud, codes in ((b"MZ" + bytes(100), "311"), (b"%PDF-1.7", "400")):
        bijlage = {"mimeType": "application/pdf", "bestandsnaam": "factuur.pdf", "inhoud": inhoud}
        document = INVOICE.replace(b"2026-0417", codes.encode())
        answer = await leverancier.submit(document, berichtBijlagen={"bijlage": [bijlage]})
        assert (await leverancier.wait_until_settled(answer.kenmerk))[-1] == codes


async def test_xml_attacks_inside_the_base64_are_refused_as_content(world: World) -> None:
    leverancier = world.party("leverancier")
    bomb = b'<!DOCTYPE Invoice [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + INVOICE[INVOICE.index(b"<Invoice") :]
    answer = await leverancier.submit(bomb)
    assert (await leverancier.wait_until_settled(answer.kenmerk))[-1] == "311"


async def test_the_log_of_a_failure_names_the_message(world: World) -> None:
    leverancier = world.party("leverancier")
    with capture_logs([merge_contextvars]) as lines:
        with pytest.raises(FaultError):
            await leverancier.statuses("bestaat-niet")
        with pytest.raises(FaultError):
            await leverancier.submit(INVOICE, "AanleverFault")
    kenmerken = [line.get("kenmerk") for line in lines if line["event"] == "wus_refused"]
    assert kenmerken == ["bestaat-niet", None]


async def test_a_trace_is_in_the_answer_and_in_the_log_of_the_message(world: World) -> None:
    """Over HTTP the caller's own; a SOAP client that sends none gets a new one."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    connector = TCPConnector(ssl=client_context("leverancier"))
    with capture_logs([merge_contextvars]) as lines:
        kenmerk = (await world.party("leverancier").submit(INVOICE)).kenmerk
        key = (world.gateway.settings.data_directory / "sandbox-keys/leverancier").read_text().strip()
        headers = {
            "traceparent": f"00-{trace}-00f067aa0ba902b7-01",
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/xml",
        }
        async with ClientSession(world.base, connector=connector) as session:
            async with session.post("/v1/messages", data=SAMPLE, headers=headers) as answer:
                assert answer.headers["traceparent"].startswith(f"00-{trace}-")
            async with session.get("/wus/2.0/aanleverservice/1.2?wsdl", headers=headers) as answer:
                assert answer.headers["traceparent"].startswith(f"00-{trace}-")
    accepted = {line["kenmerk"]: line["traceparent"] for line in lines if line["event"] == "message_accepted"}
    assert len(accepted) == 2
    assert trace not in accepted[kenmerk]
    assert sum(trace in one for one in accepted.values()) == 1


async def test_a_developer_sees_why_a_signature_does_not_verify(world: World) -> None:
    address = f"{world.base}{AANLEVERSERVICE.paths[0]}"
    request = xmlsec_client.unsigned(xmlsec_client.aanlever_request(INVOICE), to=address)
    message = xmlsec_client.to_bytes(xmlsec_client.sign(request, *pair("leverancier")))
    changed = message.replace(b"<berichtInhoud>", b"\n<berichtInhoud>")
    connector = TCPConnector(ssl=client_context("leverancier"))
    async with ClientSession(world.base, connector=connector) as session:
        async with session.post(
            AANLEVERSERVICE.paths[0], data=changed, headers={"Content-Type": "text/xml"}
        ) as answer:
            assert answer.status == 500
        pages = {}
        for name in ("leverancier", "gemeente"):
            key = (world.gateway.settings.data_directory / "sandbox-keys" / name).read_text().strip()
            headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
            async with session.get("/portal/requests/1", headers=headers) as answer:
                pages[name] = answer.status, await answer.text()
    assert pages["gemeente"][0] == 404
    assert "the element was indented after it was digested" in pages["leverancier"][1]


async def test_every_status_operation(world: World) -> None:
    leverancier = world.party("leverancier")
    answer = await leverancier.submit(INVOICE)
    await leverancier.wait_until_settled(answer.kenmerk)
    about = {"identiteitBelanghebbende": VAN_DIJK, "autorisatieAdres": GEEN_AUSP}
    status = partial(leverancier.call, "statusinformatieservice")
    assert await status("getBerichtsoorten", **about) == ["E-Factuur-UBL"]
    processen = await status("getProcessen", berichtsoort="e-factuur-ubl", **about)
    assert [one.kenmerk for one in processen] == [answer.kenmerk]
    new = await status("getNieuweStatussen", berichtsoort="E-Factuur-UBL", **about)
    assert [one.statuscode for one in new] == await leverancier.statuses(answer.kenmerk)
    assert not await status("getNieuweStatussen", berichtsoort="E-Factuur-UBL", **about)
    assert await leverancier.statuses(answer.kenmerk, "getNieuweStatussenProces") == []


async def test_every_collect_operation(world: World) -> None:
    leverancier, gemeente = world.party("leverancier"), world.party("gemeente")
    kenmerk = (await leverancier.submit(INVOICE)).kenmerk
    await leverancier.wait_until_settled(kenmerk)
    collect = partial(gemeente.call, "ophaalservice")
    assert [one.kenmerk for one in await collect("getNieuweBerichtenLijst", berichtsoort="E-Factuur-UBL")] == [
        kenmerk
    ]
    assert not await collect("getNieuweBerichtenLijst", berichtsoort="E-Factuur-UBL")
    assert len(await collect("getBerichten", identiteitBelanghebbende=VAN_DIJK)) == 1
    assert len(await collect("getNieuweBerichten", identiteitBelanghebbende=VAN_DIJK)) == 1
    assert not await collect("getNieuweBerichten", identiteitBelanghebbende=VAN_DIJK)
    assert not await collect("getNieuweBerichtenKenmerk", kenmerk=kenmerk)
    assert len(await collect("getBerichtenKenmerk", kenmerk=kenmerk)) == 1


async def test_a_message_with_damaged_content_is_not_collected_and_the_others_are(world: World) -> None:
    """It is a fault by itself, is left out among others, and is still new once it is put back."""
    leverancier, gemeente = world.party("leverancier"), world.party("gemeente")
    kenmerken = [
        (await leverancier.submit(INVOICE.replace(b"2026-0417", number), number.decode())).kenmerk
        for number in (b"DM-1", b"DM-2")
    ]
    for kenmerk in kenmerken:
        await leverancier.wait_until_settled(kenmerk)
    where = (await world.gateway.store.message(kenmerken[0], None)).document
    pack = world.gateway.settings.data_directory / "documents" / where.key
    sound, chosen = pack.read_bytes(), random.Random(5)
    collect = partial(gemeente.call, "ophaalservice")
    for _ in range(FLIPS):
        pack.write_bytes(sound)
        flip(pack, 8 * where.offset + chosen.randrange(8 * where.size_bytes))
        with pytest.raises(FaultError, match="MPO400"):
            await collect("getBerichtenKenmerk", kenmerk=kenmerken[0])
    new = await collect("getNieuweBerichten", identiteitBelanghebbende=VAN_DIJK)
    assert [one.kenmerk for one in new] == kenmerken[1:]
    pack.write_bytes(sound)
    new = await collect("getNieuweBerichten", identiteitBelanghebbende=VAN_DIJK)
    assert [one.kenmerk for one in new] == kenmerken[:1]


class PublishedFiles(zeep.Transport):
    """Reads the published schema wherever the published WSDLs say that it is."""

    def load(self, url: str) -> bytes:
        return (published.xsd_file() if url.endswith(".xsd") else Path(url)).read_bytes()


def client_of_published(service: str, base: str, certificates: Path, name: str) -> zeep.Client:
    """A zeep client from the published WSDL, with nothing of ours but the address."""
    chosen = next(one for one in SERVICES if one.name == service)
    certificate, key = (certificates / "clients" / f"{name}{end}.pem" for end in ("", "-key"))
    session = requests.Session()
    session.trust_env = False
    session.cert, session.verify = (str(certificate), str(key)), str(certificates / "ca.pem")
    client = zeep.Client(  # type: ignore[no-untyped-call]  # zeep has no types
        str(published.wsdl_file(chosen.namespace)),
        transport=PublishedFiles(session=session),  # type: ignore[no-untyped-call]  # zeep has no types
        wsse=example().Digikoppeling2WbeS(certificate, key),
        plugins=[zeep.wsa.WsAddressingPlugin()],
    )
    client.service._binding_options["address"] = f"{base}{chosen.paths[0]}"
    return client


@published.REQUIRED
async def test_messages_by_the_published_wsdls(world: World) -> None:
    world = replace(world, client_of=client_of_published)
    await test_an_invoice_from_supplier_to_municipality(world)
    await test_an_invoice_that_is_not_valid(world)
    await test_a_fault_reaches_the_program_with_its_code(world)


@published.REQUIRED
async def test_every_status_operation_by_the_published_wsdl(world: World) -> None:
    await test_every_status_operation(replace(world, client_of=client_of_published))


@published.REQUIRED
async def test_every_collect_operation_by_the_published_wsdl(world: World) -> None:
    await test_every_collect_operation(replace(world, client_of=client_of_published))


async def test_a_fault_reaches_the_program_with_its_code(world: World) -> None:
    with pytest.raises(FaultError, match="STS100"):
        await world.party("leverancier").statuses("bestaat-niet")


def signed(operation: str, service: str, port_type: str, body: str, base: str) -> tuple[str, bytes]:
    """The address, and a request signed by a program that is not ours."""
    url = f"{base}/wus/2.0/{service}/1.2"
    action = f"http://logius.nl/digipoort/wus/2.0/{service}/1.2/{port_type}/{operation}Request"
    envelope = xmlsec_client.unsigned(body, action=action, to=url)
    return url, xmlsec_client.to_bytes(xmlsec_client.sign(envelope, *pair("leverancier")))


async def posted(url: str, message: bytes) -> tuple[int, str | None]:
    """The HTTP status, and the foutcode of a fault."""
    async with (
        ClientSession(connector=TCPConnector(ssl=client_context("leverancier"), force_close=True)) as session,
        session.post(url, data=io.BytesIO(message), headers={"Content-Type": "text/xml"}) as answer,
    ):
        return answer.status, etree.fromstring(await answer.read()).findtext(f".//{{{KOPPELVLAK}}}foutcode")


async def test_a_restart_forgets_no_message_that_could_be_replayed(tmp_path: Path) -> None:
    """Submissions and queries, while their Timestamps are valid."""
    sent: list[tuple[str, bytes]] = []
    async with running(tmp_path) as world:
        aanleveren = xmlsec_client.aanlever_request(INVOICE)
        sent.append(signed("aanleveren", AANLEVERSERVICE.name, "AanleverService", aanleveren, world.base))
        question = f'<k:getBerichtsoortenRequest xmlns:k="{KOPPELVLAK}"><k:identiteitBelanghebbende>'
        question += "<k:nummer>27418562</k:nummer><k:type>KvK</k:type></k:identiteitBelanghebbende>"
        question += "</k:getBerichtsoortenRequest>"
        service = STATUSINFORMATIESERVICE.name
        sent.append(signed("getBerichtsoorten", service, "StatusinformatieService", question, world.base))
        assert [await posted(*one) for one in sent] == [(200, None)] * 2
        assert [await posted(*one) for one in sent] == [(500, "ALS100"), (500, "STS100")]
    for _ in range(2):
        async with running(tmp_path) as world:
            base = world.base
            again = [(f"{base}/wus/2.0/{url.partition('/wus/2.0/')[2]}", body) for url, body in sent]
            assert [await posted(*one) for one in again] == [(500, "ALS100"), (500, "STS100")]
            shown = await world.gateway.store.page(MessageFilter(), None, 10)
            assert len(shown.items) == 1


async def test_scenarios(world: World) -> None:
    leverancier = world.party("leverancier")
    for name, code in (("AanleverFault", "ALS100"), ("overbelastAanleveren", "ALS400")):
        with pytest.raises(FaultError, match=code):
            await leverancier.submit(b"wat dan ook", name)
    kenmerk = (await leverancier.submit(b"wat dan ook", "Afleverfout")).kenmerk
    assert (await leverancier.wait_until_settled(kenmerk))[-1] == "410"
    kenmerk = (await leverancier.submit(b"wat dan ook", "StatusInformatieFault")).kenmerk
    with pytest.raises(FaultError, match="STS100"):
        await leverancier.statuses(kenmerk)
    shown = await world.gateway.store.page(MessageFilter(), None, 10)
    assert all(message.is_test for message in shown.items)


async def test_the_same_message_over_http(world: World, tmp_path: Path) -> None:
    leverancier = world.party("leverancier")
    kenmerk = (await leverancier.submit(INVOICE)).kenmerk
    codes = await leverancier.wait_until_settled(kenmerk)
    key = (tmp_path / "sandbox-keys" / "leverancier").read_text().strip()
    body = await asyncio.to_thread(curl, f"{world.base}/v1/messages/{kenmerk}/statuses", key)
    assert [one for one in codes if f'"{one}"' not in body] == []


async def test_a_message_sent_over_http_is_seen_over_soap(world: World, tmp_path: Path) -> None:
    invoice = tmp_path / "factuur.xml"
    invoice.write_bytes(INVOICE)
    key = (tmp_path / "sandbox-keys" / "leverancier").read_text().strip()
    await asyncio.to_thread(
        curl,
        f"{world.base}/v1/messages",
        key,
        "--data-binary",
        f"@{invoice}",
        "--header",
        "Content-Type: application/xml",
    )
    leverancier = world.party("leverancier")
    processen = await leverancier.call(
        "statusinformatieservice", "getProcessen", berichtsoort="E-Factuur-UBL", identiteitBelanghebbende=VAN_DIJK
    )
    assert len(processen) == 1
    assert (await leverancier.wait_until_settled(processen[0].kenmerk))[-1] == "400"


def curl(url: str, key: str, *more: str) -> str:
    """As on the how-to page."""
    tool = shutil.which("curl")
    assert tool, "curl is part of Debian's base"
    folder = hierarchy()
    proof: list[str | Path] = ["--cacert", folder / "ca.pem", "--cert", folder / "clients/leverancier.pem"]
    proof += ["--key", folder / "clients/leverancier-key.pem"]
    answer = subprocess.run(
        [tool, "--silent", "--show-error", *proof, "--header", f"Authorization: Bearer {key}", *more, url],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout


def test_the_page_as_a_supplier_walks_it(tmp_path: Path) -> None:
    """`meterpoort ca init`, `meterpoort serve --sandbox --tls`, then the page's program with its invoice."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    certificates, invoice = tmp_path / "certificates", tmp_path / "factuur-2.xml"
    page = ROOT / "docs/how-to"
    invoice.write_bytes((page / "factuur.xml").read_bytes().replace(b"2026-0417", b"2026-0418"))
    gateway: list[str | Path] = [sys.executable, "-m", "gateway"]
    subprocess.run([*gateway, "ca", "init", certificates], check=True, capture_output=True, cwd=ROOT)
    serve = [
        *gateway,
        "serve",
        "--sandbox",
        "--tls",
        certificates,
        "--port",
        str(port),
        "--data",
        tmp_path / "data",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("METERPOORT_")}

    def program(*more: str | Path) -> list[str]:
        command = [sys.executable, page / "wus_client.py", f"https://localhost:{port}", certificates, *more]
        result = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=tmp_path)
        return result.stdout.splitlines()

    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        assert f"https://localhost:{port}" in server.stdout.readline()
        played = program("leverancier", page / "factuur.xml", "Happyflow")
        judged = program("leverancier", invoice, "F-1")
        again = program("leverancier", invoice, "F-2")
        collected = program("gemeente")
        server.send_signal(signal.SIGTERM)
        assert server.wait(WAIT_SECONDS_MAX) == 0
    assert played[-1].endswith("</Responsemessage>")
    assert judged[-1].endswith("400 Afleveren uitvragende partij gelukt.")
    assert again[-2].endswith("311 Validatie niet gelukt.")
    kenmerk = judged[0].removeprefix("kenmerk ")
    assert collected[-1] == f"{kenmerk}.xml E-Factuur-UBL factuur-2.xml"
    assert (tmp_path / f"{kenmerk}.xml").read_bytes() == invoice.read_bytes()
