"""Whether a certificate leads to one of our anchors, today: chain, validity, purpose, key, revocation.

`cryptography.x509.verification` builds and checks the path (RFC 5280); what PKIoverheid requires in addition
is checked here. The anchors are a setting, never the list of the system.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import CertificatePoliciesOID, ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from gateway.i18n import Text
from gateway.pki.certificates import CertificateError, rsa_key_of, signing_key_of
from gateway.settings import ALWAYS, Period

CHAIN_DEPTH_MAX = 3
"""PKIoverheid: root, domain or private services, issuer, end entity."""

_ANY_POLICY = CertificatePoliciesOID.ANY_POLICY

CLIENTS = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH})
"""Who comes to us."""
CLIENTS_AND_SERVERS = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH})
"""Who signs an answer to us: a service does that with the certificate that it answers with."""


@dataclass(frozen=True, slots=True)
class TrustTerms:
    """Which certificates under our roots are accepted, and when."""

    periods: Mapping[str, Period] = field(default_factory=dict)
    """From when until when a root is trusted, by its common name; others are for as long as they are valid."""
    elliptic_keys: bool = False
    """Whether a certificate may have a key on an elliptic curve; otherwise RSA only."""
    policies: frozenset[x509.ObjectIdentifier] = frozenset()
    """A certificate must have one of these, and every intermediate above it the same one. Empty: any will do."""


class TrustAnchors:
    """The roots we trust and the intermediates we know."""

    def __init__(
        self,
        certificates: Sequence[x509.Certificate],
        purposes: Collection[x509.ObjectIdentifier] = CLIENTS,
        terms: TrustTerms | None = None,
    ) -> None:
        """Certificates that issued themselves are anchors; the others help to build a path, and are never trusted
        alone. `purposes`: one of these must be allowed by a certificate that names what it is for.

        Raises ValueError without an anchor, and for terms that name one that is not there.
        """
        self._anchors = [one for one in certificates if one.subject == one.issuer]
        if not self._anchors:
            raise ValueError("without a trust anchor nobody can be trusted")
        self._terms = terms or TrustTerms()
        if unknown := self._terms.periods.keys() - {_common_name(one) for one in self._anchors}:
            raise ValueError(f"no trusted root is called {', '.join(sorted(unknown))}")
        self._intermediates = [one for one in certificates if one.subject != one.issuer]
        self._end_entity = _end_entity(frozenset(purposes))

    def chain(
        self, leaf: x509.Certificate, sent: Sequence[x509.Certificate], at: datetime
    ) -> list[x509.Certificate]:
        """The path from `leaf` to an anchor, both included, valid at `at`.

        Raises CertificateError: expired, not-yet-valid, weak-key, untrusted, root-not-trusted-now, policy.
        """
        _require_period(leaf, at)
        _ = signing_key_of(leaf) if self._terms.elliptic_keys else rsa_key_of(leaf)
        trusted = [one for one in self._anchors if self._period_of(one).includes(at)]
        known = [*self._intermediates, *sent[:CHAIN_DEPTH_MAX]]
        try:
            chain = self._path(leaf, known, trusted, at)
        except CertificateError:
            if len(trusted) < len(self._anchors):
                root = self._path(leaf, known, self._anchors, at)[-1]
                raise _root_error(_common_name(root), self._period_of(root), at) from None
            raise
        if not self._has_policy(chain):
            raise CertificateError("policy", Text("the certificate is not of a kind that is accepted here"))
        return chain

    def _period_of(self, root: x509.Certificate) -> Period:
        return self._terms.periods.get(_common_name(root), ALWAYS)

    def _path(
        self,
        leaf: x509.Certificate,
        known: list[x509.Certificate],
        anchors: list[x509.Certificate],
        at: datetime,
    ) -> list[x509.Certificate]:
        if not anchors:
            raise _untrusted_error(leaf)
        builder = PolicyBuilder().store(Store(anchors)).time(at).max_chain_depth(CHAIN_DEPTH_MAX)
        builder = builder.extension_policies(ca_policy=_AUTHORITY, ee_policy=self._end_entity)
        try:
            return list(builder.build_client_verifier().verify(leaf, known).chain)
        except (VerificationError, ValueError) as error:
            raise _untrusted_error(leaf) from error

    def _has_policy(self, chain: Sequence[x509.Certificate]) -> bool:
        """RFC 5280 section 6.1 as far as PKIoverheid uses it: without mappings; the root allows every policy."""
        if not self._terms.policies:
            return True
        shared = self._terms.policies & _policies(chain[0])
        for authority in chain[1:-1]:
            allowed = _policies(authority)
            shared = shared if _ANY_POLICY in allowed else shared & allowed
        return bool(shared)


def _policies(certificate: x509.Certificate) -> frozenset[x509.ObjectIdentifier]:
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(one.policy_identifier for one in policies)


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _root_error(name: str, period: Period, at: datetime) -> CertificateError:
    if period.first and at.date() < period.first:
        text = Text(
            "certificates under {root} are accepted from {since:date}", root=repr(name), since=period.first
        )
    else:
        last = period.last or at.date()
        text = Text("certificates under {root} were accepted until {last:date}", root=repr(name), last=last)
    return CertificateError("root-not-trusted-now", text)


def _require_period(leaf: x509.Certificate, at: datetime) -> None:
    if at > leaf.not_valid_after_utc:
        since = leaf.not_valid_after_utc.date()
        raise CertificateError("expired", Text("the certificate expired on {since:date}", since=since))
    if at < leaf.not_valid_before_utc:
        since = leaf.not_valid_before_utc.date()
        raise CertificateError("not-yet-valid", Text("the certificate is valid from {since:date}", since=since))


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
