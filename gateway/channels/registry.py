"""The list of channels, and what follows from it. A new channel is one folder and one line here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.channels.channel import ChannelServices, OpenChannel
from gateway.channels.digipoort.channel import DIGIPOORT
from gateway.channels.http.channel import HTTP
from gateway.channels.webhook.channel import WEBHOOK
from gateway.messages.participants import MAILBOX
from gateway.messages.submission import INTERNAL
from gateway.metrics import ChannelLabels

CHANNELS = (HTTP, DIGIPOORT, WEBHOOK)

MESSAGE_CHANNELS = (*(one.submitted_as for one in CHANNELS if one.submitted_as is not None), INTERNAL)
"""Every value of a message's `channel`."""
DELIVERY_METHODS = tuple(name for one in CHANNELS for name in one.delivery_methods)
"""Every value of a party's `delivery`."""
ROUTE_KINDS = tuple(kind for one in CHANNELS for kind in one.route_kinds)
"""The kinds of route that channels add."""

LABELS = ChannelLabels(MESSAGE_CHANNELS, tuple(name for name in DELIVERY_METHODS if name != MAILBOX), ROUTE_KINDS)
"""What the channels add to the labels of metrics."""


@asynccontextmanager
async def open_channels(services: ChannelServices) -> AsyncIterator[tuple[OpenChannel, ...]]:
    """Every channel, open until the block ends. Raises OSError when one cannot read what the settings name."""
    async with AsyncExitStack() as stack:
        yield tuple([await stack.enter_async_context(channel.open(services)) for channel in CHANNELS])
