"""W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace of the caller's a request belongs to.

Every answer has a `traceparent`, and so has every line that is logged about the request and about the message that
came with it, until it is delivered; so has what is sent to its recipient. Nothing is recorded unless
`tracing.endpoint` is set.
"""

import random
import re
from contextlib import AbstractContextManager, nullcontext

from aiohttp import hdrs, web
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

from gateway import tracing

HEADER = "traceparent"
_UNRECORDED = frozenset({"/healthz", "/readyz", "/metrics"})
"""What probes and Prometheus ask every few seconds."""
_OF_REQUEST: web.RequestKey[str] = web.RequestKey("traceparent", str)
_GIVEN = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


def traceparent_for(given: str) -> str:
    """Our own place in the trace that `given` names; in a new one where that is not valid.

    Identifiers need not be secret, so they do not come from the system's own randomness. A new trace is marked as
    recorded where we record it.
    """
    found = _GIVEN.fullmatch(given) if given[:3] != "00-" or len(given) == 55 else None
    new = (f"{random.getrandbits(128) or 1:032x}", f"{tracing.is_on():02x}")
    trace, flags = (found[1], found[2]) if found else new
    return f"00-{trace}-{random.getrandbits(64) or 1:016x}-{flags}"


def bind_trace(request: web.BaseRequest) -> None:
    """From here on every line that is logged has the request's trace, and its answer will."""
    request[_OF_REQUEST] = traceparent_for(request.headers.get(HEADER, "").strip())
    bind_contextvars(traceparent=request[_OF_REQUEST])


def request_span(request: web.Request) -> AbstractContextManager[tracing.Span]:
    """A span of the answer to a request whose trace is bound, which its `traceparent` names; of a probe none
    is recorded."""
    method = request.method if request.method in hdrs.METH_ALL else "_OTHER"
    resource = request.match_info.route.resource
    route = resource.canonical if resource else ""
    if route in _UNRECORDED:
        return nullcontext(tracing.Span())
    about = {"http.request.method": method} | ({"http.route": route} if route else {})
    given = request.headers.get(HEADER, "").strip()
    return tracing.span(" ".join(about.values()), given, about, kind="SERVER", own=request[_OF_REQUEST])


def current_trace() -> str | None:
    """The trace of the request that is being answered."""
    trace = get_contextvars().get(HEADER)
    return None if trace is None else str(trace)


def unbind_trace() -> None:
    """The next request on this connection has another."""
    unbind_contextvars("traceparent")


async def show_trace(request: web.BaseRequest, answer: web.StreamResponse) -> None:
    """A signal of aiohttp, sent before the headers of an answer are."""
    if _OF_REQUEST in request:
        answer.headers[HEADER] = request[_OF_REQUEST]
