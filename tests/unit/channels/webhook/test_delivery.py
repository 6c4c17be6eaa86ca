"""The webhook against a recipient on a real socket."""

import msgspec
import pytest
from aiohttp import web

from gateway.channels.outbound import Post
from gateway.channels.webhook.delivery import Webhook
from gateway.channels.webhook.event import EventSigner
from gateway.http.base_url import BaseUrl
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from gateway.pki.certificates import fingerprint
from tests.unit.pki.hierarchies import pair
from tests.unit.recipients import Recipient, now, outbox_with, proces_of


def webhook(post: Post) -> Webhook:
    certificate, key = pair("gemeente")
    signer = EventSigner(key, fingerprint(certificate))
    return Webhook(post, proces_of, signer, now, BaseUrl("https://gateway.example.nl"), "0" * 20)


async def test_a_recipient_gets_a_signed_event(post: Post, recipient: Recipient) -> None:
    outbox = outbox_with(b"<Invoice/>")
    await webhook(post).deliver(recipient.url, *await outbox.ready("k-1"))
    request, body = recipient.requests[0]
    assert request.content_type == "application/cloudevents+json"
    assert {"Content-Digest", "Signature", "Signature-Input"} <= set(request.headers)
    event = msgspec.json.decode(body)
    assert (event["id"], event["dataref"]) == ("k-1", "https://gateway.example.nl/v1/messages/k-1/document")


async def test_a_refusal_of_the_recipient_is_no_delivery(post: Post, recipient: Recipient) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=422)

    recipient.answer = answer
    outbox = outbox_with(b"<Invoice/>")
    with pytest.raises(NotDeliveredError) as raised:
        await webhook(post).deliver(recipient.url, *await outbox.ready("k-1"))
    assert raised.value.refusal is Refusal.PERMANENT


@pytest.mark.parametrize("url", ["https:///x", "ontvangst.example.nl", "https://[::1/x", ""])
async def test_what_is_no_address_is_not_called(post: Post, url: str) -> None:
    outbox = outbox_with(b"<Invoice/>")
    with pytest.raises(NotDeliveredError) as raised:
        await webhook(post).deliver(url, *await outbox.ready("k-1"))
    assert (raised.value.refusal, raised.value.failure) == (Refusal.TEMPORARY, Failure.ADDRESS)
