"""Whether a certificate was revoked: by the lists we have, else by OCSP or a CRL at the addresses it names.

RFC 5280 section 5 (CRL), RFC 6960 (OCSP). An answer is believed only when the issuer signed it, or a
responder that the issuer named for it. Trouble on the way is `RevocationUnknownError`: temporary, never a pass.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, SignatureAlgorithmOID

from gateway.bounded import BoundedDict
from gateway.clock import Clock
from gateway.i18n import Text
from gateway.pki.certificates import CertificateError, RevocationUnknownError, fingerprint
from gateway.pki.crl import SKEW, Crl, read_crls

log = structlog.get_logger(__name__)

Fetch = Callable[[str, bytes | None], Awaitable[bytes]]
"""Get a URL, or post bytes to it (OCSP); raises OSError or TimeoutError when that fails."""


CACHE = timedelta(hours=4)
"""An answer is believed at most so long, and never past its own nextUpdate."""
RETRY = timedelta(seconds=30)
"""A responder that failed is left alone so long."""
ENTRIES_MAX = 10_000
"""Answers kept; more certificates than any gateway of this kind meets in a day."""


@dataclass(frozen=True, slots=True)
class _Answer:
    is_revoked: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class _Fetched:
    crl: Crl
    issuer: x509.Certificate
    again_at: datetime
    """From then on it is fetched again: halfway to its end, so that a server that is away has time to return."""


class Revocation:
    """Checks revocation. Lists that are available come first; others are fetched from the URLs in certificates."""

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        crls: Callable[[], Iterable[Crl]] = tuple,
        report_unknown: Callable[[], None] = lambda: None,
    ) -> None:
        """`crls`: the lists that are available now. What they say is not remembered, so a new list counts at once.
        `report_unknown` is called each time that no answer was found."""
        self._fetch = fetch
        self._clock = clock
        self._available = crls
        self._report_unknown = report_unknown
        self._fetched: dict[str, _Fetched] = {}
        self._answers: BoundedDict[str, _Answer] = BoundedDict(ENTRIES_MAX)
        self._failed_until: dict[str, datetime] = {}
        self._under_way: dict[str, asyncio.Lock] = {}

    async def check(self, chain: Sequence[x509.Certificate]) -> None:
        """Look at every certificate of a verified chain but the anchor.

        Raises CertificateError (`revoked`) or RevocationUnknownError.
        """
        for certificate, issuer in itertools.pairwise(chain):
            try:
                is_revoked = await self._is_revoked(certificate, issuer)
            except RevocationUnknownError as error:
                log.warning("revocation_unknown", issuer=issuer.subject.rfc4514_string(), error=error.text.en)
                self._report_unknown()
                raise
            if is_revoked:
                raise CertificateError("revoked", Text("the certificate was revoked"))

    def crls(self) -> Iterator[Crl]:
        """The lists that are asked: those available, of each issuer the newest, and those that were fetched."""
        newest: dict[str, Crl] = {}
        for crl in self._available():
            if crl.issuer not in newest or newest[crl.issuer].this_update < crl.this_update:
                newest[crl.issuer] = crl
        yield from newest.values()
        yield from (known.crl for known in self._fetched.values())

    async def _is_revoked(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        lists = [crl for crl in self._available() if crl.is_about(certificate, issuer)]
        if lists:  # the newest counts, also when it runs out before an older one
            by_age = sorted(lists, key=lambda crl: crl.this_update)
            newest = next((crl for crl in reversed(by_age) if crl.this_update <= self._clock() + SKEW), by_age[0])
            self._require_current(newest.this_update, newest.next_update)
            return newest.names(certificate)
        trouble = _unknown("neither a CRL nor an OCSP responder is known for it")
        sources = [(url, self._by_ocsp) for url in _ocsp_urls(certificate)]
        sources += [(url, self._by_crl) for url in _crl_urls(certificate)]
        for url, ask in sources:
            try:
                return await ask(url, certificate, issuer)
            except RevocationUnknownError as error:
                trouble = error
        raise trouble

    @asynccontextmanager
    async def _turn(self, about: str) -> AsyncIterator[None]:
        """One question at a time about one thing."""
        try:
            async with self._under_way.setdefault(about, asyncio.Lock()):
                yield
        finally:
            self._under_way.pop(about, None)

    @asynccontextmanager
    async def _attempt(self, url: str) -> AsyncIterator[None]:
        """Leave who has just failed alone, and remember who fails. Raises RevocationUnknownError."""
        now = self._clock()
        if now < self._failed_until.get(url, now):
            raise _unknown("the responder failed a moment ago")
        try:
            yield
        except (OSError, TimeoutError, ValueError, RevocationUnknownError) as error:
            self._failed_until[url] = now + RETRY
            log.warning("revocation_source_failed", url=url, error=str(error)[:200] or type(error).__name__)
            raise _unknown(str(error)[:200] or type(error).__name__) from error

    async def _by_ocsp(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        name = fingerprint(certificate)
        async with self._turn(name):
            known = self._answers.get(name)
            if known is None or self._clock() >= known.until:
                async with self._attempt(url):
                    known = self._answers[name] = await self._ask_responder(url, certificate, issuer)
        return known.is_revoked

    async def _ask_responder(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> _Answer:
        # SHA-1 only names the issuer here (RFC 6960 4.1.1: every responder knows it); nothing is signed with it.
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1()).build()  # noqa: S303
        response = ocsp.load_der_ocsp_response(await self._fetch(url, request.public_bytes(Encoding.DER)))
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _unknown(f"the responder answered {response.response_status.name}")
        if response.serial_number != certificate.serial_number:
            raise _unknown("the responder spoke of another certificate")
        _require_responder(response, issuer, self._clock())
        self._require_current(response.this_update_utc, response.next_update_utc)
        if response.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            raise _unknown("the responder does not know it")
        is_revoked = response.certificate_status is ocsp.OCSPCertStatus.REVOKED
        return _Answer(is_revoked, self._until(response.next_update_utc))

    async def _by_crl(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        async with self._turn(url):
            known = self._fetched.get(url)
            if known is None or self._clock() - SKEW > known.crl.next_update:
                known = await self._fetch_crl(url, issuer)
        if not known.crl.is_about(certificate, issuer):
            raise _unknown("the CRL is not about this certificate")
        self._require_current(known.crl.this_update, known.crl.next_update)
        return known.crl.names(certificate)

    async def refresh(self) -> None:
        """Fetch lists again in time; until one runs out, it is used when that fails. To be called every few
        seconds."""
        due = [(url, known) for url, known in self._fetched.items() if self._clock() >= known.again_at]
        await asyncio.gather(*(self._refetch(url, known) for url, known in due))

    async def _refetch(self, url: str, known: _Fetched) -> None:
        if self._clock() - SKEW > known.crl.next_update:
            self._fetched.pop(url, None)  # who needs it fetches it
            return
        with suppress(RevocationUnknownError):
            async with self._turn(url):
                await self._fetch_crl(url, known.issuer)

    async def _fetch_crl(self, url: str, issuer: x509.Certificate) -> _Fetched:
        async with self._attempt(url):
            crl = max(read_crls(await self._fetch(url, None)), key=lambda one: one.this_update)
            if not crl.is_signed_by(issuer):
                raise _unknown("the CRL is not signed by the issuer")
            self._require_current(crl.this_update, crl.next_update)
            known, now = self._fetched.get(url), self._clock()
            if known is not None and crl.this_update < known.crl.this_update:
                raise _unknown("the CRL is older than the one before it")
            again_at = now + max(RETRY, min(CACHE, (crl.next_update - now) / 2))
            self._fetched[url] = _Fetched(crl, issuer, again_at)
            return self._fetched[url]

    def _until(self, next_update: datetime | None) -> datetime:
        latest = self._clock() + CACHE
        return min(latest, next_update) if next_update else latest

    def _require_current(self, this_update: datetime, next_update: datetime | None) -> None:
        now = self._clock()
        if this_update > now + SKEW:
            raise _unknown("the answer is dated in the future")
        if next_update is None or next_update < now - SKEW:
            raise _unknown("the answer has run out")


def _unknown(why: str) -> RevocationUnknownError:
    return RevocationUnknownError(
        "revocation-unknown",
        Text(
            "whether the certificate was revoked cannot be checked now ({in_english}); try again later",
            in_english=why,
        ),
    )


def _require_responder(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """RFC 6960 section 4.2.2.2: signed by the issuer, or by a certificate of the issuer's for OCSP signing."""
    signer = issuer
    for candidate in response.certificates:
        if candidate != issuer and _may_answer_for(candidate, issuer, now):
            signer = candidate
            break
    key = signer.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or not any(
        _is_signature(response, key, scheme, algorithm) for scheme, algorithm in _schemes(response)
    ):
        raise _unknown("the answer is not signed by the issuer or its responder in a way we accept")


def _schemes(response: ocsp.OCSPResponse) -> Iterator[tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]]:
    """How it may be signed: RSA by PKCS#1 v1.5 or PSS, with SHA-256 or better."""
    if response.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:  # with which hash is not said
        for one in (SHA256(), hashes.SHA384(), hashes.SHA512()):
            yield padding.PSS(padding.MGF1(one), one.digest_size), one
        return
    algorithm = response.signature_hash_algorithm
    if algorithm is not None and algorithm.digest_size >= SHA256.digest_size:
        yield padding.PKCS1v15(), algorithm


def _is_signature(
    response: ocsp.OCSPResponse,
    key: rsa.RSAPublicKey,
    scheme: padding.AsymmetricPadding,
    algorithm: hashes.HashAlgorithm,
) -> bool:
    try:
        key.verify(response.signature, response.tbs_response_bytes, scheme, algorithm)
    except InvalidSignature:
        return False
    return True


def _may_answer_for(candidate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        candidate.verify_directly_issued_by(issuer)
        usage = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    is_current = candidate.not_valid_before_utc <= now <= candidate.not_valid_after_utc
    return is_current and ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _ocsp_urls(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [
        one.access_location.value
        for one in access
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    ]


def _crl_urls(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith("http")
    ]
