"""One request from its first byte to a verified message, and the one place where it is refused.

A request is read, taken apart, verified, its sender identified, and held to replay protection and schema, in this
order. `refusal_of` says with which fault any error of that, or of what comes after, is answered.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import IO, ParamSpec, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from gateway.channels.digipoort.options import WusOptions
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.checks import RequestCheck
from gateway.channels.digipoort.wire.cut import Cutter, new_spool
from gateway.channels.digipoort.wire.elements import require_valid
from gateway.channels.digipoort.wire.envelope import Envelope, read_envelope, require_understood
from gateway.channels.digipoort.wire.explain import signed_parts
from gateway.channels.digipoort.wire.faults import (
    AddressingError,
    KoppelvlakError,
    MalformedError,
    RefusedError,
    SignatureError,
    TroubleError,
)
from gateway.channels.digipoort.wire.mtom import MtomReader
from gateway.channels.digipoort.wire.names import WSA, Operation, WusService
from gateway.channels.digipoort.wire.signature import SecurityHeader, Verified, read_security, verify
from gateway.channels.inspection import SignedPart
from gateway.http import problems
from gateway.http.body import pieces
from gateway.http.client_certificate import Identity
from gateway.http.connections import slot_of
from gateway.http.limits import ConcurrencyLimit
from gateway.i18n import Text
from gateway.messages.stored_errors import DamagedDocumentError
from gateway.pki.certificates import CertificateError, RevocationUnknownError, fingerprint
from gateway.store.unavailable import unavailable

SLOW_AFTER_BYTES, SLOW_AFTER_TAGS = 64 * 1024, 500
"""A message above one of these is parsed and verified in a thread, so that others are served meanwhile."""
BEGINNING_BYTES_MAX = 64 * 1024
_CLAIMED_CHARACTERS_MAX = 256
Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """A request that was verified, and whose it is."""

    message: Verified
    operation: Operation
    identity: Identity


@dataclass(slots=True)
class Progress:
    """How far a request got: a fault names the operation and the message it answers, as far as they are known."""

    operation: Operation
    message_id: str | None = None
    check: RequestCheck = RequestCheck.CONNECTION
    """The last check that was begun."""
    refusal: KoppelvlakError | None = None
    connection: Identity | None = None
    envelope: Envelope | None = None
    parts: tuple[SignedPart, ...] = ()
    """What the signature covers, once its signer is trusted; where it is shown."""
    body_bytes: int = 0
    beginning: bytes = b""
    """Of the body, where it is shown."""

    def begin(self, check: RequestCheck) -> None:
        """Note what is checked next."""
        self.check = check


def refusal_of(error: Exception) -> KoppelvlakError | None:
    """The error that answers this one with a fault; None when the gateway itself failed."""
    match error:
        case KoppelvlakError():
            return error
        case RevocationUnknownError():
            return TroubleError(error.text)
        case CertificateError():
            return RefusedError(error.text)
        case problems.Overloaded() | problems.TooManyRequests():
            return TroubleError(error.detail)
        case DamagedDocumentError():
            return TroubleError(Text("the stored content is damaged or missing; the operator was alerted"))
        case problems.Problem():
            return MalformedError(error.detail)
    if unavailable(error):
        return TroubleError(Text("storage is not available"))
    return None


class RequestReader:
    """Reads requests of every service."""

    def __init__(self, services: WusServices, options: WusOptions, *, is_shown: bool = False) -> None:
        """`is_shown`: what a request looked like is kept in its progress."""
        self._services = services
        self._options = options
        self._is_shown = is_shown
        self._large = ConcurrencyLimit(options.limits.large_bodies_max, options.limits.retry_after_seconds)

    @asynccontextmanager
    async def read(
        self, request: web.BaseRequest, service: WusService, progress: Progress
    ) -> AsyncIterator[VerifiedRequest]:
        """Read and judge; the contents can be read during the block. Raises what `refusal_of` knows; nothing was
        stored then."""
        if request.method != "POST":
            raise MalformedError(Text("requests are sent with POST"))
        connection = progress.connection = await self._services.identities.of_request(request)
        if slot := slot_of(request):
            slot.require_caller(connection.oin.value)
        with self._spool(request, connection.oin.value) as spool:
            progress.begin(RequestCheck.ENVELOPE)
            envelope, is_slow = await self._envelope(request, spool, progress)
            progress.envelope, progress.message_id = envelope, _claimed_message_id(envelope)
            progress.operation = _operation_in(envelope, service) or progress.operation
            progress.begin(RequestCheck.HEADER_BLOCKS)
            require_understood(envelope)
            progress.begin(RequestCheck.SECURITY)
            security = read_security(envelope)
            progress.begin(RequestCheck.CERTIFICATE)
            identity = await self._signer(security, connection)  # before anything is canonicalized for it
            if self._is_shown:
                sha1 = self._options.signature.legacy_sha1
                progress.parts = await asyncio.to_thread(signed_parts, envelope, security, legacy_sha1=sha1)
            policy, now = self._options.signature, self._services.clock()
            message = await _aside_if(is_slow, verify, envelope, security, policy, now, progress.begin)
            progress.begin(RequestCheck.OPERATION)
            operation = _require_operation(envelope, message, service)
            progress.begin(RequestCheck.NEW)
            self._services.replays.require_new(message, identity.oin.value, self._services.clock())
            progress.begin(RequestCheck.SCHEMA)
            require_valid(message.request)
            progress.begin(RequestCheck.REQUEST)
            yield VerifiedRequest(message, operation, identity)

    @contextmanager
    def _spool(self, request: web.BaseRequest, caller: str) -> Iterator[IO[bytes]]:
        """Where long contents stay while the request is handled."""
        reading, length = self._options.reading, request.content_length
        is_small = length is not None and length <= reading.memory_bytes_max
        with new_spool(reading) as spool, nullcontext() if is_small else self._large.hold(caller=caller):
            yield spool

    async def _envelope(
        self, request: web.BaseRequest, spool: IO[bytes], progress: Progress
    ) -> tuple[Envelope, bool]:
        """The envelope, and whether it takes long to work on."""
        reading = self._options.reading
        cutter = Cutter(reading, spool)
        mtom: MtomReader | None = None
        if request.content_type == "multipart/related":
            mtom = MtomReader(request.headers["Content-Type"], reading, spool, cutter)
        elif request.content_type != "text/xml":
            raise MalformedError(Text("Content-Type {kind} is not SOAP 1.1", kind=repr(request.content_type[:60])))
        feed = mtom.feed if mtom else cutter.feed
        async for piece in pieces(request, reading.body_bytes_max, self._options.limits):
            progress.body_bytes += len(piece)
            if self._is_shown and len(progress.beginning) < BEGINNING_BYTES_MAX:
                progress.beginning = (progress.beginning + piece)[:BEGINNING_BYTES_MAX]
            feed(piece)
        parts = mtom.close() if mtom else {}
        skeleton = cutter.close()
        is_slow = progress.body_bytes > SLOW_AFTER_BYTES or skeleton.count(b"<") > SLOW_AFTER_TAGS
        return await _aside_if(is_slow, read_envelope, skeleton, cutter.cuts, reading, parts), is_slow

    async def _signer(self, security: SecurityHeader, connection: Identity) -> Identity:
        """Whose certificate the message came with: the connection's, or one of the same OIN."""
        if fingerprint(security.certificate) == connection.fingerprint:
            return connection  # the very certificate that was judged a moment ago
        signer = await self._services.identities.of_certificate(security.certificate)
        if signer.oin != connection.oin and not self._options.token_may_differ:
            raise SignatureError(
                Text(
                    "the message is signed by {oin}, the connection is of {oin_2}",
                    oin=signer.oin.value,
                    oin_2=connection.oin.value,
                )
            )
        return signer


