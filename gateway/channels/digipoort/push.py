"""The afleverservice: the gateway calls a recipient's SOAP service with the whole message, signed.

Digipoort's WSDL of this service is not public; elements and fault codes are, namespace and actions follow the
pattern of the other services. A fault `…100` refuses the message, every other fault is trouble that may pass.
"""

import uuid

from lxml import etree

from gateway.channels.digipoort.processen import sent_bericht
from gateway.channels.digipoort.wire.algorithms import SHA256
from gateway.channels.digipoort.wire.answer import Headers, Signer
from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.elements import aflever_request
from gateway.channels.digipoort.wire.envelope import Envelope, read_envelope
from gateway.channels.digipoort.wire.faults import KoppelvlakError
from gateway.channels.digipoort.wire.names import AFLEVEREN, KOPPELVLAK, SOAP, WSSE
from gateway.channels.digipoort.wire.signature import SignaturePolicy, read_security, verify
from gateway.channels.outbound import Post, Reply, require_success
from gateway.channels.proces import ProcesOf
from gateway.clock import Clock
from gateway.http.client_certificate import Identities
from gateway.messages.contents import Contents
from gateway.messages.lifecycle import Foutcode
from gateway.messages.message import Message
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from gateway.pki.certificates import CertificateError

_LIMITS = ReadingLimits(skeleton_bytes_max=512 * 1024)


class Afleverservice:
    """Sends the whole message by SOAP. Implements `pipeline.ports.DeliveryMethod`."""

    into_mailbox = False

    def __init__(
        self,
        post: Post,
        proces_of: ProcesOf,
        signer: Signer,
        signers: Identities,
        clock: Clock,
        *,
        answers_must_be_signed: bool = True,
    ) -> None:
        """`signers` checks who signed an answer. An answer without a signature is
        accepted only when `answers_must_be_signed` is false: then TLS alone says who answered."""
        self._signers = signers
        self._answers_must_be_signed = answers_must_be_signed
        self._post = post
        self._proces_of = proces_of
        self._signer = signer
        self._clock = clock

    async def deliver(self, url: str, message: Message, contents: Contents) -> None:
        """Offer the message at the recipient's service. Raises NotDeliveredError."""
        proces = await self._proces_of(message)
        sent = sent_bericht(proces, contents)
        signed = await self._signer.sign_streamed(
            Headers(AFLEVEREN.request_action, f"urn:uuid:{uuid.uuid4()}", to=url),
            aflever_request(sent),
            sent.contents,
            SHA256,
            self._clock(),
        )
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "Content-Length": str(signed.size_bytes),
            "SOAPAction": f'"{AFLEVEREN.request_action}"',
        }
        reply = await self._post.send(url, signed.stream(), headers)
        await self._require_taken(reply, proces.kenmerk)

    async def _require_taken(self, reply: Reply, kenmerk: str) -> None:
        """An afleverResponse with our kenmerk, signed as it should be. Raises NotDeliveredError."""
        try:
            envelope = read_envelope(reply.body, {}, _LIMITS)
        except KoppelvlakError as error:
            require_success(reply)
            raise NotDeliveredError(
                Refusal.TEMPORARY, Failure.ANSWER, f"the answer cannot be read: {error}"
            ) from error
        if envelope.request.tag == f"{{{SOAP}}}Fault":
            raise _refusal(envelope)
        response = await self._verify(envelope)
        is_ours = response.findtext(f"{{{KOPPELVLAK}}}kenmerk") == kenmerk
        if response.tag != AFLEVEREN.response_tag or not is_ours:
            raise NotDeliveredError(Refusal.TEMPORARY, Failure.ANSWER, "the answer is not about this message")

    async def _verify(self, envelope: Envelope) -> etree._Element:
        """What the answer says, once its signature and its signer are proven."""
        if not envelope.header_blocks(WSSE, "Security") and not self._answers_must_be_signed:
            return envelope.request
        try:
            security = read_security(envelope)
            await self._signers.of_certificate(security.certificate)
            verified = verify(envelope, security, SignaturePolicy(), self._clock())
        except (KoppelvlakError, CertificateError) as error:
            raise NotDeliveredError(
                Refusal.TEMPORARY, Failure.ANSWER, f"the answer's signature: {error.text.en}"
            ) from error
        return verified.request


def _refusal(envelope: Envelope) -> NotDeliveredError:
    """A fault with `…100` is about the message; others, also without a code, are about the service."""
    fault: etree._Element = envelope.request
    code = (fault.findtext(f".//{{{KOPPELVLAK}}}foutcode") or "").strip()[:20]
    description = fault.findtext(f".//{{{KOPPELVLAK}}}foutbeschrijving") or fault.findtext("faultstring") or ""
    reason = " ".join(f"the recipient's fault {code}: {description[:200]}".split())
    if code.endswith("100"):
        return NotDeliveredError(Refusal.PERMANENT, Failure.FAULT, reason, Foutcode.AFO100)
    return NotDeliveredError(Refusal.TEMPORARY, Failure.FAULT, reason, Foutcode.AFS400)
