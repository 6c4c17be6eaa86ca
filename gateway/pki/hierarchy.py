"""A test hierarchy in the shape of PKIoverheid: roots, intermediates, server and client certificates, CRLs.

Everything is real but the trust: keys are made on the spot, the names say TEST, the parties do not exist.
`bad/` holds one certificate for each way to be refused.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.pki.certificates import load_certificates, load_key
from gateway.pki.generation import G1, Branch, Generation
from gateway.pki.readme import readme

P12_PASSWORD = "meterpoort"  # noqa: S105  (of test keys, printed in the README)
LIFETIME = timedelta(days=3 * 365)


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
    """A certification authority: its certificate and key. It signs as its own certificate is signed."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    branch: Branch | None = None
    """Whose certificates it issues, for what they hold by their policy."""
    file: str = ""
    """The name of its files."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to put in a client certificate; the defaults make a good one."""

    subject: Subject
    not_before: datetime
    not_after: datetime
    usages: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    """None named: for everything."""
    is_ca: bool = False
    key_bits: int | None = None
    """None: as the generation has them."""
    ip_addresses: bool = True
    serial_numbers: tuple[str, ...] | None = None
    """In place of the subject's OIN: none, or several."""


def init_hierarchy(directory: Path, generation: Generation = G1) -> None:
    """Write the whole hierarchy to `directory`, which must be empty or absent.

    Raises FileExistsError when something is there already: keys in use are never overwritten.
    """
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty; keys are never overwritten")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for folder in (directory, directory / "clients", directory / "bad", directory / "crl"):
        folder.mkdir(parents=True, exist_ok=True)
    above = {branch: _new_authorities(branch, generation, start) for branch in generation.branches()}
    for authority in itertools.chain(*above.values()):
        _write_pair(directory / authority.file, authority.key, authority.certificate)
    (directory / "ca.pem").write_bytes(b"".join(_pem(one.certificate) for one in itertools.chain(*above.values())))
    servers, clients = above[generation.servers], above[generation.clients]
    order = Order(SERVER, start, start + LIFETIME, generation.servers.usages, ip_addresses=generation.ip_addresses)
    key = new_key(generation.key_bits)
    _write_pair(directory / "server", key, issue(servers[-1], order, key), *_intermediates(servers))
    for subject in CLIENTS:
        key = new_key(generation.key_bits)
        certificate = issue(clients[-1], Order(subject, start, start + LIFETIME), key)
        _write_pair(directory / "clients" / subject.file, key, certificate, *_intermediates(clients))
        chain = [one.certificate for one in reversed(clients)]
        _write_p12(directory / "clients" / f"{subject.file}.p12", key, certificate, chain)
    revoked = _write_bad(directory / "bad", clients, generation, start)
    for authority in itertools.chain(*above.values()):
        crl = new_crl(authority, [revoked] if authority is clients[-1] else [], start)
        _crl_path(directory, authority.file).write_bytes(_pem(crl))
    (directory / "README.md").write_text(readme(generation), encoding="utf-8")


def revoke(directory: Path, certificate: x509.Certificate) -> Path:
    """Add the certificate to its issuer's list in a folder that `init_hierarchy` wrote; answers the file.

    Raises ValueError when none of the authorities there issued it.
    """
    for path in sorted((directory / "crl").glob("*.crl.pem")):
        file = path.name.removesuffix(".crl.pem")
        authority = load_certificates(directory / f"{file}.pem")[0]
        if authority.subject == certificate.issuer:
            issuer = CertificateIssuer(authority, load_key(directory / f"{file}-key.pem"))
            known = x509.load_pem_x509_crl(path.read_bytes())
            number = known.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
            now = datetime.now(UTC).replace(microsecond=0)
            crl = new_crl(issuer, [*known, certificate], now, number=number)
            written = path.with_suffix(".new")
            written.write_bytes(_pem(crl))
            written.replace(path)  # a gateway that reads it now sees the whole list, old or new
            return path
    raise ValueError("no authority in this folder issued the certificate")


def _new_authorities(branch: Branch, generation: Generation, start: datetime) -> list[CertificateIssuer]:
    """Root first."""
    made: list[CertificateIssuer] = []
    for file, name in branch.authorities:
        issuer = made[-1] if made else None
        made.append(new_authority(name, start, issuer, generation, branch=branch, file=file))
    return made


def _intermediates(authorities: Sequence[CertificateIssuer]) -> list[x509.Certificate]:
    return [one.certificate for one in reversed(authorities[1:])]


