"""Revocation by CRL and OCSP: answers believed only from the issuer, trouble never a pass."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from gateway.pki.certificates import CertificateError, RevocationUnknownError
from gateway.pki.crl import Crl
from gateway.pki.hierarchy import CertificateIssuer, new_crl
from gateway.pki.revocation import RETRY, Revocation
from tests.unit.pki.hierarchies import NOW, authority, pair, spare_key

OCSP_URL = "http://ocsp.test.example/"
CRL_URL = "http://crl.test.example/services.crl"
HOUR = timedelta(hours=1)
SHA1_NAMES_ONLY = hashes.SHA1()  # noqa: S303  (names the issuer, as every responder does; signs nothing)


class Network:
    """The responders' side: answers by URL, and counts requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[bytes | None], bytes]] = {}
        self.asked: list[str] = []
        self.now = NOW

    async def fetch(self, url: str, body: bytes | None) -> bytes:
        self.asked.append(url)
        if url not in self.answers:
            raise OSError("no route")
        return self.answers[url](body)

    def revocation(self, **more: object) -> Revocation:
        return Revocation(self.fetch, lambda: self.now, **more)  # type: ignore[arg-type]  # passed on as given


def certificate(
    *, ocsp_url: str | None = None, crl_url: str | None = None, number: int = 424242
) -> x509.Certificate:
    ours = authority()
    builder = (
        x509.CertificateBuilder()
        .subject_name(pair("leverancier")[0].subject)
        .issuer_name(ours.certificate.subject)
        .public_key(spare_key().public_key())
        .serial_number(number)
        .not_valid_before(NOW - HOUR)
        .not_valid_after(NOW + 1000 * HOUR)
    )
    if ocsp_url:
        location = x509.UniformResourceIdentifier(ocsp_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    if crl_url:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder.sign(ours.key, hashes.SHA256())


def chain(leaf: x509.Certificate) -> list[x509.Certificate]:
    """Leaf and issuer; the issuer plays the anchor, so that one question is asked."""
    return [leaf, authority().certificate]


def answer(
    leaf: x509.Certificate,
    status: ocsp.OCSPCertStatus,
    *,
    by: CertificateIssuer | None = None,
    delegate: x509.Certificate | None = None,
    key: RSAPrivateKey | None = None,
    at: datetime = NOW,
    until: datetime | None = NOW + HOUR,
) -> bytes:
    issuer = by or authority()
    is_revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf, authority().certificate, SHA1_NAMES_ONLY, status, at, until, at if is_revoked else None, None
    )
    responder = delegate or issuer.certificate
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
    if delegate:
        builder = builder.certificates([delegate])
    return builder.sign(key or issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def responder(usage: x509.ObjectIdentifier) -> x509.Certificate:
    """A certificate of the issuer's for the spare key."""
    ours = authority()
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(ours.certificate.subject)
        .public_key(spare_key().public_key())
        .serial_number(99)
        .not_valid_before(NOW - HOUR)
        .not_valid_after(NOW + HOUR)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(ours.key, hashes.SHA256())
    )


GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN


async def test_good_by_ocsp_and_remembered() -> None:
    network, leaf = Network(), certificate(ocsp_url=OCSP_URL)
    network.answers[OCSP_URL] = lambda _: answer(leaf, GOOD)
    revocation = network.revocation()
    await revocation.check(chain(leaf))
    await revocation.check(chain(leaf))
    assert network.asked == [OCSP_URL]
    network.now += HOUR + timedelta(seconds=1)
    network.answers[OCSP_URL] = lambda _: answer(leaf, REVOKED, at=network.now, until=network.now + HOUR)
    with pytest.raises(CertificateError, match="revoked"):
        await revocation.check(chain(leaf))


async def test_the_question_names_the_certificate() -> None:
    network, leaf = Network(), certificate(ocsp_url=OCSP_URL)
    questions: list[int] = []

    def respond(body: bytes | None) -> bytes:
        questions.append(ocsp.load_der_ocsp_request(body or b"").serial_number)
        return answer(leaf, GOOD)

    network.answers[OCSP_URL] = respond
    await network.revocation().check(chain(leaf))
    assert questions == [leaf.serial_number]


