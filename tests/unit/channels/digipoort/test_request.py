"""Requests that must be refused: with a typed fault, nothing stored, and no effect on other requests."""

import base64
import ipaddress
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime

import pytest
from aiohttp import ClientConnectionError, ClientSession, TCPConnector
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.channels.digipoort import request
from gateway.channels.digipoort.options import WusOptions
from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.signature import SignaturePolicy
from gateway.http.client_certificate import Identities
from gateway.pki.certificates import load_certificates
from gateway.pki.chain import TrustAnchors
from gateway.pki.crl import Crl
from gateway.pki.revocation import Revocation
from gateway.pki.tls import TlsFiles
from tests.unit.channels.digipoort.conftest import AANLEVER, Answer, Open, Server, client_context
from tests.unit.channels.digipoort.wire.attacks import ATTACKS, attack
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES, aanlever_request, sign, to_bytes, unsigned
from tests.unit.pki.hierarchies import hierarchy, lists, pair
from tests.unit.pki.test_chain import CASES as CERTIFICATES


def require_fault(server: Server, answer: Answer, foutcode: str = "ALS100") -> None:
    """A typed SOAP fault, and nothing stored."""
    assert (answer.status, answer.content_type, answer.foutcode) == (500, "text/xml", foutcode), answer.body
    assert answer.root.find(".//k:aanleverFault", NAMES) is not None
    assert answer.root.findtext(".//faultstring") == "Algemene fout"
    assert not server.gateway.rows
    assert server.gateway.storage.objects == set()


def good(server: Server, **more: str) -> bytes:
    return to_bytes(sign(unsigned(aanlever_request(**more), to=server.url()), *pair("leverancier")))


async def test_attacks_on_the_signature_are_answered_with_a_fault(server: Server) -> None:
    """Each is refused in wire/test_signature.py; here some of every kind, for the fault that answers them."""
    for name in list(ATTACKS)[::7]:
        require_fault(server, await server.post(attack(name)))
    assert (await server.post(good(server))).status == 200


# -- certificates -----------------------------------------------------------------------------------


def behind_proxy(*networks: str, crls: Callable[[], Iterable[Crl]] | None = None) -> Callable[[], Identities]:
    """Certificates from the Client-Cert header of these networks; revocation from the files."""

    async def nowhere(url: str, _body: bytes | None) -> bytes:
        raise OSError(f"no way to {url}")

    def now() -> datetime:
        return datetime.now(UTC)

    files = TlsFiles(hierarchy())
    anchors = TrustAnchors(load_certificates(files.anchors))
    proxies = [ipaddress.ip_network(one) for one in networks]
    return lambda: Identities(anchors, Revocation(nowhere, now, crls or lists().crls), now, proxies)


def client_cert(certificate: x509.Certificate) -> str:
    return f":{base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"


async def post_plain(server: Server, body: bytes, headers: dict[str, str]) -> Answer:
    """Without TLS, as a proxy would."""
    url = server.url().replace("https://localhost", "http://127.0.0.1")
    sent = {"Content-Type": "text/xml", **headers}
    async with ClientSession() as session, session.post(url, data=body, headers=sent) as response:
        return Answer(response.status, response.content_type, await response.read())


async def test_a_trusted_proxy_hands_the_certificate_on(open_endpoint: Open) -> None:
    server = await open_endpoint(make_identities=behind_proxy("127.0.0.0/8"), with_tls=False)
    headers = {"Client-Cert": client_cert(pair("leverancier")[0])}
    assert (await post_plain(server, good(server), headers)).status == 200


@pytest.mark.parametrize("name", [*CERTIFICATES, "revoked"])
async def test_a_bad_certificate_is_refused(open_endpoint: Open, name: str) -> None:
    server = await open_endpoint(make_identities=behind_proxy("127.0.0.0/8"), with_tls=False)
    certificate = pair("bad/revoked")[0] if name == "revoked" else CERTIFICATES[name][0]()
    answer = await post_plain(server, good(server), {"Client-Cert": client_cert(certificate)})
    require_fault(server, answer)
    assert "certificaat" in (answer.text("foutbeschrijving") or "") or "RSA" in (
        answer.text("foutbeschrijving") or ""
    )


async def test_a_bad_certificate_is_refused_as_token_too(server: Server) -> None:
    for name in ("bad/revoked", "bad/expired", "bad/wrong-issuer", "bad/no-oin", "bad/self-signed"):
        message = to_bytes(sign(unsigned(aanlever_request(), to=server.url()), *pair(name)))
        require_fault(server, await server.post(message))


