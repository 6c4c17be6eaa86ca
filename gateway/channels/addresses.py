"""Where we may connect to: a recipient names an address, and it must not be one inside our own network.

The name is looked up once, every address it has is judged, and the connection goes to what was judged, so that a
name cannot point elsewhere a moment later. Redirects are not followed: they would lead past all this.
"""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

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

    def require_usable(self, url: str) -> None:
        """Judge what no resolver is asked for: the scheme, and addresses written as numbers.

        Raises NotDeliveredError; temporary, since the recipient can correct its address while messages wait.
        """
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if parts.scheme != "https" and host not in self._allowed_hosts:
            raise NotDeliveredError(Refusal.TEMPORARY, Failure.ADDRESS, "the address is not https")
        if not host or parts.username or parts.password:
            raise NotDeliveredError(Refusal.TEMPORARY, Failure.ADDRESS, "the address is not usable")
        number = _as_number(host)
        if host not in self._allowed_hosts and number:
            try:
                require_outside(number)
            except ForbiddenAddressError as error:
                raise NotDeliveredError(Refusal.TEMPORARY, Failure.ADDRESS, str(error)) from error


def require_outside(address: str) -> None:
    """Raises ForbiddenAddressError for private, local, multicast and other special addresses (IANA registries)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed.sixtofour or parsed
    if not parsed.is_global or parsed.is_multicast:
        raise ForbiddenAddressError(f"{address} is not an address of the outside world")


def _as_number(host: str) -> str | None:
    """An address written as a number, also in inet_aton's old ways (0x7f.1, 2130706433); else None."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
