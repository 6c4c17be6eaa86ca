"""What the answer of a recipient means."""

import asyncio

import pytest
from aiohttp import web

from gateway.channels.outbound import Post, require_success
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from tests.unit.recipients import Recipient


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(400, Refusal.PERMANENT), (422, Refusal.PERMANENT), (410, Refusal.PERMANENT), (401, Refusal.TEMPORARY)]
    + [(status, Refusal.TEMPORARY) for status in (301, 302, 307, 308, 404, 408, 429, 500, 502, 503)],
)
async def test_a_status_refuses_for_now_or_for_good(
    post: Post, recipient: Recipient, status: int, refusal: Refusal
) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": recipient.url})

    recipient.answer = answer
    reply = await post.send(recipient.url, b"", {})
    with pytest.raises(NotDeliveredError) as raised:
        require_success(reply)
    assert raised.value.refusal is refusal
    assert len(recipient.requests) == 1  # redirects are not followed


async def test_an_answer_that_comes_in_pieces_is_read_whole(post: Post, recipient: Recipient) -> None:
    """As over any network: on this machine a short answer comes at once."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b"<one", b"/>"):
            await response.write(piece)
            await asyncio.sleep(0.05)
        return response

    recipient.answer = answer
    assert (await post.send(recipient.url, b"", {})).body == b"<one/>"


async def test_a_server_that_is_not_there_is_temporary(post: Post) -> None:
    with pytest.raises(NotDeliveredError) as raised:
        await post.send("https://localhost:1/ontvang", b"", {})
    assert (raised.value.refusal, raised.value.failure) == (Refusal.TEMPORARY, Failure.CONNECTION)