async def test_a_token_is_judged_before_anything_is_digested_for_it(server: Server) -> None:
    """The Body was changed as well, and nobody looked."""
    for name in ("bad/expired", "bad/self-signed"):
        message = to_bytes(sign(unsigned(aanlever_request(), to=server.url()), *pair(name)))
        answer = await server.post(message.replace(b"factuur.xml", b"factuur.xmz"))
        require_fault(server, answer)
        assert "ertificaat" in (answer.text("foutbeschrijving") or "")


async def test_what_takes_long_is_read_and_verified_in_a_thread(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []

    def watched(work: Callable[..., object]) -> Callable[..., object]:
        def done(*given: object) -> object:
            threads.append(threading.current_thread() is threading.main_thread())
            return work(*given)

        return done

    for name in ("read_envelope", "verify"):
        monkeypatch.setattr(request, name, watched(getattr(request, name)))
    tags = b"<s:Header>" + b"<x/>" * 600
    for message, is_here in (
        (good(server), True),
        (good(server, base64=base64.b64encode(bytes(60_000)).decode()), False),
        (good(server).replace(b"<s:Header>", tags), False),
    ):
        threads.clear()
        assert (await server.post(message)).status == 200
        assert threads == [is_here, is_here]


HEADERS: dict[str, dict[str, str]] = {
    "no header at all": {},
    "not a byte sequence": {"Client-Cert": "MIIB"},
    "not base64": {"Client-Cert": ":****:"},
    "not a certificate": {"Client-Cert": ":AAAA:"},
    "a PEM certificate": {"Client-Cert": "-----BEGIN CERTIFICATE-----"},
    "a long chain of nothing": {"Client-Cert": f":{'A' * 4_000}:", "Client-Cert-Chain": f":{'A' * 7_000}:"},
}


@pytest.mark.parametrize("name", HEADERS)
async def test_a_proxy_header_that_is_wrong_is_refused(open_endpoint: Open, name: str) -> None:
    server = await open_endpoint(make_identities=behind_proxy("127.0.0.0/8"), with_tls=False)
    require_fault(server, await post_plain(server, good(server), HEADERS[name]))


async def test_the_header_of_anybody_else_means_nothing(open_endpoint: Open) -> None:
    for make in (behind_proxy(), behind_proxy("10.0.0.0/8")):
        server = await open_endpoint(make_identities=make, with_tls=False)
        headers = {"Client-Cert": client_cert(pair("leverancier")[0])}
        require_fault(server, await post_plain(server, good(server), headers))


async def test_over_tls_the_header_of_a_client_means_nothing(server: Server) -> None:
    answer = await server.post(good(server), name="gemeente", Client_Cert=client_cert(pair("leverancier")[0]))
    require_fault(server, answer)
    assert "00000099000000001000" in (answer.text("foutbeschrijving") or "")


@pytest.mark.parametrize("name", ["expired", "not-yet-valid", "wrong-issuer", "self-signed", "weak", None])
async def test_the_handshake_fails_without_a_certificate_that_can_be_trusted(
    server: Server, name: str | None
) -> None:
    if name is None:
        context = ssl.create_default_context(cafile=hierarchy() / "ca.pem")
    elif name == "weak":
        with pytest.raises(ssl.SSLError):  # OpenSSL itself will not even offer a key of 1024 bits
            client_context("bad/weak")
        return
    else:
        context = client_context(f"bad/{name}")
    async with ClientSession(connector=TCPConnector(ssl=context)) as session:
        with pytest.raises(ClientConnectionError):
            async with session.post(server.url(), data=b"") as response:
                await response.read()
    assert (await server.post(good(server))).status == 200


async def test_trouble_with_the_responder_is_als400(open_endpoint: Open) -> None:
    server = await open_endpoint(make_identities=behind_proxy("127.0.0.0/8", crls=tuple), with_tls=False)
    answer = await post_plain(server, good(server), {"Client-Cert": client_cert(pair("leverancier")[0])})
    require_fault(server, answer, "ALS400")


async def test_another_signer_only_where_it_is_allowed(open_endpoint: Open) -> None:
    strict, lenient = await open_endpoint(), await open_endpoint(WusOptions(token_may_differ=True))
    require_fault(strict, await strict.post(good(strict), name="softwarehuis"))
    answer = await lenient.post(good(lenient), name="softwarehuis")
    assert answer.status == 200
    assert lenient.gateway.rows[answer.text("kenmerk") or ""].message.submitter_id == "van-dijk"


async def test_an_oin_that_is_not_registered_is_refused(server: Server) -> None:
    message = to_bytes(sign(unsigned(aanlever_request(), to=server.url()), *pair("provincie")))
    answer = await server.post(message, name="provincie")
    require_fault(server, answer)
    assert "niet aangesloten" in (answer.text("foutbeschrijving") or "")


# -- XML ----------------------------------------------------------------------------------------------


def with_doctype(message: bytes, doctype: str) -> bytes:
    return message.replace(b"?>", f"?>{doctype}".encode(), 1)


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
XML: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "not XML": lambda _: b"Geachte heer, mevrouw,",
    "truncated": lambda m: m[: len(m) // 2],
    "truncated in a value": lambda m: m[: m.index(b"</inhoud>")],
    "an HTML page": lambda _: b"<html><body>hallo</body></html>",
    "a DOCTYPE": lambda m: with_doctype(m, "<!DOCTYPE x>"),
    "an external entity": lambda m: with_doctype(m, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    "a parameter entity": lambda m: with_doctype(
        m, '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:9/">%e;]>'
    ),
    "a billion laughs": lambda m: with_doctype(m, f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]>'),
    "an unknown entity": lambda m: m.replace(b"<nummer>", b"<nummer>&e;"),
    "UTF-16": lambda m: m.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-7": lambda m: m.replace(b"UTF-8", b"UTF-7"),
    "an encoding that does not exist": lambda m: m.replace(b"UTF-8", b"X-MEEN-IK"),
    "a null byte": lambda m: m.replace(b"<nummer>", b"<nummer>\x00"),
    "broken UTF-8": lambda m: m.replace(b"<nummer>", b"<nummer>\xff\xfe"),
    "deep nesting": lambda m: m.replace(b"<berichtsoort>", b"<a>" * 10_000 + b"</a>" * 10_000 + b"<berichtsoort>"),
    "a hundred thousand elements": lambda m: m.replace(b"<berichtsoort>", b"<a/>" * 100_000 + b"<berichtsoort>"),
    "a hundred thousand attributes": lambda m: m.replace(
        b"<berichtsoort>", b"<berichtsoort %s>" % b" ".join(b'a%d=""' % n for n in range(100_000))
    ),
    "ten thousand namespaces": lambda m: m.replace(
        b"<berichtsoort>", b"<berichtsoort %s>" % b" ".join(b'xmlns:a%d="urn:%d"' % (n, n) for n in range(10_000))
    ),
    "five megabytes of text": lambda m: m.replace(b"<berichtsoort>", b"<berichtsoort>" + b"- " * 2_500_000),
    "long base64 elsewhere": lambda m: m.replace(b"<berichtsoort>", b"<berichtsoort>" + b"A" * 200_000),
    "long base64 with an entity": lambda m: m.replace(b"<inhoud>", b"<inhoud>" + b"A" * 200_000 + b"&amp;"),
    "two envelopes": lambda m: m + m[m.index(b"?>") + 2 :],
    "SOAP 1.2": lambda m: m.replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    ),
    "another body element": lambda m: m.replace(b"aanleverRequest", b"aanleverenRequest"),
    "XInclude": lambda m: m.replace(
        b"<berichtsoort>",
        b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/><berichtsoort>',
    ),
}


@pytest.mark.parametrize("name", XML)
async def test_xml_that_is_wrong_is_refused(server: Server, name: str) -> None:
    require_fault(server, await server.post(XML[name](good(server))))


BODIES: dict[str, Callable[[str], str]] = {
    "no berichtsoort": lambda b: b.replace("<berichtsoort>E-Factuur-UBL</berichtsoort>", ""),
    "elements in another order": lambda b: b.replace("<rolBelanghebbende>Bedrijf</rolBelanghebbende>", "").replace(
        "<berichtsoort>", "<rolBelanghebbende>Bedrijf</rolBelanghebbende><berichtsoort>"
    ),
    "no namespace": lambda b: b.replace(' xmlns="http://logius.nl/digipoort/koppelvlakservices/1.2/"', ""),
    "a kenmerk of 41 characters": lambda b: b.replace(
        "<identiteitBel", f"<aanleverkenmerk>{'k' * 41}</aanleverkenmerk><identiteitBel"
    ),
    "an unknown element": lambda b: b.replace("<berichtsoort>", "<factuur/><berichtsoort>"),
    "an attribute": lambda b: b.replace("<berichtsoort>", '<berichtsoort soort="x">'),
    "a value with an element in it": lambda b: b.replace("E-Factuur-UBL", "E-<b>Factuur</b>"),
    "xsi:type": lambda b: b.replace(
        "<berichtsoort>", '<berichtsoort xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x">'
    ),
    "xsi:nil": lambda b: b.replace(
        "<berichtsoort>", '<berichtsoort xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">'
    ),
    "base64 with a star": lambda b: b.replace("<inhoud>", "<inhoud>*"),
    "base64 of three characters": lambda b: b.replace("<inhoud>PElu", "<inhoud>Elu"),
    "base64 with padding inside": lambda b: b.replace("<inhoud>", "<inhoud>QQ=="),
    "an unknown type of belanghebbende": lambda b: b.replace("<type>KvK</type>", "<type>XXX</type>"),
    "an unknown type of ontvanger": lambda b: b.replace(
        "<berichtInhoud>",
        "<identiteitOntvanger><nummer>1</nummer><type>XXX</type></identiteitOntvanger><berichtInhoud>",
    ),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_does_not_follow_the_interface_is_refused(server: Server, name: str) -> None:
    changed = BODIES[name](aanlever_request())
    assert changed != aanlever_request()
    require_fault(server, await server.call("aanleveren", changed))


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "application/json"}, {"Content-Type": "application/soap+xml"}]
)
async def test_other_content_types_are_refused(server: Server, headers: dict[str, str]) -> None:
    async with server.session("leverancier").post(server.url(), data=good(server), headers=headers) as response:
        answer = Answer(response.status, response.content_type, await response.read())
    require_fault(server, answer)


