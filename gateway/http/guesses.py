"""Slows guessing: so many wrong tries from one address, and it has to wait."""

import math
import time
from collections.abc import Callable

from aiohttp import hdrs, web

from gateway.bounded import BoundedDict
from gateway.http.problems import TooManyTries

TRIES_MAX = 10
"""So many wrong tries in `WINDOW_SECONDS`: more than a person makes by mistake."""
WINDOW_SECONDS = 300.0
_ADDRESSES_MAX = 10_000


class GuessLimit:
    """Counts wrong tries by address."""

    def __init__(self, is_proxy: Callable[[str], bool], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._is_proxy = is_proxy
        self._monotonic = monotonic
        self._tries: BoundedDict[str, tuple[float, int]] = BoundedDict(_ADDRESSES_MAX)

    def require_room(self, request: web.BaseRequest) -> None:
        """Raises TooManyTries while the address of the request has to wait."""
        ends_at, count = self._tries.get(self._address(request), (0.0, 0))
        left = ends_at - self._monotonic()
        if left > 0 and count >= TRIES_MAX:
            raise TooManyTries(math.ceil(left), closes=False)

    def count(self, request: web.BaseRequest) -> None:
        """A try of this address was wrong."""
        address, now = self._address(request), self._monotonic()
        ends_at, count = self._tries.get(address, (0.0, 0))
        self._tries[address] = (ends_at, count + 1) if ends_at > now else (now + WINDOW_SECONDS, 1)

    def _address(self, request: web.BaseRequest) -> str:
        """Of the client: behind a proxy of ours the last that it names."""
        address = request.remote or ""
        forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
        return forwarded[-1].rpartition(",")[2].strip() if forwarded and self._is_proxy(address) else address
