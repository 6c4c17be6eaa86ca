"""Certificate revocation lists: one list, and the lists in a folder, which are read again when a file changes.

RFC 5280 sections 5 and 6.3. A list is used when it is complete, its issuer signed it and its time has not run out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.pki.certificates import fingerprint

log = structlog.get_logger(__name__)

SKEW = timedelta(minutes=5)
"""How far the clock of the server that answers may differ from ours."""
_SUFFIXES = frozenset({".pem", ".crl", ".der"})
_PEM = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)


class CrlError(ValueError):
    """Bytes that are no list of revoked certificates that can be used, with a sentence that says why."""


class Crl:
    """The certificates that one issuer revoked."""

    def __init__(self, crl: x509.CertificateRevocationList) -> None:
        """Raises CrlError for a list that is not complete, never runs out, or says what we do not know."""
        self._crl = crl
        self._point = _require_complete(crl)
        if crl.next_update_utc is None:
            raise CrlError("the list does not say until when it is valid")
        self.this_update = crl.last_update_utc
        self.next_update = crl.next_update_utc
        self.issuer = crl.issuer.rfc4514_string()
        self._serial_numbers = frozenset(entry.serial_number for entry in crl)
        self._judged: dict[str, bool] = {}

    def __len__(self) -> int:
        """How many certificates it names."""
        return len(self._serial_numbers)

    def names(self, certificate: x509.Certificate) -> bool:
        """Whether it was revoked; to be asked of a certificate that the list is about."""
        return certificate.serial_number in self._serial_numbers

    def is_about(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Whether `issuer` signed the list, and it is about certificates of this sort."""
        return self.is_signed_by(issuer) and _is_within(self._point, certificate)

    def is_signed_by(self, issuer: x509.Certificate) -> bool:
        """Whether this issuer made it."""
        name = fingerprint(issuer)
        is_signed = self._judged.get(name)
        if is_signed is None:
            is_signed = self._judged[name] = _is_signed_by(self._crl, issuer)
        return is_signed


def read_crls(data: bytes) -> tuple[Crl, ...]:
    """The lists in PEM or the one in DER. Raises CrlError."""
    blocks = _PEM.findall(data)
    load = x509.load_pem_x509_crl if blocks else x509.load_der_x509_crl
    try:
        return tuple(Crl(load(block)) for block in blocks or (data,))
    except CrlError:
        raise
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CrlError("this is no list of revoked certificates in PEM or DER") from error


@dataclass(frozen=True, slots=True)
class _File:
    """What a file held when it could last be read, and what is wrong with it now."""

    stamp: tuple[int, int, int]
    crls: tuple[Crl, ...] = ()
    problem: str | None = None


class CrlFolder:
    """The lists in a folder's `.pem`, `.crl` and `.der` files.

    A file that can no longer be read keeps the lists it had, until they run out. A file that was removed is
    forgotten: about its issuer's certificates is then asked elsewhere, or nothing is known.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}

    def crls(self) -> Iterator[Crl]:
        """The lists as last read."""
        for file in self._files.values():
            yield from file.crls

    def unreadable(self) -> dict[str, str]:
        """What is wrong, by the name of the file."""
        return {name: file.problem for name, file in self._files.items() if file.problem}

    def read(self) -> None:
        """Read the files that are new or changed. Files that cannot be read are logged, once for each change.

        Raises OSError when the folder itself is there and cannot be read; the lists stay as they are then.
        """
        paths = sorted(self._folder.iterdir()) if self._folder.exists() else []
        found = {path.name: path for path in paths if path.suffix in _SUFFIXES}
        for name in self._files.keys() - found:
            log.warning("crl_file_gone", file=name)
        self._files = {name: _read_again(path, self._files.get(name)) for name, path in found.items()}


def _read_again(path: Path, known: _File | None) -> _File:
    stamp = (0, 0, 0)
    try:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if known is not None and known.stamp == stamp:
            return known
        crls = read_crls(path.read_bytes())
    except (OSError, CrlError) as error:
        problem = str(error)
        if known is None or (known.stamp, known.problem) != (stamp, problem):
            log.error(
                "crl_file_unreadable", file=path.name, error=problem, lists_kept=len(known.crls if known else ())
            )
        return replace(known or _File(stamp), stamp=stamp, problem=problem)
    for crl in crls:
        log.info(
            "crl_read", file=path.name, issuer=crl.issuer, until=crl.next_update.isoformat(), revoked=len(crl)
        )
    return _File(stamp, crls)


def _require_complete(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    """What sort of certificates the list is about; None: every one of its issuer. Raises CrlError."""
    point: x509.IssuingDistributionPoint | None = None
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            point = value
            if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
                raise CrlError("the list is not about all that its issuer revoked")
        elif isinstance(value, x509.DeltaCRLIndicator):
            raise CrlError("the list holds only what changed since another one")
        elif extension.critical and not isinstance(value, x509.CRLNumber | x509.AuthorityKeyIdentifier):
            raise CrlError(f"the list has an extension that is not known here: {extension.oid.dotted_string}")
    return point


def _is_within(point: x509.IssuingDistributionPoint | None, certificate: x509.Certificate) -> bool:
    if point is None:
        return True
    try:
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_ca = False
    return not (point.only_contains_user_certs if is_ca else point.only_contains_ca_certs)


def _is_signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """RSA, by PKCS#1 v1.5 or PSS, with SHA-256 or better, by a certificate that may sign lists."""
    key = issuer.public_key()
    if crl.issuer != issuer.subject or not isinstance(key, rsa.RSAPublicKey) or not _may_sign_crls(issuer):
        return False
    try:
        algorithm = crl.signature_hash_algorithm
        is_strong = algorithm is not None and algorithm.digest_size >= SHA256.digest_size
        return is_strong and crl.is_signature_valid(key)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _may_sign_crls(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True
