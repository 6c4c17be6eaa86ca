"""Why a signature does not verify: each part that it covers, with the digest in the message and the one of ours.

Where they differ, our canonical form is shown, and whether a form that client programs digest by mistake has the
digest of the message.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace

import pybase64
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from gateway.channels.digipoort.wire.algorithms import SUITES, AlgorithmSuite, Scheme
from gateway.channels.digipoort.wire.canonical import WHITE_SPACE, canonical, split_at_tokens
from gateway.channels.digipoort.wire.cut import Inhoud
from gateway.channels.digipoort.wire.envelope import Envelope
from gateway.channels.digipoort.wire.faults import SignatureError
from gateway.channels.digipoort.wire.names import WSU
from gateway.channels.digipoort.wire.signature import PADDING, SecurityHeader, digest_of
from gateway.channels.digipoort.wire.signed_info import SignedReference, read_signed_info, signed_form
from gateway.channels.inspection import SignedPart
from gateway.i18n import Text
from gateway.pki.certificates import signing_key_of

SHOWN_CHARACTERS_MAX = 16_000


def signed_parts(envelope: Envelope, security: SecurityHeader, *, legacy_sha1: bool) -> tuple[SignedPart, ...]:
    """SignedInfo and what it refers to; nothing where that cannot be read.

    The digest of SignedInfo is in the SignatureValue, from which only RSA PKCS#1 v1.5 recovers it: SignedInfo is
    left out where another algorithm is named.
    """
    try:
        info = read_signed_info(security.signed_info, envelope, security.element, legacy_sha1=legacy_sha1)
        signed = list(info.references)
        key = signing_key_of(security.certificate)
        if info.scheme is Scheme.PKCS1 and isinstance(key, rsa.RSAPublicKey):
            digest = _digest_in(security.signature_value, key, info.suite)
            signed.insert(0, SignedReference(security.signed_info, info.prefixes, info.suite, digest))
        return tuple([_part(one, envelope.cuts) for one in signed])
    except SignatureError:
        return ()


def _digest_in(signature_value: bytes, key: rsa.RSAPublicKey, suite: AlgorithmSuite) -> bytes:
    """Empty where another key or another algorithm made it."""
    try:
        return key.recover_data_from_signature(signature_value, PADDING, suite.hash)
    except InvalidSignature:
        return b""


def _part(reference: SignedReference, cuts: Mapping[str, Inhoud]) -> SignedPart:
    written = signed_form(reference.target, reference.prefixes)
    found = digest_of(written, cuts, reference.suite)
    part = SignedPart(etree.QName(reference.target).localname, _base64(reference.digest), _base64(found))
    if part.is_equal:
        return part
    return replace(part, canonical=_readable(written, cuts), likely=_likely_mistake(reference, cuts))


def _base64(octets: bytes) -> str:
    return pybase64.b64encode_as_string(octets)


def _readable(written: bytes, cuts: Mapping[str, Inhoud]) -> str:
    """A canonical form with the size of each content in its place."""
    pieces = split_at_tokens(written, cuts)
    shown = [one.decode() if isinstance(one, bytes) else f"[… {one.size_bytes} bytes …]" for one in pieces]
    return "".join(shown)[:SHOWN_CHARACTERS_MAX]


def _likely_mistake(reference: SignedReference, cuts: Mapping[str, Inhoud]) -> Text | None:
    """What was digested instead; None where we do not know."""
    if not reference.digest:
        return Text("another key than that of the certificate made the SignatureValue, or another algorithm")
    for says, form in _MISTAKES:
        if digest_of(form(reference), cuts, reference.suite) == reference.digest:
            return says
    written = signed_form(reference.target, reference.prefixes)
    for suite in SUITES:
        if digest_of(written, cuts, suite) == reference.digest:
            return Text("the digest is by {name}, and DigestMethod names another algorithm", name=suite.name)
    return None


def _without_indents(reference: SignedReference) -> bytes:
    element = deepcopy(reference.target)
    for one in element.iter():
        if len(one) and not (one.text or "").strip(WHITE_SPACE):
            one.text = None
        if not (one.tail or "").strip(WHITE_SPACE):
            one.tail = None
    return canonical(element, reference.prefixes)


def _without_id(reference: SignedReference) -> bytes:
    element = deepcopy(reference.target)
    element.attrib.pop(f"{{{WSU}}}Id", None)
    return canonical(element, reference.prefixes)


_MISTAKES: tuple[tuple[Text, Callable[[SignedReference], bytes]], ...] = (
    (
        Text("the digest is of the inclusive canonical form"),
        lambda one: etree.tostring(one.target, method="c14n"),
    ),
    (Text("the digest is of the form without the PrefixList"), lambda one: canonical(one.target, [])),
    (Text("the element was indented after it was digested"), _without_indents),
    (Text("the element got its wsu:Id after it was digested"), _without_id),
    (
        Text("the lines that were digested end in CR LF, and XML ends them in LF"),
        lambda one: canonical(one.target, one.prefixes).replace(b"\n", b"&#xD;\n"),
    ),
)
"""What client programs digest instead, and how it is written."""
