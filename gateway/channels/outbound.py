"""One POST to a recipient: bounded in time and size, never redirected, and what its answer means."""

import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from gateway.bounded import read_bounded
from gateway.channels.addresses import ForbiddenAddressError, OutsideResolver
from gateway.http.trace import HEADER, current_trace
from gateway.pipeline.ports import Failure, NotDeliveredError, Refusal
from gateway.tracing import current_span

ANSWER_BYTES_MAX = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """A recipient's answer."""

    status: int
    body: bytes


class Post:
    """Sends; an async context manager. One for all recipients; keeps at most `per_host` connections to each."""

    def __init__(
        self,
        resolver: OutsideResolver,
        tls: ssl.SSLContext,
        *,
        seconds_max: float = 60.0,
        connect_seconds_max: float = 10.0,
        per_host: int = 2,
    ) -> None:
        self._resolver = resolver
        self._tls = tls
        self._timeout = ClientTimeout(total=seconds_max, connect=connect_seconds_max)
        self._per_host = per_host

    async def __aenter__(self) -> Self:
        connector = TCPConnector(resolver=self._resolver, ssl=self._tls, limit=0, limit_per_host=self._per_host)
        self._session = ClientSession(
            connector=connector, timeout=self._timeout, cookie_jar=DummyCookieJar(), trust_env=False
        )
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, url: str, body: bytes | AsyncIterator[bytes], headers: Mapping[str, str]) -> Reply:
        """Send, in the message's trace, and read the answer. Raises NotDeliveredError (temporary) when there is
        none."""
        address = self._resolver.usable(url)
        span = current_span()
        if trace := span.traceparent or current_trace():
            headers = {**headers, HEADER: trace}
        try:
            async with self._session.post(address, data=body, headers=headers, allow_redirects=False) as response:
                span.add({"http.response.status_code": response.status})
                answer = await read_bounded(response.content, ANSWER_BYTES_MAX)
                return Reply(response.status, answer[:ANSWER_BYTES_MAX])
        except TimeoutError as error:
            raise NotDeliveredError(
                Refusal.TEMPORARY, Failure.TIMEOUT, "the recipient did not answer in time"
            ) from error
        except (ClientError, OSError, ValueError) as error:
            failure = Failure.ADDRESS if _is_forbidden(error) else Failure.CONNECTION
            raise NotDeliveredError(Refusal.TEMPORARY, failure, f"no connection: {str(error)[:200]}") from error


def _is_forbidden(error: BaseException | None) -> bool:
    """Whether the resolver refused the address; aiohttp wraps what it raises."""
    while error is not None:
        if isinstance(error, ForbiddenAddressError):
            return True
        error = error.__cause__
    return False


TEMPORARY_STATUSES = frozenset({401, 403, 404, 408, 421, 423, 425, 429})
"""Client errors that a recipient can mend on its side, while the message stays the same."""


def require_success(reply: Reply) -> None:
    """A 2xx took it; other 4xx refuse this message for good; all else may pass. Raises NotDeliveredError."""
    status = reply.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise NotDeliveredError(
            Refusal.TEMPORARY, Failure.STATUS, f"the recipient redirects ({status}), which is not followed"
        )
    if 400 <= status < 500 and status not in TEMPORARY_STATUSES:
        raise NotDeliveredError(Refusal.PERMANENT, Failure.STATUS, f"the recipient refused the message ({status})")
    raise NotDeliveredError(Refusal.TEMPORARY, Failure.STATUS, f"the recipient answered {status}")
