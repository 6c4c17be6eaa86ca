"""WS-Security signatures of the Digikoppeling profile 2W-be-S: verifying messages.

A narrow reading of XML-DSig: exclusive canonicalization, RSA PKCS#1 v1.5, a token in the message by direct
reference, and references only to the very nodes that are read afterwards. What the profile does not know is
refused (decision record 0501). libxml2 canonicalizes, OpenSSL does the cryptography.

Sources: Digikoppeling Koppelvlakstandaard WUS and Beveiligingsstandaarden (SIGN001, 003, 004), WS-Security 1.0,
X.509 Token Profile 1.0, XML Signature (W3C).
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from gateway.channels.digipoort.wire.algorithms import AlgorithmSuite, Scheme
from gateway.channels.digipoort.wire.canonical import split_at_tokens
from gateway.channels.digipoort.wire.checks import Begin, RequestCheck, begin_unseen
from gateway.channels.digipoort.wire.cut import Inhoud
from gateway.channels.digipoort.wire.envelope import Addressing, Envelope, read_addressing
from gateway.channels.digipoort.wire.faults import SignatureError
from gateway.channels.digipoort.wire.names import BASE64_ENCODING, DSIG, WSA, WSA_HEADERS, WSSE, WSU, X509_V3
from gateway.channels.digipoort.wire.signed_info import (
    SignedInfo,
    SignedReference,
    base64_value,
    fragment,
    read_signed_info,
    require_plain,
    signed_form,
)
from gateway.channels.digipoort.wire.timestamp import AgePolicy, require_fresh
from gateway.i18n import Text
from gateway.pki.certificates import CertificateError, SigningKey, certificate_from_der, signing_key_of

_TIMESTAMP, _TOKEN_NAME, _SIGNATURE = (
    f"{{{WSU}}}Timestamp",
    f"{{{WSSE}}}BinarySecurityToken",
    f"{{{DSIG}}}Signature",
)
_IN_SIGNATURE = [f"{{{DSIG}}}SignedInfo", f"{{{DSIG}}}SignatureValue", f"{{{DSIG}}}KeyInfo"]
_TOKEN_REFERENCE = f"{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference"
_CERTIFICATE_BYTES_MAX = 16 * 1024
PADDING = padding.PKCS1v15()


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """What is accepted."""

    legacy_sha1: bool = False
    """Accept RSA-SHA1 with SHA-1 digests, for client programs from before Digikoppeling's SIGN001."""
    pss_and_ecdsa: bool = False
    """Accept RSASSA-PSS, and ECDSA of certificates with such a key. Digikoppeling names neither."""
    age: AgePolicy = field(default_factory=AgePolicy)


@dataclass(frozen=True, slots=True)
class SecurityHeader:
    """A Security header taken apart. Nothing is verified: the certificate is that of the claimed signer."""

    element: etree._Element
    timestamp: etree._Element
    signed_info: etree._Element
    signature_value: bytes
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine message. `request` is the node that the signature covers, in the tree that was digested; `cuts`
    are the contents that were cut out of it, and digested in their places."""

    request: etree._Element
    cuts: Mapping[str, Inhoud]
    addressing: Addressing
    certificate: x509.Certificate
    suite: AlgorithmSuite
    signature_value: bytes


def read_security(envelope: Envelope) -> SecurityHeader:
    """Take the Security header apart, which costs little whatever it holds.

    Whether the certificate is trusted is for `pki.chain` to say, before anything of the message is digested.
    Raises SignatureError.
    """
    headers = envelope.header_blocks(WSSE, "Security")
    if len(headers) != 1:
        raise SignatureError(Text("exactly one wsse:Security header is needed"))
    timestamp, token, signature = _security_parts(headers[0])
    signed_info, value, key_info = _signature_parts(signature)
    return SecurityHeader(headers[0], timestamp, signed_info, value, _certificate(envelope, token, key_info))


def verify(
    envelope: Envelope,
    security: SecurityHeader,
    policy: SignaturePolicy,
    now: datetime,
    begin: Begin = begin_unseen,
) -> Verified:
    """Verify the signature over Body, addressing headers and Timestamp, by the certificate of the header.

    Raises SignatureError, StaleError, AddressingError.
    """
    begin(RequestCheck.COVERAGE)
    signed_info = read_signed_info(
        security.signed_info, envelope, security.element, legacy_sha1=policy.legacy_sha1
    )
    _require_coverage(envelope, security.timestamp, signed_info.references)
    if signed_info.scheme is not Scheme.PKCS1 and not policy.pss_and_ecdsa:
        raise SignatureError(Text("signatures by RSASSA-PSS and ECDSA are not accepted here"))
    begin(RequestCheck.SIGNATURE)
    _verify_signature(signed_info, security.signature_value, signing_key_of(security.certificate))
    begin(RequestCheck.DIGESTS)
    for reference in signed_info.references:
        _verify_digest(reference, envelope.cuts)
    begin(RequestCheck.TIMESTAMP)
    require_fresh(security.timestamp, policy.age, now)
    begin(RequestCheck.ADDRESSING)
    return Verified(
        envelope.request,
        envelope.cuts,
        read_addressing(envelope),
        security.certificate,
        signed_info.suite,
        security.signature_value,
    )


def _security_parts(security: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """Timestamp, token and Signature: once each, in any order, and nothing else."""
    parts = {part.tag: part for part in security}
    if len(security) != len(parts) or parts.keys() != {_TIMESTAMP, _TOKEN_NAME, _SIGNATURE}:
        raise SignatureError(
            Text(
                "the Security header must hold one Timestamp, one BinarySecurityToken and one Signature, "
                "nothing else"
            ),
        )
    return parts[_TIMESTAMP], parts[_TOKEN_NAME], parts[_SIGNATURE]


def _signature_parts(signature: etree._Element) -> tuple[etree._Element, bytes, etree._Element]:
    """SignedInfo, the signature's value and KeyInfo."""
    if [part.tag for part in signature] != _IN_SIGNATURE:
        raise SignatureError(Text("a Signature holds SignedInfo, SignatureValue and KeyInfo, nothing else"))
    require_plain(signature)
    signed_info, value, key_info = signature
    return signed_info, base64_value(value, "SignatureValue"), key_info


