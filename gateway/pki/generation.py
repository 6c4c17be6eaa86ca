"""The generations of PKIoverheid that a test hierarchy can have the shape of: G1 (Private) and G4.

G4 as its public test profiles have it (github.com/pkioverheid/g4-trial, 2026): roots by purpose, three authorities
above each certificate, RSASSA-PSS with SHA-512, no OCSP, no IP addresses, a policy for each sort of certificate. A
service has a certificate for servers and clients; an organisation without a host name has one for clients only.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

_TRIAL_ARC = "2.16.528.1.1003.1.2.41"
"""PKIoverheid's policies of test certificates; those of production are under 2.16.528.1.1003.1.2.44."""
_ADDRESS = "http://pki.meterpoort.test"
"""Where certificates say that their issuer and its list are; the name exists nowhere (RFC 6761)."""
_QC_STATEMENTS = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"),
    # qcStatements: the subject is named as EN 319 412-1 has it for legal persons (id-etsi-qcs-SemanticsId-Legal)
    bytes.fromhex("30173015" + "06082b06010505070b02" + "3009" + "060704008bec490102"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A root and the authorities under it, for one sort of certificate."""

    authorities: tuple[tuple[str, str], ...]
    """File and common name of each, root first; the last one issues."""
    usages: tuple[x509.ObjectIdentifier, ...]
    """What the certificates are for."""
    policy: x509.ObjectIdentifier | None = None

    def extensions(self, issuer: str, *, is_ca: bool) -> Iterator[x509.ExtensionType]:
        """What a certificate of this branch holds by its policy; `issuer`: the file of its issuer."""
        if self.policy is None:
            return
        issuer_url = x509.UniformResourceIdentifier(f"{_ADDRESS}/certs/{issuer}.cer")
        yield x509.AuthorityInformationAccess(
            [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, issuer_url)]
        )
        crl = x509.UniformResourceIdentifier(f"{_ADDRESS}/crl/{issuer}.crl")
        yield x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)])
        yield x509.CertificatePolicies([x509.PolicyInformation(self.policy, None)])
        if is_ca:
            yield x509.ExtendedKeyUsage(self.usages)
        else:
            yield _QC_STATEMENTS


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """How certificates are made."""

    servers: Branch
    clients: Branch
    authority_bits: int
    key_bits: int
    hash: hashes.SHA256 | hashes.SHA512
    pss: padding.PSS | None = None
    """None: PKCS#1 v1.5."""
    ip_addresses: bool = True
    """Whether a server's certificate may name IP addresses."""

    def branches(self) -> tuple[Branch, ...]:
        """Each once."""
        return (self.clients,) if self.clients is self.servers else (self.servers, self.clients)


_BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
_PRIVATE_SERVICES = Branch(
    (
        ("root", "Meterpoort TEST Private Root CA"),
        ("intermediate", "Meterpoort TEST Private Services CA"),
    ),
    _BOTH,
)
G1 = Generation(_PRIVATE_SERVICES, _PRIVATE_SERVICES, 2048, 2048, hashes.SHA256())


def _g4_branch(file: str, root: str, under: str, policy: str, usages: tuple[x509.ObjectIdentifier, ...]) -> Branch:
    names = (
        (f"{file}-root", f"Meterpoort TEST - G4 Root {root}"),
        (f"{file}-domain", f"Meterpoort TEST - G4 Intm {under}"),
        (f"{file}-issuer", f"Meterpoort TEST - G4 PKIo {under}"),
    )
    return Branch(names, usages, x509.ObjectIdentifier(f"{_TRIAL_ARC}.{policy}"))


_SHA512 = hashes.SHA512()
G4 = Generation(
    servers=_g4_branch("tls", "Priv G-TLS", "Priv G-TLS SYS", "15.35.11", _BOTH),
    clients=_g4_branch("other", "Priv G-Other", "Priv G-Other LP", "16.25.8", (ExtendedKeyUsageOID.CLIENT_AUTH,)),
    authority_bits=4096,
    key_bits=3072,
    hash=_SHA512,
    pss=padding.PSS(padding.MGF1(_SHA512), _SHA512.digest_size),
    ip_addresses=False,
)
GENERATIONS = {"g1": G1, "g4": G4}
