"""Only addresses of the outside world are called."""

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.channels.addresses import OutsideResolver, require_outside
from gateway.channels.outbound import Post
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from tests.unit.recipients import Recipient, trusted

KINDS = {
    "as it is written": "127.0.0.1 127.1.2.3 127.0.0.1. 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 "
    "100.64.0.1 198.18.0.1 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1 198.51.100.7 203.0.113.9 224.0.0.1 "
    "240.0.0.1",
    "inet_aton's short, decimal, octal and hexadecimal forms": "127.1 127.0.1 10.1 0 1 2130706433 017700000001 "
    "0x7f000001 0177.0.0.1 0177.1 00000177.0.0.1 0x7f.0.0.1 0x7f.1 0X7F.0.0.1 127.0.0x1 2852039166",
    "digits, dots and letters that the client writes as ASCII (IDNA, NFKC)": "１２７.0.0.1 "
    "１２７．０．０．１ ①②⑦.0.0.1 ①②⑦.⓪.⓪.① ¹²⁷.0.0.1 ₁₂₇.0.0.1 𝟏𝟐𝟕.𝟎.𝟎.𝟏 𝟙𝟚𝟟.0.0.1 127。0。0。1 127｡0｡0｡1 "
    "127．0．0．1 ①⑥⑨.②⑤④.①⑥⑨.②⑤④ 0ｘ7f.1 ⓛocalhost ｌｏｃａｌｈｏｓｔ",
    "names of this machine": "localhost LOCALHOST",
    "IPv6 of itself, one link, one site or many, and blocks for protocols and examples": "[::] [::1] "
    "[0:0:0:0:0:0:0:1] [::1%25lo] [fe80::1] [fe80::1%25eth0] [fec0::1] [feff::1] [fc00::1] [fd12:3456::1] "
    "[ff02::1] [100::1] [5f00::1] [2001:db8::1] [2001:2::1] [2001:20::1] [3fff::1]",
    "IPv6 that stands for an IPv4 address: compatible, mapped, translated, NAT64, 6to4, Teredo": "[::127.0.0.1] "
    "[::7f00:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:0:127.0.0.1] "
    "[64:ff9b::a9fe:a9fe] [64:ff9b::127.0.0.1] [64:ff9b::93.184.215.14] [64:ff9b:1::7f00:1] [2002:7f00:1::1] "
    "[2001:0:7f00:1::1]",
}
INSIDE = [host for hosts in KINDS.values() for host in hosts.split()]
"""Hosts of a URL that lead to this machine, its network, or nowhere that a recipient can be."""


async def test_addresses_of_our_own_network_are_not_called() -> None:
    """By the client itself, with a listener that would see a connection."""
    seen = []

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("sockname"))
        writer.close()

    async with (
        await asyncio.start_server(connected, "127.0.0.1", 0) as listener,
        Post(OutsideResolver(), trusted(), connect_seconds_max=1.0) as guarded,
    ):
        port = listener.sockets[0].getsockname()[1]
        called = [
            host for host in INSIDE if await _failure(guarded, f"https://{host}:{port}/x") != Failure.ADDRESS
        ]
    assert len(INSIDE) >= 60
    assert (called, seen) == ([], [])


async def _failure(post: Post, url: str) -> Failure:
    with pytest.raises(NotDeliveredError) as raised:
        await post.send(url, b"", {})
    assert raised.value.refusal is Refusal.TEMPORARY
    return raised.value.failure


@pytest.mark.parametrize(
    "url",
    [
        "http://gemeente.example.nl/x",
        "https://user:pass@gemeente.example.nl/x",
        "https://gemeente.example.nl\\@127.0.0.1/x",
        "https://[::1/x",
        "https://gemeente.example.nl:99999/x",
        "file:///etc/passwd",
        "gemeente.example.nl/x",
        "https:///x",
        "",
    ],
)
async def test_a_url_that_is_not_usable(url: str) -> None:
    async with Post(OutsideResolver(), trusted()) as guarded:
        assert await _failure(guarded, url) == Failure.ADDRESS


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2a00:1450:400e:80c::200e", "2606:4700::1111"])
async def test_addresses_of_the_outside_world(address: str) -> None:
    require_outside(address)
    OutsideResolver().usable(f"https://[{address}]/x" if ":" in address else f"https://{address}/x")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_a_host_that_the_operator_allows(host: str) -> None:
    resolver = OutsideResolver({"127.0.0.1", "::1", "localhost"})
    assert str(resolver.usable(f"http://{host}:8080/x")) == f"http://{host}:8080/x"


async def test_a_name_that_points_inside_is_not_called(recipient: Recipient) -> None:
    async with Post(OutsideResolver(), trusted()) as guarded:
        with pytest.raises(NotDeliveredError, match="no connection") as raised:
            await guarded.send(recipient.url, b"", {})
    assert raised.value.failure is Failure.ADDRESS
    assert recipient.requests == []


class _Names(AbstractResolver):
    """A name server in an attacker's hands: each lookup of a name gives the next of its answers."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.lookups = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self.answers[min(self.lookups, len(self.answers) - 1)]
        self.lookups += 1
        number = socket.AI_NUMERICHOST
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=number)
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


OUTSIDE = "192.31.196.1"
"""Global by IANA's registry (AS112, RFC 7535), and nobody answers HTTPS there."""


async def test_a_name_that_changes_its_address_after_it_was_judged(recipient: Recipient) -> None:
    """The connection goes to what was judged: there is no second lookup that could point inside."""
    names = _Names((OUTSIDE,), ("127.0.0.1",))
    async with Post(OutsideResolver((), names), trusted(), connect_seconds_max=0.3) as guarded:
        with pytest.raises(NotDeliveredError) as raised:
            await guarded.send(f"https://rebind.example:{recipient.port}/ontvang", b"", {})
    assert raised.value.refusal is Refusal.TEMPORARY
    assert names.lookups == 1
    assert recipient.requests == []


async def test_one_address_inside_is_one_too_many(recipient: Recipient) -> None:
    names = _Names((OUTSIDE, "127.0.0.1"))
    async with Post(OutsideResolver((), names), trusted(), connect_seconds_max=0.3) as guarded:
        with pytest.raises(NotDeliveredError) as raised:
            await guarded.send(f"https://rebind.example:{recipient.port}/ontvang", b"", {})
    assert raised.value.failure is Failure.ADDRESS
    assert recipient.requests == []
