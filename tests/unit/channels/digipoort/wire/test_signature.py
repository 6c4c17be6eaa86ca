"""Signatures: what other programs sign we verify, and what is odd is refused."""

import base64
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from lxml import etree

from gateway.channels.digipoort.wire import signed_info
from gateway.channels.digipoort.wire.algorithms import SHA1, SHA256, SUITES, AlgorithmSuite
from gateway.channels.digipoort.wire.canonical import canonical
from gateway.channels.digipoort.wire.cut import Cutter, ReadingLimits, new_spool
from gateway.channels.digipoort.wire.elements import read_aanlevering
from gateway.channels.digipoort.wire.envelope import read_envelope
from gateway.channels.digipoort.wire.faults import KoppelvlakError, SignatureError
from gateway.channels.digipoort.wire.signature import (
    SignaturePolicy,
    Verified,
    read_security,
    verify,
)
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.channels.digipoort.wire.attacks import ATTACKS, attack, genuine, resigned, times
from tests.unit.channels.digipoort.wire.hostile import hostile
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES, aanlever_request, sign, to_bytes, unsigned
from tests.unit.pki.hierarchies import pair

LIMITS = ReadingLimits()


def verified(message: bytes, *, legacy_sha1: bool = False, chunk_bytes: int = 65_536) -> Verified:
    """Read as it comes in: the inhoud is cut out."""
    with new_spool(LIMITS) as spool:
        cutter = Cutter(LIMITS, spool)
        for at in range(0, len(message), chunk_bytes):
            cutter.feed(message[at : at + chunk_bytes])
        envelope = read_envelope(cutter.close(), cutter.cuts, LIMITS)
        policy = SignaturePolicy(legacy_sha1=legacy_sha1)
        return verify(envelope, read_security(envelope), policy, datetime.now(UTC))


def verified_in_tree(message: bytes) -> Verified:
    """Read with every inhoud in the tree."""
    envelope = read_envelope(message, {}, LIMITS)
    return verify(envelope, read_security(envelope), SignaturePolicy(), datetime.now(UTC))


def facts(message: Verified) -> tuple[object, ...]:
    """What is read of a message afterwards; the certificate is not trusted yet."""
    sent = read_aanlevering(message.request, message.cuts)
    texts = [(one.tag, one.text) for one in message.request.iter() if one.text not in message.cuts]
    return texts, b"".join(sent.bericht.inhoud.octets()), message.addressing


def test_the_genuine_message_of_the_attacks_is_accepted() -> None:
    message = to_bytes(genuine())
    for read, cuts in ((verified, 1), (verified_in_tree, 0)):
        genuine_one = read(message)
        assert (genuine_one.addressing.action, len(genuine_one.cuts)) == (xmlsec_client.ACTION, cuts)


@pytest.mark.parametrize("read", [verified, verified_in_tree])
@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused(name: str, read: Callable[[bytes], Verified]) -> None:
    with pytest.raises(ATTACKS[name][1]) as raised:
        read(attack(name))
    assert type(raised.value) is ATTACKS[name][1]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_libxmlsec_signs_and_we_verify(suite: AlgorithmSuite) -> None:
    name = suite.name.upper()
    message = to_bytes(sign(unsigned(aanlever_request()), *pair("leverancier"), hash_name=name))
    assert verified(message, legacy_sha1=True).suite is suite


@pytest.mark.parametrize("inhoud", [b"", b"<Invoice/>", b"invoice" * 2_000])
def test_a_message_is_read_the_same_with_its_inhoud_cut_out(inhoud: bytes) -> None:
    message = to_bytes(sign(unsigned(aanlever_request(inhoud)), *pair("leverancier")))
    for one in (verified(message), verified_in_tree(message)):
        sent = read_aanlevering(one.request, one.cuts).bericht
        assert (b"".join(sent.inhoud.octets()), sent.inhoud.size_bytes) == (inhoud, len(inhoud))
        assert sent.bestandsnaam == "factuur.xml"


def test_a_short_inhoud_that_was_changed_is_seen() -> None:
    message = to_bytes(sign(unsigned(aanlever_request(b"invoice" * 2_000)), *pair("leverancier")))
    spoiled = message.replace(b"aW52b2ljZWlu", b"aW52b2ljZWlv", 1)
    assert spoiled != message
    with pytest.raises(SignatureError, match="Body was changed"):
        verified(spoiled)


def test_a_message_with_one_changed_byte_is_refused_or_says_the_same() -> None:
    """Anywhere: in values, markup, digests and signature."""
    chance, message = random.Random(20261126), to_bytes(genuine())
    original, accepted = facts(verified(message)), 0
    for _ in range(1_500):
        at = chance.randrange(len(message))
        odd = chance.choice(b"aA1 <>&\"'\n/=\x80") if chance.random() < 0.8 else chance.randrange(256)
        changed = message[:at] + bytes([odd]) + message[at + chance.randrange(2) :]
        try:
            result = verified(changed)
        except KoppelvlakError:
            continue
        accepted += 1
        assert facts(result) == original
    assert accepted, "white space in base64 says nothing"


