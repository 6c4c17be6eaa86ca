"""A certificate that somebody sent is one that can be judged, or is refused: whatever its bytes are."""

import random
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding

from gateway.pki.certificates import CertificateError, certificate_from_der, load_certificates, oin_of, rsa_key_of
from gateway.pki.chain import TrustAnchors
from tests.unit.pki.hierarchies import hierarchy, pair


def test_changed_bytes_of_a_certificate_are_no_failure_of_ours() -> None:
    """Version, names, times, keys and extensions: the library reads some of them only when they are asked for."""
    anchors = TrustAnchors(load_certificates(hierarchy() / "ca.pem"))
    genuine = pair("leverancier")[0].public_bytes(Encoding.DER)
    chance, now, refused = random.Random(7), datetime.now(UTC), 0
    versions = [genuine.replace(b"\xa0\x03\x02\x01\x02", bytes((0xA0, 3, 2, 1, n)), 1) for n in (1, 3, 98)]
    changed = [bytearray(genuine) for _ in range(600)]
    for one in changed:
        one[chance.randrange(len(one))] = chance.randrange(256)
    for der in [*versions, *(bytes(one) for one in changed)]:
        try:
            certificate = certificate_from_der(der)
            rsa_key_of(certificate)
            anchors.chain(certificate, (), now)
            oin_of(certificate)
        except CertificateError:
            refused += 1
    assert refused > 500
