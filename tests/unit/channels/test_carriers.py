"""Webhook and afleverservice against recipients on a real socket; signatures verified by programs not ours."""

import base64
import hashlib
import io
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import http_message_signatures
import msgspec
import pytest
import requests
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from gateway.channels.digipoort.afleverservice import Afleverservice
from gateway.channels.digipoort.wire.algorithms import SHA256
from gateway.channels.digipoort.wire.answer import Headers, Signer
from gateway.channels.digipoort.wire.elements import require_valid
from gateway.channels.digipoort.wire.names import KOPPELVLAK
from gateway.channels.webhook.carrier import EventSigner, Webhook
from gateway.http.addresses import ForbiddenAddressError, OutsideResolver, require_outside
from gateway.http.client_certificate import Identities
from gateway.http.outbound import Post
from gateway.messages.lifecycle import Foutcode
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from gateway.pki.certificates import fingerprint, load_certificates
from gateway.pki.chain import CLIENTS_AND_SERVERS, TrustAnchors
from gateway.pki.revocation import Revocation
from gateway.pki.tls import TlsFiles
from gateway.testing.outbox import MemoryOutbox
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.pki.hierarchies import hierarchy, pair

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
AFLEVER = "http://logius.nl/digipoort/wus/2.0/afleverservice/1.2/AfleverService/"


class Recipient:
    """A recipient's server over TLS."""

    def __init__(self) -> None:
        self.answer: Handler = self.take
        self.requests: list[tuple[web.Request, bytes]] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/ontvang"

    async def receive(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request, await request.read()))
        return await self.answer(request)

    async def take(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=204)


@pytest.fixture
async def recipient() -> AsyncIterator[Recipient]:
    made = Recipient()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(hierarchy() / "server.pem", hierarchy() / "server-key.pem")
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/ontvang", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with Post(OutsideResolver({"localhost"}), trusted(), seconds_max=5.0) as made:
        yield made


def trusted() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=hierarchy() / "ca.pem")


def now() -> datetime:
    return datetime.now(UTC)


def webhook(post: Post) -> Webhook:
    certificate, key = pair("gemeente")
    return Webhook(post, EventSigner(key, fingerprint(certificate)), now, "https://gateway.example.nl/", "0" * 20)


async def no_responder(url: str, body: bytes | None) -> bytes:
    raise OSError(f"{url} is not asked: the lists of revoked certificates are at hand")


def afleverservice(post: Post, outbox: MemoryOutbox, *, must_be_signed: bool = True) -> Afleverservice:
    files = TlsFiles(hierarchy())
    anchors = TrustAnchors.split(load_certificates(files.anchors), CLIENTS_AND_SERVERS)
    signers = Identities(anchors, Revocation(no_responder, now, files.crls()), now)
    signer = Signer(*pair("gemeente"))
    return Afleverservice(post, outbox, signer, signers, now, answers_must_be_signed=must_be_signed)


def outbox_with(document: bytes) -> MemoryOutbox:
    outbox = MemoryOutbox()
    outbox.add("a", "k-1", document)
    return outbox


class PinnedKey(http_message_signatures.HTTPSignatureKeyResolver):
    """The recipient's side: one key, by its fingerprint."""

    def resolve_public_key(self, key_id: str) -> object:
        certificate, _ = pair("gemeente")
        assert key_id == fingerprint(certificate)
        return certificate.public_key()


async def test_an_event_by_the_profile_signed_by_rfc_9421(post: Post, recipient: Recipient) -> None:
    outbox = outbox_with(b"<Invoice/>")
    await webhook(post).carry(recipient.url, await outbox.shipment("k-1"))
    request, body = recipient.requests[0]
    event = msgspec.json.decode(body)
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", "k-1", "nl.meterpoort.bericht.klaargezet")
    assert event["source"].startswith("urn:nld:oin:")
    assert event["dataref"] == "https://gateway.example.nl/v1/messages/k-1/document"
    assert event["data"]["sha256"] == hashlib.sha256(b"<Invoice/>").hexdigest()
    as_sent = requests.Request("POST", recipient.url, headers=dict(request.headers), data=body).prepare()
    verifier = http_message_signatures.HTTPMessageVerifier(
        signature_algorithm=http_message_signatures.algorithms.RSA_PSS_SHA512, key_resolver=PinnedKey()
    )
    results = verifier.verify(as_sent)
    assert {"@method", "@target-uri", "content-type", "content-digest"} <= {
        name.strip('"') for name in results[0].covered_components
    }
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert request.headers["Content-Digest"] == f"sha-256=:{digest}:"


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(400, Refusal.PERMANENT), (422, Refusal.PERMANENT), (410, Refusal.PERMANENT), (401, Refusal.TEMPORARY)]
    + [(status, Refusal.TEMPORARY) for status in (301, 302, 307, 308, 404, 408, 429, 500, 502, 503)],
)
async def test_what_an_answer_means(post: Post, recipient: Recipient, status: int, refusal: Refusal) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": recipient.url})

    recipient.answer = answer
    outbox = outbox_with(b"<Invoice/>")
    with pytest.raises(NotDeliveredError) as raised:
        await webhook(post).carry(recipient.url, await outbox.shipment("k-1"))
    assert raised.value.refusal is refusal
    assert len(recipient.requests) == 1  # nothing was followed