async def _aside_if(
    is_slow: bool,
    work: Callable[Given, Result],
    *given: Given.args,
    **more: Given.kwargs,
) -> Result:
    """Do this work in a thread if it takes long, else here."""
    return await asyncio.to_thread(work, *given, **more) if is_slow else work(*given, **more)


def new_message_id() -> str:
    """A wsa:MessageID of ours: a name, no secret, so it need not come from the system's own randomness."""
    return f"urn:uuid:{uuid.UUID(int=random.getrandbits(128), version=4)}"


def operation_named(service: WusService, request: web.BaseRequest) -> Operation:
    """The operation that SOAPAction names, or the service's first: some operation must give a fault its action.

    That is all that SOAPAction is used for: it is not signed, and programs send it whole, as its last word, empty,
    wrong or not at all.
    """
    wanted = request.headers.get("SOAPAction", "").strip().strip('"').rpartition("/")[2]
    return next(
        (one for one in service.operations if one.request_action.endswith(f"/{wanted}")), service.operations[0]
    )


def _claimed_message_id(envelope: Envelope) -> str | None:
    """What the request calls itself, for the fault; not verified yet."""
    blocks = envelope.header_blocks(WSA, "MessageID")
    value = (blocks[0].text or "").strip() if blocks else ""
    return value[:_CLAIMED_CHARACTERS_MAX] or None


def _operation_in(envelope: Envelope, service: WusService) -> Operation | None:
    return next((one for one in service.operations if one.request_tag == envelope.request.tag), None)


def _require_operation(envelope: Envelope, message: Verified, service: WusService) -> Operation:
    """Body element, wsa:Action and wsa:To must all mean the same operation at this address."""
    operation = _operation_in(envelope, service)
    if operation is None:
        raise MalformedError(Text("the {service} does not know this request element", service=service.name))
    if message.addressing.action not in operation.request_actions:
        raise AddressingError(Text("wsa:Action must be {request_action}", request_action=operation.request_action))
    # Host and port differ behind proxies and aliases; the path tells which service was meant.
    if _path_of(message.addressing.to) not in service.paths:
        raise AddressingError(Text("wsa:To is not the address of this service"))
    return operation


def _path_of(address: str) -> str:
    """Its path; empty where it is no address."""
    try:
        return urlsplit(address).path.rstrip("/")
    except ValueError:
        return ""
