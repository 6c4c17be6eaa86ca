"""The body of an HTTP request as it streams in: counted, timed, cut off when it cannot be within its limit.

A sender must keep up a rate. It may fall behind by some seconds of waiting for it, and what it sends makes up for
them again; time in which the gateway is busy with what came does not count.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import nullcontext

from aiohttp import hdrs, web

from gateway.http import problems
from gateway.http.connections import Slot, slot_of
from gateway.http.limits import RequestLimits
from gateway.http.problems import Fault
from gateway.i18n import Text

_DIGESTS = re.compile(r"\s*[a-z0-9*-]+=:[0-9A-Za-z+/]+={0,2}:(?:\s*,\s*[a-z0-9*-]+=:[0-9A-Za-z+/]+={0,2}:)*\s*")
_CONTENT_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([0-9A-Za-z+/=]+):")


def announced_bytes(request: web.BaseRequest, bytes_max: int) -> int | None:
    """The Content-Length, or None when the body comes in chunks. To be called before any byte is read:

    refuses compressed bodies and bodies announced as too large, without the sender sending them.
    """
    encoding = request.headers.get(hdrs.CONTENT_ENCODING)
    if encoding is not None and encoding.strip().lower() != "identity":
        raise problems.UnsupportedContentEncoding(encoding[:40])
    length = request.content_length
    if length is not None and length > bytes_max:
        raise problems.BodyTooLarge(bytes_max, length)
    return length


async def whole(request: web.BaseRequest, bytes_max: int, limits: RequestLimits) -> bytes:
    """A small body in one piece. Raises problems for what is too large, too slow, or not framed as HTTP."""
    return b"".join([chunk async for chunk in pieces(request, bytes_max, limits)])


async def pieces(request: web.BaseRequest, bytes_max: int, limits: RequestLimits) -> AsyncIterator[bytes]:
    """The body in pieces, as they come. Raises the same problems as `whole`."""
    announced_bytes(request, bytes_max)
    if request.content.is_eof() and request.content.exception() is None:  # all of it came with the headers
        data = request.content.read_nowait()
        if len(data) > bytes_max:
            raise problems.BodyTooLarge(bytes_max, len(data))
        yield data
        return
    _let_it_come(request)
    slot = slot_of(request)
    with slot.receiving(limits.body_idle_seconds_max) if slot else nullcontext():
        async for chunk in _incoming(request, bytes_max, limits, slot):
            yield chunk


async def _incoming(
    request: web.BaseRequest, bytes_max: int, limits: RequestLimits, slot: Slot | None
) -> AsyncIterator[bytes]:
    loop, counted, slack_seconds = asyncio.get_running_loop(), 0, limits.body_idle_seconds_max
    deadline = loop.time() + limits.body_seconds_max
    while True:
        began = loop.time()
        overdue_at = began + slack_seconds
        if slot:
            slot.body_due_at = overdue_at
        chunk = await _next(request, min(deadline, overdue_at), limits)
        if not chunk:
            return
        counted += len(chunk)
        if counted > bytes_max:
            raise problems.BodyTooLarge(bytes_max, counted)
        made_up = len(chunk) / limits.body_bytes_per_second_min
        slack_seconds = min(limits.body_idle_seconds_max, slack_seconds - (loop.time() - began) + made_up)
        yield chunk


def _let_it_come(request: web.BaseRequest) -> None:
    """Tell a sender that waits for it (`Expect: 100-continue`) to send its body."""
    if hdrs.EXPECT in request.headers and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def empty_body() -> problems.InvalidInput:
    """The problem for a body that should hold a document and holds nothing."""
    reason = Text("the body is empty; it must hold an XML document")
    return problems.InvalidInput((Fault("body", "", reason),))


class Digest:
    """Checks a Content-Digest (RFC 9530) over a body as it comes in; one without sha-256 says nothing.

    Raises InvalidInput for a header that is none.
    """

    def __init__(self, request: web.BaseRequest) -> None:
        given = request.headers.get("Content-Digest", "")
        if given and not _DIGESTS.fullmatch(given):
            reason = Text("must be as sha-256=:…: (RFC 9530)")
            raise problems.InvalidInput((Fault("header", "Content-Digest", reason),))
        named = _CONTENT_DIGEST.search(given)
        self._promised = named[1] if named else None
        self._sha256 = hashlib.sha256()

    def update(self, chunk: bytes) -> None:
        """Count these bytes in."""
        if self._promised is not None:
            self._sha256.update(chunk)

    def check(self) -> None:
        """Raises DigestMismatch when the body is not the one that was promised."""
        if self._promised is None or self._promised == base64.b64encode(self._sha256.digest()).decode():
            return
        found = self._sha256.hexdigest()
        raise problems.DigestMismatch(Text("The body that arrived has SHA-256 {found}.", found=found))


async def _next(request: web.BaseRequest, until: float, limits: RequestLimits) -> bytes:
    try:
        async with asyncio.timeout_at(until):
            return await request.content.readany()
    except TimeoutError:
        raise problems.RequestTimeout(limits.body_bytes_per_second_min, limits.body_seconds_max) from None
    except (
        web.RequestPayloadError,
        ConnectionResetError,
    ) as error:  # a sender that hangs up is no failure of ours
        raise problems.MalformedRequest(
            Text("The body ended before its Content-Length, or its chunks do not follow RFC 9112."), closes=True
        ) from error
