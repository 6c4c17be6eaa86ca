"""Authenticates clients by certificate, from the TLS connection or from a proxy that terminated TLS.

The certificate must chain to a pinned anchor, be valid now, be strong enough, not be revoked, and have an OIN. A
proxy passes it in `Client-Cert` (RFC 9440), which is read only from the proxies in the settings.
"""

import base64
import binascii
import ipaddress
import re
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from weakref import WeakKeyDictionary

from aiohttp import web
from cryptography import x509

from gateway.bounded import BoundedDict
from gateway.clock import Clock
from gateway.i18n import Text
from gateway.pki.certificates import CertificateError, certificate_from_der, fingerprint, load_certificates, oin_of
from gateway.pki.chain import CLIENTS, TrustAnchors, TrustTerms
from gateway.pki.revocation import Revocation
from gateway.pki.tls import TlsFiles
from gateway.validator.model.identifiers import PartyIdentifier

CHAIN_CACHE = timedelta(minutes=5)
"""How long a verified chain is kept. Whether it was revoked is asked for every request."""
_CACHE_ENTRIES_MAX = 10_000
_HEADER_CHARACTERS_MAX = 32_768
_BYTE_SEQUENCE = re.compile(r"\s*:([A-Za-z0-9+/=]*):\s*")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated client: its OIN, and the fingerprint of its certificate for the journal."""

    oin: PartyIdentifier
    fingerprint: str

    @property
    def key_id(self) -> str:
        """The name of this client in the journal."""
        return f"cert-{self.fingerprint[:16]}"


@dataclass(frozen=True, slots=True)
class _Presented:
    """The certificate of a client, and the intermediates it sent."""

    leaf: x509.Certificate
    fingerprint: str
    sent: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class _Verified:
    identity: Identity
    chain: tuple[x509.Certificate, ...]
    until: datetime


class Identities:
    """Authenticates certificates, and remembers verified chains for a short time."""

    def __init__(
        self, anchors: TrustAnchors, revocation: Revocation, clock: Clock, trusted_proxies: Sequence[Network] = ()
    ) -> None:
        self._anchors = anchors
        self._revocation = revocation
        self._clock = clock
        self._trusted_proxies = tuple(trusted_proxies)
        self._verified: BoundedDict[str, _Verified] = BoundedDict(_CACHE_ENTRIES_MAX)
        self._connections: WeakKeyDictionary[ssl.SSLObject, _Presented] = WeakKeyDictionary()

    async def of_request(self, request: web.BaseRequest) -> Identity:
        """The client of this request. Raises CertificateError and RevocationUnknownError."""
        return await self._identity(self._presented_by(request))

    async def of_certificate(self, leaf: x509.Certificate) -> Identity:
        """The owner of this certificate. Raises CertificateError and RevocationUnknownError."""
        return await self._identity(_Presented(leaf, fingerprint(leaf)))

    async def _identity(self, presented: _Presented) -> Identity:
        name, now = presented.fingerprint, self._clock()
        known = self._verified.get(name)
        if known is None or known.until <= now:
            known = self._verify(presented)
        await self._revocation.check(known.chain)
        return known.identity

    def _verify(self, presented: _Presented) -> _Verified:
        leaf, name, now = presented.leaf, presented.fingerprint, self._clock()
        chain = tuple(self._anchors.chain(leaf, presented.sent, now))
        midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        # at midnight a root may no longer be trusted
        until = min([now + CHAIN_CACHE, midnight, *(one.not_valid_after_utc for one in chain)])
        verified = _Verified(Identity(oin_of(leaf), name), chain, until)
        self._verified[name] = verified
        return verified

    def _presented_by(self, request: web.BaseRequest) -> _Presented:
        if self._from_trusted_proxy(request) and "Client-Cert" in request.headers:
            return _from_headers(request)
        connection = request.transport.get_extra_info("ssl_object") if request.transport else None
        if not isinstance(connection, ssl.SSLObject):
            raise _no_certificate()
        presented = self._connections.get(connection)
        if presented is None:  # it is sent once, in the handshake
            presented = self._connections[connection] = _of_connection(connection)
        return presented

    def _from_trusted_proxy(self, request: web.BaseRequest) -> bool:
        if not self._trusted_proxies:
            return False
        try:
            remote = ipaddress.ip_address(request.remote or "")
        except ValueError:
            return False
        return any(remote in network for network in self._trusted_proxies)


def identities(
    files: TlsFiles,
    revocation: Revocation,
    clock: Clock,
    trusted_proxies: Sequence[Network] = (),
    purposes: Collection[x509.ObjectIdentifier] = CLIENTS,
    terms: TrustTerms | None = None,
) -> Identities:
    """Authentication against the anchors in these files. Raises OSError when the terms do not fit them."""
    try:
        anchors = TrustAnchors(load_certificates(files.anchors), purposes, terms)
    except ValueError as error:
        raise OSError(f"{files.anchors}: {error}") from error
    return Identities(anchors, revocation, clock, trusted_proxies)


def _of_connection(connection: ssl.SSLObject) -> _Presented:
    der = connection.getpeercert(binary_form=True)
    if der is None:
        raise _no_certificate()
    leaf = certificate_from_der(der)
    return _Presented(leaf, fingerprint(leaf))


def _no_certificate() -> CertificateError:
    return CertificateError("no-certificate", Text("the connection has no client certificate"))


def _from_headers(request: web.BaseRequest) -> _Presented:
    """RFC 9440: `Client-Cert` is one byte sequence, `Client-Cert-Chain` a list of them without the first."""
    leafs = request.headers.getall("Client-Cert")
    chain = ",".join(request.headers.getall("Client-Cert-Chain", []))
    if len(leafs) != 1 or len(leafs[0]) + len(chain) > _HEADER_CHARACTERS_MAX:
        raise _bad_header()
    leaf = certificate_from_der(_byte_sequence(leafs[0]))
    sent = tuple(certificate_from_der(_byte_sequence(one)) for one in chain.split(",") if one.strip())
    return _Presented(leaf, fingerprint(leaf), sent)


def _byte_sequence(item: str) -> bytes:
    found = _BYTE_SEQUENCE.fullmatch(item)
    if not found:
        raise _bad_header()
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error as error:
        raise _bad_header() from error


def _bad_header() -> CertificateError:
    return CertificateError("bad-client-cert-header", Text("the Client-Cert header does not follow RFC 9440"))
