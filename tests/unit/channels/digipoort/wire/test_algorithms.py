"""Signatures by RSASSA-PSS and ECDSA, made by libxmlsec1: accepted where allowed, and only right ones."""

from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.envelope import read_envelope
from gateway.channels.digipoort.wire.faults import SignatureError
from gateway.channels.digipoort.wire.signature import SignaturePolicy, read_security, verify
from gateway.pki.certificates import CertificateError, load_certificates
from gateway.pki.chain import TrustAnchors, TrustTerms
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES, aanlever_request, sign, to_bytes, unsigned
from tests.unit.pki.hierarchies import authority, hierarchy, order, pair

PSS = "http://www.w3.org/2007/05/xmldsig-more#{}-rsa-MGF1"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-{}"
HASHES = ("sha256", "sha384", "sha512")
CURVES = {"sha256": ec.SECP256R1(), "sha384": ec.SECP384R1(), "sha512": ec.SECP521R1()}

Key = tuple[x509.Certificate, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey]


@cache
def elliptic(curve: ec.EllipticCurve) -> Key:
    """A client's certificate of our issuer, with a key on this curve."""
    ours, made, key = authority(), order(), ec.generate_private_key(curve)
    builder = x509.CertificateBuilder().subject_name(pair("leverancier")[0].subject)
    builder = builder.issuer_name(ours.certificate.subject).public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(made.not_before).not_valid_after(made.not_after)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ours.key.public_key())
    return builder.add_extension(identifier, critical=False).sign(ours.key, hashes.SHA256()), key


def message(key: Key, uri: str | None, hash_name: str = "sha256") -> etree._Element:
    return sign(unsigned(aanlever_request()), *key, hash_name=hash_name.upper(), method_uri=uri)


def accept(envelope: etree._Element, *, pss_and_ecdsa: bool = True) -> str:
    """The hash of what was accepted. Raises SignatureError."""
    read = read_envelope(to_bytes(envelope), {}, ReadingLimits())
    policy = SignaturePolicy(pss_and_ecdsa=pss_and_ecdsa)
    return verify(read, read_security(read), policy, datetime.now(UTC)).suite.name


def keys_and_uris(hash_name: str) -> list[tuple[Key, str]]:
    return [
        (pair("leverancier"), PSS.format(hash_name)),
        (elliptic(CURVES[hash_name]), ECDSA.format(hash_name)),
    ]


@pytest.mark.parametrize("hash_name", HASHES)
def test_accepted_where_the_setting_allows(hash_name: str) -> None:
    for key, uri in keys_and_uris(hash_name):
        envelope = message(key, uri, hash_name)
        assert accept(envelope) == hash_name
        with pytest.raises(SignatureError, match="PSS"):
            accept(envelope, pss_and_ecdsa=False)


def test_pkcs1_is_accepted_either_way() -> None:
    for is_allowed in (True, False):
        assert accept(message(pair("leverancier"), None), pss_and_ecdsa=is_allowed) == "sha256"


@pytest.mark.parametrize("hash_name", HASHES)
def test_a_changed_signature_is_refused(hash_name: str) -> None:
    for key, uri in keys_and_uris(hash_name):
        envelope = message(key, uri, hash_name)
        [value] = envelope.iterfind(".//ds:SignatureValue", NAMES)
        text = "".join((value.text or "").split())
        for changed in (
            ("B" if text[0] == "A" else "A") + text[1:],
            text[:-4],
            text + "AAAA",
            "AAAA",
            "A" * len(text.rstrip("=")),
        ):
            value.text = changed
            with pytest.raises(SignatureError, match=r"verify|base64"):
                accept(envelope)


@pytest.mark.parametrize("uri", [PSS.format("sha256"), ECDSA.format("sha256"), None])
def test_a_method_that_was_renamed_after_signing_is_refused(uri: str | None) -> None:
    """Also where key and method do not belong together: that is a refusal, no error."""
    names = [PSS.format("sha256"), ECDSA.format("sha256"), PSS.format("sha512")]
    names.append("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    key = elliptic(ec.SECP256R1()) if uri == ECDSA.format("sha256") else pair("leverancier")
    for name in names:
        if name == (uri or names[-1]):
            continue
        envelope = message(key, uri)
        [method] = envelope.iterfind(".//ds:SignatureMethod", NAMES)
        method.set("Algorithm", name)
        with pytest.raises(SignatureError):
            accept(envelope)


def test_a_key_on_a_curve_is_trusted_only_where_the_setting_allows() -> None:
    certificates, now = load_certificates(hierarchy() / "ca.pem"), datetime.now(UTC)
    leaf = elliptic(ec.SECP256R1())[0]
    assert TrustAnchors(certificates, terms=TrustTerms(elliptic_keys=True)).chain(leaf, (), now)[0] == leaf
    with pytest.raises(CertificateError, match="no-rsa-key"):
        TrustAnchors(certificates).chain(leaf, (), now)
    lenient = TrustAnchors(certificates, terms=TrustTerms(elliptic_keys=True))
    with pytest.raises(CertificateError, match="no-rsa-key"):
        lenient.chain(elliptic(ec.SECP256K1())[0], (), now)
