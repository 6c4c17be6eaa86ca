"""A test hierarchy in the shape of PKIoverheid: root, intermediate, server and client certificates, CRLs.

Everything is real but the trust: keys are made on the spot, the names say TEST, the parties do not exist.
`bad/` holds one certificate for each way to be refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.pki.readme import readme

P12_PASSWORD = "meterpoort"  # noqa: S105  (of test keys, printed in the README)
LIFETIME = timedelta(days=3 * 365)
_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate is for. `file` names its PEM files."""

    file: str
    organisation: str
    oin: str


CLIENTS = (
    Subject("leverancier", "Van Dijk Kantoormeubelen B.V.", "00000003274185620000"),
    Subject("leverancier-2", "Installatiebedrijf De Waal B.V.", "00000003381902460000"),
    Subject("softwarehuis", "Factuurstroom Software B.V.", "00000003615027930000"),
    Subject("gemeente", "Gemeente Waterkant", "00000099000000001000"),
    Subject("gemeente-2", "Gemeente Duinrand", "00000099000000002000"),
    Subject("provincie", "Provincie Midden-Delta", "00000099000000003000"),
    Subject("ministerie", "Ministerie van Proefzaken", "00000099000000004000"),
)
"""Three companies (an OIN from the KvK number), one of them an intermediary, and four governments (test OINs)."""

SERVER = Subject("server", "Meterpoort TEST", "00000099000000009000")


@dataclass(frozen=True, slots=True)
class CertificateIssuer:
    """A certification authority: its certificate and key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Order:
    """What to put in a client certificate; the defaults make a good one."""

    subject: Subject
    not_before: datetime
    not_after: datetime
    usages: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    is_ca: bool = False
    key_bits: int = _KEY_BITS
    serial_numbers: tuple[str, ...] | None = None
    """In place of the subject's OIN: none, or several."""


