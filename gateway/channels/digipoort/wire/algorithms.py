"""The signature algorithms that are accepted (Digikoppeling Beveiligingsstandaarden SIGN001, 003 and 004)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from cryptography.hazmat.primitives import hashes

from gateway.channels.digipoort.wire.names import DSIG

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_XMLENC = "http://www.w3.org/2001/04/xmlenc#"


@dataclass(frozen=True, slots=True, eq=False)
class AlgorithmSuite:
    """RSA with a hash, and the digest algorithm that belongs to it."""

    name: str
    digest: "Callable[[bytes], hashlib._Hash]"
    """Starts a digest with these bytes."""
    hash: hashes.HashAlgorithm
    signature_uri: str
    digest_uri: str


SHA1 = AlgorithmSuite(  # only with `legacy_sha1`
    "sha1",
    hashlib.sha1,
    hashes.SHA1(),  # noqa: S303
    f"{DSIG}rsa-sha1",
    f"{DSIG}sha1",
)
SHA256 = AlgorithmSuite("sha256", hashlib.sha256, hashes.SHA256(), f"{_MORE}rsa-sha256", f"{_XMLENC}sha256")
SHA384 = AlgorithmSuite("sha384", hashlib.sha384, hashes.SHA384(), f"{_MORE}rsa-sha384", f"{_MORE}sha384")
SHA512 = AlgorithmSuite("sha512", hashlib.sha512, hashes.SHA512(), f"{_MORE}rsa-sha512", f"{_XMLENC}sha512")
SUITES = (SHA256, SHA384, SHA512, SHA1)


class Scheme(Enum):
    """How a signature is made with a key and a hash."""

    PKCS1 = auto()
    """RSA PKCS#1 v1.5, the one that Digikoppeling names (SIGN004)."""
    PSS = auto()
    """RSASSA-PSS with MGF1 and a salt of the length of the digest (RFC 9231 section 2.3.10)."""
    ECDSA = auto()
    """On the curves of NIST (RFC 9231 section 2.3.6)."""


SIGNATURE_METHODS = {suite.signature_uri: (suite, Scheme.PKCS1) for suite in SUITES} | {
    uri: (suite, scheme)
    for suite in (SHA256, SHA384, SHA512)
    for uri, scheme in (
        (f"{_MORE_2007}{suite.name}-rsa-MGF1", Scheme.PSS),
        (f"{_MORE}ecdsa-{suite.name}", Scheme.ECDSA),
    )
}
"""By the URI of ds:SignatureMethod."""