async def test_nobody_home_is_temporary(post: Post) -> None:
    outbox = outbox_with(b"<Invoice/>")
    with pytest.raises(NotDeliveredError) as raised:
        await webhook(post).carry("https://localhost:1/ontvang", await outbox.shipment("k-1"))
    assert (raised.value.refusal, raised.value.failure) == (Refusal.TEMPORARY, Failure.CONNECTION)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest",
        "https://[::ffff:192.168.1.1]/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "https://0/x",
        "https://224.0.0.1/x",
        "http://gemeente.example.nl/x",
        "https://user:pass@gemeente.example.nl/x",
        "file:///etc/passwd",
        "https:///x",
    ],
)
async def test_addresses_of_our_own_network_are_not_called(url: str) -> None:
    async with Post(OutsideResolver(), trusted()) as guarded:
        with pytest.raises(NotDeliveredError) as raised:
            await guarded.send(url, b"", {})
    assert raised.value.refusal is Refusal.TEMPORARY


async def test_a_name_that_points_inside_is_not_called(recipient: Recipient) -> None:
    async with Post(OutsideResolver(), trusted()) as guarded:
        with pytest.raises(NotDeliveredError, match="no connection") as raised:
            await guarded.send(recipient.url, b"", {})
    assert raised.value.failure is Failure.ADDRESS
    assert recipient.requests == []
    with pytest.raises(ForbiddenAddressError):
        require_outside("fe80::1%eth0")
    require_outside("93.184.215.14")


class _Names(AbstractResolver):
    """A name server in an attacker's hands: each lookup of a name gives the next of its answers."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.lookups = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self.answers[min(self.lookups, len(self.answers) - 1)]
        self.lookups += 1
        number = socket.AI_NUMERICHOST
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=number)
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


OUTSIDE = "192.31.196.1"
"""Global by IANA's registry (AS112, RFC 7535), and nobody answers HTTPS there."""


async def test_a_name_that_changes_its_address_after_it_was_judged(recipient: Recipient) -> None:
    """The connection goes to what was judged: there is no second lookup that could point inside."""
    names = _Names((OUTSIDE,), ("127.0.0.1",))
    async with Post(OutsideResolver((), names), trusted(), connect_seconds_max=0.3) as guarded:
        with pytest.raises(NotDeliveredError) as raised:
            await guarded.send(f"https://rebind.example:{recipient.port}/ontvang", b"", {})
    assert raised.value.refusal is Refusal.TEMPORARY
    assert names.lookups == 1
    assert recipient.requests == []


async def test_one_address_inside_is_one_too_many(recipient: Recipient) -> None:
    names = _Names((OUTSIDE, "127.0.0.1"))
    async with Post(OutsideResolver((), names), trusted(), connect_seconds_max=0.3) as guarded:
        with pytest.raises(NotDeliveredError) as raised:
            await guarded.send(f"https://rebind.example:{recipient.port}/ontvang", b"", {})
    assert raised.value.failure is Failure.ADDRESS
    assert recipient.requests == []


def taken(kenmerk: str = "k-1", by: tuple[x509.Certificate, rsa.RSAPrivateKey] | None = None) -> Handler:
    """The recipient's signed answer."""
    body = (
        f'<k:afleverResponse xmlns:k="{KOPPELVLAK}"><k:kenmerk>{kenmerk}</k:kenmerk>'
        "<k:berichtkenmerk>b</k:berichtkenmerk>"
        "<k:tijdstempelAfgeleverd>2026-11-23T09:00:00Z</k:tijdstempelAfgeleverd></k:afleverResponse>"
    )
    signed = Signer(*(by or pair("leverancier"))).sign(
        Headers(f"{AFLEVER}afleverenResponse", "urn:m"), body, SHA256, now()
    )

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=io.BytesIO(signed), content_type="text/xml")

    return answer


