"""Signatures: what other programs sign we verify, what we sign they verify, and what is odd is refused."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from signxml.verifier import SignatureConfiguration, XMLVerifier

from gateway.koppelvlak.answer import Headers, Signer
from gateway.koppelvlak.canonical import Binary
from gateway.koppelvlak.cut import Cutter, ReadingLimits, new_spool
from gateway.koppelvlak.envelope import read_envelope
from gateway.koppelvlak.faults import SignatureError
from gateway.koppelvlak.signature import FAMILIES, SHA1, SHA256, Family, SignaturePolicy, Verified, verify
from tests.unit.koppelvlak import xmlsec_client
from tests.unit.koppelvlak.attacks import ATTACKS, attack, genuine, resigned
from tests.unit.koppelvlak.xmlsec_client import NAMES, aanlever_request, sign, signed_parts, to_bytes, unsigned
from tests.unit.trust.hierarchies import pair

LIMITS = ReadingLimits()


def verified(message: bytes, *, legacy_sha1: bool = False, chunk_bytes: int = 65_536) -> Verified:
    with new_spool(LIMITS) as spool:
        cutter = Cutter(LIMITS, spool)
        for at in range(0, len(message), chunk_bytes):
            cutter.feed(message[at : at + chunk_bytes])
        envelope = read_envelope(cutter.close(), cutter.cuts, LIMITS)
        return verify(envelope, SignaturePolicy(legacy_sha1=legacy_sha1), datetime.now(UTC))


def test_the_genuine_message_of_the_attacks_is_accepted() -> None:
    assert verified(to_bytes(genuine())).addressing.action == xmlsec_client.ACTION


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused(name: str) -> None:
    with pytest.raises(ATTACKS[name][1]) as raised:
        verified(attack(name))
    assert type(raised.value) is ATTACKS[name][1]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_libxmlsec_signs_and_we_verify(family: Family) -> None:
    name = family.name.upper()
    message = to_bytes(sign(unsigned(aanlever_request()), *pair("leverancier"), hash_name=name))
    assert verified(message, legacy_sha1=True).family is family


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_we_sign_and_libxmlsec_verifies(family: Family) -> None:
    headers = Headers("urn:action?a=1&b=<2>", "urn:uuid:1", 'urn:"2"')
    message = Signer(*pair("gemeente")).sign(headers, aanlever_request(), family, datetime.now(UTC))
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


def test_sha1_only_behind_its_setting() -> None:
    message = to_bytes(sign(unsigned(aanlever_request()), *pair("leverancier"), hash_name="SHA1"))
    assert verified(message, legacy_sha1=True).family is SHA1
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
        assert len(result.envelope.cuts) == 1
    spoiled = message.replace(text[90_000:90_040].encode(), text[90_001:90_041].encode())
    if spoiled != message:
        with pytest.raises(SignatureError, match="Body was changed"):
            verified(spoiled)
