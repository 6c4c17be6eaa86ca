"""WS-Security signatures of the Digikoppeling profile 2W-be-S: verifying requests, signing answers.

A deliberately narrow reading of XML-DSig: exclusive canonicalization, RSA PKCS#1 v1.5, a token in the message
by direct reference, and references only to the very nodes that are read afterwards. What the profile does not
know is refused, so that there is nothing to wrap (decision record 0010). Canonicalization is lxml's (libxml2), the
cryptography is `cryptography`'s (OpenSSL).

Sources: Digikoppeling Koppelvlakstandaard WUS and Beveiligingsstandaarden (SIGN001, 003, 004), WS-Security 1.0,
X.509 Token Profile 1.0, XML Signature (W3C).
"""

import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from gateway.koppelvlak.cut import Inhoud
from gateway.koppelvlak.envelope import WSA_HEADERS, Addressing, Envelope, read_addressing
from gateway.koppelvlak.faults import SignatureError, StaleError
from gateway.koppelvlak.names import BASE64_ENCODING, DSIG, EXC_C14N, WSA, WSSE, WSU, X509_V3
from gateway.model.finding import Text
from gateway.trust.certificates import CertificateError, certificate_from_der, rsa_key_of

_TIMESTAMP, _TOKEN_NAME, _SIGNATURE = (
    f"{{{WSU}}}Timestamp",
    f"{{{WSSE}}}BinarySecurityToken",
    f"{{{DSIG}}}Signature",
)
_IN_SIGNATURE = [f"{{{DSIG}}}SignedInfo", f"{{{DSIG}}}SignatureValue", f"{{{DSIG}}}KeyInfo"]
_METHODS = [f"{{{DSIG}}}CanonicalizationMethod", f"{{{DSIG}}}SignatureMethod"]
_REFERENCE = f"{{{DSIG}}}Reference"
_IN_REFERENCE = [f"{{{DSIG}}}Transforms", f"{{{DSIG}}}DigestMethod", f"{{{DSIG}}}DigestValue"]
_TRANSFORM = f"{{{DSIG}}}Transform"
_TOKEN_REFERENCE = f"{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference"
_CREATED, _EXPIRES = f"{{{WSU}}}Created", f"{{{WSU}}}Expires"
_REFERENCES_MAX = 20
_CERTIFICATE_BYTES_MAX = 16 * 1024


@dataclass(frozen=True, slots=True)
class Family:
    """A signature algorithm and the digest that goes with it."""

    name: str
    digest: "Callable[[bytes], hashlib._Hash]"
    """Begins a digest over these bytes."""
    hash: hashes.HashAlgorithm
    signature_uri: str
    digest_uri: str