def init_hierarchy(directory: Path) -> None:
    """Write the whole hierarchy to `directory`, which must be empty or absent.

    Raises FileExistsError when something is there already: keys in use are never overwritten.
    """
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty; keys are never overwritten")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for folder in (directory, directory / "clients", directory / "bad", directory / "crl"):
        folder.mkdir(parents=True, exist_ok=True)
    root = new_authority("Meterpoort TEST Private Root CA", start)
    intermediate = new_authority("Meterpoort TEST Private Services CA", start, root)
    _write_pair(directory / "root", root.key, root.certificate)
    _write_pair(directory / "intermediate", intermediate.key, intermediate.certificate)
    (directory / "ca.pem").write_bytes(_pem(root.certificate) + _pem(intermediate.certificate))
    key, usages = new_key(), (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    server = issue(intermediate, Order(SERVER, start, start + LIFETIME, usages), key)
    _write_pair(directory / "server", key, server, intermediate.certificate)
    for subject in CLIENTS:
        key = new_key()
        certificate = issue(intermediate, Order(subject, start, start + LIFETIME), key)
        _write_pair(directory / "clients" / subject.file, key, certificate, intermediate.certificate)
        chain = [intermediate.certificate, root.certificate]
        _write_p12(directory / "clients" / f"{subject.file}.p12", key, certificate, chain)
    revoked = _write_bad(directory / "bad", intermediate, start)
    (directory / "crl" / "intermediate.crl.pem").write_bytes(_pem(new_crl(intermediate, [revoked], start)))
    (directory / "crl" / "root.crl.pem").write_bytes(_pem(new_crl(root, [], start)))
    (directory / "README.md").write_text(readme(), encoding="utf-8")


def new_key(bits: int = _KEY_BITS) -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def issue(issuer: CertificateIssuer, order: Order, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A client certificate as ordered, signed by `issuer`."""
    extensions: list[x509.ExtensionType] = [x509.ExtendedKeyUsage(order.usages)] if order.usages else []
    if order.subject == SERVER:
        loopbacks = (x509.IPAddress(IPv4Address("127.0.0.1")), x509.IPAddress(IPv6Address("::1")))
        extensions.append(x509.SubjectAlternativeName([x509.DNSName("localhost"), *loopbacks]))
    name = _name(order.subject, order.serial_numbers)
    constraints = x509.BasicConstraints(ca=order.is_ca, path_length=None)
    return _signed_certificate(name, issuer, key, (order.not_before, order.not_after), constraints, extensions)


def new_authority(name: str, start: datetime, issuer: CertificateIssuer | None = None) -> CertificateIssuer:
    """A certification authority; self-signed without `issuer`."""
    key = new_key()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Meterpoort TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    constraints = x509.BasicConstraints(ca=True, path_length=0 if issuer else None)
    certificate = _signed_certificate(subject, issuer, key, (start, start + 3 * LIFETIME), constraints)
    return CertificateIssuer(certificate, key)


def _signed_certificate(
    subject: x509.Name,
    issuer: CertificateIssuer | None,
    key: rsa.RSAPrivateKey,
    period: tuple[datetime, datetime],
    constraints: x509.BasicConstraints,
    extensions: Iterable[x509.ExtensionType] = (),
) -> x509.Certificate:
    """A certificate with what every one has, and these extensions; self-signed without `issuer`."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
        .add_extension(constraints, critical=True)
        .add_extension(_key_usage(is_ca=constraints.ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(_authority_key_identifier(issuer), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def new_crl(
    issuer: CertificateIssuer, revoked: list[x509.Certificate], at: datetime, lifetime: timedelta = LIFETIME
) -> x509.CertificateRevocationList:
    """The issuer's list of revoked certificates, valid from `at`."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + lifetime)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(_authority_key_identifier(issuer), critical=False)
    )
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256())


def _bad_orders(start: datetime) -> Iterator[Order]:
    """One order for each way in which a certificate of the right issuer is refused."""
    year = timedelta(days=365)

    def good(file: str) -> Order:
        return Order(replace(CLIENTS[0], file=file), start, start + LIFETIME)

    yield good("revoked")
    yield replace(good("expired"), not_before=start - year, not_after=start - timedelta(days=1))
    yield replace(good("not-yet-valid"), not_before=start + year)
    yield replace(good("no-oin"), serial_numbers=())
    yield replace(good("two-oins"), serial_numbers=("00000003274185620000", "00000003381902460000"))
    yield replace(good("malformed-oin"), serial_numbers=("27418562",))
    yield replace(good("weak"), key_bits=1024)
    yield replace(good("not-for-clients"), usages=(ExtendedKeyUsageOID.SERVER_AUTH,))
    yield replace(good("authority-as-client"), is_ca=True, usages=())


def _write_bad(folder: Path, intermediate: CertificateIssuer, start: datetime) -> x509.Certificate:
    """Write the certificates to be refused; answers the one to put on the CRL."""
    certificates: dict[str, x509.Certificate] = {}
    for order in _bad_orders(start):
        key, file = new_key(order.key_bits), order.subject.file
        certificates[file] = issue(intermediate, order, key)
        _write_pair(folder / file, key, certificates[file], intermediate.certificate)
    stranger, key = new_authority("Somebody Else's TEST CA", start), new_key()
    order = Order(replace(CLIENTS[0], file="wrong-issuer"), start, start + LIFETIME)
    _write_pair(folder / "wrong-issuer", key, issue(stranger, order, key), stranger.certificate)
    name, constraints = _name(CLIENTS[0], None), x509.BasicConstraints(ca=False, path_length=None)
    alone = _signed_certificate(name, None, key, (start, start + LIFETIME), constraints)
    _write_pair(folder / "self-signed", key, alone)
    return certificates["revoked"]


def _name(subject: Subject, serial_numbers: tuple[str, ...] | None) -> x509.Name:
    numbers = (subject.oin,) if serial_numbers is None else serial_numbers
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation),
            *(x509.NameAttribute(NameOID.SERIAL_NUMBER, number) for number in numbers),
            x509.NameAttribute(NameOID.COMMON_NAME, "localhost" if subject == SERVER else subject.file),
        ]
    )


def _key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=not is_ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key_identifier(issuer: CertificateIssuer) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _write_pair(path: Path, key: rsa.RSAPrivateKey, *chain: x509.Certificate) -> None:
    """The chain and the key, each in a file that begins with this path."""
    path.with_name(f"{path.name}.pem").write_bytes(b"".join(map(_pem, chain)))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_secret(path.with_name(f"{path.name}-key.pem"), pem)


def _write_p12(
    path: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate, chain: list[x509.Certificate]
) -> None:
    # The newer kind is not read by Windows Server 2016, Java 8 before update 301 and Mono. Nothing is lost: the
    # password is in the README and the key is in the same folder.
    protection = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303  # what those programs read
        .build(P12_PASSWORD.encode())
    )
    p12 = pkcs12.serialize_key_and_certificates(path.stem.encode(), key, certificate, chain, protection)
    _write_secret(path, p12)


def _pem(item: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return item.public_bytes(serialization.Encoding.PEM)


def _write_secret(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
