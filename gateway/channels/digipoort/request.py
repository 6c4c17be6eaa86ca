"""One request from its first byte to a genuine message: read, taken apart, verified, and its sender known."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from aiohttp import web
from lxml import etree

from gateway.channels.digipoort.options import WusOptions
from gateway.channels.digipoort.replay import ReplayGuard
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.cut import Cutter, Inhoud, cut_whole, new_spool
from gateway.channels.digipoort.wire.elements import require_valid
from gateway.channels.digipoort.wire.envelope import Envelope, read_envelope
from gateway.channels.digipoort.wire.faults import (
    AddressingError,
    KoppelvlakError,
    MalformedError,
    RefusedError,
    SignatureError,
    TroubleError,
)
from gateway.channels.digipoort.wire.mtom import MtomReader
from gateway.channels.digipoort.wire.names import WSA, Operation, WusService, operations
from gateway.channels.digipoort.wire.signature import Verified, verify
from gateway.http import problems
from gateway.http.body import pieces, whole
from gateway.http.client_certificate import Identity
from gateway.http.limits import ConcurrencyLimit, RequestLimits
from gateway.i18n import Text
from gateway.pki.certificates import CertificateError, RevocationUnknownError

_CLAIMED_CHARACTERS_MAX = 256


@dataclass(frozen=True, slots=True)
class Genuine:
    """A request that was verified, and whose it is."""

    message: Verified
    operation: Operation
    identity: Identity


@dataclass(slots=True)
class Progress:
    """How far a request got: a fault names the operation and the message it answers, as far as they are known."""

    operation: Operation
    message_id: str | None = None


class RequestReader:
    """Reads requests of every service."""

    def __init__(self, services: WusServices, options: WusOptions) -> None:
        self._services = services
        self._options = options
        self._replays = ReplayGuard(options.signature, options.replays_max, services.replays)
        self._recalling: asyncio.Task[None] | None = None
        self._has_recalled = False
        self._large = ConcurrencyLimit(options.large_bodies_max, 30)
        self._limits = RequestLimits(
            body_bytes_max=options.reading.body_bytes_max,
            body_idle_seconds_max=options.body_idle.total_seconds(),
            body_seconds_max=options.body_seconds_max.total_seconds(),
        )

    def is_short(self, request: web.BaseRequest) -> bool:
        """Whether it is read in one piece, and needs no spool: a plain message without anything to cut out."""
        length = request.content_length
        return (
            length is not None
            and length <= self._options.reading.cut_bytes_min
            and request.content_type == "text/xml"
        )

    @contextmanager
    def spool(self, request: web.BaseRequest) -> Iterator[IO[bytes]]:
        """Where the contents of this request stay while it is handled."""
        length = request.content_length
        is_small = length is not None and length <= self._options.reading.memory_bytes_max
        with new_spool(self._options.reading) as spool:
            if is_small:
                yield spool
                return
            with _as_trouble(), self._large.hold():
                yield spool

    async def read(
        self, request: web.BaseRequest, service: WusService, progress: Progress, spool: IO[bytes] | None
    ) -> Genuine:
        """Read and judge; one that is short needs no spool. Raises KoppelvlakError; nothing was stored then."""
        try:
            connection = await self._services.identities.of_request(request)
        except CertificateError as error:
            raise _refusal_of(error) from error
        if spool is None:
            message = await self._short(request, service, progress)
        else:
            envelope, size_bytes = await self._long_envelope(request, spool)
            _tell(progress, envelope, service)
            message = await self._verify(envelope, size_bytes)
        operation = _require_operation(message, service, request)
        identity = await self._signer(message, connection)
        if not self._has_recalled:
            await self._recall()
        self._replays.require_new(message, identity.oin.value, self._services.clock())
        require_valid(message.request)
        return Genuine(message, operation, identity)

    async def _recall(self) -> None:
        """Once after a start: remember what came in just before it. Nothing is accepted before that is known."""
        if self._recalling is None or (self._recalling.done() and self._recalling.exception()):
            self._recalling = asyncio.create_task(self._read_recent())
        if not self._recalling.done():
            await asyncio.shield(self._recalling)
        self._has_recalled = self._recalling.exception() is None

    async def _read_recent(self) -> None:
        now = self._services.clock()
        names = await self._services.records.berichtkenmerken_since(now - self._replays.window)
        self._replays.recall(names, now)

    async def _short(self, request: web.BaseRequest, service: WusService, progress: Progress) -> Verified:
        """A short message, read in one piece."""
        reading, policy = self._options.reading, self._options.signature
        try:
            data = await whole(request, reading.cut_bytes_min, self._limits)
        except problems.Problem as problem:
            raise MalformedError(problem.detail) from problem
        skeleton, cuts = cut_whole(data, reading)
        envelope = read_envelope(skeleton, cuts, reading)
        _tell(progress, envelope, service)
        return verify(envelope, policy, self._services.clock())

    async def _long_envelope(self, request: web.BaseRequest, spool: IO[bytes]) -> tuple[Envelope, int]:
        reading = self._options.reading
        cutter = Cutter(reading, spool)
        kind = request.content_type
        parts: dict[str, Inhoud] = {}
        body = _Counted(pieces(request, reading.body_bytes_max, self._limits))
        with _as_malformed():
            if kind == "multipart/related":
                reader = MtomReader(request.headers["Content-Type"], reading, spool, cutter)
                await reader.read(body.pieces())
                parts = reader.parts
            elif kind == "text/xml":
                async for piece in body.pieces():
                    cutter.feed(piece)
            else:
                raise MalformedError(Text("Content-Type {kind} is not SOAP 1.1", kind=repr(kind[:60])))
        return read_envelope(cutter.close(), cutter.cuts, reading, parts), body.size_bytes

    async def _verify(self, envelope: Envelope, size_bytes: int) -> Verified:
        policy, now = self._options.signature, self._services.clock()
        if size_bytes <= self._options.slow_after_bytes:
            return verify(envelope, policy, now)
        return await asyncio.to_thread(verify, envelope, policy, now)

    async def _signer(self, message: Verified, connection: Identity) -> Identity:
        """Whose certificate signed the message: the connection's, or one of the same OIN."""
        if message.fingerprint == connection.fingerprint:
            return connection  # the very certificate that was judged a moment ago
        try:
            signer = await self._services.identities.of_certificate(message.certificate)
        except CertificateError as error:
            raise _refusal_of(error) from error
        if signer.oin != connection.oin and not self._options.token_may_differ:
            raise SignatureError(
                Text(
                    "the message is signed by {oin}, the connection is of {oin_2}",
                    oin=signer.oin.value,
                    oin_2=connection.oin.value,
                )
            )
        return signer


