"""Client programs of the field on the running gateway, from its own WSDLs: Odoo's way with zeep, PHP's SoapClient
and npm's soap. A program that is not installed here is not tested, and pytest says so.
"""

import asyncio
import base64
import gc
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import xmlsec
import zeep
import zeep.exceptions
import zeep.wsa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from tests.flows.test_wus import GEEN_AUSP, INVOICE, VAN_DIJK, example, running
from tests.unit.channels.digipoort.wire.xmlsec_client import BASE64, DS, NAMES, WSSE, WSU, X509V3
from tests.unit.pki.hierarchies import hierarchy

PROGRAMS = Path(__file__).with_name("clients")
ROOT = Path(__file__).parents[2]
NPM = ROOT / "var/npm"

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
"""A program that ends leaves its connections open, and the loop of a test may end before it sees that."""


@pytest.fixture(autouse=True)
def close_what_is_left() -> Iterator[None]:
    """So that it is not the next test that is warned."""
    yield
    gc.collect()


class AddressedByOdoo(zeep.wsa.WsAddressingPlugin):
    """Adds the addressing headers whatever the WSDL says, and a ReplyTo."""

    def egress(self, envelope: Any, headers: Any, operation: Any, options: Any) -> Any:
        envelope, headers = super().egress(envelope, headers, operation, options)  # type: ignore[no-untyped-call]  # zeep has no types
        reply_to = zeep.wsa.WSA.ReplyTo(zeep.wsa.WSA.Address(f"{NAMES['wsa']}/anonymous"))
        envelope.find("s:Header", NAMES).append(reply_to)
        return envelope, headers


