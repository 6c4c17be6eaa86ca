"""WS-Security signatures of the Digikoppeling profile 2W-be-S: verifying messages.

A narrow reading of XML-DSig: exclusive canonicalization, RSA PKCS#1 v1.5, a token in the message by direct
reference, and references only to the very nodes that are read afterwards. What the profile does not know is
refused (decision record 0501). libxml2 canonicalizes, OpenSSL does the cryptography.

Sources: Digikoppeling Koppelvlakstandaard WUS and Beveiligingsstandaarden (SIGN001, 003, 004), WS-Security 1.0,
X.509 Token Profile 1.0, XML Signature (W3C).
"""

import functools
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from gateway.channels.digipoort.wire.algorithms import AlgorithmSuite
from gateway.channels.digipoort.wire.cut import Inhoud
from gateway.channels.digipoort.wire.envelope import WSA_HEADERS, Addressing, Envelope, read_addressing
from gateway.channels.digipoort.wire.faults import SignatureError
from gateway.channels.digipoort.wire.names import BASE64_ENCODING, DSIG, WSA, WSSE, WSU, X509_V3
from gateway.channels.digipoort.wire.signed_info import (
    SignedInfo,
    SignedInfoReader,
    SignedReference,
    base64_value,
    canonical,
    fragment,
    signature_error,
)
from gateway.channels.digipoort.wire.timestamp import AgePolicy, require_fresh
from gateway.i18n import Text
from gateway.pki.certificates import (
    CertificateError,
    certificate_from_der,
    fingerprint,
    rsa_key_of,
)

_TIMESTAMP, _TOKEN_NAME, _SIGNATURE = (
    f"{{{WSU}}}Timestamp",
    f"{{{WSSE}}}BinarySecurityToken",
    f"{{{DSIG}}}Signature",
)
_IN_SIGNATURE = [f"{{{DSIG}}}SignedInfo", f"{{{DSIG}}}SignatureValue", f"{{{DSIG}}}KeyInfo"]
_TOKEN_REFERENCE = f"{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference"
_CERTIFICATE_BYTES_MAX = 16 * 1024
_CERTIFICATES_CACHED = 500
"""More than the clients of an hour."""
_PADDING = padding.PKCS1v15()


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """What is accepted."""

    legacy_sha1: bool = False
    """Accept RSA-SHA1 with SHA-1 digests, for client programs from before Digikoppeling's SIGN001."""
    age: AgePolicy = field(default_factory=AgePolicy)


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine message. `request` is the node that the signature covers, in the tree that was digested; `cuts`
    are the contents that were cut out of it, and digested in their places."""

    request: etree._Element
    cuts: Mapping[str, Inhoud]
    addressing: Addressing
    certificate: x509.Certificate
    fingerprint: str
    """The certificate's."""
    suite: AlgorithmSuite
    created_at: datetime
    signature_value: bytes


def verify(envelope: Envelope, policy: SignaturePolicy, now: datetime) -> Verified:
    """Verify the signature over Body, addressing headers and Timestamp.

    The certificate is only read here; whether it is trusted is for `pki.chain` to say. Raises SignatureError,
    StaleError, AddressingError.
    """
    security = envelope.security
    if security is None:
        raise signature_error(Text("exactly one wsse:Security header is needed"))
    timestamp, token, signature = _security_parts(security)
    signed_info_element, value, key_info = _signature_parts(signature)
    signer = _signer(envelope, token, key_info)
    signed_info = SignedInfoReader(envelope, security, legacy_sha1=policy.legacy_sha1).read(signed_info_element)
    _require_coverage(envelope, timestamp, signed_info.references)
    _verify_signature(signed_info, value, signer.key)
    _verify_digests(signed_info.references, envelope.cuts)
    return Verified(
        request=envelope.request,
        cuts=envelope.cuts,
        created_at=require_fresh(timestamp, policy.age, now),
        addressing=read_addressing(envelope),
        certificate=signer.certificate,
        fingerprint=signer.fingerprint,
        suite=signed_info.suite,
        signature_value=value,
    )


