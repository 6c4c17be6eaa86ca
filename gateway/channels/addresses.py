"""Where we may connect to: a recipient names an address, and it must not be one inside our own network.

The name is looked up once, every address it has is judged, and the connection goes to what was judged, so that a
name cannot point elsewhere a moment later. Redirects are not followed: they would lead past all this.
"""

import ipaddress
import socket
from collections.abc import Collection

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal


class ForbiddenAddressError(OSError):
    """The address is inside a network that is not the outside world's."""


class OutsideResolver(AbstractResolver):
    """Finds addresses, and only those that the whole internet can reach. `allowed_hosts` may be anywhere."""

    def __init__(self, allowed_hosts: Collection[str] = (), names: AbstractResolver | None = None) -> None:
        """`names` looks names up; None: as the machine does."""
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._plain = names or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """As aiohttp asks it. Raises ForbiddenAddressError when any of the addresses is not outside."""
        found = await self._plain.resolve(host, port, family)
        if host.lower() not in self._allowed_hosts:
            for one in found:
                require_outside(one["host"])
        return found

    async def close(self) -> None:
        """Let go."""
        await self._plain.close()

    def usable(self, url: str) -> URL:
        """The URL as the client connects to it, which writes a host its own way: `①②⑦.0.0.1` as 127.0.0.1.

        Judges what no resolver is asked for: the scheme, and addresses written as numbers. Raises
        NotDeliveredError; temporary, since the recipient can correct its address while messages wait.
        """
        try:
            parsed = URL(url)
            host = (parsed.raw_host or "").lower()
            if not host or parsed.user or parsed.password:
                raise ValueError("the address is not usable")
            if host not in self._allowed_hosts:
                if parsed.scheme != "https":
                    raise ValueError("the address is not https")
                _require_outside_number(host.rstrip("."))
        except (ForbiddenAddressError, ValueError) as error:
            raise NotDeliveredError(Refusal.TEMPORARY, Failure.ADDRESS, str(error)) from error
        return parsed


_IPV6_IN_USE = ipaddress.IPv6Network("2000::/3")
"""IANA gives out addresses of this block only; outside it are those that stand for an IPv4 address (`::a.b.c.d`,
`::ffff:a.b.c.d`, NAT64's `64:ff9b::/96`) and those of one site."""
_NOT_OUTSIDE = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
"""Networks for protocols and examples (RFC 6890, RFC 9637), also where Python calls an address of them global.
Teredo (2001::/32) and 6to4 (2002::/16) hold an IPv4 address."""


def require_outside(address: str) -> None:
    """Raises ForbiddenAddressError for private, local, multicast and other special addresses (IANA registries)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    is_outside = parsed.is_global and not parsed.is_multicast and not any(parsed in one for one in _NOT_OUTSIDE)
    if not is_outside or (parsed.version == 6 and parsed not in _IPV6_IN_USE):
        raise ForbiddenAddressError(f"{address} is not an address of the outside world")


def _require_outside_number(host: str) -> None:
    """Judge an address written as a number; a name passes.

    Raises ForbiddenAddressError, also for inet_aton's old ways to write one (0x7f.1, 2130706433, 0177.0.0.1).
    """
    try:
        require_outside(host)
        return
    except ValueError:
        pass
    try:
        socket.inet_aton(host)
    except OSError:
        return
    raise ForbiddenAddressError(f"{host} is not how an address is written")
