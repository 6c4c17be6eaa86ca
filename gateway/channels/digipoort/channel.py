"""The Digipoort channel: the WUS services for senders and recipients, and the afleverservice for delivery."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from cryptography.x509 import ObjectIdentifier

from gateway.channels.channel import Channel, ChannelServices, OpenChannel
from gateway.channels.digipoort.aanleveren import SUBMITTED_AS
from gateway.channels.digipoort.endpoint import WusEndpoint
from gateway.channels.digipoort.options import WusOptions
from gateway.channels.digipoort.push import Afleverservice
from gateway.channels.digipoort.records import ProcesStore
from gateway.channels.digipoort.replay import ReplayGuard, ReplayLog
from gateway.channels.digipoort.sandbox import Sandbox, open_sandbox
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.answer import Signer, signer
from gateway.channels.digipoort.wire.signature import SignaturePolicy
from gateway.channels.digipoort.wire.timestamp import AgePolicy
from gateway.http.client_certificate import Network, identities
from gateway.http.limits import RequestLimits
from gateway.pki.chain import CLIENTS_AND_SERVERS, TrustTerms
from gateway.pki.tls import TlsFiles
from gateway.settings import Settings, read_periods, split_names

METHOD = "afleverservice"
SEEN_FILE = "seen-requests"
"""Under the data directory: which signed requests were received lately, so that a restart does not forget them."""


@asynccontextmanager
async def _open(services: ChannelServices) -> AsyncIterator[OpenChannel]:
    """Everything here is signed: without a certificate the channel adds nothing."""
    files = services.certificates
    if files is None:
        yield OpenChannel()
        return
    settings, ours = services.settings, signer(files)
    wus = _services(services, files, ours)
    now = services.clock()
    wus.replays.recall(await wus.records.berichtkenmerken_since(now - wus.replays.window), now)
    sandbox: Sandbox | None = None
    if settings.testing.sandbox:
        sandbox = await open_sandbox(
            services.directory,
            settings.data_directory,
            services.clock,
            shows_requests=settings.testing.shows_requests,
        )
    endpoint = WusEndpoint(wus, options(settings), sandbox)
    yield OpenChannel(
        endpoint.add_to,
        {METHOD: _push(services, files, ours)},
        inspections=sandbox.inspections if sandbox else None,
    )


DIGIPOORT = Channel(
    "digipoort", _open, submitted_as=SUBMITTED_AS, delivery_methods=(METHOD,), route_kinds=("wus",)
)


def _services(services: ChannelServices, files: TlsFiles, ours: Signer) -> WusServices:
    settings = services.settings
    window = _age(settings).replay_window
    return WusServices(
        services.intake,
        services.storage,
        services.messages,
        services.mailbox,
        services.directory,
        ProcesStore(services.engines, services.writer),
        identities(
            files,
            services.revocation,
            services.clock,
            networks(settings.digipoort.trusted_proxies),
            terms=_trust_terms(settings),
        ),
        ours,
        services.clock,
        ReplayGuard(window, ReplayLog(settings.data_directory / SEEN_FILE, window)),
    )


def _push(services: ChannelServices, files: TlsFiles, ours: Signer) -> Afleverservice:
    return Afleverservice(
        services.post,
        services.proces_of,
        ours,
        identities(
            files,
            services.revocation,
            services.clock,
            purposes=CLIENTS_AND_SERVERS,
            terms=_trust_terms(services.settings),
        ),
        services.clock,
        answers_must_be_signed=services.settings.delivery.answers_must_be_signed,
    )


def _trust_terms(settings: Settings) -> TrustTerms:
    given = settings.digipoort
    policies = frozenset(ObjectIdentifier(name) for name in split_names(given.certificate_policies))
    return TrustTerms(read_periods(given.roots_trusted), given.pss_and_ecdsa, policies)


def options(settings: Settings) -> WusOptions:
    """The endpoint's options, from the settings."""
    given = settings.digipoort
    return WusOptions(
        signature=SignaturePolicy(given.legacy_sha1, given.pss_and_ecdsa, _age(settings)),
        token_may_differ=given.token_may_differ,
        lone_status_with_last=given.lone_status_with_last,
        foutcode_prefixes={"ophaalservice": given.ophaal_foutcode_prefix},
        limits=RequestLimits.of(settings),
    )


def _age(settings: Settings) -> AgePolicy:
    given = settings.digipoort
    return AgePolicy(timedelta(seconds=given.clock_skew_seconds), timedelta(seconds=given.message_age_seconds_max))


def networks(text: str) -> list[Network]:
    """The networks in a list such as `10.0.0.0/8, ::1`."""
    return [ipaddress.ip_network(name) for name in split_names(text)]