class _Counted:
    """A body that counts itself."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self.size_bytes = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._body:
            self.size_bytes += len(piece)
            yield piece


def new_message_id() -> str:
    """A wsa:MessageID of ours: a name, no secret, so it need not come from the system's own randomness."""
    return f"urn:uuid:{uuid.UUID(int=random.getrandbits(128), version=4)}"


def _tell(progress: Progress, envelope: Envelope, service: WusService) -> None:
    """What is known of a message before it is verified."""
    progress.message_id = _claimed_message_id(envelope)
    progress.operation = _operation(envelope.request, service) or progress.operation


def _claimed_message_id(envelope: Envelope) -> str | None:
    """What the request calls itself, for the fault; not verified yet."""
    blocks = envelope.header_blocks(WSA, "MessageID")
    value = blocks[0].text if blocks else None
    return value.strip()[:_CLAIMED_CHARACTERS_MAX] if value and value.strip() else None


def _operation(element: etree._Element, service: WusService) -> Operation | None:
    tag = element.tag
    return next((operation for operation in operations(service) if operation.request_tag == tag), None)


def _require_operation(message: Verified, service: WusService, request: web.BaseRequest) -> Operation:
    """Body element, wsa:Action, SOAPAction and wsa:To must all mean the same operation at this address."""
    operation = _operation(message.request, service)
    if operation is None:
        raise MalformedError(Text("the {service} does not know this request element", service=service.name))
    soap_action = request.headers.get("SOAPAction", "").strip().strip('"')
    if message.addressing.action != operation.request_action or soap_action not in {"", operation.request_action}:
        raise AddressingError(
            Text("wsa:Action and SOAPAction must be {request_action}", request_action=operation.request_action)
        )
    # Host and port differ behind proxies and aliases; the path tells which service was meant.
    if urlsplit(message.addressing.to).path.rstrip("/") not in service.paths:
        raise AddressingError(Text("wsa:To is not the address of this service"))
    return operation


def _refusal_of(error: CertificateError) -> KoppelvlakError:
    """What is wrong with a certificate, as a fault."""
    return TroubleError(error.text) if isinstance(error, RevocationUnknownError) else RefusedError(error.text)


@contextmanager
def _as_malformed() -> Iterator[None]:
    """What is wrong with the HTTP body, as a fault."""
    try:
        yield
    except problems.Problem as problem:
        raise MalformedError(problem.detail) from problem


@contextmanager
def _as_trouble() -> Iterator[None]:
    try:
        yield
    except problems.Overloaded as problem:
        raise TroubleError(problem.detail) from problem


__all__ = ["Genuine", "KoppelvlakError", "Progress", "RequestReader", "new_message_id"]
