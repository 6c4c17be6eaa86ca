"""W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace of the caller's a request belongs to.

Every answer has a `traceparent`, and so has every line that is logged about the request and about the message that
came with it, until it is delivered. Nothing is recorded or sent anywhere.
"""

import random
import re

from aiohttp import web
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

HEADER = "traceparent"
_OF_REQUEST: web.RequestKey[str] = web.RequestKey("traceparent", str)
_GIVEN = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


def traceparent_for(given: str) -> str:
    """Our own place in the trace that `given` names; in a new one where that is not valid.

    Identifiers need not be secret, so they do not come from the system's own randomness.
    """
    found = _GIVEN.fullmatch(given) if given[:3] != "00-" or len(given) == 55 else None
    trace, flags = (found[1], found[2]) if found else (f"{random.getrandbits(128) or 1:032x}", "00")
    return f"00-{trace}-{random.getrandbits(64) or 1:016x}-{flags}"


def bind_trace(request: web.BaseRequest) -> None:
    """From here on every line that is logged has the request's trace, and its answer will."""
    request[_OF_REQUEST] = traceparent_for(request.headers.get(HEADER, "").strip())
    bind_contextvars(traceparent=request[_OF_REQUEST])


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