def _security_parts(security: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """Timestamp, token and Signature: once each, in any order, and nothing else."""
    parts = {part.tag: part for part in security}
    if len(security) != len(parts) or parts.keys() != {_TIMESTAMP, _TOKEN_NAME, _SIGNATURE}:
        raise signature_error(
            Text(
                "the Security header must hold one Timestamp, one BinarySecurityToken and one Signature, "
                "nothing else"
            ),
        )
    return parts[_TIMESTAMP], parts[_TOKEN_NAME], parts[_SIGNATURE]


def _signature_parts(signature: etree._Element) -> tuple[etree._Element, bytes, etree._Element]:
    """SignedInfo, the signature's value and KeyInfo."""
    if [part.tag for part in signature] != _IN_SIGNATURE:
        raise signature_error(
            Text("a Signature holds SignedInfo, SignatureValue and KeyInfo, nothing else"),
        )
    signed_info, value, key_info = signature
    return signed_info, base64_value(value, "SignatureValue"), key_info


@dataclass(frozen=True, slots=True)
class _Signer:
    """The certificate in a token, and its key."""

    certificate: x509.Certificate
    fingerprint: str
    key: rsa.RSAPublicKey


def _signer(envelope: Envelope, token: etree._Element, key_info: etree._Element) -> _Signer:
    """The certificate in the token that KeyInfo refers to directly."""
    reference = key_info.find(_TOKEN_REFERENCE)
    if reference is None or [len(key_info), len(key_info[0])] != [1, 1]:
        raise signature_error(
            Text("KeyInfo must refer directly to the token in the message"),
        )
    if envelope.ids.get(fragment(reference.get("URI"))) is not token:
        raise signature_error(Text("KeyInfo refers to something else"))
    if token.get("ValueType") != X509_V3 or token.get("EncodingType", BASE64_ENCODING) != BASE64_ENCODING:
        raise signature_error(Text("the token must be an X509v3 certificate"))
    return _read_certificate(base64_value(token, "BinarySecurityToken"))


@functools.lru_cache(_CERTIFICATES_CACHED)
def _read_certificate(der: bytes) -> _Signer:
    if len(der) > _CERTIFICATE_BYTES_MAX:
        raise signature_error(Text("the token is too large"))
    try:
        certificate = certificate_from_der(der)
        return _Signer(certificate, fingerprint(certificate), rsa_key_of(certificate))
    except CertificateError as error:
        raise SignatureError(error.text) from error


def _require_coverage(
    envelope: Envelope, timestamp: etree._Element, references: Sequence[SignedReference]
) -> None:
    """Body, Timestamp and every addressing header are signed: the nodes themselves, each once.

    The Timestamp may be signed twice: the published policy asks for it in two ways, and Apache CXF follows both.
    """
    needed = [envelope.body, timestamp]
    needed += [block for name in WSA_HEADERS for block in envelope.header_blocks(WSA, name)]
    targets = [reference.target for reference in references]
    doubled = len(targets) - len(set(targets))
    if doubled > 1 or (doubled and targets.count(timestamp) != 2):
        raise signature_error(Text("a part is signed twice"))
    for part in needed:
        if part not in targets:
            name = etree.QName(part).localname
            raise signature_error(Text("the {name} is not signed", name=name))


def _verify_signature(signed_info: SignedInfo, value: bytes, key: rsa.RSAPublicKey) -> None:
    try:
        key.verify(value, signed_info.canonical, _PADDING, signed_info.suite.hash)
    except InvalidSignature as error:
        raise signature_error(Text("the signature does not verify")) from error


def _verify_digests(references: Sequence[SignedReference], cuts: Mapping[str, Inhoud]) -> None:
    placed: set[str] = set()
    for reference in references:
        written = canonical(reference.target, reference.prefixes)
        if cuts and _TOKEN_START in written:
            digest = reference.suite.digest(b"")
            for piece in _fill(written, cuts, placed):
                digest.update(piece)
        else:
            digest = reference.suite.digest(written)
        if not hmac.compare_digest(digest.digest(), reference.digest):
            name = etree.QName(reference.target).localname
            raise signature_error(Text("the {name} was changed after signing", name=name))


_TOKEN_START = b">mpX"
_TOKEN = re.compile(rb">(mpX[0-9a-f]{20}X)<")


def _fill(written: bytes, cuts: Mapping[str, Inhoud], placed: set[str]) -> Iterator[bytes]:
    """A canonical form with the contents that were cut out of it back in their places, each in one place only."""
    end = 0
    for found in _TOKEN.finditer(written):
        token = found[1].decode()
        inhoud = cuts.get(token)
        if inhoud is None:
            continue
        if token in placed:  # a sender guessed it and wrote it in a second place
            raise signature_error(Text("a value is in the place of another"))
        placed.add(token)
        yield written[end : found.start(1)]
        yield from inhoud.canonical()
        end = found.end(1)
    yield written[end:]