def test_values_of_two_genuine_messages_make_no_third() -> None:
    signed = [
        to_bytes(sign(unsigned(aanlever_request(aanleverkenmerk=name)), *pair("leverancier")))
        for name in ("one", "two")
    ]
    one, other = [re.split(rb"(?<=>)([^<>]+)(?=<)", message) for message in signed]
    differing = [at for at, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs]
    assert len(differing) >= 6
    for at in differing:
        with pytest.raises(SignatureError):
            verified(b"".join([*one[:at], other[at], *one[at + 1 :]]))


@pytest.mark.parametrize("wrong", [0, -1], ids=["first", "second"])
def test_both_digests_of_a_timestamp_that_is_signed_twice_are_checked(wrong: int) -> None:
    parts = ("Timestamp", *xmlsec_client.PARTS)
    envelope = sign(unsigned(aanlever_request()), *pair("leverancier"), parts=parts)
    assert verified(to_bytes(envelope))
    digests = envelope.findall(".//ds:Reference[@URI='#_Timestamp']/ds:DigestValue", NAMES)
    digests[wrong].text = base64.b64encode(bytes(32)).decode()
    signed_info, value = (envelope.find(f".//ds:{name}", NAMES) for name in ("SignedInfo", "SignatureValue"))
    assert signed_info is not None
    assert value is not None
    covered = etree.tostring(signed_info, method="c14n", exclusive=True)
    value.text = base64.b64encode(pair("leverancier")[1].sign(covered, PKCS1v15(), SHA256.hash)).decode()
    with pytest.raises(SignatureError, match="the Timestamp was changed"):
        verified(to_bytes(envelope))


def test_a_message_may_be_valid_for_ever() -> None:
    assert verified(to_bytes(times(expires="9999-12-31T23:59:59Z")()))


def test_no_message_makes_us_canonicalize_more_than_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements times prefixes, and what is written: one of each kind that is made to cost time."""
    work: list[tuple[int, int]] = []

    def counting(node: etree._Element, prefixes: list[str]) -> bytes:
        written = canonical(node, prefixes)
        work.append((len(list(node.iter())) * (1 + len(prefixes)), len(written)))
        return written

    monkeypatch.setattr(signed_info, "canonical", counting)
    read = refused = 0
    for _, message in hostile(24):
        work.clear()
        try:
            verified(message)
            read += 1
        except KoppelvlakError:
            refused += 1
        assert sum(steps for steps, _ in work) <= LIMITS.tags_max * 21
        assert sum(size for _, size in work) <= 2 * LIMITS.skeleton_bytes_max
    assert min(read, refused) >= 5


def test_sha1_only_behind_its_setting() -> None:
    message = to_bytes(sign(unsigned(aanlever_request()), *pair("leverancier"), hash_name="SHA1"))
    assert verified(message, legacy_sha1=True).suite is SHA1
    with pytest.raises(SignatureError, match="rsa-sha1"):
        verified(message)


def test_java_clients_send_a_list_of_prefixes() -> None:
    """WSS4J: exc-c14n with InclusiveNamespaces in every transform and in CanonicalizationMethod."""

    def with_prefixes(envelope: etree._Element) -> None:
        for path in (".//ds:Transform", ".//ds:CanonicalizationMethod"):
            for method in envelope.iterfind(path, NAMES):
                name = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
                etree.SubElement(method, name, PrefixList="wsa s #default")

    assert verified(to_bytes(resigned(with_prefixes)()))


def test_a_signed_token_is_welcome() -> None:
    envelope = unsigned(aanlever_request())
    certificate, key = pair("leverancier")
    parts = [*xmlsec_client.PARTS, "Token"]
    assert verified(to_bytes(sign(envelope, certificate, key, parts=parts))).certificate == certificate


def test_clocks_may_differ_a_little() -> None:
    for age in (timedelta(minutes=9), timedelta(minutes=-4)):
        envelope = unsigned(aanlever_request(), created=datetime.now(UTC) - age)
        assert verified(to_bytes(sign(envelope, *pair("leverancier"))))


@pytest.mark.parametrize("line_length", [76, 10_000_000])
def test_a_long_inhoud_is_cut_out_and_still_covered(line_length: int) -> None:
    text = base64.b64encode(b"invoice" * 40_000).decode()
    lines = "\r\n".join(text[at : at + line_length] for at in range(0, len(text), line_length))
    envelope = unsigned(aanlever_request(base64=lines.replace("\r", "")))
    message = to_bytes(sign(envelope, *pair("leverancier"))).replace(b"\n", b"\r\n")
    for chunk_bytes in (1_000, 65_536, len(message)):
        result = verified(message, chunk_bytes=chunk_bytes)
        assert len(result.cuts) == 1
    spoiled = message.replace(text[90_000:90_040].encode(), text[90_001:90_041].encode())
    if spoiled != message:
        with pytest.raises(SignatureError, match="Body was changed"):
            verified(spoiled)
