"""WS-Security signatures of the Digikoppeling profile 2W-be-S: verifying requests, signing answers.

A deliberately narrow reading of XML-DSig: exclusive canonicalization, RSA PKCS#1 v1.5, a token in the message
by direct reference, and references only to the very nodes that are read afterwards. What the profile does not
know is refused, so that there is nothing to wrap (decision record 0010). Canonicalization is lxml's (libxml2), the
cryptography is `cryptography`'s (OpenSSL).

Sources: Digikoppeling Koppelvlakstandaard WUS and Beveiligingsstandaarden (SIGN001, 003, 004), WS-Security 1.0,
X.509 Token Profile 1.0, XML Signature (W3C).
"""

import binascii
import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from gateway.channels.digipoort.wire.cut import Inhoud
from gateway.channels.digipoort.wire.envelope import WSA_HEADERS, Addressing, Envelope, read_addressing
from gateway.channels.digipoort.wire.faults import SignatureError, StaleError
from gateway.channels.digipoort.wire.names import BASE64_ENCODING, DSIG, EXC_C14N, WSA, WSSE, WSU, X509_V3
from gateway.channels.digipoort.wire.signed_info import read_plain
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
_METHODS = [f"{{{DSIG}}}CanonicalizationMethod", f"{{{DSIG}}}SignatureMethod"]
_REFERENCE = f"{{{DSIG}}}Reference"
_IN_REFERENCE = [f"{{{DSIG}}}Transforms", f"{{{DSIG}}}DigestMethod", f"{{{DSIG}}}DigestValue"]
_TRANSFORM = f"{{{DSIG}}}Transform"
_TOKEN_REFERENCE = f"{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference"
_CREATED, _EXPIRES = f"{{{WSU}}}Created", f"{{{WSU}}}Expires"
_REFERENCES_MAX = 20
_CERTIFICATE_BYTES_MAX = 16 * 1024
_TOKENS_REMEMBERED = 500
"""Tokens kept read: more than the clients of an hour."""
_PADDING = padding.PKCS1v15()


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A signature algorithm and the digest that goes with it: one of those below, known by itself."""

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
_BY_SIGNATURE = {family.signature_uri: family for family in FAMILIES}
_BY_DIGEST = {family.digest_uri: family for family in FAMILIES}


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """What we accept."""

    legacy_sha1: bool = False
    """Accept RSA-SHA1 with SHA-1 digests, for client programs of before Digikoppeling's SIGN001."""
    skew: timedelta = timedelta(minutes=5)
    """How far a caller's clock may differ from ours."""
    age_max: timedelta = timedelta(minutes=10)
    """A message is used within this time of its Created, whatever its Expires says."""


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
    family: Family
    created_at: datetime
    signature_value: bytes


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of SignedInfo: the part that it covers, and how."""

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
    timestamp, token, signature = security_parts(security)
    signed_info, value, key_info = _signature_parts(signature)
    signer = _token_signer(envelope, token, key_info)
    covered, family, references = read_signed_info(envelope, signed_info, security, policy)
    _require_coverage(envelope, timestamp, references)
    require_signature(covered, value, signer.key, family)
    _verify_digests(references, envelope.cuts)
    created_at = require_fresh(*_times(timestamp), policy, now)
    addressing = read_addressing(envelope)
    return Verified(
        envelope.request,
        envelope.cuts,
        addressing,
        signer.certificate,
        signer.fingerprint,
        family,
        created_at,
        value,
    )


def security_parts(security: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """Timestamp, token and Signature: once each, in any order, and nothing else. Raises SignatureError."""
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


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """The certificate in a token, which says who signed, and its key."""

    certificate: x509.Certificate
    fingerprint: str
    key: rsa.RSAPublicKey


def _token_signer(envelope: Envelope, token: etree._Element, key_info: etree._Element) -> TokenSigner:
    """The certificate in the token that KeyInfo points to directly, with its key."""
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
    if len(token):
        raise _refused("BinarySecurityToken must be text", "BinarySecurityToken moet tekst zijn")
    return signer_in(token.text or "")


@functools.lru_cache(_TOKENS_REMEMBERED)
def signer_in(token: str) -> TokenSigner:
    """What a token's text holds: the same text holds the same certificate every time. Raises SignatureError."""
    der = decoded(token, "BinarySecurityToken")
    if len(der) > _CERTIFICATE_BYTES_MAX:
        raise _refused("the token is too large", "het token is te groot")
    try:
        certificate = certificate_from_der(der)
        return TokenSigner(certificate, fingerprint(certificate), rsa_key_of(certificate))
    except CertificateError as error:
        raise SignatureError(error.text) from error


