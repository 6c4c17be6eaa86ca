"""ds:SignedInfo: which parts of the message a signature covers, and their digests (XML Signature, section 4.4)."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass

import pybase64
from lxml import etree

from gateway.channels.digipoort.wire.algorithms import SHA1, SUITES, AlgorithmSuite
from gateway.channels.digipoort.wire.canonical import canonical
from gateway.channels.digipoort.wire.envelope import Envelope
from gateway.channels.digipoort.wire.faults import SignatureError
from gateway.channels.digipoort.wire.names import DSIG, EXC_C14N
from gateway.i18n import Text

_METHODS = [f"{{{DSIG}}}CanonicalizationMethod", f"{{{DSIG}}}SignatureMethod"]
_REFERENCE = f"{{{DSIG}}}Reference"
_IN_REFERENCE = [f"{{{DSIG}}}Transforms", f"{{{DSIG}}}DigestMethod", f"{{{DSIG}}}DigestValue"]
_TRANSFORM = f"{{{DSIG}}}Transform"
_REFERENCES_MAX = 20
_BY_SIGNATURE = {suite.signature_uri: suite for suite in SUITES}
_BY_DIGEST = {suite.digest_uri: suite for suite in SUITES}


@dataclass(frozen=True, slots=True)
class SignedReference:
    """A part of the message, and the digest that it must have."""

    target: etree._Element
    prefixes: list[str]
    suite: AlgorithmSuite
    digest: bytes


@dataclass(frozen=True, slots=True)
class SignedInfo:
    """What the signature is over."""

    canonical: bytes
    suite: AlgorithmSuite
    references: tuple[SignedReference, ...]


def read_signed_info(
    signed_info: etree._Element, envelope: Envelope, security: etree._Element, *, legacy_sha1: bool
) -> SignedInfo:
    """Read what the signature covers. Raises SignatureError for everything that the profile does not know."""
    children = list(signed_info)
    names = [child.tag for child in children]
    if names[:2] != _METHODS or set(names[2:]) != {_REFERENCE} or len(names) > _REFERENCES_MAX + 2:
        raise SignatureError(Text("SignedInfo has another form than expected"))
    canonicalization, method, *references = children
    if canonicalization.get("Algorithm") != EXC_C14N:
        raise SignatureError(Text("only exclusive canonicalization is accepted"))
    parts = _parts(envelope, security)
    return SignedInfo(
        canonical(signed_info, _inclusive_prefixes(canonicalization)),
        _suite(method, _BY_SIGNATURE, legacy_sha1=legacy_sha1),
        tuple(_reference(one, parts, legacy_sha1=legacy_sha1) for one in references),
    )


def _parts(envelope: Envelope, security: etree._Element) -> dict[str, etree._Element]:
    """What a Reference may point to, by wsu:Id: the children of Envelope, Header and Security."""
    parents = (envelope.root, envelope.header, security)
    return {name: node for name, node in envelope.ids.items() if node.getparent() in parents}


def _reference(
    reference: etree._Element, parts: Mapping[str, etree._Element], *, legacy_sha1: bool
) -> SignedReference:
    if [child.tag for child in reference] != _IN_REFERENCE or set(reference.keys()) - {"URI", "Id"}:
        raise SignatureError(Text("a Reference has another form than expected"))
    transforms, method, value = reference
    if [(one.tag, one.get("Algorithm")) for one in transforms] != [(_TRANSFORM, EXC_C14N)]:
        raise SignatureError(Text("only the transform exc-c14n is accepted"))
    target = parts.get(fragment(reference.get("URI")))
    if target is None:
        raise SignatureError(Text("a Reference points to no part of the message that the profile knows"))
    return SignedReference(
        target,
        _inclusive_prefixes(transforms[0]),
        _suite(method, _BY_DIGEST, legacy_sha1=legacy_sha1),
        base64_value(value, "DigestValue"),
    )


def _suite(method: etree._Element, known: Mapping[str, AlgorithmSuite], *, legacy_sha1: bool) -> AlgorithmSuite:
    if len(method):
        raise SignatureError(Text("an algorithm has parameters"))
    uri = method.get("Algorithm") or ""
    suite = known.get(uri)
    if suite is None or (suite is SHA1 and not legacy_sha1):
        raise SignatureError(Text("the algorithm {shown} is not accepted", shown=repr(uri[:80])))
    return suite


def _inclusive_prefixes(method: etree._Element) -> list[str]:
    """The PrefixList of exc-c14n, which Java clients send. `#default` is the default namespace."""
    if not len(method):
        return []
    listed = method[0]
    if len(method) != 1 or listed.tag != f"{{{EXC_C14N}}}InclusiveNamespaces":
        raise SignatureError(Text("a canonicalization has unknown parameters"))
    return (listed.get("PrefixList") or "").split()


def fragment(uri: str | None) -> str:
    """The Id in `#Id`; empty for any other URI."""
    return uri[1:] if uri and uri.startswith("#") else ""


def base64_value(element: etree._Element, name: str) -> bytes:
    """An element's base64, which may be spread over lines. Raises SignatureError, which names the element."""
    if len(element):
        raise SignatureError(Text("{name} must be text", name=name))
    compact = "".join((element.text or "").split())
    try:
        return pybase64.b64decode(compact.encode(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError(Text("{name} is not base64", name=name)) from error
