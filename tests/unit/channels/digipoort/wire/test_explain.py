"""Why a signature does not verify: the parts that differ, and what was digested in their place."""

import base64
import hashlib
from collections.abc import Callable
from copy import deepcopy

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from lxml import etree

from gateway.channels.digipoort.wire.cut import Cutter, ReadingLimits, new_spool
from gateway.channels.digipoort.wire.envelope import read_envelope
from gateway.channels.digipoort.wire.explain import signed_parts
from gateway.channels.digipoort.wire.signature import read_security
from gateway.channels.inspection import SignedPart
from tests.unit.channels.digipoort.wire.attacks import genuine
from tests.unit.channels.digipoort.wire.xmlsec_client import DS, NAMES, PARTS, WSU, sign, to_bytes, unsigned
from tests.unit.pki.hierarchies import pair

LIMITS = ReadingLimits()


def explained(message: bytes, *, legacy_sha1: bool = False) -> dict[str, SignedPart]:
    """By name, from a message that is read as it comes in."""
    with new_spool(LIMITS) as spool:
        cutter = Cutter(LIMITS, spool)
        cutter.feed(message)
        envelope = read_envelope(cutter.close(), cutter.cuts, LIMITS)
        return {one.name: one for one in signed_parts(envelope, read_security(envelope), legacy_sha1=legacy_sha1)}


def exclusive(element: etree._Element) -> bytes:
    return bytes(etree.tostring(element, method="c14n", exclusive=True))


def inclusive(element: etree._Element) -> bytes:
    return bytes(etree.tostring(element, method="c14n"))


def without_id(element: etree._Element) -> bytes:
    copied = deepcopy(element)
    del copied.attrib[f"{{{WSU}}}Id"]
    return exclusive(copied)


def with_returns(element: etree._Element) -> bytes:
    return exclusive(element).replace(b"\n", b"&#xD;\n")


def signed_over(form: Callable[[etree._Element], bytes], digest: str = "sha256") -> bytes:
    """A genuine message whose Body was digested in another form; the rest is right, the SignatureValue too."""
    envelope = genuine()
    request = envelope.find("s:Body/k:aanleverRequest", NAMES)
    assert request is not None
    request.text = "\n"
    body, value = (
        envelope.find("s:Body", NAMES),
        envelope.find(".//ds:Reference[@URI='#_Body']/ds:DigestValue", NAMES),
    )
    assert body is not None
    assert value is not None
    value.text = base64.b64encode(hashlib.new(digest, form(body)).digest()).decode()
    return signed_again(envelope)


def signed_again(envelope: etree._Element) -> bytes:
    """With a SignatureValue over the SignedInfo as it is now."""
    info, value = (envelope.find(f".//{{{DS}}}{name}") for name in ("SignedInfo", "SignatureValue"))
    assert info is not None
    assert value is not None
    octets = pair("leverancier")[1].sign(exclusive(info), PKCS1v15(), hashes.SHA256())
    value.text = base64.b64encode(octets).decode()
    return to_bytes(envelope)


def test_a_genuine_message_has_no_difference() -> None:
    parts = explained(to_bytes(genuine()))
    assert parts.keys() == {"SignedInfo", *PARTS}
    assert [name for name, part in parts.items() if not part.is_equal or part.canonical or part.likely] == []


@pytest.mark.parametrize(
    ("form", "digest", "says"),
    [
        (inclusive, "sha256", "the digest is of the inclusive canonical form"),
        (without_id, "sha256", "the element got its wsu:Id after it was digested"),
        (with_returns, "sha256", "the lines that were digested end in CR LF, and XML ends them in LF"),
        (exclusive, "sha512", "the digest is by sha512, and DigestMethod names another algorithm"),
        (lambda _: b"anything", "sha256", None),
    ],
)
def test_what_was_digested_instead_is_named(
    form: Callable[[etree._Element], bytes], digest: str, says: str | None
) -> None:
    message = signed_over(form, digest)
    parts = explained(message)
    assert [name for name, part in parts.items() if not part.is_equal] == ["Body"]
    assert (parts["Body"].likely and parts["Body"].likely.en) == says
    body = etree.fromstring(message).find("s:Body", NAMES)
    assert body is not None
    assert parts["Body"].found == base64.b64encode(hashlib.sha256(exclusive(body)).digest()).decode()


def test_indenting_after_signing_is_named_and_the_content_is_left_out_of_what_is_shown() -> None:
    message = to_bytes(genuine()).replace(b"<berichtInhoud>", b"\n  <berichtInhoud>\n    ")
    body = explained(message)["Body"]
    assert body.likely
    assert body.likely.en == "the element was indented after it was digested"
    assert "\n  <berichtInhoud>\n    <mimeType>" in body.canonical
    assert "[… 10 bytes …]" in body.canonical


def test_a_signature_by_another_key() -> None:
    certificate, _ = pair("leverancier")
    parts = explained(to_bytes(sign(unsigned("<a/>"), certificate, pair("gemeente")[1])))
    assert [name for name, part in parts.items() if not part.is_equal] == ["SignedInfo"]
    assert parts["SignedInfo"].expected == ""
    assert parts["SignedInfo"].likely
    assert "another key" in parts["SignedInfo"].likely.en


def test_a_signed_info_that_was_changed_after_signing_shows_the_digest_that_was_signed() -> None:
    before = to_bytes(genuine())
    info = etree.fromstring(before).find(".//ds:SignedInfo", NAMES)
    assert info is not None
    parts = explained(before.replace(b"<ds:SignedInfo>", b"<ds:SignedInfo>\n"))
    assert parts["SignedInfo"].expected == base64.b64encode(hashlib.sha256(exclusive(info)).digest()).decode()
    assert not parts["SignedInfo"].is_equal


@pytest.mark.parametrize("legacy_sha1", [True, False])
def test_without_a_readable_signed_info_there_are_no_parts(legacy_sha1: bool) -> None:
    message = to_bytes(sign(unsigned("<a/>"), *pair("leverancier"), hash_name="SHA1"))
    assert bool(explained(message, legacy_sha1=legacy_sha1)) == legacy_sha1
