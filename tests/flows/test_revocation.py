"""A client's certificate is revoked while the gateway runs, with certificates as PKIoverheid G4 has them."""

import io
import shutil
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, TCPConnector
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from prometheus_client import CollectorRegistry

from gateway.channels.digipoort.wire.names import AANLEVERSERVICE
from gateway.main import listen, open_gateway
from gateway.pki.certificates import load_certificates, load_key
from gateway.pki.hierarchy import CLIENTS, LIFETIME, CertificateIssuer, Order, issue, new_crl, revoke
from gateway.settings import Settings
from tests.unit.channels.digipoort.wire.xmlsec_client import aanlever_request, sign, to_bytes, unsigned
from tests.unit.pki.hierarchies import g4, spare_key
from tests.waiting import until

Key = tuple[x509.Certificate, rsa.RSAPrivateKey]


@dataclass
class Client:
    """A program with an open connection as one client."""

    base: str
    folder: Path
    name: str
    session: ClientSession = field(init=False)

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        path = self.folder / "clients" / self.name
        context.load_cert_chain(path.with_suffix(".pem"), path.with_name(f"{self.name}-key.pem"))
        self.session = ClientSession(connector=TCPConnector(ssl=context, limit=1))

    def own_key(self) -> Key:
        path = self.folder / "clients" / self.name
        return load_certificates(path.with_suffix(".pem"))[0], load_key(path.with_name(f"{self.name}-key.pem"))

    async def submit(self, signer: Key | None = None) -> str:
        """The answer to a message that is signed with this key: `taken`, or the text of a fault."""
        url = self.base + AANLEVERSERVICE.paths[-1]
        body = to_bytes(sign(unsigned(aanlever_request(), to=url), *(signer or self.own_key())))
        async with self.session.post(url, data=io.BytesIO(body), headers={"Content-Type": "text/xml"}) as answer:
            return "taken" if answer.status == 200 else await answer.text()

    async def submit_until(self, words: str, signer: Key | None = None) -> None:
        """Submit until an answer has these words."""

        async def has_words() -> bool:
            return words in await self.submit(signer)

        await until(has_words)


async def test_a_revoked_certificate_is_refused_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.jobs.revocation.EVERY_SECONDS", 0.05)
    folder, settings = tmp_path / "ca", Settings(data_directory=tmp_path / "data")
    shutil.copytree(g4(), folder)
    settings = msgspec.structs.replace(
        settings,
        http=msgspec.structs.replace(settings.http, port=0),
        digipoort=msgspec.structs.replace(settings.digipoort, tls_directory=folder),
        testing=msgspec.structs.replace(settings.testing, sandbox=True),
    )
    authority = load_certificates(folder / "other-issuer.pem")[0]
    issuer = CertificateIssuer(authority, load_key(folder / "other-issuer-key.pem"))
    start = issuer.certificate.not_valid_before_utc
    second = issue(issuer, Order(CLIENTS[0], start, start + LIFETIME), spare_key()), spare_key()
    async with open_gateway(settings) as gateway, listen(gateway) as base:
        client, other = Client(base, folder, "leverancier"), Client(base, folder, "leverancier-2")
        async with client.session, other.session:
            assert [await client.submit(key) for key in (None, second)] == ["taken", "taken"]
            path = revoke(folder, second[0])
            await client.submit_until("ingetrokken", second)
            assert await client.submit() == "taken", "the connection's own certificate is good"
            revoke(folder, client.own_key()[0])
            await client.submit_until("ingetrokken")  # on the connection that was open all the time

            path.write_bytes(path.read_bytes()[:500])
            await _until(gateway.metrics.registry, "meterpoort_crl_files_unreadable", 1)
            assert "ingetrokken" in await client.submit(), "the last good list is used"
            assert await other.submit() == "taken"

            ended = new_crl(issuer, [], datetime.now(UTC) - timedelta(hours=2), timedelta(hours=1))
            path.write_bytes(ended.public_bytes(Encoding.PEM))
            await other.submit_until("ALS400")
            assert "ALS400" in await client.submit()
            assert gateway.metrics.registry.get_sample_value("meterpoort_revocation_unknown_total") == 2


async def _until(registry: CollectorRegistry, name: str, value: float) -> None:
    async def has_value() -> bool:
        return registry.get_sample_value(name) == value

    await until(has_value)
