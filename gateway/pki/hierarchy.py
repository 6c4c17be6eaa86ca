"""A test hierarchy in the shape of PKIoverheid: root, intermediate, server and client certificates, CRLs.

Everything is real but the trust: keys are made on the spot, the names say TEST, the parties do not exist.
`bad/` holds one certificate for each way to be refused.
"""

from collections.abc import Iterator
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
    oin: str | None
    unit: str | None = None


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


def init_hierarchy(directory: Path, now: datetime | None = None) -> None:
    """Write the whole hierarchy to `directory`, which must be empty or absent.

    Raises FileExistsError when something is there already: keys in use are never overwritten.
    """
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty; keys are never overwritten")
    start = (now or datetime.now(UTC)).replace(microsecond=0) - timedelta(hours=1)
    for folder in (directory, directory / "clients", directory / "bad", directory / "crl"):
        folder.mkdir(parents=True, exist_ok=True)
    root, intermediate = _authorities(directory, start)
    _write_server(directory, intermediate, start)
    for subject in CLIENTS:
        key = new_key()
        certificate = issue(intermediate, Order(subject, start, start + LIFETIME), key)
        _write_pair(directory / "clients", subject.file, (certificate, intermediate.certificate), key)
        _write_p12(directory / "clients" / f"{subject.file}.p12", certificate, key, intermediate, root)
    revoked = _write_bad(directory / "bad", intermediate, start)
    _write(directory / "crl" / "intermediate.crl.pem", _pem(new_crl(intermediate, [revoked], start)))
    _write(directory / "crl" / "root.crl.pem", _pem(new_crl(root, [], start)))
    _write(directory / "README.md", readme().encode())


def new_key(bits: int = _KEY_BITS) -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def issue(issuer: CertificateIssuer, order: Order, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A client certificate as ordered, signed by `issuer`."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(order.subject, order.serial_numbers))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(order.not_before)
        .not_valid_after(order.not_after)
        .add_extension(x509.BasicConstraints(ca=order.is_ca, path_length=None), critical=True)
        .add_extension(_key_usage(is_ca=order.is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_key_identifier(issuer), critical=False)
    )
    if order.usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(order.usages), critical=False)
    if order.subject.file == SERVER.file:
        builder = builder.add_extension(_localhost(), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


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
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + 3 * LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0 if issuer else None), critical=True)
        .add_extension(_key_usage(is_ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(_authority_key_identifier(issuer), critical=False)
    return CertificateIssuer(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


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


def bad_orders(start: datetime) -> Iterator[Order]:
    """One order for each way in which a certificate of the right issuer is refused."""
    year = timedelta(days=365)
    good = Order(Subject("", "Van Dijk Kantoormeubelen B.V.", CLIENTS[0].oin), start, start + LIFETIME)
    yield _with_file_name(good, "revoked")
    yield replace(_with_file_name(good, "expired"), not_before=start - year, not_after=start - timedelta(days=1))
    yield replace(_with_file_name(good, "not-yet-valid"), not_before=start + year)
    yield replace(_with_file_name(good, "no-oin"), serial_numbers=())
    yield replace(
        _with_file_name(good, "two-oins"), serial_numbers=("00000003274185620000", "00000003381902460000")
    )
    yield replace(_with_file_name(good, "malformed-oin"), serial_numbers=("27418562",))
    yield replace(_with_file_name(good, "weak"), key_bits=1024)
    yield replace(_with_file_name(good, "not-for-clients"), usages=(ExtendedKeyUsageOID.SERVER_AUTH,))
    yield replace(_with_file_name(good, "authority-as-client"), is_ca=True, usages=())


def _with_file_name(order: Order, file: str) -> Order:
    return replace(order, subject=replace(order.subject, file=file))


def _authorities(directory: Path, start: datetime) -> tuple[CertificateIssuer, CertificateIssuer]:
    root = new_authority("Meterpoort TEST Private Root CA", start)
    intermediate = new_authority("Meterpoort TEST Private Services CA", start, root)
    _write_pair(directory, "root", (root.certificate,), root.key)
    _write_pair(directory, "intermediate", (intermediate.certificate,), intermediate.key)
    _write(directory / "ca.pem", _pem(root.certificate) + _pem(intermediate.certificate))
    return root, intermediate


def _write_server(directory: Path, intermediate: CertificateIssuer, start: datetime) -> None:
    key = new_key()
    order = Order(
        SERVER, start, start + LIFETIME, (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    )
    _write_pair(directory, "server", (issue(intermediate, order, key), intermediate.certificate), key)


def _write_bad(folder: Path, intermediate: CertificateIssuer, start: datetime) -> x509.Certificate:
    """Write the certificates to be refused; answers the one to put on the CRL."""
    certificates: dict[str, x509.Certificate] = {}
    for order in bad_orders(start):
        key = new_key(order.key_bits)
        certificate = certificates[order.subject.file] = issue(intermediate, order, key)
        _write_pair(folder, order.subject.file, (certificate, intermediate.certificate), key)
    stranger = new_authority("Somebody Else's TEST CA", start)
    key = new_key()
    order = Order(replace(CLIENTS[0], file="wrong-issuer"), start, start + LIFETIME)
    _write_pair(folder, "wrong-issuer", (issue(stranger, order, key), stranger.certificate), key)
    alone = new_key()
    _write_pair(folder, "self-signed", (_self_signed(start, alone),), alone)
    return certificates["revoked"]


def _self_signed(start: datetime, key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = _name(CLIENTS[0], None)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .sign(key, hashes.SHA256())
    )


def _name(subject: Subject, serial_numbers: tuple[str, ...] | None) -> x509.Name:
    numbers = serial_numbers if serial_numbers is not None else ((subject.oin,) if subject.oin else ())
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation),
        *(x509.NameAttribute(NameOID.SERIAL_NUMBER, number) for number in numbers),
        x509.NameAttribute(NameOID.COMMON_NAME, "localhost" if subject.file == "server" else subject.file),
    ]
    return x509.Name(attributes)


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


def _localhost() -> x509.SubjectAlternativeName:
    loopbacks = (x509.IPAddress(IPv4Address("127.0.0.1")), x509.IPAddress(IPv6Address("::1")))
    return x509.SubjectAlternativeName([x509.DNSName("localhost"), *loopbacks])


def _write_pair(folder: Path, file: str, chain: tuple[x509.Certificate, ...], key: rsa.RSAPrivateKey) -> None:
    _write(folder / f"{file}.pem", b"".join(_pem(certificate) for certificate in chain))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_secret(folder / f"{file}-key.pem", pem)


def _write_p12(
    path: Path,
    certificate: x509.Certificate,
    key: rsa.RSAPrivateKey,
    intermediate: CertificateIssuer,
    root: CertificateIssuer,
) -> None:
    # The newer kind is not read by Windows Server 2016, Java 8 before update 301 and Mono. Nothing is lost: the
    # password is in the README and the key is in the same folder.
    protection = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303  # what those programs read
        .build(P12_PASSWORD.encode())
    )
    chain = [intermediate.certificate, root.certificate]
    p12 = pkcs12.serialize_key_and_certificates(path.stem.encode(), key, certificate, chain, protection)
    _write_secret(path, p12)


def _pem(item: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return item.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _write_secret(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