async def test_compressed_bodies_are_refused(server: Server) -> None:
    require_fault(server, await server.post(b"\x1f\x8b\x08", Content_Encoding="gzip"))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
async def test_other_methods_get_a_fault_and_no_page(server: Server, method: str) -> None:
    async with server.session("leverancier").request(method, server.url()) as response:
        require_fault(server, Answer(response.status, response.content_type, await response.read()))


# -- size ---------------------------------------------------------------------------------------------

MIB20 = 20 * 1024 * 1024


@pytest.mark.parametrize("line_length", [76, 0])
async def test_twenty_megabytes_exactly_pass(server: Server, line_length: int) -> None:
    text = base64.encodebytes(bytes(MIB20)).decode() if line_length else base64.b64encode(bytes(MIB20)).decode()
    answer = await server.post(good(server, base64=text))
    assert answer.status == 200, answer.body[:500]
    row = server.gateway.rows[answer.text("kenmerk") or ""]
    assert await server.gateway.storage.read(row.message.document) == bytes(MIB20)


async def test_one_byte_over_twenty_megabytes_is_refused_with_both_figures(server: Server) -> None:
    text = base64.b64encode(bytes(MIB20 + 1)).decode()
    answer = await server.post(good(server, base64=text))
    require_fault(server, answer)
    assert str(MIB20) in (answer.text("foutbeschrijving") or "")
    assert str(MIB20 + 1) in (answer.text("foutbeschrijving") or "")


