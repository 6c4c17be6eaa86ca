"""The HTTP endpoint of the services: every answer is SOAP, also to a broken request."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import hdrs, web
from multidict import CIMultiDict
from structlog.contextvars import bind_contextvars

from gateway.channels.digipoort.aanleveren import Aanleveren
from gateway.channels.digipoort.ophalen import Collected, Ophalen
from gateway.channels.digipoort.options import WusOptions
from gateway.channels.digipoort.parties import WusCaller, caller_of
from gateway.channels.digipoort.processen import Processen
from gateway.channels.digipoort.request import (
    Progress,
    RequestReader,
    VerifiedRequest,
    new_message_id,
    operation_named,
    refusal_of,
)
from gateway.channels.digipoort.sandbox import OF_AANLEVEREN, Sandbox
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.statusinformatie import Statusinformatie
from gateway.channels.digipoort.wire.answer import Headers
from gateway.channels.digipoort.wire.elements import read_aanlevering, read_vraag
from gateway.channels.digipoort.wire.faults import KoppelvlakError, MalformedError, TroubleError, fault_envelope
from gateway.channels.digipoort.wire.names import AANLEVERSERVICE, OPHAALSERVICE, SERVICES, WusService
from gateway.channels.digipoort.wire.wsdl import XSD_NAME, wsdl, xsd
from gateway.i18n import Text

log = structlog.get_logger(__name__)

Answer = str | Collected
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
_XML_HEADERS = CIMultiDict({hdrs.CONTENT_TYPE: "text/xml; charset=utf-8"})


class WusEndpoint:
    """Offers the three services. With `sandbox` it plays scenarios and marks everything as test."""

    def __init__(self, services: WusServices, options: WusOptions, sandbox: Sandbox | None = None) -> None:
        self._services = services
        self._options = options
        self._sandbox = sandbox
        is_shown = sandbox is not None and sandbox.inspections is not None
        self._reader = RequestReader(services, options, is_shown=is_shown)
        processen = Processen(services.messages, services.directory, services.records)
        self._aanleveren = Aanleveren(services, options.reading)
        self._ophalen = Ophalen(services, processen)
        self._status = Statusinformatie(
            services, processen, sandbox, lone_status_with_last=options.lone_status_with_last
        )

    def add_to(self, app: web.Application) -> None:
        """Add the addresses of every service, in both path families, with their WSDL and the XSD."""
        for service in SERVICES:
            for path in service.paths:
                app.router.add_route("*", path, self._at(service))
        for path in (f"/wus/2.0/{XSD_NAME}", f"/cpl/{XSD_NAME}"):
            app.router.add_get(path, _schema)
        for beginning in ("/wus/", "/cpl/"):
            app.router.add_route("*", f"{beginning}{{rest:.*}}", self._elsewhere)

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        """An address of this interface that is no service's: one with a slash too many, or none."""
        for service in SERVICES:
            if request.path.rstrip("/") in service.paths:
                return await self._at(service)(request)
        nearest = next((one for one in SERVICES if one.name in request.path.lower()), SERVICES[0])
        known = ", ".join(service.paths[0] for service in SERVICES)
        wrong = Text("there is no service at this address, but at {known}", known=known)
        return self._fault(Progress(operation_named(nearest, request)), MalformedError(wrong))

    def _at(self, service: WusService) -> Respond:
        async def respond(request: web.Request) -> web.StreamResponse:
            asked = {name.lower() for name in request.query} if request.method == "GET" else set()
            if "wsdl" in asked:
                return _description(service, request)
            if "xsd" in asked:
                return await _schema(request)
            return await self._respond(service, request)

        return respond

    async def _respond(self, service: WusService, request: web.Request) -> web.StreamResponse:
        progress = Progress(operation_named(service, request))
        response = await self._handle(service, request, progress)
        if self._sandbox:
            await self._sandbox.keep(request, progress, response.status)
        return response

    async def _handle(self, service: WusService, request: web.Request, progress: Progress) -> web.StreamResponse:
        try:
            async with self._reader.read(request, service, progress) as verified:
                caller = await self._caller(verified)
                answer = await self._answer(verified, caller)
                return await self._send(request, verified, caller, answer)
        except ConnectionError:
            raise  # the caller is gone: there is nobody to answer
        except Exception as error:  # the caller gets a typed fault, whatever happened
            refusal = refusal_of(error)
            if refusal is None:
                log.error("wus_failed", service=service.name, exc_info=error)
                return self._fault(progress, TroubleError(Text("the gateway failed")))
            log.info("wus_refused", service=service.name, reason=type(refusal).__name__, detail=refusal.text.en)
            return self._fault(progress, refusal)

    async def _caller(self, verified: VerifiedRequest) -> WusCaller:
        if self._sandbox:
            await self._sandbox.welcome(verified.identity)
        return await caller_of(self._services.directory, verified.identity, is_sandbox=self._sandbox is not None)

    async def _answer(self, verified: VerifiedRequest, caller: WusCaller) -> Answer:
        operation = verified.operation
        if operation.service is AANLEVERSERVICE:
            sent = read_aanlevering(verified.message.request, verified.message.cuts)
            if self._sandbox:
                await self._sandbox.play(sent.aanleverkenmerk, OF_AANLEVEREN)
                await self._sandbox.welcome_named(sent.belanghebbende)
            return await self._aanleveren.accept_aanlevering(sent, verified.message.addressing.message_id, caller)
        vraag = read_vraag(verified.message.request)
        if vraag.kenmerk:
            bind_contextvars(kenmerk=vraag.kenmerk[:64])
        if self._sandbox:
            await self._sandbox.welcome_named(vraag.belanghebbende)
        answering = self._ophalen if operation.service is OPHAALSERVICE else self._status
        return await answering.answer(operation.name, vraag, caller)

    async def _send(
        self, request: web.Request, verified: VerifiedRequest, caller: WusCaller, answer: Answer
    ) -> web.StreamResponse:
        message = verified.message
        headers = Headers(verified.operation.response_action, new_message_id(), message.addressing.message_id)
        now, signer = self._services.clock(), self._services.signer
        if isinstance(answer, str):
            body = signer.sign(headers, answer, message.suite, now)
            return web.Response(body=body, headers=_XML_HEADERS)
        signed = await signer.sign_streamed(headers, answer.body, answer.contents, message.suite, now)
        response = web.StreamResponse(headers=_XML_HEADERS)
        response.content_length = signed.size_bytes
        await response.prepare(request)
        async for chunk in signed.stream():
            await response.write(chunk)
        await response.write_eof()
        await self._ophalen.confirm(answer, caller)
        return response

    def _fault(self, progress: Progress, error: KoppelvlakError) -> web.Response:
        progress.refusal = error
        service = progress.operation.service
        prefix = self._options.foutcode_prefixes.get(service.name, service.foutcode_prefix)
        body = fault_envelope(progress.operation, error, new_message_id(), progress.message_id, prefix)
        # SOAP 1.1 section 6.2: a fault has status 500, also when the caller is to blame.
        return web.Response(status=500, body=body, headers=_XML_HEADERS)


def _description(service: WusService, request: web.Request) -> web.Response:
    address = f"{request.scheme}://{request.host}{request.path}"
    family = "/cpl/" if request.path.startswith("/cpl/") else "/wus/2.0/"
    schema = f"{request.scheme}://{request.host}{family}{XSD_NAME}"
    return web.Response(body=wsdl(service, address, schema), headers=_XML_HEADERS)


async def _schema(_request: web.Request) -> web.Response:
    return web.Response(body=xsd(), headers=_XML_HEADERS)