class SignedByOdoo:
    """RSA-SHA1 over Body, Timestamp, Action, MessageID, To, ReplyTo; token, Signature and Timestamp in this order,
    the Signature without a prefix; answers are verified, faults are not."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate = x509.load_pem_x509_certificate(certificate.read_bytes())
        self.key = xmlsec.Key.from_file(str(key), xmlsec.constants.KeyDataFormatPem, None)

    def apply(self, envelope: Any, headers: Any) -> Any:
        header, body = envelope.find("s:Header", NAMES), envelope.find("s:Body", NAMES)
        security = etree.SubElement(header, f"{{{WSSE}}}Security")
        timestamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
        for name, after in (("Created", 0), ("Expires", 600)):
            moment = datetime.now(UTC) + timedelta(seconds=after)
            etree.SubElement(timestamp, f"{{{WSU}}}{name}").text = f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
        known = xmlsec.constants
        signature = xmlsec.template.create(envelope, known.TransformExclC14N, known.TransformRsaSha1)
        security.insert(0, signature)
        names = ("Action", "MessageID", "To", "ReplyTo")
        parts = [body, timestamp, *(header.find(f"wsa:{name}", NAMES) for name in names)]
        context = xmlsec.SignatureContext()
        context.key = self.key
        for number, part in enumerate(parts):
            part.set(f"{{{WSU}}}Id", f"id-{number}")
            context.register_id(part, "Id", WSU)
            reference = xmlsec.template.add_reference(signature, known.TransformSha1, uri=f"#id-{number}")
            xmlsec.template.add_transform(reference, known.TransformExclC14N)
        info = xmlsec.template.ensure_key_info(signature)
        context.sign(signature)
        holder = etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference")
        etree.SubElement(holder, f"{{{WSSE}}}Reference", {"URI": "#id-token", "ValueType": X509V3})
        named = {"EncodingType": BASE64, "ValueType": X509V3, f"{{{WSU}}}Id": "id-token"}
        token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken", named)
        token.text = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        security.insert(0, token)
        # Read anew: lxml does not find nodes by name that libxmlsec made.
        return etree.fromstring(etree.tostring(envelope)), headers

    def verify(self, envelope: Any) -> Any:
        if envelope.find("s:Header/wsse:Security", NAMES) is not None:
            example().Digikoppeling2WbeS.verify(example().Digikoppeling2WbeS, envelope)
            assert (envelope.find(f".//{{{DS}}}SignatureMethod").get("Algorithm") or "").endswith("#rsa-sha1")
        return envelope


def odoo(service: str, base: str) -> zeep.Client:
    """A client as Odoo makes it."""
    certificate, key = (hierarchy() / "clients" / f"leverancier{end}.pem" for end in ("", "-key"))
    session = requests.Session()
    session.trust_env = False
    session.cert, session.verify = (str(certificate), str(key)), str(hierarchy() / "ca.pem")
    return zeep.Client(  # type: ignore[no-untyped-call]  # zeep has no types
        f"{base}/wus/2.0/{service}/1.2?wsdl",
        transport=zeep.Transport(session=session),  # type: ignore[no-untyped-call]  # zeep has no types
        wsse=SignedByOdoo(certificate, key),
        plugins=[AddressedByOdoo()],
    )


def submitted_as_odoo_does(base: str) -> str:
    """The kenmerk."""
    client = odoo("aanleverservice", base)
    factory = client.type_factory("ns0")  # type: ignore[no-untyped-call]  # zeep has no types
    with client.transport.session:
        answer = client.service.aanleveren(
            berichtsoort="E-Factuur-UBL",
            aanleverkenmerk="id-1",
            identiteitBelanghebbende=factory.identiteitType(**VAN_DIJK),
            rolBelanghebbende="Bedrijf",
            berichtInhoud=factory.berichtInhoudType(
                mimeType="application/xml", bestandsnaam="TaxReport.xbrl", inhoud=INVOICE
            ),
            autorisatieAdres=GEEN_AUSP,
        )
    return str(answer.kenmerk)


def fault_as_odoo_reads_it(base: str) -> str:
    """The foutbeschrijving, which it finds by a prefix that it does not declare."""
    client = odoo("statusinformatieservice", base)
    with client.transport.session:
        try:
            client.service.getStatussenProces(kenmerk="x", autorisatieAdres=GEEN_AUSP)
        except zeep.exceptions.Fault as fault:
            first = fault.detail.getchildren()[0]
            return str(first.find("fault:foutbeschrijving", {**fault.detail.nsmap, **first.nsmap}).text)
    raise AssertionError("no fault")


async def test_odoo_submits_and_reads_a_fault(tmp_path: Path) -> None:
    async with running(tmp_path, legacy_sha1=True) as world:
        kenmerk = await asyncio.to_thread(submitted_as_odoo_does, world.base)
        assert await world.gateway.store.message(kenmerk, None)
        assert "'x' is niet bekend" in await asyncio.to_thread(fault_as_odoo_reads_it, world.base)


def has_php() -> bool:
    """PHP with its SoapClient and DOM."""
    php = shutil.which("php")
    if php is None:
        return False
    modules = subprocess.run([php, "-m"], capture_output=True, check=True, text=True).stdout.split()
    return {"soap", "dom"} <= set(modules)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            ("php", "soap_client.php"),
            marks=pytest.mark.skipif(not has_php(), reason="NOT TESTED: Debian has php-cli, php-soap, php-xml"),
            id="PHP SoapClient",
        ),
        pytest.param(
            ("node", "soap_client.mjs"),
            marks=pytest.mark.skipif(
                not (NPM / "node_modules/soap").exists(),
                reason="NOT TESTED: no npm soap here; `make system` installs it where there is npm",
            ),
            id="npm soap",
        ),
    ],
)
async def test_a_client_submits_sees_statuses_and_reads_a_fault(tmp_path: Path, command: tuple[str, str]) -> None:
    document = tmp_path / "factuur.xml"
    document.write_bytes(INVOICE)
    program = [command[0], str(PROGRAMS / command[1])]
    async with running(tmp_path / "data") as world:
        run = partial(subprocess.run, capture_output=True, text=True, env={**os.environ, "NPM_FOLDER": str(NPM)})
        result = await asyncio.to_thread(run, [*program, world.base, str(hierarchy()), str(document)])
        assert result.returncode == 0, result.stderr[:2_000]
        found = json.loads(result.stdout)
        assert await world.gateway.store.message(found["kenmerk"], None)
        assert found["statuses"][:3] == ["105", "100", "110"]
        assert found["foutcode"] == "STS100"
        assert "'x' is niet bekend" in found["foutbeschrijving"]
