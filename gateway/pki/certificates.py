"""One certificate: reading it, the OIN it names, and whether its key is fit for use.

Sources: Digikoppeling Beveiligingsstandaarden en voorschriften (PKI001: the OIN is in Subject.serialNumber),
RFC 5280.
"""

import functools
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from gateway.i18n import Text
from gateway.validator.model.identifiers import OIN, PartyIdentifier, problem

RSA_BITS_MIN = 2048
"""PKIoverheid, Programma van Eisen: RSA keys of at least 2048 bits."""
RSA_BITS_MAX = 8192
"""Above this a check costs more than a sender may ask of us."""


class CertificateError(Exception):
    """A certificate that is not accepted, with a sentence that says why."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(f"{code}: {text.en}")
        self.code = code
        self.text = text


class RevocationUnknownError(CertificateError):
    """Whether it was revoked cannot be learnt now: temporary trouble, never a pass."""


def load_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Every certificate of a PEM file, in order. Raises ValueError when there is none."""
    return tuple(x509.load_pem_x509_certificates(path.read_bytes()))


def load_key(path: Path) -> rsa.RSAPrivateKey:
    """The unencrypted RSA key of a PEM file. Raises ValueError when it is another kind of key."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path.name} holds no RSA key")
    return key


_REMEMBERED = 2_000
"""Certificates kept read: more than the clients of a day; each is at most some kilobytes."""


@functools.lru_cache(_REMEMBERED)
def certificate_from_der(der: bytes) -> x509.Certificate:
    """Read one certificate from bytes that somebody else sent. Raises CertificateError.

    The same bytes come with every message of a client: reading them again gives the same certificate.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
        # The library reads these only when they are asked for.
        _ = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string(), certificate.version
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CertificateError("unreadable", Text("the certificate cannot be read")) from error
    return certificate


@functools.lru_cache(_REMEMBERED)
def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the DER bytes, hexadecimal: names one certificate."""
    return certificate.fingerprint(SHA256()).hex()


def oin_of(certificate: x509.Certificate) -> PartyIdentifier:
    """The OIN or HRN in the subject's serialNumber (not the certificate's own number).

    Raises CertificateError when there is none, more than one, or one that is not an OIN.
    """
    values = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)]
    if len(values) != 1:
        raise CertificateError(
            "no-oin", Text("the certificate's subject must have exactly one serialNumber with an OIN")
        )
    identifier = PartyIdentifier(OIN, str(values[0]))
    if problem(identifier):
        raise CertificateError(
            "malformed-oin",
            Text(
                "the serialNumber {identifier} in the certificate's subject is not an OIN",
                identifier=repr(identifier.value),
            ),
        )
    return identifier


SigningKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


def signing_key_of(certificate: x509.Certificate) -> SigningKey:
    """The certificate's key, RSA or on a curve of NIST, when it is strong enough. Raises CertificateError."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return key
    return rsa_key_of(certificate)


@functools.lru_cache(_REMEMBERED)
def rsa_key_of(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    """The certificate's RSA key, when it is strong enough. Raises CertificateError."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise CertificateError("no-rsa-key", Text("the certificate holds no RSA key"))
    if not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX or key.public_numbers().e < 65537:
        raise CertificateError(
            "weak-key",
            Text(
                "an RSA key of {key_size} bits is not accepted, {rsa_bits_min} is the least",
                key_size=key.key_size,
                rsa_bits_min=RSA_BITS_MIN,
            ),
        )
    return key