def fault(code: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        text = (
            f'<s:Envelope xmlns:s="{xmlsec_client.SOAP}"><s:Header/><s:Body><s:Fault>'
            "<faultcode>s:Client</faultcode><faultstring>fout</faultstring>"
            f'<detail><k:afleverFault xmlns:k="{KOPPELVLAK}"><k:foutcode>{code}</k:foutcode>'
            "<k:foutbeschrijving>niet goed</k:foutbeschrijving></k:afleverFault></detail>"
            "</s:Fault></s:Body></s:Envelope>"
        )
        return web.Response(status=500, text=text, content_type="text/xml")

    return answer


@pytest.mark.parametrize("size_bytes", [10, 1_000_003])
async def test_the_whole_message_by_soap(post: Post, recipient: Recipient, size_bytes: int) -> None:
    document = bytes(range(256)) * (size_bytes // 256) + b"x" * (size_bytes % 256)
    recipient.answer = taken()
    outbox = outbox_with(document)
    await afleverservice(post, outbox).carry(recipient.url, await outbox.shipment("k-1"))
    request, body = recipient.requests[0]
    assert request.headers["SOAPAction"] == f'"{AFLEVER}afleverenRequest"'
    xmlsec_client.verify(body)
    assert {"Body", "To", "Action", "MessageID", "ReplyTo", "Timestamp"} <= xmlsec_client.signed_parts(body)
    root = etree.fromstring(body)
    sent = root.find(f".//{{{KOPPELVLAK}}}afleverRequest")
    assert sent is not None
    require_valid(sent)
    contents = [base64.b64decode(one.text or "") for one in sent.iter(f"{{{KOPPELVLAK}}}inhoud")]
    assert contents == [document, b"%PDF"]


@pytest.mark.parametrize(
    ("answer", "refusal", "foutcode"),
    [
        (fault("AFS100"), Refusal.PERMANENT, Foutcode.AFO100),
        (fault("AFS400"), Refusal.TEMPORARY, Foutcode.AFS400),
        (fault(""), Refusal.TEMPORARY, Foutcode.AFS400),
    ],
)
async def test_faults_of_the_recipient(
    post: Post, recipient: Recipient, answer: Handler, refusal: Refusal, foutcode: Foutcode
) -> None:
    recipient.answer = answer
    outbox = outbox_with(b"<Invoice/>")
    with pytest.raises(NotDeliveredError) as raised:
        await afleverservice(post, outbox).carry(recipient.url, await outbox.shipment("k-1"))
    assert (raised.value.refusal, raised.value.foutcode) == (refusal, foutcode)


BAD_SIGNERS = sorted(path.stem for path in (hierarchy() / "bad").glob("*.pem") if "-key" not in path.stem)


@pytest.mark.parametrize("name", [one for one in BAD_SIGNERS if one != "not-for-clients"])
async def test_an_answer_is_only_believed_when_its_signer_is(post: Post, recipient: Recipient, name: str) -> None:
    recipient.answer = taken(by=pair(f"bad/{name}"))
    outbox = outbox_with(b"<Invoice/>")
    for must_be_signed in (True, False):
        carrier = afleverservice(post, outbox, must_be_signed=must_be_signed)
        with pytest.raises(NotDeliveredError, match="the answer's signature") as raised:
            await carrier.carry(recipient.url, await outbox.shipment("k-1"))
        assert (raised.value.refusal, raised.value.failure) == (Refusal.TEMPORARY, Failure.ANSWER)


async def test_an_answer_may_be_signed_with_a_server_certificate(post: Post, recipient: Recipient) -> None:
    outbox = outbox_with(b"<Invoice/>")
    for name in ("./server", "bad/not-for-clients"):
        recipient.answer = taken(by=pair(name))
        await afleverservice(post, outbox).carry(recipient.url, await outbox.shipment("k-1"))


async def test_an_answer_without_a_signature_is_taken_only_by_that_setting(
    post: Post, recipient: Recipient
) -> None:
    async def unsigned(_: web.Request) -> web.StreamResponse:
        text = (
            f'<s:Envelope xmlns:s="{xmlsec_client.SOAP}"><s:Header/><s:Body><k:afleverResponse'
            f' xmlns:k="{KOPPELVLAK}"><k:kenmerk>k-1</k:kenmerk></k:afleverResponse></s:Body></s:Envelope>'
        )
        return web.Response(text=text, content_type="text/xml")

    recipient.answer = unsigned
    outbox = outbox_with(b"<Invoice/>")
    await afleverservice(post, outbox, must_be_signed=False).carry(recipient.url, await outbox.shipment("k-1"))
    with pytest.raises(NotDeliveredError, match="the answer's signature"):
        await afleverservice(post, outbox).carry(recipient.url, await outbox.shipment("k-1"))


async def test_an_answer_that_is_not_signed_or_about_another_message_is_no_delivery(
    post: Post, recipient: Recipient
) -> None:
    outbox = outbox_with(b"<Invoice/>")

    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>dank u</html>", content_type="text/html")

    for answer in (taken("k-2"), page):
        recipient.answer = answer
        with pytest.raises(NotDeliveredError) as raised:
            await afleverservice(post, outbox).carry(recipient.url, await outbox.shipment("k-1"))
        assert raised.value.refusal is Refusal.TEMPORARY
