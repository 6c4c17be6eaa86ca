"""Lists of revoked certificates: which can be used, and a folder whose files change while the gateway runs."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from gateway.pki.crl import Crl, CrlError, CrlFolder, read_crls
from gateway.pki.hierarchy import CertificateIssuer, new_crl
from tests.unit.pki.hierarchies import NOW, authority, pair, spare_key

HOUR = timedelta(hours=1)


def crl(*revoked: x509.Certificate, at: int = 0) -> x509.CertificateRevocationList:
    return new_crl(authority(), list(revoked), NOW + at * HOUR, 24 * HOUR)


def pem(*crls: x509.CertificateRevocationList) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in crls)


def read(folder: CrlFolder) -> list[dict[str, object]]:
    """What reading the folder logs."""
    with capture_logs() as lines:
        folder.read()
    return [{name: line[name] for name in ("event", "file") if name in line} for line in lines]


def built(*extensions: tuple[x509.ExtensionType, bool], next_update: bool = True) -> bytes:
    ours = authority()
    builder = x509.CertificateRevocationListBuilder().issuer_name(ours.certificate.subject).last_update(NOW)
    builder = builder.next_update(NOW + HOUR)
    for value, is_critical in extensions:
        builder = builder.add_extension(value, is_critical)
    return pem(builder.sign(ours.key, hashes.SHA256()))


def point(**more: object) -> tuple[x509.ExtensionType, bool]:
    given: dict[str, object] = {
        "full_name": [x509.UniformResourceIdentifier("http://crl.test.example/")],
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**given, **more}), True  # type: ignore[arg-type]  # as given


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "not a list": (lambda: b"<html>maintenance</html>", "PEM or DER"),
    "cut off": (lambda: pem(crl())[:-60], "PEM or DER"),
    "one letter changed": (lambda: pem(crl()).replace(b"MII", b"M\x00I", 1), "PEM or DER"),
    "empty": (lambda: b"", "PEM or DER"),
    "only changes": (lambda: built((x509.DeltaCRLIndicator(1), True)), "changed"),
    "of several issuers": (lambda: built(point(indirect_crl=True)), "not about all"),
    "for some reasons": (
        lambda: built(point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))),
        "not about all",
    ),
    "what we do not know": (
        lambda: built((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)),
        "1.2.3.4",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_lists_that_cannot_be_used(name: str) -> None:
    make, why = REFUSED[name]
    with pytest.raises(CrlError, match=why):
        read_crls(make())


def test_der_and_several_in_one_file() -> None:
    root = new_crl(authority("root"), [], NOW, HOUR)
    assert len(read_crls(crl().public_bytes(Encoding.DER))) == 1
    both = read_crls(b"the text before\n" + pem(crl(), root))
    assert [one.is_signed_by(authority("root").certificate) for one in both] == [False, True]


def test_a_list_about_authorities_says_nothing_of_clients() -> None:
    issuer, client = authority().certificate, pair("gemeente")[0]
    (about_clients,) = read_crls(built(point(only_contains_user_certs=True)))
    (about_authorities,) = read_crls(built(point(only_contains_ca_certs=True)))
    assert about_clients.is_about(client, issuer)
    assert not about_authorities.is_about(client, issuer)


def test_a_list_counts_only_for_who_signed_it() -> None:
    issuer, client = authority().certificate, pair("gemeente")[0]
    assert Crl(crl()).is_about(client, issuer)
    assert not Crl(crl()).is_about(client, authority("root").certificate)
    forged = CertificateIssuer(issuer, spare_key())
    assert not Crl(new_crl(forged, [], NOW, HOUR)).is_about(client, issuer)
    named = CertificateIssuer(client, pair("gemeente")[1])
    assert not Crl(new_crl(named, [], NOW, HOUR)).is_about(client, client), "a client may not sign lists"
    weak = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(NOW)
    sha224 = weak.next_update(NOW + HOUR).sign(authority().key, hashes.SHA224())
    assert not Crl(sha224).is_about(client, issuer)


def test_a_folder_is_read_again_only_where_it_changed(tmp_path: Path) -> None:
    client = pair("gemeente")[0]
    folder, file = CrlFolder(tmp_path), tmp_path / "issuer.crl.pem"
    assert read(folder) == []
    file.write_bytes(pem(crl()))
    (tmp_path / "notes.txt").write_text("not a list")
    assert read(folder) == [{"event": "crl_read", "file": file.name}]
    assert read(folder) == []
    assert [one.names(client) for one in folder.crls()] == [False]
    file.write_bytes(pem(crl(client)))
    assert read(folder) == [{"event": "crl_read", "file": file.name}]
    assert [one.names(client) for one in folder.crls()] == [True]
    file.unlink()
    assert read(folder) == [{"event": "crl_file_gone", "file": file.name}]
    assert not list(folder.crls())


def test_a_garbled_file_is_named_once_and_keeps_the_lists_it_had(tmp_path: Path) -> None:
    client = pair("gemeente")[0]
    folder, file, new = CrlFolder(tmp_path), tmp_path / "a.crl", tmp_path / "b.crl"
    file.write_bytes(pem(crl(client)))
    folder.read()
    file.write_bytes(pem(crl(client))[:-60])
    new.write_bytes(b"never was good")
    unreadable = [{"event": "crl_file_unreadable", "file": one.name} for one in (file, new)]
    assert read(folder) == unreadable
    assert read(folder) == []
    assert folder.unreadable().keys() == {file.name, new.name}
    assert [one.names(client) for one in folder.crls()] == [True]
    file.write_bytes(pem(crl()))
    new.unlink()
    read(folder)
    assert not folder.unreadable()
    assert [one.names(client) for one in folder.crls()] == [False]


def test_a_folder_that_cannot_be_listed_keeps_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "crl"
    path.mkdir()
    (path / "a.pem").write_bytes(pem(crl()))
    folder = CrlFolder(path)
    folder.read()
    path.rename(tmp_path / "elsewhere")
    path.write_text("a file where the folder was")
    with pytest.raises(OSError, match="crl"):
        folder.read()
    assert len(list(folder.crls())) == 1