def read_signed_info(
    envelope: Envelope, signed_info: etree._Element, security: etree._Element, policy: SignaturePolicy
) -> tuple[bytes, Family, list[Reference]]:
    """The bytes that the signature must cover, and what they say. Raises SignatureError."""
    covered = canonical(signed_info, [])
    plain = read_plain(covered)
    if plain is None or len(plain.references) > _REFERENCES_MAX:
        family, references = _walk_signed_info(envelope, signed_info, security, policy)
        return canonical(signed_info, inclusive_prefixes(signed_info[0])), family, references
    family = _family_of(plain.signature_uri, _BY_SIGNATURE, policy)
    references = [
        Reference(_target(envelope, target_id, security), [], _family_of(digest_uri, _BY_DIGEST, policy), digest)
        for target_id, digest_uri, digest in plain.references
    ]
    return covered, family, references


def _walk_signed_info(
    envelope: Envelope, signed_info: etree._Element, security: etree._Element, policy: SignaturePolicy
) -> tuple[Family, list[Reference]]:
    children = list(signed_info)
    names = [child.tag for child in children]
    if names[:2] != _METHODS or set(names[2:]) != {_REFERENCE} or len(names) > _REFERENCES_MAX + 2:
        raise _refused("SignedInfo has another form than expected", "SignedInfo heeft een onverwachte vorm")
    if children[0].get("Algorithm") != EXC_C14N:
        raise _refused("only exclusive canonicalization is accepted", "alleen exclusive c14n is toegestaan")
    family = _family(children[1], _BY_SIGNATURE, policy)
    return family, [_read_reference(envelope, child, security, policy) for child in children[2:]]


def _read_reference(
    envelope: Envelope, reference: etree._Element, security: etree._Element, policy: SignaturePolicy
) -> Reference:
    if [child.tag for child in reference] != _IN_REFERENCE or set(reference.keys()) - {"URI", "Id"}:
        raise _refused("a Reference has another form than expected", "een Reference heeft een onverwachte vorm")
    transforms, method, value = reference
    if [(one.tag, one.get("Algorithm")) for one in transforms] != [(_TRANSFORM, EXC_C14N)]:
        raise _refused("only the transform exc-c14n is accepted", "alleen de transform exc-c14n is toegestaan")
    target = _target(envelope, _fragment(reference.get("URI")), security)
    family = _family(method, _BY_DIGEST, policy)
    return Reference(target, inclusive_prefixes(transforms[0]), family, _base64(value, "DigestValue"))


def _target(envelope: Envelope, target_id: str, security: etree._Element) -> etree._Element:
    """The part of the message with this wsu:Id."""
    target = envelope.ids.get(target_id)
    if target is None or target.getparent() not in (envelope.root, envelope.header, security):
        raise _refused(
            "a Reference points to no part of the message that the profile knows",
            "een Reference verwijst niet naar een onderdeel dat het profiel kent",
        )
    return target


def _require_coverage(envelope: Envelope, timestamp: etree._Element, references: list[Reference]) -> None:
    """Body, Timestamp and every addressing header that is there: the nodes themselves, each once.

    The Timestamp may be signed twice: the published policy asks for it in two ways, and Apache CXF follows both.
    """
    needed = [envelope.body, timestamp]
    needed += [block for name in WSA_HEADERS for block in envelope.header_blocks(WSA, name)]
    targets = [reference.target for reference in references]
    doubled = len(targets) - len(set(targets))
    if doubled > 1 or (doubled and targets.count(timestamp) != 2):
        raise _refused("a part is signed twice", "een onderdeel is twee keer ondertekend")
    for part in needed:
        if part not in targets:
            name = etree.QName(part).localname
            raise _refused(f"the {name} is not signed", f"{name} is niet ondertekend")


def require_signature(covered: bytes, value: bytes, key: rsa.RSAPublicKey, family: Family) -> None:
    """The value is this key's signature over these bytes. Raises SignatureError."""
    try:
        key.verify(value, covered, _PADDING, family.hash)
    except InvalidSignature as error:
        raise _refused("the signature does not verify", "de handtekening klopt niet") from error