_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_XMLENC = "http://www.w3.org/2001/04/xmlenc#"
SHA1 = Family(  # behind legacy_sha1
    "sha1",
    hashlib.sha1,
    hashes.SHA1(),  # noqa: S303
    f"{DSIG}rsa-sha1",
    f"{DSIG}sha1",
)
SHA256 = Family("sha256", hashlib.sha256, hashes.SHA256(), f"{_MORE}rsa-sha256", f"{_XMLENC}sha256")
SHA384 = Family("sha384", hashlib.sha384, hashes.SHA384(), f"{_MORE}rsa-sha384", f"{_MORE}sha384")
SHA512 = Family("sha512", hashlib.sha512, hashes.SHA512(), f"{_MORE}rsa-sha512", f"{_XMLENC}sha512")
FAMILIES = (SHA256, SHA384, SHA512, SHA1)


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """What we accept."""

    legacy_sha1: bool = False
    """Accept RSA-SHA1 with SHA-1 digests, for client programs of before Digikoppeling's SIGN001."""
    skew: timedelta = timedelta(minutes=5)
    """How far a caller's clock may differ from ours."""
    age_max: timedelta = timedelta(minutes=10)
    """A message is used within this time of its Created, whatever its Expires says."""

    @property
    def families(self) -> tuple[Family, ...]:
        return FAMILIES if self.legacy_sha1 else FAMILIES[:-1]


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine message. `request` is the node that the signature covers, in the tree that was digested."""

    envelope: Envelope
    request: etree._Element
    addressing: Addressing
    certificate: x509.Certificate
    family: Family
    created_at: datetime
    signature_value: bytes


@dataclass(frozen=True, slots=True)
class _Reference:
    target: etree._Element
    prefixes: list[str]
    family: Family
    digest: bytes


def verify(envelope: Envelope, policy: SignaturePolicy, now: datetime) -> Verified:
    """Verify the signature over Body, addressing headers and Timestamp.

    The certificate is only read here, not trusted: that is `trust.chain`'s. Raises SignatureError, StaleError,
    AddressingError.
    """
    security = envelope.security
    if security is None:
        raise _refused(
            "exactly one wsse:Security header is needed", "er is precies één wsse:Security-header nodig"
        )
    timestamp, token, signature = _security_parts(security)
    signed_info, value, key_info = _signature_parts(signature)
    certificate = _token_certificate(envelope, token, key_info)
    family, references = _read_signed_info(envelope, signed_info, security, policy)
    _require_coverage(envelope, timestamp, references)
    signature_value = _verify_value(signed_info, value, certificate, family)
    for reference in references:
        _verify_digest(reference, envelope.cuts)
    created_at = _require_fresh(timestamp, policy, now)
    addressing = read_addressing(envelope)
    return Verified(envelope, envelope.request, addressing, certificate, family, created_at, signature_value)


def _security_parts(security: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """Timestamp, token and Signature: once each, in any order, and nothing else."""
    parts = {part.tag: part for part in security}
    if len(security) != len(parts) or parts.keys() != {_TIMESTAMP, _TOKEN_NAME, _SIGNATURE}:
        raise _refused(
            "the Security header must hold one Timestamp, one BinarySecurityToken and one Signature, nothing else",
            "de Security-header moet precies één Timestamp, BinarySecurityToken en Signature bevatten",
        )
    return parts[_TIMESTAMP], parts[_TOKEN_NAME], parts[_SIGNATURE]


def _signature_parts(signature: etree._Element) -> tuple[etree._Element, bytes, etree._Element]:
    if [part.tag for part in signature] != _IN_SIGNATURE:
        raise _refused(
            "a Signature holds SignedInfo, SignatureValue and KeyInfo, nothing else",
            "een Signature bevat SignedInfo, SignatureValue en KeyInfo en niets anders",
        )
    signed_info, value, key_info = signature
    return signed_info, _base64(value, "SignatureValue"), key_info


def _token_certificate(envelope: Envelope, token: etree._Element, key_info: etree._Element) -> x509.Certificate:
    """The certificate in the token that KeyInfo points to directly."""
    reference = key_info.find(_TOKEN_REFERENCE)
    if reference is None or [len(key_info), len(key_info[0])] != [1, 1]:
        raise _refused(
            "KeyInfo must refer directly to the token in the message",
            "KeyInfo moet direct naar het token verwijzen",
        )
    if envelope.ids.get(_fragment(reference.get("URI"))) is not token:
        raise _refused("KeyInfo refers to something else", "KeyInfo verwijst niet naar het token in het bericht")
    if token.get("ValueType") != X509_V3 or token.get("EncodingType", BASE64_ENCODING) != BASE64_ENCODING:
        raise _refused("the token must be an X509v3 certificate", "het token moet een X509v3-certificaat zijn")
    der = _base64(token, "BinarySecurityToken")
    if len(der) > _CERTIFICATE_BYTES_MAX:
        raise _refused("the token is too large", "het token is te groot")
    try:
        return certificate_from_der(der)
    except CertificateError as error:
        raise SignatureError(error.text) from error


def _read_signed_info(
    envelope: Envelope, signed_info: etree._Element, security: etree._Element, policy: SignaturePolicy
) -> tuple[Family, list[_Reference]]:
    children = list(signed_info)
    names = [child.tag for child in children]
    if names[:2] != _METHODS or set(names[2:]) != {_REFERENCE} or len(names) > _REFERENCES_MAX + 2:
        raise _refused("SignedInfo has another form than expected", "SignedInfo heeft een onverwachte vorm")
    if children[0].get("Algorithm") != EXC_C14N:
        raise _refused("only exclusive canonicalization is accepted", "alleen exclusive c14n is toegestaan")
    family = _family(children[1], "signature_uri", policy)
    return family, [_read_reference(envelope, child, security, policy) for child in children[2:]]


def _read_reference(
    envelope: Envelope, reference: etree._Element, security: etree._Element, policy: SignaturePolicy
) -> _Reference:
    if [child.tag for child in reference] != _IN_REFERENCE or set(reference.keys()) - {"URI", "Id"}:
        raise _refused("a Reference has another form than expected", "een Reference heeft een onverwachte vorm")
    transforms, method, value = reference
    if [(one.tag, one.get("Algorithm")) for one in transforms] != [(_TRANSFORM, EXC_C14N)]:
        raise _refused("only the transform exc-c14n is accepted", "alleen de transform exc-c14n is toegestaan")
    target = envelope.ids.get(_fragment(reference.get("URI")))
    if target is None or target.getparent() not in (envelope.root, envelope.header, security):
        raise _refused(
            "a Reference points to no part of the message that the profile knows",
            "een Reference verwijst niet naar een onderdeel dat het profiel kent",
        )
    family = _family(method, "digest_uri", policy)
    return _Reference(target, _inclusive_prefixes(transforms[0]), family, _base64(value, "DigestValue"))


def _require_coverage(envelope: Envelope, timestamp: etree._Element, references: list[_Reference]) -> None:
    """Body, Timestamp and every addressing header that is there: the nodes themselves, each once."""
    needed = [envelope.body, timestamp]
    needed += [block for name in WSA_HEADERS for block in envelope.header_blocks(WSA, name)]
    targets = [reference.target for reference in references]
    if len(set(targets)) != len(targets):
        raise _refused("a part is signed twice", "een onderdeel is twee keer ondertekend")
    for part in needed:
        if part not in targets:
            name = etree.QName(part).localname
            raise _refused(f"the {name} is not signed", f"{name} is niet ondertekend")


def _verify_value(
    signed_info: etree._Element, value: bytes, certificate: x509.Certificate, family: Family
) -> bytes:
    try:
        key = rsa_key_of(certificate)
    except CertificateError as error:
        raise SignatureError(error.text) from error
    canonical = b"".join(_canonical(signed_info, _inclusive_prefixes(signed_info[0]), {}))
    try:
        key.verify(value, canonical, padding.PKCS1v15(), family.hash)
    except InvalidSignature as error:
        raise _refused("the signature does not verify", "de handtekening klopt niet") from error
    return value


def _verify_digest(reference: _Reference, cuts: Mapping[str, Inhoud]) -> None:
    digest = reference.family.digest(b"")
    for piece in _canonical(reference.target, reference.prefixes, cuts):
        digest.update(piece)
    if not hmac.compare_digest(digest.digest(), reference.digest):
        name = etree.QName(reference.target).localname
        raise _refused(f"the {name} was changed after signing", f"{name} is na het ondertekenen veranderd")


def _canonical(node: etree._Element, prefixes: list[str], cuts: Mapping[str, Inhoud]) -> Iterator[bytes]:
    """The node's exclusive canonical form; where something was cut out, its text in its place."""
    written: bytes = etree.tostring(
        node, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
    )
    if not cuts:
        yield written
        return
    end = 0
    for found in _TOKEN.finditer(written):
        inhoud = cuts.get(found[0].decode())
        if inhoud is not None:
            yield written[end : found.start()]
            yield from inhoud.canonical()
            end = found.end()
    yield written[end:]


