"""Signatures: what other programs sign we verify, what we sign they verify, and what is odd is refused."""

import base64
import binascii
import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from lxml import etree
from signxml.verifier import SignatureConfiguration, XMLVerifier

from gateway.channels.digipoort.wire.algorithms import SHA1, SHA256, SUITES, AlgorithmSuite
from gateway.channels.digipoort.wire.answer import Headers, Signer
from gateway.channels.digipoort.wire.canonical import Binary
from gateway.channels.digipoort.wire.cut import Cutter, ReadingLimits, cut_whole, new_spool
from gateway.channels.digipoort.wire.elements import read_aanlevering
from gateway.channels.digipoort.wire.envelope import read_envelope
from gateway.channels.digipoort.wire.faults import KoppelvlakError, MalformedError, SignatureError
from gateway.channels.digipoort.wire.signature import (
    SignaturePolicy,
    Verified,
    verify,
)
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.channels.digipoort.wire.attacks import ATTACKS, attack, genuine, resigned
from tests.unit.channels.digipoort.wire.xmlsec_client import (
    NAMES,
    aanlever_request,
    sign,
    signed_parts,
    to_bytes,
    unsigned,
)
from tests.unit.pki.hierarchies import pair

LIMITS = ReadingLimits()


def verified_whole(message: bytes) -> Verified:
    """Read as a short message is, every inhoud cut out however short."""
    skeleton, cuts = cut_whole(message, replace(LIMITS, cut_whole_bytes_min=1))
    return verify(read_envelope(skeleton, cuts, LIMITS), SignaturePolicy(), datetime.now(UTC))


def verified(message: bytes, *, legacy_sha1: bool = False, chunk_bytes: int = 65_536) -> Verified:
    with new_spool(LIMITS) as spool:
        cutter = Cutter(LIMITS, spool)
        for at in range(0, len(message), chunk_bytes):
            cutter.feed(message[at : at + chunk_bytes])
        envelope = read_envelope(cutter.close(), cutter.cuts, LIMITS)
        return verify(envelope, SignaturePolicy(legacy_sha1=legacy_sha1), datetime.now(UTC))


def facts(message: Verified) -> tuple[object, ...]:
    """What is read of a message afterwards; the certificate is not trusted yet."""
    sent = read_aanlevering(message.request, message.cuts)
    texts = [(one.tag, one.text) for one in message.request.iter() if one.text not in message.cuts]
    return texts, b"".join(sent.bericht.inhoud.octets()), message.addressing, message.created_at


def test_the_genuine_message_of_the_attacks_is_accepted() -> None:
    message = to_bytes(genuine())
    assert verified(message).addressing.action == xmlsec_client.ACTION
    whole = verified_whole(message)
    assert whole.addressing.action == xmlsec_client.ACTION
    assert len(whole.cuts) == 1


@pytest.mark.parametrize("read", [verified, verified_whole])
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


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_we_sign_and_libxmlsec_verifies(suite: AlgorithmSuite) -> None:
    headers = Headers("urn:action?a=1&b=<2>", "urn:uuid:1", 'urn:"2"')
    message = Signer(*pair("gemeente")).sign(headers, aanlever_request(), suite, datetime.now(UTC))
    xmlsec_client.verify(message)
    assert signed_parts(message) == {"Body", "To", "MessageID", "Action", "RelatesTo", "Timestamp"}


def test_we_sign_and_signxml_verifies() -> None:
    certificate, key = pair("gemeente")
    message = Signer(certificate, key).sign(
        Headers("urn:a", "urn:m", "urn:r"), aanlever_request(), SHA256, datetime.now(UTC)
    )
    root = etree.fromstring(message)
    # signxml does not know wsu:Id as an ID attribute by its namespace, but by its local name.
    answer = XMLVerifier().verify(
        root,
        x509_cert=certificate,
        expect_config=SignatureConfiguration(expect_references=6, require_x509=False),
        id_attribute="Id",
        validate_schema=False,
    )
    results = answer if isinstance(answer, list) else [answer]
    covered = {etree.QName(one.signed_xml).localname for one in results if one.signed_xml is not None}
    assert covered >= {"Body", "Timestamp"}


async def test_a_streamed_answer_verifies_and_has_the_size_it_says() -> None:
    binary = Binary("mpX0X", 100_001)
    data = bytes(range(256)) * 391
    octets = data[: binary.size_bytes]

    async def source(_: Binary) -> AsyncIterator[bytes]:
        for at in range(0, len(octets), 7_001):
            yield octets[at : at + 7_001]

    body = f'<k:x xmlns:k="urn:k"><k:inhoud>{binary.token}</k:inhoud></k:x>'
    signer = Signer(*pair("gemeente"))
    message = await signer.sign_streamed(
        Headers("urn:a", "urn:m"), body, [binary], source, SHA256, datetime.now(UTC)
    )
    sent = b"".join([chunk async for chunk in message.stream(source)])
    assert len(sent) == message.size_bytes
    xmlsec_client.verify(sent)
    inhoud = etree.fromstring(sent).findtext(".//{urn:k}inhoud")
    assert base64.b64decode(inhoud or "") == octets


