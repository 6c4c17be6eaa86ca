"""Certificates as PKIoverheid G4 has them: what we accept, OpenSSL and the JDK accept, and the other way round."""

import asyncio
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from gateway.cli import main
from gateway.pki.certificates import CertificateError, load_certificates, oin_of
from gateway.pki.chain import CLIENTS_AND_SERVERS, TrustAnchors, TrustTerms
from gateway.pki.crl import CrlFolder
from gateway.pki.hierarchy import CLIENTS
from gateway.pki.revocation import Revocation
from gateway.settings import Period
from tests.unit.pki.hierarchies import g4, hierarchy

JAVA = shutil.which("java")
needs_java = pytest.mark.skipif(
    JAVA is None, reason="NOT TESTED: no java here; Debian has it as default-jdk-headless"
)
FILES = ("clients/leverancier", "clients/gemeente", "server")
BAD = ("revoked", "expired", "not-yet-valid", "wrong-issuer", "self-signed")
"""What every implementation refuses; the others are about OINs, keys and purposes."""
ROOT = "Meterpoort TEST - G4 Root Priv G-Other"
CLIENT_POLICY = x509.ObjectIdentifier("2.16.528.1.1003.1.2.41.16.25.8")
SERVER_POLICY = x509.ObjectIdentifier("2.16.528.1.1003.1.2.41.15.35.11")


async def nowhere(url: str, _body: bytes | None) -> bytes:
    raise OSError(f"{url} is not asked: the lists are here")


def now() -> datetime:
    return datetime.now(UTC)


def certificates(name: str, folder: Path | None = None) -> tuple[x509.Certificate, ...]:
    return load_certificates((folder or g4()) / f"{name}.pem")


def both_generations() -> list[x509.Certificate]:
    return [*certificates("ca"), *certificates("ca", hierarchy())]


async def accepts(name: str, terms: TrustTerms | None = None, at: datetime | None = None) -> bool:
    """Whether we do: chain, OIN, revocation."""
    leaf, *sent = certificates(name)
    folder = CrlFolder(g4() / "crl")
    folder.read()
    try:
        chain = TrustAnchors(certificates("ca"), CLIENTS_AND_SERVERS, terms).chain(leaf, sent, at or now())
        oin_of(leaf)
        await Revocation(nowhere, now, folder.crls).check(chain)
    except CertificateError:
        return False
    return True


def openssl_accepts(name: str, folder: Path, *more: str) -> bool:
    openssl, crls = shutil.which("openssl"), folder / "all.crl"
    assert openssl, "openssl is part of Debian's base"
    crls.write_bytes(b"".join(path.read_bytes() for path in sorted((g4() / "crl").iterdir())))
    given: list[str | Path] = [
        "-x509_strict",
        "-crl_check_all",
        "-CAfile",
        g4() / "ca.pem",
        "-CRLfile",
        crls,
        *more,
    ]
    asked = [*given, g4() / f"{name}.pem"]
    return subprocess.run([openssl, "verify", *asked], capture_output=True, check=False).returncode == 0


