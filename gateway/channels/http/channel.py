"""The HTTP channel: documents are submitted with `POST /v1/messages`, and recipients take theirs from a mailbox.

Both are resources of the API (`gateway.api`), which has one route for each; this channel adds none.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.channels.channel import Channel, ChannelServices, OpenChannel
from gateway.channels.http.submission import SUBMITTED_AS
from gateway.messages.contents import Contents
from gateway.messages.message import Message
from gateway.messages.participants import MAILBOX


class MailboxDelivery:
    """For recipients that take their messages themselves. Implements `pipeline.ports.DeliveryMethod`."""

    into_mailbox = True

    async def deliver(self, url: str, message: Message, contents: Contents) -> None:
        """Nothing is sent: a delivered message is in the mailbox."""


@asynccontextmanager
async def _open(_services: ChannelServices) -> AsyncIterator[OpenChannel]:
    yield OpenChannel(delivery_methods={MAILBOX: MailboxDelivery()})


HTTP = Channel("http", _open, submitted_as=SUBMITTED_AS, delivery_methods=(MAILBOX,))
