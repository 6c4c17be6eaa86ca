"""Runs an application: requests that are not HTTP get a problem too, and slow and idle connections are closed.

It stops in order: for a moment it goes on, and every answer says that its connection ends; then what waits for a
request is closed, and requests in progress may end.
"""

import asyncio
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from gateway.http import problems
from gateway.http.answers import problem_answer
from gateway.http.base_url import BaseUrl
from gateway.http.connections import RETRY_AFTER_SECONDS, SLOT, Connections, Slot
from gateway.http.middleware import log_failure
from gateway.http.problems import Problem
from gateway.i18n import Text

log = structlog.get_logger()

HANDSHAKE_SECONDS_MAX = 10.0
"""How long a TLS handshake may take. Until it is done, the client does not count as a connection."""
CANCELLED_SECONDS_MAX = 1.0
"""How long requests may take to end that are cancelled when the server stops."""
BACKLOG = 1024
"""Connections that wait to be accepted: with less, one of many that come at once is tried again after a second."""
_POLL_SECONDS = 0.02


class Runner:
    """Runs an application on any number of listeners. Like `web.AppRunner`: set up, listen, clean up."""

    def __init__(
        self,
        app: web.Application,
        *,
        idle_seconds_max: float = 30.0,
        lingering_seconds_max: float = 5.0,
        shutdown_seconds_max: float = 20.0,
        farewell_seconds: float = 0.0,
        base_url: BaseUrl | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`idle_seconds_max`: how long a connection may be without a complete request header.
        `lingering_seconds_max`: how long the rest of a refused body is read and discarded, so that its sender can
        read why it was refused (RFC 9112, 9.6). `shutdown_seconds_max`: how long it may take to stop.
        `farewell_seconds`: how long it first goes on while connections are open, so that who sends on a kept
        connection learns that it ends. `connections`: how many there may be, on all listeners together."""
        self._application = web.AppRunner(app)
        self._options = {
            "access_log": None,
            "auto_decompress": False,  # compressed bodies are refused, so nothing may inflate them on the way
            "keepalive_timeout": idle_seconds_max,
            "lingering_time": lingering_seconds_max,
        }
        self._shutdown_seconds_max = shutdown_seconds_max
        self._farewell_seconds = farewell_seconds
        self._base_url = base_url or BaseUrl()
        self._connections = Connections() if connections is None else connections
        self._sweeping: asyncio.Task[None] | None = None
        self._server: _Server | None = None
        self._listeners: list[asyncio.Server] = []

    async def setup(self) -> None:
        """Start the application."""
        await self._application.setup()
        application = self._application.server
        if application is None:
            raise RuntimeError("the application did not start")
        self._server = _Server(application, self._options, self._base_url, self._connections)
        self._sweeping = asyncio.create_task(self._connections.sweep())

    async def listen(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, *, is_shared: bool = False
    ) -> None:
        """Open a listener. `is_shared`: other processes of this machine listen on the port too (SO_REUSEPORT), and
        each gets a share of the connections. Raises OSError if the port is not available."""
        if self._server is None:
            raise RuntimeError("the runner is not set up")
        handshake_seconds = HANDSHAKE_SECONDS_MAX if tls else None
        listener = await asyncio.get_running_loop().create_server(
            self._server,
            host,
            port,
            ssl=tls,
            backlog=BACKLOG,
            reuse_port=is_shared or None,
            ssl_handshake_timeout=handshake_seconds,
        )
        self._listeners.append(listener)

    @property
    def addresses(self) -> list[Any]:
        """The addresses of the listeners, as sockets name them."""
        return [socket.getsockname() for listener in self._listeners for socket in listener.sockets]

    async def cleanup(self) -> None:
        """Say farewell, stop listening, let requests in progress end, and close the application."""
        now = asyncio.get_running_loop().time()
        deadline = now + self._shutdown_seconds_max - CANCELLED_SECONDS_MAX
        self._connections.is_stopping = True
        await self._until(lambda: len(self._connections) == 0, min(now + self._farewell_seconds, deadline))
        for listener in self._listeners:
            listener.close()
        await asyncio.sleep(0)  # requests that have arrived are started before idle connections are closed
        self._connections.end_unaccepted()
        await self._until(lambda: self._connections.in_progress_count <= 0, deadline)
        if self._server is not None:
            await self._server.shutdown(CANCELLED_SECONDS_MAX / 2)
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self._application.cleanup()

    async def _until(self, is_done: Callable[[], bool], deadline: float) -> None:
        while True:
            if is_done() or asyncio.get_running_loop().time() >= deadline:
                return
            await asyncio.sleep(_POLL_SECONDS)


class _Server(web.Server):
    """Makes a `_Connection` for every client."""

    def __init__(
        self, application: web.Server, options: dict[str, Any], base_url: BaseUrl, connections: Connections
    ) -> None:
        super().__init__(application.request_handler, request_factory=self.make_request)
        self._make = application.request_factory
        self._options = options
        self._base_url = base_url
        self._limit = connections

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._options, self._base_url, self._limit)

    def make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        """A request whose header has arrived."""
        request = self._make(message, payload, protocol, writer, task)
        if isinstance(protocol, _Connection) and (slot := protocol.begin()):
            request[SLOT] = slot
        return request


class _Connection(web.RequestHandler):
    """One client's connection."""

    __slots__ = ("_base_url", "_is_answering", "_limit", "_slot")

    def __init__(
        self, server: _Server, options: dict[str, Any], base_url: BaseUrl, connections: Connections
    ) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._base_url = base_url
        self._limit = connections
        self._slot: Slot | None = None
        self._is_answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the client, or refuse it if there are too many connections."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._slot = self._limit.enter(peer[0] if peer else "", self._end)
        if self._slot is None:
            if self.transport is not None:
                self.transport.write(_TOO_MANY)
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is closed."""
        if self._slot is not None:
            self._slot.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._slot is not None:
            self._slot.hear()
        super().data_received(data)

    def pause_writing(self) -> None:
        """The client accepts nothing of its answer at present."""
        super().pause_writing()
        if self._slot is not None:
            self._slot.stall(is_stalled=True)

    def resume_writing(self) -> None:
        """The client accepts its answer again."""
        super().resume_writing()
        if self._slot is not None:
            self._slot.stall(is_stalled=False)

    def begin(self) -> Slot | None:
        """A request begins."""
        self._is_answering = True
        if self._slot is not None:
            self._slot.begin()
        return self._slot

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer; the last one says that the connection ends."""
        if self._limit.is_stopping:
            resp.force_close()
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._is_answering = False
            if self._slot is not None:
                self._slot.finish()

    def _end(self) -> None:
        """Close the connection, and give up a request in progress."""
        if self._is_answering and self.transport is not None:
            self.transport.abort()
        else:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the signature is aiohttp's
    ) -> web.StreamResponse:
        """Answer a request that aiohttp cannot parse, or an error that the middleware could not answer."""
        if request.writer.output_size > 0:
            raise ConnectionError("part of the answer was sent already")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            problem: Problem = log_failure(exc, request)
        else:
            log.info("request_malformed", reason=type(exc).__name__)
            problem = _problem_of(exc)
        answer = problem_answer(request, problem, self._base_url)
        answer.force_close()
        return answer


def _too_many() -> bytes:
    """The answer to one connection too many, written before a request is read."""
    problem = problems.Overloaded(RETRY_AFTER_SECONDS)
    members = {"type": "about:blank", "title": problem.title.en, "status": 503, "detail": problem.detail.en}
    body = msgspec.json.encode(members)
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        b"Retry-After: %d\r\nContent-Length: %d\r\n\r\n" % (RETRY_AFTER_SECONDS, len(body))
    ) + body


_TOO_MANY = _too_many()


def _problem_of(error: BaseException | None) -> Problem:
    if isinstance(error, LineTooLong) or ("header" in str(error).lower() and "too many" in str(error).lower()):
        return problems.HeadersTooLarge(Text("The header section is larger than is read."))
    reason = error.message if isinstance(error, HttpProcessingError) else "the request"
    first = reason.splitlines()[0][:100] if reason else ""
    return problems.MalformedRequest(Text("The request cannot be read: {first}", first=first))
