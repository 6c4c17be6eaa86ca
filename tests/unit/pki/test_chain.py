"""Certificates that are not to be accepted, each for its own reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.pki.certificates import (
    CertificateError,
    certificate_from_der,
    load_certificates,
    oin_of,
    rsa_key_of,
)
from gateway.pki.chain import TrustAnchors
from gateway.pki.hierarchy import CertificateIssuer, issue, new_authority, new_key
from tests.unit.pki.hierarchies import authority, hierarchy, issued, order, pair, spare_key


def anchors() -> TrustAnchors:
    return TrustAnchors(load_certificates(hierarchy() / "ca.pem"))


def now() -> datetime:
    return datetime.now(UTC)


def bad(name: str) -> x509.Certificate:
    return pair(f"bad/{name}")[0]


def forged_intermediate() -> x509.Certificate:
    """Issued by a client certificate, which is no authority."""
    certificate, key = pair("leverancier")
    return issue(CertificateIssuer(certificate, key), order(), spare_key())


def other_signature() -> x509.Certificate:
    """A genuine certificate with one bit of its signature turned."""
    from cryptography.hazmat.primitives.serialization import Encoding

    der = bytearray(pair("leverancier")[0].public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(der))


def elliptic() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    ours = authority()
    made = order()
    return (
        x509.CertificateBuilder()
        .subject_name(pair("leverancier")[0].subject)
        .issuer_name(ours.certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(made.not_before)
        .not_valid_after(made.not_after)
        .sign(ours.key, hashes.SHA256())
    )


def same_names_other_keys() -> x509.Certificate:
    """From a hierarchy that calls itself by our names."""
    start = order().not_before
    root = new_authority("Meterpoort TEST Private Root CA", start)
    return issue(new_authority("Meterpoort TEST Private Services CA", start, root), order(), spare_key())


CASES: dict[str, tuple[Callable[[], x509.Certificate], str]] = {
    "expired": (lambda: bad("expired"), "expired"),
    "not yet valid": (lambda: bad("not-yet-valid"), "not-yet-valid"),
    "wrong issuer": (lambda: bad("wrong-issuer"), "untrusted"),
    "self-signed": (lambda: bad("self-signed"), "untrusted"),
    "issuer of the same name": (same_names_other_keys, "untrusted"),
    "issued by a client": (forged_intermediate, "untrusted"),
    "signature changed": (other_signature, "untrusted"),
    "an authority as client": (lambda: bad("authority-as-client"), "untrusted"),
    "the intermediate itself": (lambda: authority().certificate, "untrusted"),
    "for servers only": (lambda: bad("not-for-clients"), "untrusted"),
    "a weak key": (lambda: bad("weak"), "weak-key"),
    "no RSA key": (elliptic, "no-rsa-key"),
    "no OIN": (lambda: bad("no-oin"), "no-oin"),
    "two OINs": (lambda: bad("two-oins"), "no-oin"),
    "a malformed OIN": (lambda: bad("malformed-oin"), "malformed-oin"),
    "an OIN in small letters": (
        lambda: issued(replace(order(), serial_numbers=("0000000327418562000a",))),
        "malformed-oin",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str) -> None:
    make, code = CASES[name]
    with pytest.raises(CertificateError) as raised:
        oin_of(anchors().chain(make(), (), now())[0])
    assert raised.value.code == code
    assert raised.value.text.nl
    assert raised.value.text.en


def test_a_good_certificate_leads_to_the_root() -> None:
    certificate, _ = pair("gemeente")
    chain = anchors().chain(certificate, (), now())
    assert [one.subject for one in chain] == [
        certificate.subject,
        authority().certificate.subject,
        authority("root").certificate.subject,
    ]


def test_the_intermediate_may_come_from_the_client() -> None:
    roots = TrustAnchors([authority("root").certificate])
    certificate, _ = pair("gemeente")
    assert len(roots.chain(certificate, (authority().certificate,), now())) == 3
    with pytest.raises(CertificateError):
        roots.chain(certificate, (), now())


def test_an_intermediate_that_is_sent_along_is_never_an_anchor() -> None:
    stranger = new_authority("Stranger", order().not_before)
    certificate = issue(stranger, order(), spare_key())
    with pytest.raises(CertificateError):
        anchors().chain(certificate, (stranger.certificate,), now())


def test_validity_is_judged_at_the_moment_given() -> None:
    certificate, _ = pair("gemeente")
    with pytest.raises(CertificateError, match="expired"):
        anchors().chain(certificate, (), certificate.not_valid_after_utc + timedelta(seconds=1))


def test_without_anchors_nothing_starts() -> None:
    with pytest.raises(ValueError, match="anchor"):
        TrustAnchors([])


def test_bytes_that_are_no_certificate() -> None:
    with pytest.raises(CertificateError, match="unreadable"):
        certificate_from_der(b"0\x03\x02\x01\x01")


def test_a_key_of_the_least_length_is_accepted() -> None:
    certificate = issue(authority(), order(), new_key(2048))
    assert rsa_key_of(certificate).key_size == 2048
