"""What goes over the line: senders that are slow, lie, stop half-way, or speak no HTTP. Raw sockets."""

import asyncio
import json
import re
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, TCPConnector
from structlog.testing import capture_logs

from gateway.api.services import Services
from tests.unit.small_gateway import SmallGateway
from tests.waiting import WAIT_SECONDS_MAX

MIB = 1024 * 1024
POST = (
    b"POST /v1/messages HTTP/1.1\r\nHost: gateway\r\nX-API-Key: mp_supplier\r\nContent-Type: application/xml\r\n"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back over one connection until it was closed."""

    text: bytes

    @property
    def status(self) -> int:
        """The status of the last answer."""
        return int(re.findall(rb"^HTTP/1\.[01] (\d{3}) ", self.text, re.MULTILINE)[-1])

    @property
    def problem(self) -> dict[str, object]:
        """The body of the last answer."""
        found = json.loads(self.text[self.text.rfind(b"\r\n\r\n") + 4 :])
        assert isinstance(found, dict)
        return found

    @property
    def slug(self) -> str:
        """The kind of problem."""
        return str(self.problem["type"]).rpartition("/")[2]


async def say(base: str, *words: bytes, pause_seconds: float = 0.0, ends: bool = False) -> Heard:
    """Send this, pausing between; hear all that the gateway says until it closes the line."""
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    listening = asyncio.create_task(_hear(reader))
    try:
        for word in words:
            writer.write(word)
            await writer.drain()
            await asyncio.sleep(pause_seconds)
        if ends:
            writer.write_eof()
    except ConnectionError:
        pass  # the gateway had enough; what it said was heard
    heard = await listening
    writer.close()
    return heard


async def _hear(reader: asyncio.StreamReader) -> Heard:
    text = b""
    try:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while piece := await reader.read(65536):
                text += piece
    except ConnectionError:
        pass  # closed while we were still sending
    return Heard(text)


async def test_a_body_that_stops_is_given_up(base: str, gateway: SmallGateway) -> None:
    heard = await say(base, POST + b"Content-Length: 500000\r\n\r\n<Invoice>")
    assert (heard.status, heard.slug) == (408, "request-timeout")
    assert (gateway.storage.open_sinks, gateway.storage.objects) == (0, set())


async def test_a_small_body_that_stops_is_given_up(base: str) -> None:
    heard = await say(base, POST + b"Content-Length: 50\r\n\r\n<Invoice>")
    assert (heard.status, heard.slug) == (408, "request-timeout")


async def test_a_body_that_drips_is_given_up(base: str) -> None:
    drips = [b"x"] * 40
    heard = await say(base, POST + b"Content-Length: 5000\r\n\r\n", *drips, pause_seconds=0.1)
    assert (heard.status, heard.slug) == (408, "request-timeout")


@pytest.mark.parametrize("half", [b"", b"POST", b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-A"])
async def test_a_header_that_never_ends_keeps_no_connection(base: str, half: bytes) -> None:
    assert (await say(base, half)).text == b""


@pytest.mark.parametrize("large", [False, True])
async def test_a_sender_that_hangs_up_leaves_nothing(base: str, gateway: SmallGateway, large: bool) -> None:
    length = b"Content-Length: %d\r\n\r\n" % (500_000 if large else 500)
    with capture_logs() as logs:
        await say(base, POST + length + b"<Invoice>", ends=True)
        await asyncio.sleep(0.1)
    assert "request_failed" not in [line["event"] for line in logs]  # it is no failure of ours
    assert (gateway.rows, gateway.storage.open_sinks, gateway.storage.objects) == ({}, 0, set())


async def test_honest_senders_are_served_while_others_are_slow(base: str) -> None:
    slow = [asyncio.create_task(say(base, POST + b"Content-Length: 500000\r\n\r\n<a>")) for _ in range(30)]
    headers = {"X-API-Key": "mp_supplier", "Content-Type": "application/xml"}
    fresh = TCPConnector(force_close=True)  # a kept connection may be closed just when it is used again
    async with ClientSession(base, connector=fresh) as client:
        served_meanwhile = 0
        for _ in range(20):
            async with client.post("/v1/messages", data=b"<a/>", headers=headers) as answer:
                assert answer.status == 202
            served_meanwhile += not any(task.done() for task in slow)
    assert served_meanwhile
    assert {heard.status for heard in await asyncio.gather(*slow)} == {408}


async def test_an_announced_size_over_the_limit_is_refused_unread(base: str, services: Services) -> None:
    limit = services.limits.body_bytes_max
    heard = await say(base, POST + b"Content-Length: %d\r\n\r\n" % (limit + 1))
    assert (heard.status, heard.slug) == (413, "body-too-large")
    assert (heard.problem["limitBytes"], heard.problem["countedBytes"]) == (limit, limit + 1)
    assert b"Connection: close" in heard.text


async def test_chunks_over_the_limit_are_cut_off_while_they_come(
    base: str, services: Services, gateway: SmallGateway
) -> None:
    chunk = b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
    heard = await say(base, POST + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 34)
    assert (heard.status, heard.slug) == (413, "body-too-large")
    counted = heard.problem["countedBytes"]
    assert isinstance(counted, int)
    assert services.limits.body_bytes_max < counted < services.limits.body_bytes_max + 2 * MIB
    assert (gateway.storage.open_sinks, gateway.storage.objects) == (0, set())


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"5\r\nab", b"-1\r\n", b"4\r\nabcdX", b"fffffffffffffffffff\r\n"])
async def test_broken_chunks_are_refused(base: str, gateway: SmallGateway, chunks: bytes) -> None:
    heard = await say(base, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert heard.text == b"" or heard.status in {400, 408}
    assert (gateway.rows, gateway.storage.open_sinks) == ({}, 0)


@pytest.mark.parametrize(
    "length", [b"Content-Length: -1", b"Content-Length: ten", b"Content-Length: 5\r\nContent-Length: 6"]
)
async def test_lengths_that_are_none_are_refused(base: str, gateway: SmallGateway, length: bytes) -> None:
    heard = await say(base, POST + length + b"\r\n\r\n<a/>")
    assert (heard.status, heard.slug) == (400, "malformed-request")
    assert gateway.rows == {}


async def test_length_and_chunks_together_are_refused(base: str, gateway: SmallGateway) -> None:
    """RFC 9112, 6.1: the mark of request smuggling."""
    both = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    heard = await say(base, POST + both + b"4\r\n<a/>\r\n0\r\n\r\n")
    assert (heard.status, heard.slug) == (400, "malformed-request")
    assert gateway.rows == {}


@pytest.mark.parametrize(
    "words", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET  /  HTTP/9\r\n\r\n", b"\x00" * 99]
)
async def test_what_is_no_http_is_reported_so(base: str, words: bytes) -> None:
    heard = await say(base, words + b"\r\n\r\n")
    assert (heard.status, heard.slug) == (400, "malformed-request")
    assert b"aiohttp" not in heard.text


@pytest.mark.parametrize("header", [b"X-Long: " + b"v" * 20_000, b"\r\n".join(b"X-%d: v" % n for n in range(300))])
async def test_headers_without_end_are_refused(base: str, header: bytes) -> None:
    heard = await say(base, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
    assert (heard.status, heard.slug) == (431, "headers-too-large")


async def test_a_sender_that_waits_is_reported_to_go_on(base: str) -> None:
    headers = POST + b"Content-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    heard = await say(base, headers, b"<a/>", pause_seconds=0.1)
    assert heard.text.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202")


async def test_a_sender_that_waits_is_refused_before_it_sends(base: str) -> None:
    headers = POST.replace(b"mp_supplier", b"mp_nobody") + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    heard = await say(base, headers)
    assert b"100 Continue" not in heard.text
    assert heard.status == 401


async def test_another_expectation_fails(base: str) -> None:
    heard = await say(base, POST + b"Content-Length: 4\r\nExpect: tea\r\n\r\n<a/>")
    assert (heard.status, heard.slug) == (417, "expectation-failed")


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"x"])
async def test_compressed_bodies_are_refused_unread(base: str, gateway: SmallGateway, encoding: bytes) -> None:
    """A bomb cannot go off that is not unpacked."""
    bomb = b"\x1f\x8b\x08\x00" + bytes(996)
    heard = await say(base, POST + b"Content-Length: 1000\r\nContent-Encoding: " + encoding + b"\r\n\r\n" + bomb)
    assert (heard.status, heard.slug) == (415, "unsupported-content-encoding")
    assert gateway.rows == {}


async def test_a_second_request_behind_a_refused_one_is_not_read_as_its_body(
    base: str, gateway: SmallGateway
) -> None:
    refused = POST.replace(b"application/xml", b"image/png") + b"Content-Length: 4\r\n\r\n\x89PNG"
    heard = await say(base, refused + POST + b"Content-Length: 4\r\n\r\n<a/>")
    assert heard.status == 415
    assert gateway.rows == {}