def _verify_digests(references: list[Reference], cuts: Mapping[str, Inhoud]) -> None:
    placed: set[str] = set()
    for reference in references:
        written = canonical(reference.target, reference.prefixes)
        if cuts and _TOKEN_START in written:
            digest = reference.family.digest(b"")
            for piece in _filled(written, cuts, placed):
                digest.update(piece)
        else:
            digest = reference.family.digest(written)
        if not hmac.compare_digest(digest.digest(), reference.digest):
            name = etree.QName(reference.target).localname
            raise _refused(f"the {name} was changed after signing", f"{name} is na het ondertekenen veranderd")


def canonical(node: etree._Element, prefixes: list[str]) -> bytes:
    """The node's exclusive canonical form; `prefixes`: those that count as used everywhere."""
    written: bytes = etree.tostring(
        node, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
    )
    return written


def _filled(written: bytes, cuts: Mapping[str, Inhoud], placed: set[str]) -> Iterator[bytes]:
    """A canonical form with what was cut out of the text back in its place, each cut in one place only."""
    end = 0
    for found in _TOKEN.finditer(written):
        token = found[1].decode()
        inhoud = cuts.get(token)
        if inhoud is None:
            continue
        if token in placed:  # a sender guessed it and wrote it in a second place
            raise _refused("a value stands where another was", "een waarde staat op de plaats van een andere")
        placed.add(token)
        yield written[end : found.start(1)]
        yield from inhoud.canonical()
        end = found.end(1)
    yield written[end:]


_TOKEN_START = b">mpX"
_TOKEN = re.compile(rb">(mpX[0-9a-f]{20}X)<")


def _times(timestamp: etree._Element) -> tuple[str, str | None]:
    """Created and Expires as they are written."""
    names = [child.tag for child in timestamp]
    if names not in ([_CREATED], [_CREATED, _EXPIRES]):
        raise _refused("the Timestamp needs one Created", "de Timestamp heeft één Created nodig")
    if any(len(child) for child in timestamp):
        raise _no_time()
    return timestamp[0].text or "", timestamp[1].text or "" if len(timestamp) > 1 else None


def require_fresh(created: str, expires: str | None, policy: SignaturePolicy, now: datetime) -> datetime:
    """When the message was made, if it may still be used. Raises SignatureError and StaleError."""
    created_at = _utc(created)
    if created_at > now + policy.skew:
        raise _stale("the message is from the future", "het bericht komt uit de toekomst")
    if now > created_at + policy.age_max + policy.skew:
        raise _stale("the message is too old", "het bericht is te oud")
    if expires is not None and _utc(expires) + policy.skew < now:
        raise _stale("the message has expired", "het bericht is verlopen")
    return created_at


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def _utc(written: str) -> datetime:
    """WS-Security 1.0, section 10: wsu times are in UTC; an offset is understood, its absence is not."""
    found = _INSTANT.fullmatch(written.strip())
    if not found:
        raise _no_time()
    try:
        moment = datetime.fromisoformat(found[1] + (found[3] if found[3] != "Z" else "+00:00"))
    except ValueError as error:
        raise _refused(
            "a time in the Timestamp does not exist", "een tijd in de Timestamp bestaat niet"
        ) from error
    return moment.astimezone(UTC)


def _family(method: etree._Element, known: Mapping[str, Family], policy: SignaturePolicy) -> Family:
    if len(method):
        raise _refused("an algorithm has parameters", "een algoritme heeft parameters")
    return _family_of(method.get("Algorithm") or "", known, policy)


def _family_of(wanted: str, known: Mapping[str, Family], policy: SignaturePolicy) -> Family:
    family = known.get(wanted)
    if family is None or (family is SHA1 and not policy.legacy_sha1):
        named = wanted[:80]
        raise _refused(f"the algorithm {named!r} is not accepted", f"het algoritme {named!r} is niet toegestaan")
    return family


def inclusive_prefixes(method: etree._Element) -> list[str]:
    """The PrefixList of exc-c14n; Java clients send one. `#default` is the default namespace.

    Raises SignatureError.
    """
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
    return decoded(element.text or "", name)


def decoded(text: str, name: str) -> bytes:
    """A value's base64, which may be spread over lines. Raises SignatureError, which names the value."""
    compact = "".join(text.split())
    try:
        return binascii.a2b_base64(compact.encode(), strict_mode=True) if compact else b""
    except (binascii.Error, ValueError) as error:
        raise _refused(f"{name} is not base64", f"{name} is geen base64") from error


def _no_time() -> SignatureError:
    return _refused("a time in the Timestamp is not in UTC", "een tijd in de Timestamp is niet in UTC")


def _refused(en: str, nl: str) -> SignatureError:
    return SignatureError(Text(en, nl))


def _stale(en: str, nl: str) -> StaleError:
    return StaleError(Text(en, nl))
