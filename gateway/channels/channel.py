"""What a channel is: a way in for messages, a way out, or both.

A channel is one folder with a `channel.py` that makes its `Channel`, and one line in `registry.py`. Docs: "Add a
channel" (docs/how-to/add-a-channel.md).
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from aiohttp import web

from gateway.channels.inspection import Inspections
from gateway.channels.outbound import Post
from gateway.channels.proces import ProcesOf
from gateway.clock import Clock
from gateway.http.base_url import BaseUrl
from gateway.messages.ports import Intake
from gateway.pipeline.ports import DeliveryMethod
from gateway.pki.revocation import Revocation
from gateway.pki.tls import TlsFiles
from gateway.settings import Settings
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.messages import MessageReader
from gateway.store.messages.register import RegisterStore
from gateway.store.writer import Writer


@dataclass(frozen=True, slots=True)
class ChannelServices:
    """What the gateway gives each channel."""

    settings: Settings
    intake: Intake
    """Every submission ends here."""
    storage: Storage
    messages: MessageReader
    mailbox: MailboxStore
    directory: RegisterStore
    proces_of: ProcesOf
    """A message as Digipoort's interface describes it, to tell a recipient of it."""
    engines: Engines
    """Reads the channel's own tables, if it has any."""
    writer: Writer
    """Writes them."""
    post: Post
    """Sends requests to recipients."""
    revocation: Revocation
    """Whether a certificate was revoked."""
    certificates: TlsFiles | None
    """The gateway's certificate and the roots it trusts; None where the settings name none."""
    base_url: BaseUrl
    """Where clients reach the gateway, for links in what is sent."""
    clock: Clock


def _add_nothing(_app: web.Application) -> None:
    """The channel has no addresses."""


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """What an open channel adds to the running gateway."""

    add_to: Callable[[web.Application], None] = _add_nothing
    """Adds its routes to the HTTP application."""
    delivery_methods: Mapping[str, DeliveryMethod] = field(default_factory=dict)
    """By the names that `Channel.delivery_methods` declares. One that is declared and not here cannot be used with
    these settings: what waits for it stays in the outbox."""
    inspections: Inspections | None = None
    """Requests to show to their senders, in a sandbox."""
    jobs: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    """Run with the server until it stops."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, before it is open."""

    name: str
    open: Callable[[ChannelServices], AbstractAsyncContextManager[OpenChannel]]
    """Raises OSError when something that the settings name cannot be read."""
    submitted_as: str | None = None
    """The `channel` of the messages that come in here; None: none do."""
    delivery_methods: tuple[str, ...] = ()
    """What a party can choose as its `delivery`."""
    route_kinds: tuple[str, ...] = ()
    """How metrics call its addresses: their first path segment."""
