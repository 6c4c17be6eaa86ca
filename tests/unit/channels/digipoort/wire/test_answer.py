"""Messages of ours: libxmlsec1 and signxml verify the signature, libxml2 says that everything is canonical."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import xmlsec
from lxml import etree
from signxml.verifier import SignatureConfiguration, XMLVerifier

from gateway.channels.digipoort.wire.algorithms import SHA256, SUITES, AlgorithmSuite
from gateway.channels.digipoort.wire.answer import Headers, Signer, signer
from gateway.channels.digipoort.wire.elements import SentInhoud
from gateway.pki.tls import TlsFiles
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES, aanlever_request, signed_parts
from tests.unit.pki.hierarchies import hierarchy, pair

NOW = datetime(2026, 11, 29, 12, 0, 0, 123_999, tzinfo=UTC)
ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"
ODD = 'urn:action?a=1&b=<2>"\u20ac'


def signed(headers: Headers, body: str = "<k:x xmlns:k='urn:k'></k:x>", suite: AlgorithmSuite = SHA256) -> bytes:
    return Signer(*pair("gemeente")).sign(headers, body.replace("'", '"'), suite, NOW)


def header(message: bytes, name: str) -> str | None:
    return etree.fromstring(message).findtext(f"s:Header/wsa:{name}", namespaces=NAMES)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_libxmlsec_verifies(suite: AlgorithmSuite) -> None:
    message = signed(Headers(ODD, "urn:uuid:1", 'urn:"2"'), aanlever_request(), suite)
    xmlsec_client.verify(message)
    assert signed_parts(message) == {"Body", "To", "MessageID", "Action", "RelatesTo", "Timestamp"}
    method = etree.fromstring(message).find(".//ds:SignatureMethod", NAMES)
    assert method is not None
    assert method.get("Algorithm") == suite.signature_uri


def test_libxmlsec_does_not_verify_what_was_changed() -> None:
    message = signed(Headers("urn:a", "urn:m"))
    for old, new in ((b">urn:a<", b">urn:b<"), (b"></k:x>", b">1</k:x>"), (b"12:10:00", b"12:20:00")):
        assert old in message
        with pytest.raises(xmlsec.Error):
            xmlsec_client.verify(message.replace(old, new))


def test_signxml_verifies() -> None:
    message = signed(Headers("urn:a", "urn:m", "urn:r"), aanlever_request())
    # signxml does not know wsu:Id as an ID attribute by its namespace, but by its local name.
    answer = XMLVerifier().verify(
        etree.fromstring(message),
        x509_cert=pair("gemeente")[0],
        expect_config=SignatureConfiguration(expect_references=6, require_x509=False),
        id_attribute="Id",
        validate_schema=False,
    )
    results = answer if isinstance(answer, list) else [answer]
    covered = {etree.QName(one.signed_xml).localname for one in results if one.signed_xml is not None}
    assert covered >= {"Body", "Timestamp"}


def test_every_signed_part_is_written_as_libxml2_canonicalizes_it() -> None:
    message = signed(Headers(ODD, "urn:m", "urn:r\r\n", to="https://ontvanger.example/?a&b"))
    root = etree.fromstring(message)
    digests = {
        (one.get("URI") or "")[1:]: one.findtext("ds:DigestValue", namespaces=NAMES)
        for one in root.iterfind(".//ds:Reference", NAMES)
    }
    assert len(digests) == 7
    for node in root.iterfind(".//*[@wsu:Id]", NAMES):
        name = str(node.get(f"{{{NAMES['wsu']}}}Id"))
        canonical = etree.tostring(node, method="c14n", exclusive=True, with_comments=False)
        if name != "token":  # the certificate that KeyInfo refers to; the profile does not want it signed
            assert canonical in message
            assert digests[name] == base64.b64encode(hashlib.sha256(canonical).digest()).decode()
    signed_info = root.find(".//ds:SignedInfo", NAMES)
    assert signed_info is not None
    assert etree.tostring(signed_info, method="c14n", exclusive=True) in message


def test_an_answer_goes_to_who_asked_and_a_request_says_where_the_answer_goes() -> None:
    answer = signed(Headers(ODD, "urn:m", "urn:r"))
    names = ("To", "Action", "MessageID", "RelatesTo", "ReplyTo")
    assert [header(answer, name) for name in names] == [ANONYMOUS, ODD, "urn:m", "urn:r", None]
    request = signed(Headers("urn:a", "urn:m", to="https://ontvanger.example/"))
    assert (header(request, "To"), header(request, "RelatesTo")) == ("https://ontvanger.example/", None)
    assert header(request, "ReplyTo/wsa:Address") == ANONYMOUS
    xmlsec_client.verify(request)
    assert "ReplyTo" in signed_parts(request)


def test_a_message_is_valid_for_ten_minutes_in_utc() -> None:
    amsterdam = NOW.astimezone(timezone(timedelta(hours=1)))
    message = Signer(*pair("gemeente")).sign(Headers("urn:a", "urn:m"), "<x></x>", SHA256, amsterdam)
    root = etree.fromstring(message)
    assert root.findtext(".//wsu:Created", namespaces=NAMES) == "2026-11-29T12:00:00.123Z"
    assert root.findtext(".//wsu:Expires", namespaces=NAMES) == "2026-11-29T12:10:00.123Z"


def test_the_security_header_is_as_the_profile_has_it() -> None:
    security = etree.fromstring(signed(Headers("urn:a", "urn:m"))).find("s:Header/wsse:Security", NAMES)
    assert security is not None
    assert security.get(f"{{{NAMES['s']}}}mustUnderstand") == "1"
    parts = [etree.QName(part).localname for part in security]
    assert parts == ["Timestamp", "BinarySecurityToken", "Signature"]
    assert [etree.QName(part).localname for part in security[2]] == ["SignedInfo", "SignatureValue", "KeyInfo"]


def test_the_server_signs_with_its_own_certificate() -> None:
    message = signer(TlsFiles(hierarchy())).sign(Headers("urn:a", "urn:m"), "<x></x>", SHA256, NOW)
    xmlsec_client.verify(message)
    token = etree.fromstring(message).findtext(".//wsse:BinarySecurityToken", namespaces=NAMES)
    pem = (hierarchy() / "server.pem").read_text().partition("-----END")[0].partition("-----\n")[2]
    assert (token or "") == "".join(pem.split())


def content(octets: bytes) -> SentInhoud:
    async def source() -> AsyncIterator[bytes]:
        for at in range(0, len(octets), 7_001):
            yield octets[at : at + 7_001]

    return SentInhoud("application/xml", "a.xml", len(octets), source)


async def test_a_streamed_message_verifies_and_has_the_size_it_says() -> None:
    octets = [b"", b"x", (bytes(range(256)) * 391)[:100_001]]
    contents = [content(one) for one in octets]
    tokens = "".join(f"<k:inhoud>{one.token}</k:inhoud>" for one in contents)
    body = f'<k:x xmlns:k="urn:k">{tokens}</k:x>'
    ours = Signer(*pair("gemeente"))
    message = await ours.sign_streamed(Headers("urn:a", "urn:m"), body, contents, SHA256, NOW)
    sent = b"".join([chunk async for chunk in message.stream()])
    assert len(sent) == message.size_bytes
    assert sent == b"".join([chunk async for chunk in message.stream()])
    xmlsec_client.verify(sent)
    found = etree.fromstring(sent).iterfind(".//{urn:k}inhoud")
    assert [base64.b64decode(one.text or "") for one in found] == octets


async def test_a_streamed_message_without_contents_is_the_message_itself() -> None:
    ours, headers = Signer(*pair("gemeente")), Headers("urn:a", "urn:m", "urn:r")
    message = await ours.sign_streamed(headers, "<x></x>", (), SHA256, NOW)
    assert b"".join([chunk async for chunk in message.stream()]) == ours.sign(headers, "<x></x>", SHA256, NOW)
