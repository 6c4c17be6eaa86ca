"""One test hierarchy for a whole test run: keys cost time to make."""

import functools
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.pki.certificates import load_certificates, load_key
from gateway.pki.crl import CrlFolder
from gateway.pki.generation import G4
from gateway.pki.hierarchy import (
    CLIENTS,
    LIFETIME,
    CertificateIssuer,
    Order,
    init_hierarchy,
    issue,
    new_key,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@functools.cache
def hierarchy() -> Path:
    """A folder as `meterpoort ca init` writes it, valid now."""
    folder = Path(tempfile.mkdtemp(prefix="meterpoort-ca-"))
    init_hierarchy(folder)
    return folder


@functools.cache
def g4() -> Path:
    """A folder as `meterpoort ca init --like g4` writes it, with shorter keys, which take less time to make."""
    folder = Path(tempfile.mkdtemp(prefix="meterpoort-ca-g4-"))
    init_hierarchy(folder, replace(G4, authority_bits=2048, key_bits=2048))
    return folder


@functools.cache
def lists() -> CrlFolder:
    """Its lists of revoked certificates."""
    folder = CrlFolder(hierarchy() / "crl")
    folder.read()
    return folder


@functools.cache  # reading a key costs 20 ms
def pair(name: str) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """A client's certificate and key, or `bad/…`'s, by the name of its file."""
    path = name if "/" in name else f"clients/{name}"
    return load_certificates(hierarchy() / f"{path}.pem")[0], load_key(hierarchy() / f"{path}-key.pem")


def authority(name: str = "intermediate") -> CertificateIssuer:
    """The root or intermediate, to issue more."""
    certificate = load_certificates(hierarchy() / f"{name}.pem")[0]
    return CertificateIssuer(certificate, load_key(hierarchy() / f"{name}-key.pem"))


@functools.cache
def spare_key() -> rsa.RSAPrivateKey:
    """A key for certificates that a test makes itself."""
    return new_key()


def order(name: str = "extra") -> Order:
    """A good order, from an hour ago."""
    start = authority().certificate.not_valid_before_utc
    return Order(replace(CLIENTS[0], file=name), start, start + LIFETIME)


def issued(made: Order) -> x509.Certificate:
    """A certificate of the intermediate, on the spare key."""
    return issue(authority(), made, spare_key())