_TOKEN = re.compile(rb"(?<=>)mpX[0-9a-f]{20}X(?=<)")


def _require_fresh(timestamp: etree._Element, policy: SignaturePolicy, now: datetime) -> datetime:
    names = [child.tag for child in timestamp]
    if names not in ([_CREATED], [_CREATED, _EXPIRES]):
        raise _refused("the Timestamp needs one Created", "de Timestamp heeft één Created nodig")
    created_at = _utc(timestamp[0])
    if created_at > now + policy.skew:
        raise _stale("the message is from the future", "het bericht komt uit de toekomst")
    if now > created_at + policy.age_max + policy.skew:
        raise _stale("the message is too old", "het bericht is te oud")
    if len(timestamp) > 1 and _utc(timestamp[1]) + policy.skew < now:
        raise _stale("the message has expired", "het bericht is verlopen")
    return created_at


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def _utc(element: etree._Element) -> datetime:
    """WS-Security 1.0, section 10: wsu times are in UTC; an offset is understood, its absence is not."""
    found = _INSTANT.fullmatch((element.text or "").strip())
    if not found or len(element):
        raise _refused("a time in the Timestamp is not in UTC", "een tijd in de Timestamp is niet in UTC")
    try:
        moment = datetime.fromisoformat(found[1] + (found[3] if found[3] != "Z" else "+00:00"))
    except ValueError as error:
        raise _refused(
            "a time in the Timestamp does not exist", "een tijd in de Timestamp bestaat niet"
        ) from error
    return moment.astimezone(UTC)


def _family(method: etree._Element, uri: str, policy: SignaturePolicy) -> Family:
    wanted = method.get("Algorithm")
    if len(method):
        raise _refused("an algorithm has parameters", "een algoritme heeft parameters")
    for family in policy.families:
        if getattr(family, uri) == wanted:
            return family
    named = (wanted or "")[:80]
    raise _refused(f"the algorithm {named!r} is not accepted", f"het algoritme {named!r} is niet toegestaan")


def _inclusive_prefixes(method: etree._Element) -> list[str]:
    """The PrefixList of exc-c14n; Java clients send one. `#default` is the default namespace."""
    if not len(method):
        return []
    listed = method[0]
    if len(method) != 1 or listed.tag != f"{{{EXC_C14N}}}InclusiveNamespaces":
        raise _refused("a canonicalization has unknown parameters", "een c14n heeft onbekende parameters")
    return (listed.get("PrefixList") or "").split()


def _fragment(uri: str | None) -> str:
    return uri[1:] if uri and uri.startswith("#") else ""


def _base64(element: etree._Element, name: str) -> bytes:
    if len(element):
        raise _refused(f"{name} must be text", f"{name} moet tekst zijn")
    compact = "".join((element.text or "").split())
    try:
        return binascii.a2b_base64(compact.encode(), strict_mode=True) if compact else b""
    except (binascii.Error, ValueError) as error:
        raise _refused(f"{name} is not base64", f"{name} is geen base64") from error


def _refused(en: str, nl: str) -> SignatureError:
    return SignatureError(Text(en, nl))


def _stale(en: str, nl: str) -> StaleError:
    return StaleError(Text(en, nl))
