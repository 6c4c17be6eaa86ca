"""Whether a certificate leads to one of our anchors, today: chain, validity, purpose, key, revocation.

`cryptography.x509.verification` builds and checks the path (RFC 5280); what PKIoverheid requires in addition
is checked here. The anchors are a setting, never the list of the system.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from gateway.i18n import Text
from gateway.pki.certificates import CertificateError, rsa_key_of

CHAIN_DEPTH_MAX = 3
"""PKIoverheid: root, domain or private services, issuer, end entity."""


CLIENTS = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH})
"""Who comes to us."""
CLIENTS_AND_SERVERS = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH})
"""Who signs an answer to us: a service does that with the certificate that it answers with."""


class TrustAnchors:
    """The roots we trust and the intermediates we know."""

    def __init__(
        self, certificates: Sequence[x509.Certificate], purposes: Collection[x509.ObjectIdentifier] = CLIENTS
    ) -> None:
        """Certificates that issued themselves are anchors; the others help to build a path, and are never trusted
        alone. `purposes`: one of these must be allowed by a certificate that names what it is for."""
        anchors = [one for one in certificates if one.subject == one.issuer]
        if not anchors:
            raise ValueError("without a trust anchor nobody can be trusted")
        self._store = Store(anchors)
        self._intermediates = [one for one in certificates if one.subject != one.issuer]
        self._end_entity = _end_entity(frozenset(purposes))

    def chain(
        self, leaf: x509.Certificate, sent: Sequence[x509.Certificate], at: datetime
    ) -> list[x509.Certificate]:
        """The path from `leaf` to an anchor, both included, valid at `at`.

        Raises CertificateError: expired, not-yet-valid, weak-key, not-for-clients, untrusted.
        """
        _require_period(leaf, at)
        rsa_key_of(leaf)
        builder = PolicyBuilder().store(self._store).time(at).max_chain_depth(CHAIN_DEPTH_MAX)
        builder = builder.extension_policies(ca_policy=_AUTHORITY, ee_policy=self._end_entity)
        try:
            verified = builder.build_client_verifier().verify(
                leaf, [*self._intermediates, *sent[:CHAIN_DEPTH_MAX]]
            )
        except (VerificationError, ValueError) as error:
            raise _untrusted_error(leaf) from error
        return list(verified.chain)


def _require_period(leaf: x509.Certificate, at: datetime) -> None:
    if at > leaf.not_valid_after_utc:
        since = leaf.not_valid_after_utc.date()
        raise CertificateError("expired", Text("the certificate expired on {since}", since=since))
    if at < leaf.not_valid_before_utc:
        since = leaf.not_valid_before_utc.date()
        raise CertificateError("not-yet-valid", Text("the certificate is valid from {since}", since=since))


def _untrusted_error(leaf: x509.Certificate) -> CertificateError:
    issuer = leaf.issuer.rfc4514_string()[:200]
    return CertificateError(
        "untrusted",
        Text(
            "the certificate, issued by {issuer}, does not lead to a trusted root as a client certificate",
            issuer=repr(issuer),
        ),
    )


def _no_authority(_policy: Policy, _leaf: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("an authority's certificate does not act as a client")


def _signs(_policy: Policy, _leaf: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError("not for digital signatures")


_AUTHORITY = ExtensionPolicy.webpki_defaults_ca()


def _end_entity(purposes: frozenset[x509.ObjectIdentifier]) -> ExtensionPolicy:
    def for_purpose(_policy: Policy, _leaf: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
        if usage is not None and purposes.isdisjoint(usage):
            raise ValueError("not for this purpose")

    return (
        # PKIoverheid's service certificates name an OIN, not always a host: no subjectAltName is asked of clients.
        ExtensionPolicy.permit_all()
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, for_purpose)
        .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _no_authority)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs)
    )
