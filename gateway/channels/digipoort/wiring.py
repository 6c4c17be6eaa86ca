"""The Digipoort door and its TLS, put together from the settings; in a sandbox with its cast and their keys."""

import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from aiohttp import web

from gateway.channels.digipoort import WusDoor, WusPorts, WusSettings
from gateway.channels.digipoort.records import ProcesStore
from gateway.channels.digipoort.sandbox import CAST, Sandbox
from gateway.channels.digipoort.seen import SeenFile
from gateway.channels.digipoort.wire.answer import signer
from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.signature import SignaturePolicy
from gateway.channels.digipoort.wire.timestamp import AgePolicy
from gateway.clock import utc_now
from gateway.http.client_certificate import Network, identities
from gateway.messages.participants import Party, PartyKind, Role
from gateway.messages.ports import Intake
from gateway.pki.tls import HttpFetch, TlsFiles, server_context
from gateway.settings import Settings
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.messages import MessageStore
from gateway.store.messages.register import RegisterStore
from gateway.store.writer import Writer

SEEN_FILE = "seen-requests"
"""Under the data directory: which signed requests came in lately, so that a restart does not forget them."""
KEYS_DIRECTORY = "sandbox-keys"
"""Under the data directory of a sandbox: the API key of each party of the cast, in a file by its name."""


class Opened(Protocol):
    """What this door needs of an opened gateway."""

    @property
    def settings(self) -> Settings: ...
    @property
    def engines(self) -> Engines: ...
    @property
    def writer(self) -> Writer: ...
    @property
    def storage(self) -> Storage: ...
    @property
    def register(self) -> RegisterStore: ...
    @property
    def store(self) -> MessageStore: ...
    @property
    def mailbox(self) -> MailboxStore: ...
    def channel_intake(self) -> Intake:
        """Where every door ends."""


@asynccontextmanager
async def door(gateway: Opened, application: web.Application) -> AsyncIterator[ssl.SSLContext | None]:
    """Adds the door to the application when the settings name certificates; yields the TLS that goes with it.

    Raises OSError when the certificates cannot be read.
    """
    directory = gateway.settings.digipoort.tls_directory
    if directory is None:
        yield None
        return
    files = TlsFiles(directory)
    if problem := files.problem():
        raise FileNotFoundError(problem)
    async with HttpFetch() as fetch:
        sandbox = await _sandbox(gateway) if gateway.settings.testing.sandbox else None
        wus = WusDoor(_ports(gateway, files, fetch), _wishes(gateway.settings), sandbox)
        wus.add_to(application)
        yield server_context(files)


def _ports(gateway: Opened, files: TlsFiles, fetch: HttpFetch) -> WusPorts:
    proxies = networks(gateway.settings.digipoort.trusted_proxies)
    return WusPorts(
        gateway.channel_intake(),
        gateway.storage,
        gateway.store,
        gateway.mailbox,
        gateway.register,
        ProcesStore(gateway.engines, gateway.writer),
        identities(files, fetch, utc_now, proxies),
        signer(files),
        utc_now,
        SeenFile(gateway.settings.data_directory / SEEN_FILE, _policy(gateway.settings).age.replay_window),
    )


def _policy(settings: Settings) -> SignaturePolicy:
    wishes = settings.digipoort
    return SignaturePolicy(
        wishes.legacy_sha1,
        AgePolicy(timedelta(seconds=wishes.clock_skew_seconds), timedelta(seconds=wishes.message_age_seconds_max)),
    )


def _wishes(settings: Settings) -> WusSettings:
    wishes = settings.digipoort
    return WusSettings(
        signature=_policy(settings),
        reading=ReadingLimits(),
        token_may_differ=wishes.token_may_differ,
        lone_status_with_last=wishes.lone_status_with_last,
        foutcode_prefixes={"ophaalservice": wishes.ophaal_foutcode_prefix},
        body_idle=timedelta(seconds=settings.http.body_idle_seconds_max),
        body_seconds_max=timedelta(seconds=settings.http.body_seconds_max),
        large_bodies_max=settings.http.large_bodies_max,
    )


def networks(listed: str) -> list[Network]:
    """From `10.0.0.0/8, ::1`."""
    return [ipaddress.ip_network(name.strip()) for name in listed.split(",") if name.strip()]


async def _sandbox(gateway: Opened) -> Sandbox:
    sandbox = Sandbox(gateway.register, utc_now)
    await sandbox.register_cast()
    keys = gateway.settings.data_directory / KEYS_DIRECTORY
    keys.mkdir(exist_ok=True)
    for party in CAST:
        await _key_file(gateway.register, party, keys / party.party_id)
    return sandbox


async def _key_file(register: RegisterStore, party: Party, path: Path) -> None:
    """An API key of this party stands in the file, and works."""
    known = _read_key(path)
    if known and await register.authenticate(known):
        return
    role = Role.GOVERNMENT if party.kind is not PartyKind.COMPANY else Role.SUPPLIER
    role = Role.INTERMEDIARY if party.mandates else role
    _, key = await register.new_key(role, party.party_id, "sandbox", is_test=True)
    _write_key(path, key)


def _read_key(path: Path) -> str | None:
    return path.read_text(encoding="ascii").strip() if path.exists() else None


def _write_key(path: Path, key: str) -> None:
    path.touch(mode=0o600)
    path.write_text(key + "\n", encoding="ascii")