def _certificate(envelope: Envelope, token: etree._Element, key_info: etree._Element) -> x509.Certificate:
    """The certificate in the token that KeyInfo refers to directly."""
    reference = key_info.find(_TOKEN_REFERENCE)
    if reference is None or [len(key_info), len(key_info[0])] != [1, 1]:
        raise SignatureError(Text("KeyInfo must refer directly to the token in the message"))
    if envelope.ids.get(fragment(reference.get("URI"))) is not token:
        raise SignatureError(Text("KeyInfo refers to something else"))
    if token.get("ValueType") != X509_V3 or token.get("EncodingType", BASE64_ENCODING) != BASE64_ENCODING:
        raise SignatureError(Text("the token must be an X509v3 certificate"))
    der = base64_value(token, "BinarySecurityToken")
    if len(der) > _CERTIFICATE_BYTES_MAX:
        raise SignatureError(Text("the token is too large"))
    try:
        certificate = certificate_from_der(der)
        signing_key_of(certificate)
    except CertificateError as error:
        raise SignatureError(error.text) from error
    return certificate


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
        raise SignatureError(Text("a part is signed twice"))
    for part in needed:
        if part not in targets:
            name = etree.QName(part).localname
            raise SignatureError(Text("the {name} is not signed", name=name))


def _verify_signature(signed_info: SignedInfo, value: bytes, key: SigningKey) -> None:
    octets, algorithm = signed_info.canonical, signed_info.suite.hash
    try:
        match signed_info.scheme, key:
            case Scheme.PKCS1, rsa.RSAPublicKey():
                key.verify(value, octets, PADDING, algorithm)
            case Scheme.PSS, rsa.RSAPublicKey():
                key.verify(value, octets, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
            case Scheme.ECDSA, ec.EllipticCurvePublicKey():
                key.verify(_der_of(value, key), octets, ec.ECDSA(algorithm))
            case _:
                raise SignatureError(Text("the key of the certificate is of another kind than the signature"))
    except InvalidSignature as error:
        raise SignatureError(Text("the signature does not verify")) from error


def _der_of(value: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """XML Signature writes the two numbers behind each other (RFC 9231 section 2.3.6), OpenSSL wants DER."""
    length = -(-key.key_size // 8)
    if len(value) != 2 * length:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(value[:length]), int.from_bytes(value[length:]))


def digest_of(written: bytes, cuts: Mapping[str, Inhoud], suite: AlgorithmSuite) -> bytes:
    """The digest of a canonical form, with the contents that were cut out of it in their places."""
    digest = suite.digest(b"")
    for piece in split_at_tokens(written, cuts):
        for octets in (piece,) if isinstance(piece, bytes) else piece.canonical():
            digest.update(octets)
    return digest.digest()


def _verify_digest(reference: SignedReference, cuts: Mapping[str, Inhoud]) -> None:
    written = signed_form(reference.target, reference.prefixes)
    if not hmac.compare_digest(digest_of(written, cuts, reference.suite), reference.digest):
        name = etree.QName(reference.target).localname
        raise SignatureError(Text("the {name} was changed after signing", name=name))
