"""Whether a certificate was revoked: by OCSP where it names a responder, else by CRL; answers are cached.

RFC 5280 section 5 (CRL), RFC 6960 (OCSP). An answer is believed only when the issuer signed it, or a
responder that the issuer named for it. Trouble on the way is `RevocationUnknownError`: temporary, never a pass.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from gateway.bounded import BoundedDict
from gateway.clock import Clock
from gateway.i18n import Text
from gateway.pki.certificates import CertificateError, RevocationUnknownError, fingerprint

Fetch = Callable[[str, bytes | None], Awaitable[bytes]]
"""Get a URL, or post bytes to it (OCSP); raises OSError or TimeoutError when that fails."""


CACHE = timedelta(hours=4)
"""An answer is believed at most so long, and never past its own nextUpdate."""
RETRY = timedelta(seconds=30)
"""A responder that failed is left alone so long."""
SKEW = timedelta(minutes=5)
"""How far a responder's clock may differ from ours."""
ENTRIES_MAX = 10_000
"""Answers kept; more certificates than any gateway of this kind meets in a day."""


@dataclass(frozen=True, slots=True)
class _Answer:
    is_revoked: bool
    until: datetime


_Ask = Callable[[str, x509.Certificate, x509.Certificate], Awaitable[_Answer]]


class Revocation:
    """Checks revocation and caches the results. `crls` are local lists; others are fetched from the URLs in
    certificates."""

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        crls: Sequence[x509.CertificateRevocationList] = (),
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._given = list(crls)
        self._crls: dict[str, x509.CertificateRevocationList] = {}
        self._answers: BoundedDict[str, _Answer] = BoundedDict(ENTRIES_MAX)
        self._failed_until: dict[str, datetime] = {}
        self._under_way: dict[str, asyncio.Lock] = {}

    async def check(self, chain: Sequence[x509.Certificate]) -> datetime:
        """Look at every certificate of a verified chain but the anchor; answers until when that holds.

        Raises CertificateError (`revoked`) or RevocationUnknownError.
        """
        until = self._clock() + CACHE
        for certificate, issuer in itertools.pairwise(chain):
            answer = await self._answer(certificate, issuer)
            if answer.is_revoked:
                raise CertificateError("revoked", Text("the certificate was revoked"))
            until = min(until, answer.until)
        return until

    async def _answer(self, certificate: x509.Certificate, issuer: x509.Certificate) -> _Answer:
        name = fingerprint(certificate)
        lock = self._under_way.setdefault(name, asyncio.Lock())
        async with lock:  # one question at a time about one certificate
            known = self._answers.get(name)
            if known is None or self._clock() >= known.until:
                known = await self._ask(certificate, issuer)
                self._answers[name] = known
        self._under_way.pop(name, None)
        return known

    async def _ask(self, certificate: x509.Certificate, issuer: x509.Certificate) -> _Answer:
        given = self._given_crl(issuer)
        if given is not None:
            return self._on_crl(certificate, given)
        trouble = _unknown("neither a CRL nor an OCSP responder is known for it")
        sources = [(url, self._by_ocsp) for url in _ocsp_urls(certificate)]
        sources += [(url, self._by_crl) for url in _crl_urls(certificate)]
        for url, ask in sources:
            try:
                return await self._ask_if_available(url, ask, certificate, issuer)
            except RevocationUnknownError as error:
                trouble = error
        raise trouble

    def _given_crl(self, issuer: x509.Certificate) -> x509.CertificateRevocationList | None:
        """Return the newest local list of this issuer. Raises RevocationUnknownError when it has expired."""
        ours = [crl for crl in self._given if crl.issuer == issuer.subject and _signed_by(crl, issuer)]
        if not ours:
            return None
        newest = max(ours, key=lambda crl: crl.last_update_utc)
        self._require_current(newest.last_update_utc, newest.next_update_utc)
        return newest

    async def _ask_if_available(
        self, url: str, ask: _Ask, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> _Answer:
        """Ask, unless the responder has just failed."""
        now = self._clock()
        if now < self._failed_until.get(url, now):
            raise _unknown("the responder failed a moment ago")
        try:
            return await ask(url, certificate, issuer)
        except (OSError, TimeoutError, ValueError, RevocationUnknownError) as error:
            self._failed_until[url] = now + RETRY
            raise _unknown(str(error)[:200] or type(error).__name__) from error

    async def _by_ocsp(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> _Answer:
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

    async def _by_crl(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> _Answer:
        crl = self._crls.get(url)
        if crl is None or crl.next_update_utc is None or self._clock() >= self._until_of(crl):
            crl = _load_crl(await self._fetch(url, None))
            if crl.issuer != issuer.subject or not _signed_by(crl, issuer):
                raise _unknown("the CRL is not signed by the issuer")
            self._require_current(crl.last_update_utc, crl.next_update_utc)
            self._crls[url] = crl
        return self._on_crl(certificate, crl)

    def _until_of(self, crl: x509.CertificateRevocationList) -> datetime:
        next_update = crl.next_update_utc
        return min(crl.last_update_utc + CACHE, next_update) if next_update else crl.last_update_utc

    def _on_crl(self, certificate: x509.Certificate, crl: x509.CertificateRevocationList) -> _Answer:
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        return _Answer(entry is not None, self._until(crl.next_update_utc))

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


def _load_crl(data: bytes) -> x509.CertificateRevocationList:
    load = x509.load_pem_x509_crl if data.startswith(b"-----") else x509.load_der_x509_crl
    return load(data)


def _signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        return crl.is_signature_valid(key)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _require_responder(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """RFC 6960 section 4.2.2.2: signed by the issuer, or by a certificate of the issuer's for OCSP signing."""
    signer = issuer
    for candidate in response.certificates:
        if candidate != issuer and _may_answer_for(candidate, issuer, now):
            signer = candidate
            break
    key, algorithm = signer.public_key(), response.signature_hash_algorithm
    if not isinstance(key, rsa.RSAPublicKey) or algorithm is None or algorithm.digest_size < SHA256.digest_size:
        raise _unknown("the answer is signed in a way we do not accept")
    try:
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
    except InvalidSignature as error:
        raise _unknown("the answer is not signed by the issuer or its responder") from error


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
