"""The afleverservice against a recipient on a real socket; libxmlsec verifies what is sent."""

import base64
import io

import msgspec
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from gateway.channels.digipoort.processen import sent_bericht
from gateway.channels.digipoort.push import Afleverservice
from gateway.channels.digipoort.wire.algorithms import SHA256
from gateway.channels.digipoort.wire.answer import Headers, Signer
from gateway.channels.digipoort.wire.elements import require_valid
from gateway.channels.digipoort.wire.names import KOPPELVLAK
from gateway.channels.outbound import Post
from gateway.http.client_certificate import Identities
from gateway.messages.lifecycle import Foutcode
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from gateway.pki.certificates import load_certificates
from gateway.pki.chain import CLIENTS_AND_SERVERS, TrustAnchors
from gateway.pki.revocation import Revocation
from gateway.pki.tls import TlsFiles
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.pki.hierarchies import hierarchy, lists, pair
from tests.unit.recipients import Handler, Recipient, now, outbox_with, proces_of

AFLEVER = "http://logius.nl/digipoort/wus/2.0/afleverservice/1.2/AfleverService/"


async def no_responder(url: str, body: bytes | None) -> bytes:
    raise OSError(f"{url} is not asked: the lists of revoked certificates are in a file")


def afleverservice(post: Post, *, must_be_signed: bool = True) -> Afleverservice:
    files = TlsFiles(hierarchy())
    anchors = TrustAnchors(load_certificates(files.anchors), CLIENTS_AND_SERVERS)
    signers = Identities(anchors, Revocation(no_responder, now, lists().crls), now)
    signer = Signer(*pair("gemeente"))
    return Afleverservice(post, proces_of, signer, signers, now, answers_must_be_signed=must_be_signed)


def accepts(kenmerk: str = "k-1", by: tuple[x509.Certificate, rsa.RSAPrivateKey] | None = None) -> Handler:
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


def fault(code: str, header: str = "<s:Header/>", status: int = 500) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        text = (
            f'<s:Envelope xmlns:s="{xmlsec_client.SOAP}">{header}<s:Body><s:Fault>'
            "<faultcode>s:Client</faultcode><faultstring>fout</faultstring>"
            f'<detail><k:afleverFault xmlns:k="{KOPPELVLAK}"><k:foutcode>{code}</k:foutcode>'
            "<k:foutbeschrijving>niet goed</k:foutbeschrijving></k:afleverFault></detail>"
            "</s:Fault></s:Body></s:Envelope>"
        )
        return web.Response(status=status, text=text, content_type="text/xml")

    return answer


@pytest.mark.parametrize("size_bytes", [10, 1_000_003])
async def test_the_whole_message_by_soap(post: Post, recipient: Recipient, size_bytes: int) -> None:
    document = bytes(range(256)) * (size_bytes // 256) + b"x" * (size_bytes % 256)
    recipient.answer = accepts()
    outbox = outbox_with(document)
    await afleverservice(post).deliver(recipient.url, *await outbox.ready("k-1"))
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
    ("document", "names"),
    [(b"<Invoice/>", ["application/xml", "k-1.xml"]), (b"%PDF-1.7", ["application/pdf", "k-1.pdf"])],
)
async def test_the_document_of_another_channel_is_named_by_what_it_is(document: bytes, names: list[str]) -> None:
    message, contents = await outbox_with(document).ready("k-1")
    proces = msgspec.structs.replace(await proces_of(message), bestandsnaam="")
    sent = sent_bericht(proces, contents).contents[0]
    assert [sent.mime_type, sent.bestandsnaam] == names


@pytest.mark.parametrize(
    ("answer", "refusal", "foutcode"),
    [
        (fault("AFS100"), Refusal.PERMANENT, Foutcode.AFO100),
        (fault("AFS100", header=""), Refusal.PERMANENT, Foutcode.AFO100),
        (fault("AFS100", header="", status=200), Refusal.PERMANENT, Foutcode.AFO100),
        (fault("AFS400", header=""), Refusal.TEMPORARY, Foutcode.AFS400),
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
        await afleverservice(post).deliver(recipient.url, *await outbox.ready("k-1"))
    assert (raised.value.refusal, raised.value.foutcode) == (refusal, foutcode)


BAD_SIGNERS = sorted(path.stem for path in (hierarchy() / "bad").glob("*.pem") if "-key" not in path.stem)


@pytest.mark.parametrize("name", [one for one in BAD_SIGNERS if one != "not-for-clients"])
async def test_an_answer_is_only_believed_when_its_signer_is(post: Post, recipient: Recipient, name: str) -> None:
    recipient.answer = accepts(by=pair(f"bad/{name}"))
    outbox = outbox_with(b"<Invoice/>")
    for must_be_signed in (True, False):
        carrier = afleverservice(post, must_be_signed=must_be_signed)
        with pytest.raises(NotDeliveredError, match="the answer's signature") as raised:
            await carrier.deliver(recipient.url, *await outbox.ready("k-1"))
        assert (raised.value.refusal, raised.value.failure) == (Refusal.TEMPORARY, Failure.ANSWER)


async def test_an_answer_may_be_signed_with_a_server_certificate(post: Post, recipient: Recipient) -> None:
    outbox = outbox_with(b"<Invoice/>")
    for name in ("./server", "bad/not-for-clients"):
        recipient.answer = accepts(by=pair(name))
        await afleverservice(post).deliver(recipient.url, *await outbox.ready("k-1"))


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
    await afleverservice(post, must_be_signed=False).deliver(recipient.url, *await outbox.ready("k-1"))
    with pytest.raises(NotDeliveredError, match="the answer's signature"):
        await afleverservice(post).deliver(recipient.url, *await outbox.ready("k-1"))


async def test_an_answer_that_is_not_signed_or_about_another_message_is_no_delivery(
    post: Post, recipient: Recipient
) -> None:
    outbox = outbox_with(b"<Invoice/>")

    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>dank u</html>", content_type="text/html")

    for answer in (accepts("k-2"), page):
        recipient.answer = answer
        with pytest.raises(NotDeliveredError) as raised:
            await afleverservice(post).deliver(recipient.url, *await outbox.ready("k-1"))
        assert raised.value.refusal is Refusal.TEMPORARY