async def test_a_responder_that_the_issuer_named_is_believed() -> None:
    network, leaf = Network(), certificate(ocsp_url=OCSP_URL)
    named = responder(ExtendedKeyUsageOID.OCSP_SIGNING)
    network.answers[OCSP_URL] = lambda _: answer(leaf, GOOD, delegate=named, key=spare_key())
    await network.revocation().check(chain(leaf))


TROUBLE: dict[str, Callable[[x509.Certificate], bytes]] = {
    "unknown certificate": lambda leaf: answer(leaf, UNKNOWN),
    "signed by a stranger": lambda leaf: answer(leaf, GOOD, key=spare_key()),
    "responder without the usage": lambda leaf: answer(
        leaf, GOOD, delegate=responder(ExtendedKeyUsageOID.CLIENT_AUTH), key=spare_key()
    ),
    "answer of last week": lambda leaf: answer(leaf, GOOD, at=NOW - 200 * HOUR, until=NOW - 100 * HOUR),
    "answer of tomorrow": lambda leaf: answer(leaf, GOOD, at=NOW + 24 * HOUR, until=NOW + 48 * HOUR),
    "answer without an end": lambda leaf: answer(leaf, GOOD, until=None),
    "about another certificate": lambda _: answer(pair("gemeente")[0], GOOD),
    "try later": lambda _: ocsp.OCSPResponseBuilder.build_unsuccessful(
        ocsp.OCSPResponseStatus.TRY_LATER
    ).public_bytes(serialization.Encoding.DER),
    "not OCSP at all": lambda _: b"<html>maintenance</html>",
}


@pytest.mark.parametrize("name", TROUBLE)
async def test_trouble_with_the_responder_is_temporary_and_no_pass(name: str) -> None:
    network, leaf = Network(), certificate(ocsp_url=OCSP_URL)
    network.answers[OCSP_URL] = lambda _: TROUBLE[name](leaf)
    with pytest.raises(RevocationUnknownError):
        await network.revocation().check(chain(leaf))


async def test_a_responder_that_failed_is_left_alone_for_a_while() -> None:
    network, leaf = Network(), certificate(ocsp_url=OCSP_URL)
    revocation = network.revocation()
    for _ in range(3):
        with pytest.raises(RevocationUnknownError):
            await revocation.check(chain(leaf))
    assert network.asked == [OCSP_URL]
    network.now += RETRY
    network.answers[OCSP_URL] = lambda _: answer(leaf, GOOD, at=network.now, until=network.now + HOUR)
    await revocation.check(chain(leaf))


async def test_the_crl_helps_out_when_ocsp_fails() -> None:
    network, leaf = Network(), certificate(ocsp_url=OCSP_URL, crl_url=CRL_URL)
    crl = new_crl(authority(), [leaf], NOW, HOUR)
    network.answers[CRL_URL] = lambda _: crl.public_bytes(serialization.Encoding.DER)
    with pytest.raises(CertificateError, match="revoked"):
        await network.revocation().check(chain(leaf))
    assert network.asked == [OCSP_URL, CRL_URL]


async def test_a_crl_of_somebody_else_is_trouble() -> None:
    network, leaf = Network(), certificate(crl_url=CRL_URL)
    stranger = CertificateIssuer(authority().certificate, spare_key())
    network.answers[CRL_URL] = lambda _: new_crl(stranger, [], NOW, HOUR).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(RevocationUnknownError):
        await network.revocation().check(chain(leaf))


async def test_a_crl_from_a_file() -> None:
    network, leaf = Network(), certificate()
    revoked = network.revocation(crls=lambda: [Crl(new_crl(authority(), [leaf], NOW, HOUR))])
    with pytest.raises(CertificateError, match="revoked"):
        await revoked.check(chain(leaf))
    await network.revocation(crls=lambda: [Crl(new_crl(authority(), [], NOW, HOUR))]).check(chain(leaf))


