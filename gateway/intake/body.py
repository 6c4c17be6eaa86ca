"""The body of an HTTP request as it streams in: counted, timed, cut off when it cannot be within its limit."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from gateway import problems
from gateway.intake.limits import Limits
from gateway.model.finding import Text


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


def let_it_come(request: web.BaseRequest) -> None:
    """Tell a sender that waits for it (`Expect: 100-continue`) to send its body."""
    if hdrs.EXPECT in request.headers and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


async def whole(request: web.BaseRequest, bytes_max: int, limits: Limits) -> bytes:
    """A small body in one piece. Raises problems for what is too large, too slow, or not framed as HTTP."""
    length = announced_bytes(request, bytes_max)
    let_it_come(request)
    if length is not None:
        seconds = limits.body_seconds(length)
        try:
            async with asyncio.timeout(seconds):
                return await request.content.read()
        except TimeoutError:
            raise problems.RequestTimeout(seconds) from None
        except web.RequestPayloadError as error:
            raise _broken_framing() from error
    return b"".join([chunk async for chunk in pieces(request, bytes_max, limits)])


async def pieces(request: web.BaseRequest, bytes_max: int, limits: Limits) -> AsyncIterator[bytes]:
    """The body in pieces, as they come. Raises the same problems as `whole`."""
    length = announced_bytes(request, bytes_max)
    let_it_come(request)
    seconds = limits.body_seconds(bytes_max if length is None else length)
    deadline = asyncio.get_running_loop().time() + seconds
    counted = 0
    while chunk := await _next(request, deadline, seconds):
        counted += len(chunk)
        if counted > bytes_max:
            raise problems.BodyTooLarge(bytes_max, counted)
        yield chunk


async def _next(request: web.BaseRequest, deadline: float, seconds: float) -> bytes:
    try:
        async with asyncio.timeout_at(deadline):
            return await request.content.readany()
    except TimeoutError:
        raise problems.RequestTimeout(seconds) from None
    except web.RequestPayloadError as error:
        raise _broken_framing() from error


def _broken_framing() -> problems.MalformedRequest:
    return problems.MalformedRequest(
        Text(
            "The body ended before its Content-Length, or its chunks are not as RFC 9112 has them.",
            "De inhoud hield op vóór de Content-Length, of de chunks zijn niet zoals in RFC 9112.",
        ),
        closes=True,
    )
