"""A client in Java on the running gateway: another TLS, another XML parser, another implementation of signatures.

Skipped where there is no Java; `make system` installs it on Debian.
"""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

from gateway.channels.digipoort.wire.names import SERVICES
from tests.flows.test_wus import INVOICE, running
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES, K, aanlever_request
from tests.unit.pki.hierarchies import hierarchy
from tests.waiting import until

JAVA = shutil.which("java")
PROGRAM = Path(__file__).with_name("JdkClient.java")
SIGNED = {"Body", "Timestamp", "To", "Action", "MessageID", "RelatesTo"}
OPERATIONS = {one.name: (service, one) for service in SERVICES for one in service.operations}
ABOUT = "<identiteitBelanghebbende><nummer>27418562</nummer><type>KvK</type></identiteitBelanghebbende>"
SOORT = "<berichtsoort>E-Factuur-UBL</berichtsoort>"

needs_java = pytest.mark.skipif(
    JAVA is None, reason="NOT TESTED: no java here; Debian has it as default-jdk-headless"
)


@dataclass
class Answer:
    """What the program made of an answer."""

    status: int
    signed: set[str]
    body: etree._Element

    def texts(self, name: str) -> list[str]:
        """The values of all elements of the koppelvlak with this name."""
        return [one.text or "" for one in self.body.iterfind(f".//k:{name}", NAMES)]


@dataclass
class JavaClient:
    """The program while it runs."""

    process: asyncio.subprocess.Process
    base: str

    async def call(self, name: str, operation: str, fields: str) -> Answer:
        """One operation, as `name`."""
        service, known = OPERATIONS[operation]
        request = f'<{operation}Request xmlns="{K}">{fields}</{operation}Request>'
        body = fields if operation == "aanleveren" else request
        line = "\t".join((name, self.base + service.paths[-1], known.request_action, body))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n".encode())
        status, signed, answer = (await self.process.stdout.readline()).decode().rstrip().split("\t")
        return Answer(int(status), set(signed.split()), etree.fromstring(base64.b64decode(answer)))

    async def wait_until_settled(self, kenmerk: str) -> list[str]:
        """The statuscodes once the invoice was delivered."""

        async def last_codes() -> list[str]:
            answer = await self.call("leverancier", "getStatussenProces", f"<kenmerk>{kenmerk}</kenmerk>")
            codes = answer.texts("statuscode")
            return codes if codes[-1] == "400" else []

        return await until(last_codes)


@asynccontextmanager
async def java_client(data: Path) -> AsyncIterator[JavaClient]:
    """A sandbox and the program."""
    pipe = asyncio.subprocess.PIPE
    async with running(data) as world:
        process = await asyncio.create_subprocess_exec(
            JAVA or "", str(PROGRAM), str(hierarchy()), stdin=pipe, stdout=pipe, limit=10_000_000
        )
        try:
            yield JavaClient(process, world.base)
        finally:
            process.kill()
            await process.wait()


@needs_java
async def test_every_operation_and_a_fault_of_each_service(tmp_path: Path) -> None:
    """At the addresses of the old conformance environment; one program for all, since Java starts slowly."""
    async with java_client(tmp_path) as client:
        await every_operation(client)
        await every_fault(client)


async def every_operation(client: JavaClient) -> None:
    """An invoice from supplier to municipality, looked at from all sides."""
    handed_in = await client.call("leverancier", "aanleveren", aanlever_request(INVOICE))
    [kenmerk] = handed_in.texts("kenmerk")
    codes = await client.wait_until_settled(kenmerk)
    found = {
        operation: await client.call(name, operation, fields)
        for name, operation, fields in (
            ("leverancier", "getBerichtsoorten", ABOUT),
            ("leverancier", "getProcessen", SOORT + ABOUT),
            ("leverancier", "getNieuweStatussenProces", f"<kenmerk>{kenmerk}</kenmerk>"),
            ("leverancier", "getNieuweStatussen", SOORT + ABOUT),
            ("gemeente", "getBerichtenLijst", SOORT),
            ("gemeente", "getNieuweBerichtenLijst", SOORT),
            ("gemeente", "getBerichten", ABOUT),
            ("gemeente", "getNieuweBerichten", ABOUT),
            ("gemeente", "getBerichtenKenmerk", f"<kenmerk>{kenmerk}</kenmerk>"),
            ("gemeente", "getNieuweBerichtenKenmerk", f"<kenmerk>{kenmerk}</kenmerk>"),
        )
    }
    assert {*found, "aanleveren", "getStatussenProces"} == set(OPERATIONS)
    assert [one.signed for one in (handed_in, *found.values())] == [SIGNED] * 11
    assert found["getBerichtsoorten"].texts("berichtsoort") == ["E-Factuur-UBL"]
    assert found["getNieuweStatussenProces"].texts("statuscode") == codes
    assert found["getNieuweStatussen"].texts("statuscode") == []
    for operation in ("getProcessen", "getBerichtenLijst", "getNieuweBerichtenLijst", "getNieuweBerichten"):
        assert found[operation].texts("kenmerk") == [kenmerk]
    for operation in ("getBerichten", "getBerichtenKenmerk"):
        assert [base64.b64decode(one) for one in found[operation].texts("inhoud")] == [INVOICE]
    assert found["getNieuweBerichtenKenmerk"].texts("inhoud") == []  # getNieuweBerichten handed it out


async def every_fault(client: JavaClient) -> None:
    """One of each service, with its own detail."""
    for fault, name, operation, fields, foutcode in (
        ("aanlever", "leverancier", "aanleveren", aanlever_request(aanleverkenmerk="AanleverFault"), "ALS100"),
        ("statusinformatie", "leverancier", "getStatussenProces", "<kenmerk>x</kenmerk>", "STS100"),
        ("ophaal", "gemeente", "getBerichtenKenmerk", "<kenmerk>x</kenmerk>", "MPO100"),
    ):
        answer = await client.call(name, operation, fields)
        assert (answer.status, answer.texts("foutcode")) == (500, [foutcode])
        assert answer.body.find(f".//detail/k:{fault}Fault", NAMES) is not None