async def test_a_crl_from_a_file_that_ran_out_is_trouble() -> None:
    network, leaf = Network(), certificate()
    with pytest.raises(RevocationUnknownError):
        await network.revocation(crls=lambda: [Crl(new_crl(authority(), [], NOW - 9 * HOUR, HOUR))]).check(
            chain(leaf)
        )


async def test_a_certificate_that_names_no_source_is_trouble() -> None:
    with pytest.raises(RevocationUnknownError):
        await Network().revocation().check(chain(certificate()))


async def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.pki.revocation.ENTRIES_MAX", 1)
    network = Network()
    revocation = network.revocation()
    for number in (1, 2, 3):
        leaf = certificate(ocsp_url=OCSP_URL, number=number)
        network.answers[OCSP_URL] = lambda _, leaf=leaf: answer(leaf, GOOD)  # type: ignore[misc]  # bound at once
        await revocation.check(chain(leaf))
    assert len(revocation._answers) == 1


async def test_a_new_list_at_hand_counts_at_once() -> None:
    network, leaf = Network(), certificate()
    at_hand = [Crl(new_crl(authority(), [], NOW, HOUR))]
    revocation = network.revocation(crls=lambda: at_hand)
    await revocation.check(chain(leaf))
    at_hand.append(Crl(new_crl(authority(), [leaf], NOW + timedelta(minutes=1), HOUR)))
    with pytest.raises(CertificateError, match="revoked"):
        await revocation.check(chain(leaf))


async def test_an_older_list_does_not_stand_in_for_the_newest() -> None:
    network, leaf = Network(), certificate()
    at_hand = [
        Crl(new_crl(authority(), [], NOW - HOUR, 9 * HOUR)),
        Crl(new_crl(authority(), [leaf], NOW, HOUR / 4)),
    ]
    revocation = network.revocation(crls=lambda: at_hand)
    with pytest.raises(CertificateError, match="revoked"):
        await revocation.check(chain(leaf))
    network.now += HOUR
    with pytest.raises(RevocationUnknownError):
        await revocation.check(chain(leaf))


def der(crl: x509.CertificateRevocationList) -> bytes:
    return crl.public_bytes(serialization.Encoding.DER)


async def test_a_fetched_list_is_fetched_again_before_it_runs_out() -> None:
    network, leaf = Network(), certificate(crl_url=CRL_URL)
    network.answers[CRL_URL] = lambda _: der(new_crl(authority(), [], NOW, HOUR))
    revocation = network.revocation()
    await revocation.check(chain(leaf))
    await revocation.refresh()
    assert network.asked == [CRL_URL]
    network.now += HOUR / 2
    network.answers[CRL_URL] = lambda _: der(new_crl(authority(), [leaf], network.now, HOUR))
    await revocation.refresh()
    with pytest.raises(CertificateError, match="revoked"):
        await revocation.check(chain(leaf))
    assert network.asked == [CRL_URL, CRL_URL]


@pytest.mark.parametrize("what", ["away", "garbled", "older"])
async def test_the_last_good_list_is_used_until_it_runs_out_and_then_nothing_passes(what: str) -> None:
    network, leaf = Network(), certificate(crl_url=CRL_URL)
    good, unknown = der(new_crl(authority(), [], NOW, HOUR)), []
    network.answers[CRL_URL] = lambda _: good
    revocation = network.revocation(report_unknown=lambda: unknown.append(network.now))
    await revocation.check(chain(leaf))
    troubles = {
        "garbled": b"<html>maintenance</html>",
        "older": der(new_crl(authority(), [], NOW - HOUR, 2 * HOUR)),
    }
    network.answers = {CRL_URL: lambda _: troubles[what]} if what in troubles else {}
    network.now += HOUR * 3 / 4
    await revocation.refresh()
    await revocation.check(chain(leaf))
    assert len(network.asked) == 2
    network.now += HOUR * 3 / 4
    with pytest.raises(RevocationUnknownError):
        await revocation.check(chain(leaf))
    assert unknown == [network.now]
    await revocation.refresh()
    assert not list(revocation.crls())
    network.now += RETRY
    network.answers[CRL_URL] = lambda _: der(new_crl(authority(), [], network.now, HOUR))
    await revocation.check(chain(leaf))