def run(*command: str | Path) -> str:
    """What it writes."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_shape_is_that_of_g4() -> None:
    leaf, issuer, domain = certificates("clients/leverancier")
    for one in (leaf, issuer, domain, *certificates("other-root")):
        assert isinstance(one.signature_algorithm_parameters, padding.PSS)
    get = leaf.extensions.get_extension_for_class
    assert list(get(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert [one.policy_identifier for one in get(x509.CertificatePolicies).value] == [CLIENT_POLICY]
    access = get(x509.AuthorityInformationAccess).value
    assert [one.access_method for one in access] == [AuthorityInformationAccessOID.CA_ISSUERS], "no OCSP"
    server = certificates("server")[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [one.value for one in server] == ["localhost"], "no IP address"
    assert issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


@pytest.mark.parametrize("name", [*FILES, *(f"bad/{one}" for one in BAD)])
async def test_openssl_and_we_agree(name: str, tmp_path: Path) -> None:
    accepted = await accepts(name)
    assert accepted is openssl_accepts(name, tmp_path) is (name in FILES)


@needs_java
async def test_the_jdk_and_we_agree(tmp_path: Path) -> None:
    assert JAVA
    names = [*FILES, *(f"bad/{one}" for one in BAD)]
    crls = tmp_path / "all.crl"
    crls.write_bytes(b"".join(path.read_bytes() for path in sorted((g4() / "crl").iterdir())))
    program = Path(__file__).with_name("PkixCheck.java")
    paths = [g4() / f"{name}.pem" for name in names]
    lines = (await asyncio.to_thread(run, JAVA, program, "", crls, g4() / "ca.pem", *paths)).splitlines()
    verdicts = dict(zip(names, (line == "OK" for line in lines), strict=True))
    assert verdicts == {name: await accepts(name) for name in names}


def test_every_client_is_known_by_its_oin() -> None:
    for client in CLIENTS:
        assert oin_of(certificates(f"clients/{client.file}")[0]).value == client.oin


@pytest.mark.parametrize(
    ("name", "policies", "is_accepted"),
    [
        ("clients/gemeente", {CLIENT_POLICY}, True),
        ("clients/gemeente", {SERVER_POLICY}, False),
        ("clients/gemeente", {SERVER_POLICY, CLIENT_POLICY}, True),
        ("server", {CLIENT_POLICY}, False),
        ("server", {SERVER_POLICY}, True),
    ],
)
async def test_only_certificates_of_these_policies(
    name: str, policies: set[x509.ObjectIdentifier], is_accepted: bool, tmp_path: Path
) -> None:
    asked = [argument for policy in policies for argument in ("-policy", policy.dotted_string)]
    assert openssl_accepts(name, tmp_path, "-explicit_policy", *asked) is is_accepted
    assert await accepts(name, TrustTerms(policies=frozenset(policies))) is is_accepted


def test_a_certificate_without_policies_has_none_of_them() -> None:
    terms = TrustTerms(policies=frozenset({CLIENT_POLICY}))
    old = certificates("clients/gemeente", hierarchy())[0]
    with pytest.raises(CertificateError, match="policy"):
        TrustAnchors(both_generations(), terms=terms).chain(old, (), now())


def test_two_generations_side_by_side_each_in_its_time() -> None:
    today = now().date()
    terms = TrustTerms(
        {
            "Meterpoort TEST Private Root CA": Period(last=today + timedelta(days=1)),
            ROOT: Period(first=today + timedelta(days=1)),
        }
    )
    anchors = TrustAnchors(both_generations(), terms=terms)
    old, new = certificates("clients/gemeente", hierarchy())[0], certificates("clients/gemeente")[0]

    def verdict(leaf: x509.Certificate, day: date) -> str:
        try:
            anchors.chain(leaf, (), datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC))
        except CertificateError as error:
            return error.code
        return "accepted"

    days, refused = [today + timedelta(days=more) for more in range(3)], "root-not-trusted-now"
    assert [verdict(old, day) for day in days] == ["accepted", "accepted", refused]
    assert [verdict(new, day) for day in days] == [refused, "accepted", "accepted"]


def test_a_root_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="Somebody"):
        TrustAnchors(certificates("ca"), terms=TrustTerms({"Somebody Else": Period()}))


async def test_revoking_adds_to_the_list(tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    shutil.copytree(g4(), folder)
    client = folder / "clients/provincie.pem"
    result = CliRunner().invoke(main, ["ca", "revoke", str(folder), str(client)])
    assert result.exit_code == 0, result.output
    crls = CrlFolder(folder / "crl")
    crls.read()
    revoked = [path for path in folder.glob("*/*.pem") if "-key" not in path.name and "crl" not in path.parts]
    named = {path.stem for path in revoked if any(crl.names(load_certificates(path)[0]) for crl in crls.crls())}
    assert named == {"provincie", "revoked"}
    foreign = CliRunner().invoke(main, ["ca", "revoke", str(folder), str(folder / "bad/wrong-issuer.pem")])
    assert foreign.exit_code == 1
    assert "no authority" in foreign.output


async def test_an_answer_of_ocsp_signed_with_pss(tmp_path: Path) -> None:
    """G4 authorities need none; a trust service provider may have a responder all the same."""
    openssl = shutil.which("openssl")
    assert openssl
    leaf, issuer = certificates("clients/gemeente")[:2]
    (tmp_path / "index").write_text(f"V\t350101000000Z\t\t{leaf.serial_number:X}\tunknown\t/CN=x\n")
    url = "http://ocsp.test.example/"

    async def fetch(_url: str, body: bytes | None) -> bytes:
        (tmp_path / "request").write_bytes(body or b"")
        given: list[str | Path] = ["-index", tmp_path / "index", "-CA", g4() / "other-issuer.pem"]
        given += ["-rsigner", g4() / "other-issuer.pem", "-rkey", g4() / "other-issuer-key.pem"]
        given += ["-rmd", "sha512", "-rsigopt", "rsa_padding_mode:pss", "-rsigopt", "rsa_pss_saltlen:-1"]
        given += ["-nmin", "60", "-reqin", tmp_path / "request", "-respout", tmp_path / "response"]
        await asyncio.to_thread(run, openssl, "ocsp", *given)
        return (tmp_path / "response").read_bytes()

    revocation = Revocation(fetch, now)
    answer = await revocation._ask_responder(url, leaf, issuer)
    assert not answer.is_revoked


def test_der_files_as_the_authorities_publish_them(tmp_path: Path) -> None:
    pem = (g4() / "crl/other-issuer.crl.pem").read_bytes()
    (tmp_path / "other-issuer.crl").write_bytes(x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER))
    folder = CrlFolder(tmp_path)
    folder.read()
    assert [crl.is_signed_by(certificates("other-issuer")[0]) for crl in folder.crls()] == [True]
