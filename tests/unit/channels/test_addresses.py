"""Only addresses of the outside world are called."""

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.channels.addresses import ForbiddenAddressError, OutsideResolver, require_outside
from gateway.channels.outbound import Post
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from tests.unit.recipients import Recipient, trusted


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest",
        "https://[::ffff:192.168.1.1]/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "https://0/x",
        "https://224.0.0.1/x",
        "http://gemeente.example.nl/x",
        "https://user:pass@gemeente.example.nl/x",
        "file:///etc/passwd",
        "https:///x",
    ],
)
async def test_addresses_of_our_own_network_are_not_called(url: str) -> None:
    async with Post(OutsideResolver(), trusted()) as guarded:
        with pytest.raises(NotDeliveredError) as raised:
            await guarded.send(url, b"", {})
    assert raised.value.refusal is Refusal.TEMPORARY


async def test_a_name_that_points_inside_is_not_called(recipient: Recipient) -> None:
    async with Post(OutsideResolver(), trusted()) as guarded:
        with pytest.raises(NotDeliveredError, match="no connection") as raised:
            await guarded.send(recipient.url, b"", {})
    assert raised.value.failure is Failure.ADDRESS
    assert recipient.requests == []
    with pytest.raises(ForbiddenAddressError):
        require_outside("fe80::1%eth0")
    require_outside("93.184.215.14")


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
