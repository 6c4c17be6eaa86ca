"""The webhook: a recipient is told by a signed CloudEvent that a message lies ready, and fetches it then.

CloudEvents 1.0 by the NL GOV profile (source as `urn:nld:oin:…`, type by reversed domain), structured JSON; the
content stays behind `dataref`, so that events are small and nothing confidential travels twice. Signed by HTTP
Message Signatures (RFC 9421) over method, address, content type and Content-Digest (RFC 9530).
"""

import base64
import hashlib
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateway.clock import Clock
from gateway.http.outbound import Post, require_success
from gateway.messages.proces import Identiteit
from gateway.pipeline.ports import Shipment

EVENT_TYPE = "nl.meterpoort.bericht.klaargezet"
_COVERED = '("@method" "@target-uri" "content-type" "content-digest")'
_CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class EventSigner:
    """Signs requests with RSA-PSS and SHA-512 (`rsa-pss-sha512`, RFC 9421 section 3.3.1)."""

    key: rsa.RSAPrivateKey
    key_id: str
    """The SHA-256 fingerprint of the certificate, in hexadecimal: recipients pin it."""

    def headers(self, url: str, body: bytes, created: int) -> dict[str, str]:
        """The headers that carry digest and signature."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        parameters = f'{_COVERED};created={created};keyid="{self.key_id}";alg="rsa-pss-sha512"'
        base = (
            f'"@method": POST\n"@target-uri": {url}\n"content-type": {_CONTENT_TYPE}\n'
            f'"content-digest": {digest}\n"@signature-params": {parameters}'
        )
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
        signature = base64.b64encode(self.key.sign(base.encode(), pss, hashes.SHA512())).decode()
        return {
            "Content-Type": _CONTENT_TYPE,
            "Content-Digest": digest,
            "Signature-Input": f"meterpoort={parameters}",
            "Signature": f"meterpoort=:{signature}:",
        }


class Webhook:
    """Carries messages by event. Fulfils `ports.Carrier`."""

    def __init__(self, post: Post, signer: EventSigner, clock: Clock, public_url: str, oin: str) -> None:
        """`public_url`: how recipients reach the HTTP door; `oin`: the gateway's own."""
        self._post = post
        self._signer = signer
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._source = f"urn:nld:oin:{oin}:systeem:meterpoort"

    async def carry(self, url: str, shipment: Shipment) -> None:
        """Tell the recipient. Raises NotDeliveredError."""
        now = self._clock()
        body = msgspec.json.encode(self.event(shipment))
        headers = self._signer.headers(url, body, int(now.timestamp()))
        require_success(await self._post.send(url, body, headers))

    def event(self, shipment: Shipment) -> dict[str, object]:
        """The CloudEvent; its id is the kenmerk, so a repeat is known as one."""
        proces = shipment.proces
        return {
            "specversion": "1.0",
            "id": proces.kenmerk,
            "source": self._source,
            "type": EVENT_TYPE,
            "subject": proces.kenmerk,
            "time": self._clock().isoformat(),
            "datacontenttype": "application/json",
            "dataref": f"{self._public_url}/v1/messages/{proces.kenmerk}/document",
            "data": {
                "kenmerk": proces.kenmerk,
                "berichtsoort": proces.berichtsoort,
                "aanleverkenmerk": proces.aanleverkenmerk,
                "belanghebbende": _named(proces.belanghebbende),
                "ontvanger": _named(proces.ontvanger),
                "size_bytes": shipment.document.size_bytes,
                "sha256": shipment.document.sha256,
                "attachments": len(shipment.attachments),
                "is_test": shipment.is_test,
            },
        }


def _named(identiteit: Identiteit | None) -> dict[str, str] | None:
    return {"nummer": identiteit.nummer, "type": identiteit.type} if identiteit else None