def new_key(bits: int = G1.key_bits) -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def issue(issuer: CertificateIssuer, order: Order, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A client certificate as ordered, signed by `issuer`."""
    extensions: list[x509.ExtensionType] = [x509.ExtendedKeyUsage(order.usages)] if order.usages else []
    if order.subject == SERVER:
        loopbacks = (x509.IPAddress(IPv4Address("127.0.0.1")), x509.IPAddress(IPv6Address("::1")))
        names = (x509.DNSName("localhost"), *(loopbacks if order.ip_addresses else ()))
        extensions.append(x509.SubjectAlternativeName(names))
    if issuer.branch:
        extensions.extend(issuer.branch.extensions(issuer.file, is_ca=False))
    name = _name(order.subject, order.serial_numbers, is_registered=bool(issuer.branch and issuer.branch.policy))
    constraints = x509.BasicConstraints(ca=order.is_ca, path_length=None)
    return _signed_certificate(name, issuer, key, (order.not_before, order.not_after), constraints, extensions)


def new_authority(
    name: str,
    start: datetime,
    issuer: CertificateIssuer | None = None,
    generation: Generation = G1,
    *,
    branch: Branch | None = None,
    file: str = "",
) -> CertificateIssuer:
    """A certification authority; self-signed without `issuer`."""
    key = new_key(generation.authority_bits)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Meterpoort TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    is_last = branch is None or file == branch.authorities[-1][0]
    constraints = x509.BasicConstraints(ca=True, path_length=0 if issuer and is_last else None)
    extensions = branch.extensions(issuer.file, is_ca=True) if branch and issuer else ()
    period = (start, start + 3 * LIFETIME)
    certificate = _signed_certificate(subject, issuer, key, period, constraints, extensions, generation)
    return CertificateIssuer(certificate, key, branch, file)


def _signed_certificate(
    subject: x509.Name,
    issuer: CertificateIssuer | None,
    key: rsa.RSAPrivateKey,
    period: tuple[datetime, datetime],
    constraints: x509.BasicConstraints,
    extensions: Iterable[x509.ExtensionType] = (),
    generation: Generation = G1,
) -> x509.Certificate:
    """A certificate with what every one has, and these extensions; self-signed without `issuer`, as `generation`
    does."""
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
    if issuer is None:
        return builder.sign(key, generation.hash, rsa_padding=generation.pss)
    algorithm, scheme = _scheme_of(issuer)
    return builder.sign(issuer.key, algorithm, rsa_padding=scheme)


def _scheme_of(issuer: CertificateIssuer) -> tuple[hashes.SHA256 | hashes.SHA512, padding.PSS | None]:
    """As the issuer's own certificate is signed."""
    scheme = issuer.certificate.signature_algorithm_parameters
    return (hashes.SHA512(), scheme) if isinstance(scheme, padding.PSS) else (hashes.SHA256(), None)


Revoked = x509.Certificate | x509.RevokedCertificate


def new_crl(
    issuer: CertificateIssuer,
    revoked: Sequence[Revoked],
    at: datetime,
    lifetime: timedelta = LIFETIME,
    number: int = 1,
) -> x509.CertificateRevocationList:
    """The issuer's list of revoked certificates, valid from `at`; entries of an earlier list keep their date."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + lifetime)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_authority_key_identifier(issuer), critical=False)
    )
    for one in revoked:
        if isinstance(one, x509.Certificate):
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.build())
        else:
            builder = builder.add_revoked_certificate(one)
    algorithm, scheme = _scheme_of(issuer)
    return builder.sign(issuer.key, algorithm, rsa_padding=scheme)


def _crl_path(directory: Path, file: str) -> Path:
    return directory / "crl" / f"{file}.crl.pem"


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


def _write_bad(
    folder: Path, authorities: Sequence[CertificateIssuer], generation: Generation, start: datetime
) -> x509.Certificate:
    """Write the certificates to be refused; answers the one to put on the CRL."""
    certificates: dict[str, x509.Certificate] = {}
    for order in _bad_orders(start):
        key, file = new_key(order.key_bits or generation.key_bits), order.subject.file
        certificates[file] = issue(authorities[-1], order, key)
        _write_pair(folder / file, key, certificates[file], *_intermediates(authorities))
    stranger = new_authority("Somebody Else's TEST CA", start, generation=generation)
    key = new_key(generation.key_bits)
    order = Order(replace(CLIENTS[0], file="wrong-issuer"), start, start + LIFETIME)
    _write_pair(folder / "wrong-issuer", key, issue(stranger, order, key), stranger.certificate)
    name, constraints = _name(CLIENTS[0], None), x509.BasicConstraints(ca=False, path_length=None)
    alone = _signed_certificate(name, None, key, (start, start + LIFETIME), constraints, (), generation)
    _write_pair(folder / "self-signed", key, alone)
    return certificates["revoked"]


def _name(subject: Subject, serial_numbers: tuple[str, ...] | None, *, is_registered: bool = False) -> x509.Name:
    """`is_registered`: with the KvK number as organizationIdentifier (EN 319 412-1), where the OIN holds one."""
    kvk = subject.oin[8:16] if is_registered and subject.oin.startswith("00000003") else None
    numbers = (subject.oin,) if serial_numbers is None else serial_numbers
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation),
            *([x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRNL-{kvk}")] if kvk else []),
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
