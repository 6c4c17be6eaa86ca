"""Delivery by webhook: the recipient is sent a signed event, and fetches the message then."""

import msgspec
from http_message_signatures import HTTPMessageSignaturesException
from yarl import URL

from gateway.channels.outbound import Post, require_success
from gateway.channels.proces import ProcesOf
from gateway.channels.webhook.event import EventSigner, event_of
from gateway.clock import Clock
from gateway.http.base_url import BaseUrl
from gateway.messages.contents import Contents
from gateway.messages.message import Message
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal


class Webhook:
    """Implements `pipeline.ports.DeliveryMethod`."""

    into_mailbox = True

    def __init__(
        self, post: Post, proces_of: ProcesOf, signer: EventSigner, clock: Clock, base_url: BaseUrl, oin: str
    ) -> None:
        """`base_url`: where recipients reach the HTTP API; `oin`: the gateway's own."""
        self._post = post
        self._proces_of = proces_of
        self._signer = signer
        self._clock = clock
        self._base_url = base_url
        self._oin = oin

    async def deliver(self, url: str, message: Message, contents: Contents) -> None:
        """Send the event; the recipient fetches the contents. Raises NotDeliveredError."""
        now = self._clock()
        proces = await self._proces_of(message)
        media_type, base_url = contents.media_type, self._base_url.url
        event = event_of(message, proces, oin=self._oin, base_url=base_url, now=now, media_type=media_type)
        body = msgspec.json.encode(event)
        try:
            address = str(URL(url))  # as it is sent: the signature covers it
            headers = self._signer.headers(address, body, now)
        except (ValueError, HTTPMessageSignaturesException) as error:
            raise NotDeliveredError(Refusal.TEMPORARY, Failure.ADDRESS, "the address is not usable") from error
        require_success(await self._post.send(address, body, headers))