async def test_a_body_over_its_limit_is_cut_off(open_endpoint: Open) -> None:
    server = await open_endpoint(WusOptions(reading=ReadingLimits(body_bytes_max=200_000)))
    require_fault(server, await server.post(good(server, base64="A" * 400_000)))


async def test_others_are_served_while_a_large_message_comes_in(server: Server) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"<?xml"
        assert (await server.post(good(server), name="leverancier")).status == 200
        yield b" broken"

    session = server.session("gemeente")
    async with session.post(server.url(AANLEVER), data=slowly(), headers={"Content-Type": "text/xml"}) as response:
        assert response.status == 500


async def test_legacy_signatures_are_answered_in_their_family(open_endpoint: Open) -> None:
    server = await open_endpoint(WusOptions(signature=SignaturePolicy(legacy_sha1=True)))
    message = unsigned(aanlever_request(), to=server.url())
    answer = await server.post(to_bytes(sign(message, *pair("leverancier"), hash_name="SHA1")))
    method = answer.root.find(".//ds:SignatureMethod", NAMES)
    assert answer.status == 200
    assert method is not None
    assert method.get("Algorithm") == "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


# -- addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "foutcode"),
    [
        ("/wus/2.0/aanleverservice/1.1", "ALS100"),
        ("/wus/2.0/statusinformatieservice", "STS100"),
        ("/wus/2.0/ophaalservice/1.2/x", "MPO100"),
        ("/cpl/", "ALS100"),
        ("/wus/nergens", "ALS100"),
    ],
)
async def test_an_unknown_address_is_answered_with_a_typed_fault(server: Server, path: str, foutcode: str) -> None:
    """Also where a program says that it likes HTML, as Java's own HTTP client does."""
    url = f"https://localhost:{server.port}{path}"
    for accept in ("*/*", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"):
        headers = {"Content-Type": "text/xml", "Accept": accept}
        async with server.session("leverancier").post(url, data=good(server), headers=headers) as response:
            answer = Answer(response.status, response.content_type, await response.read())
        assert (answer.status, answer.content_type, answer.foutcode) == (500, "text/xml", foutcode)
    assert not server.gateway.rows


async def test_a_slash_too_many_makes_no_other_address(server: Server) -> None:
    headers = {"Content-Type": "text/xml"}
    async with server.session("leverancier").post(
        f"{server.url()}/", data=good(server), headers=headers
    ) as response:
        assert response.status == 200