@pytest.mark.parametrize("inhoud", [b"", b"<Invoice/>", b"invoice" * 2_000])
def test_a_short_message_is_read_the_same_with_its_inhoud_cut_out(inhoud: bytes) -> None:
    message = to_bytes(sign(unsigned(aanlever_request(inhoud)), *pair("leverancier")))
    streamed, whole = verified(message), verified_whole(message)
    for one in (streamed, whole):
        sent = read_aanlevering(one.request, one.cuts)
        assert (b"".join(sent.bericht.inhoud.octets()), sent.bericht.inhoud.size_bytes) == (inhoud, len(inhoud))
    assert read_aanlevering(whole.request, whole.cuts).bericht.bestandsnaam == "factuur.xml"


def test_a_short_inhoud_that_was_changed_is_seen() -> None:
    message = to_bytes(sign(unsigned(aanlever_request(b"invoice" * 2_000)), *pair("leverancier")))
    spoiled = message.replace(b"aW52b2ljZWlu", b"aW52b2ljZWlv", 1)
    assert spoiled != message
    with pytest.raises(SignatureError, match="Body was changed"):
        verified_whole(spoiled)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b'<x a="inhoud>QUJD" b="1"><y/></x>', id="in an attribute"),
        pytest.param(b"<k:inhoud>QUJD\nQUJD</k:inhoud>", id="over two lines"),
        pytest.param(b"<k:inhoud>QUJDQ</k:inhoud>", id="not base64"),
        pytest.param(b"<k:inhoud>QUJD", id="without an end"),
        pytest.param(b"<k:inhoud><x/></k:inhoud>", id="no text"),
        pytest.param(b"QUJD", id="no XML"),
    ],
)
def test_what_is_no_plain_base64_stays_where_it_is(message: bytes) -> None:
    assert cut_whole(message, replace(LIMITS, cut_whole_bytes_min=1)) == (message, {})


def test_a_short_inhoud_is_decoded_as_strictly_as_any() -> None:
    """Against Python's own strict decoder: the same octets, or it stays in the tree."""
    chance, cut = random.Random(20261126), 0
    for _ in range(20_000):
        characters = bytearray(base64.b64encode(chance.randbytes(chance.randrange(1, 9))))
        for _ in range(chance.randrange(3)):
            odd = chance.choice(b'AZaz09+/==\\u"\n \x00\xc3-_')
            at = chance.randrange(len(characters))
            characters[at : at + chance.randrange(2)] = bytes([odd])
        message = b"<inhoud>%b</inhoud>" % bytes(characters)
        _, cuts = cut_whole(message, replace(LIMITS, cut_whole_bytes_min=1))
        for inhoud in cuts.values():
            cut += 1
            assert b"".join(inhoud.octets()) == binascii.a2b_base64(characters, strict_mode=True)
            assert b"".join(inhoud.canonical()) == characters
    assert cut > 5_000


def test_a_token_that_a_sender_guessed_is_not_used() -> None:
    def token_in(message: bytes) -> bytes:
        skeleton, _ = cut_whole(message, replace(LIMITS, cut_whole_bytes_min=1))
        return skeleton.partition(b"<inhoud>")[2].partition(b"<")[0]

    last = int(token_in(b"<inhoud>QUJD</inhoud>")[3:-1], 16)
    guesses = b" ".join(b"mpX%020xX" % (last + 1 + step) for step in range(50))
    assert token_in(b"<inhoud>QUJD</inhoud>" + guesses) not in guesses


def test_a_token_in_two_elements_is_refused() -> None:
    """Written with a reference a guessed token is not seen before the message is parsed; the other place would be
    read as the token, and digested as the content."""
    message = to_bytes(sign(unsigned(aanlever_request(b"invoice" * 2_000)), *pair("leverancier")))
    skeleton, cuts = cut_whole(message, LIMITS)
    (token,) = cuts
    guessed = skeleton.replace(b"factuur.xml", b"&#109;" + token[1:].encode())
    with pytest.raises(SignatureError, match="is in the place of another"):
        verify(read_envelope(guessed, cuts, LIMITS), SignaturePolicy(), datetime.now(UTC))


def test_base64_outside_inhoud_is_not_read_as_one() -> None:
    """The first `inhoud>` may be anything; only the koppelvlak's own element may hold what was cut out."""
    message = to_bytes(genuine()).replace(b"<berichtsoort>", b"<berichtsoort>inhoud>", 1)
    message = message.replace(b"inhoud>E-Factuur-UBL", b"inhoud>QUJD", 1)
    with pytest.raises(MalformedError, match="outside inhoud"):
        verified_whole(message)


def test_a_message_with_one_changed_byte_is_refused_or_says_the_same() -> None:
    """Anywhere: in values, markup, digests and signature."""
    chance, message = random.Random(20261126), to_bytes(genuine())
    original, accepted = facts(verified_whole(message)), 0
    for _ in range(1_500):
        at = chance.randrange(len(message))
        odd = chance.choice(b"aA1 <>&\"'\n/=\x80") if chance.random() < 0.8 else chance.randrange(256)
        changed = message[:at] + bytes([odd]) + message[at + chance.randrange(2) :]
        try:
            result = verified_whole(changed)
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
            verified_whole(b"".join([*one[:at], other[at], *one[at + 1 :]]))


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
