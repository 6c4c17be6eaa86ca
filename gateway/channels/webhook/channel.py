"""The webhook: a signed event tells a recipient that there is a message for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.channels.channel import Channel, ChannelServices, OpenChannel
from gateway.channels.webhook.delivery import Webhook
from gateway.channels.webhook.event import EventSigner
from gateway.pki.certificates import fingerprint, load_certificates, load_key

METHOD = "webhook"


@asynccontextmanager
async def _open(services: ChannelServices) -> AsyncIterator[OpenChannel]:
    """Events are signed, so there is no webhook without a certificate."""
    if services.certificates is None:
        yield OpenChannel()
        return
    files = services.certificates
    webhook = Webhook(
        services.post,
        services.proces_of,
        EventSigner(load_key(files.server_key), fingerprint(load_certificates(files.server_chain)[0])),
        services.clock,
        services.base_url,
        services.settings.delivery.oin,
    )
    yield OpenChannel(delivery_methods={METHOD: webhook})


WEBHOOK = Channel("webhook", _open, delivery_methods=(METHOD,))
