"""`meterpoort ca init`: the certificates in the folder, checked with OpenSSL."""

import shutil
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.pki.certificates import load_certificates, load_key, oin_of
from gateway.pki.hierarchy import CLIENTS, P12_PASSWORD, init_hierarchy
from gateway.pki.tls import TlsFiles
from tests.unit.pki.hierarchies import hierarchy


def test_openssl_finds_the_chain_of_every_client_and_the_server() -> None:
    openssl = shutil.which("openssl")
    assert openssl, "openssl is part of Debian's base"
    folder = hierarchy()
    files = [folder / "server.pem", *(folder / "clients" / f"{client.file}.pem" for client in CLIENTS)]
    answer = subprocess.run(
        [openssl, "verify", "-x509_strict", "-CAfile", folder / "ca.pem", *files],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.count(": OK") == len(files)


def test_every_client_has_its_oin_and_its_key() -> None:
    for client in CLIENTS:
        certificate = load_certificates(hierarchy() / "clients" / f"{client.file}.pem")[0]
        key = load_key(hierarchy() / "clients" / f"{client.file}-key.pem")
        assert oin_of(certificate).value == client.oin
        assert certificate.public_key() == key.public_key()


def test_old_programs_read_the_p12() -> None:
    openssl = shutil.which("openssl")
    assert openssl, "openssl is part of Debian's base"
    for client in CLIENTS:
        path = hierarchy() / "clients" / f"{client.file}.p12"
        asked: list[str | Path] = [
            openssl,
            "pkcs12",
            "-in",
            path,
            "-passin",
            f"pass:{P12_PASSWORD}",
            "-info",
            "-nodes",
        ]
        answer = subprocess.run(asked, capture_output=True, text=True, check=True)
        assert "MAC: sha1," in answer.stderr
        assert answer.stderr.count("pbeWithSHA1And3-KeyTripleDES-CBC") == 2  # the certificates, the key
        assert answer.stdout.count("BEGIN CERTIFICATE") == 3
        assert (hierarchy() / "clients" / f"{client.file}-key.pem").read_text() in answer.stdout


def test_keys_are_for_their_owner_alone() -> None:
    for path in hierarchy().rglob("*-key.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_tls_context_takes_the_server_files_as_they_are() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=hierarchy() / "ca.pem")
    context.load_cert_chain(hierarchy() / "server.pem", hierarchy() / "server-key.pem")
    assert context.cert_store_stats()["x509_ca"] == 2


def test_the_readme_names_every_file_and_oin() -> None:
    readme = (hierarchy() / "README.md").read_text()
    for client in CLIENTS:
        assert f"| `{client.file}` | {client.oin} |" in readme
    for name in ("ca.pem", "server-key.pem", "clients/NAME.p12", "crl/", "bad/"):
        assert name in readme


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "precious.pem").write_text("key")
    with pytest.raises(FileExistsError):
        init_hierarchy(tmp_path)
    result = CliRunner().invoke(main, ["ca", "init", str(tmp_path)])
    assert result.exit_code == 1
    assert "never overwritten" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["precious.pem"]


@pytest.mark.parametrize("name", ["server.pem", "server-key.pem", "ca.pem"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    shutil.copytree(hierarchy(), folder)
    assert TlsFiles(folder).problem() is None
    (folder / name).write_bytes((folder / name).read_bytes()[:200])
    assert f"{folder / name} cannot be read" in (TlsFiles(folder).problem() or "")
    (folder / name).unlink()
    assert f"has no {name}" in (TlsFiles(folder).problem() or "")
