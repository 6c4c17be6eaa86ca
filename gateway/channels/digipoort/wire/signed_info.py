"""ds:SignedInfo: which parts of the message a signature covers, and their digests (XML Signature, section 4.4).

What a part may cost is limited here, before anything is canonicalized: libxml2 looks up every prefix of a
PrefixList for every element.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pybase64
from lxml import etree

from gateway.channels.digipoort.wire.algorithms import SHA1, SIGNATURE_METHODS, SUITES, AlgorithmSuite, Scheme
from gateway.channels.digipoort.wire.canonical import WHITE_SPACE, canonical
from gateway.channels.digipoort.wire.envelope import Envelope
from gateway.channels.digipoort.wire.faults import SignatureError
from gateway.channels.digipoort.wire.names import DSIG, EXC_C14N, WSSE, WSU
from gateway.i18n import Text

_METHODS = [f"{{{DSIG}}}CanonicalizationMethod", f"{{{DSIG}}}SignatureMethod"]
_REFERENCE = f"{{{DSIG}}}Reference"
_IN_REFERENCE = [f"{{{DSIG}}}Transforms", f"{{{DSIG}}}DigestMethod", f"{{{DSIG}}}DigestValue"]
_TRANSFORM = f"{{{DSIG}}}Transform"
_INCLUSIVE_NAMESPACES = f"{{{EXC_C14N}}}InclusiveNamespaces"
_REFERENCES_MAX = 20
_PREFIXES_MAX = 20
"""In one PrefixList. Client programs send fewer than ten."""
_PREFIX_LIST_CHARACTERS_MAX = 1_000
_PREFIX = re.compile(r"[\w.#-]+")
_PREFIX_LIST = re.compile(r"[\w.# \t\r\n-]*")
_FRAGMENT = re.compile(r"#([\w.:-]{1,256})")
"""A shorthand pointer. What XPointer would take for something else has a bracket or a quote."""
_TEXTS = (f"{{{DSIG}}}DigestValue", f"{{{DSIG}}}SignatureValue")
"""The elements of a Signature with text."""
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    f"{{{DSIG}}}CanonicalizationMethod": frozenset({"Algorithm"}),
    f"{{{DSIG}}}SignatureMethod": frozenset({"Algorithm"}),
    f"{{{DSIG}}}DigestMethod": frozenset({"Algorithm"}),
    f"{{{DSIG}}}Reference": frozenset({"URI", "Id"}),
    f"{{{DSIG}}}Transforms": frozenset(),
    f"{{{DSIG}}}Transform": frozenset({"Algorithm"}),
    f"{{{DSIG}}}DigestValue": frozenset(),
    _INCLUSIVE_NAMESPACES: frozenset({"PrefixList"}),
    f"{{{WSSE}}}Reference": frozenset({"URI", "ValueType"}),
}
"""What the elements of a Signature may have; the others only an Id."""
_WITHOUT_WHITE_SPACE = str.maketrans("", "", WHITE_SPACE)
_ONLY_ID = frozenset({"Id", f"{{{WSU}}}Id"})
_BY_SIGNATURE = {uri: suite for uri, (suite, _) in SIGNATURE_METHODS.items()}
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
    prefixes: list[str]
    """Of the PrefixList of its canonicalization."""
    suite: AlgorithmSuite
    scheme: Scheme
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
    parts, prefixes = _parts(envelope, security), _inclusive_prefixes(canonicalization)
    return SignedInfo(
        signed_form(signed_info, prefixes),
        prefixes,
        _suite(method, _BY_SIGNATURE, legacy_sha1=legacy_sha1),
        SIGNATURE_METHODS[method.get("Algorithm", "")][1],
        tuple(_reference(one, parts, legacy_sha1=legacy_sha1) for one in references),
    )


def signed_form(node: etree._Element, prefixes: list[str]) -> bytes:
    """The node as signatures and digests are taken over it. Raises SignatureError where there is no such form."""
    try:
        return canonical(node, prefixes)
    except etree.C14NError as error:
        raise SignatureError(Text("the {name} has no canonical form", name=_name_of(node))) from error


def require_plain(signature: etree._Element) -> None:
    """No attribute and no text that the profile does not name. Raises SignatureError."""
    for element in signature.iter():
        if not _ATTRIBUTES.get(str(element.tag), _ONLY_ID).issuperset(element.keys()):
            raise SignatureError(Text("{name} has an unknown attribute", name=_name_of(element)))
        within = "" if element.tag in _TEXTS else element.text or ""
        after = "" if element is signature else element.tail or ""
        if f"{within}{after}".strip(WHITE_SPACE):
            raise SignatureError(Text("{name} has text that does not belong there", name=_name_of(element)))


def _name_of(element: etree._Element) -> str:
    return etree.QName(element).localname[:80]


def _parts(envelope: Envelope, security: etree._Element) -> dict[str, etree._Element]:
    """What a Reference may point to, by wsu:Id: Body, header blocks, and the children of Security. None contains
    another, so that no element is canonicalized twice."""
    blocks = [block for named in envelope.blocks.values() for block in named if block is not security]
    known = {envelope.body, *blocks, *security}
    return {name: node for name, node in envelope.ids.items() if node in known}


def _reference(
    reference: etree._Element, parts: Mapping[str, etree._Element], *, legacy_sha1: bool
) -> SignedReference:
    if [child.tag for child in reference] != _IN_REFERENCE:
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
    prefixes = listed.get("PrefixList")
    if len(method) != 1 or listed.tag != _INCLUSIVE_NAMESPACES or len(listed) or prefixes is None:
        raise SignatureError(Text("a canonicalization has unknown parameters"))
    found = _PREFIX.findall(prefixes[: _PREFIX_LIST_CHARACTERS_MAX + 1])
    is_list = _PREFIX_LIST.fullmatch(prefixes) and len(prefixes) <= _PREFIX_LIST_CHARACTERS_MAX
    if not is_list or len(found) > _PREFIXES_MAX or len(set(found)) < len(found):
        raise SignatureError(
            Text("a PrefixList holds at most {prefixes_max} prefixes, each once", prefixes_max=_PREFIXES_MAX)
        )
    return found


def fragment(uri: str | None) -> str:
    """The Id in `#Id`; empty for any other URI."""
    found = _FRAGMENT.fullmatch(uri or "")
    return found[1] if found else ""


def base64_value(element: etree._Element, name: str) -> bytes:
    """An element's base64, which may be spread over lines. Raises SignatureError, which names the element."""
    if len(element):
        raise SignatureError(Text("{name} must be text", name=name))
    try:
        return pybase64.b64decode((element.text or "").translate(_WITHOUT_WHITE_SPACE), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError(Text("{name} is not base64", name=name)) from error
