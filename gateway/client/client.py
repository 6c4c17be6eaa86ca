"""The two clients: the same calls, carried out by httpx with and without `await`."""

import asyncio
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

import httpx

from gateway.client.answers import Lease, Message
from gateway.client.calls import Call, Calls, MessageFilter, Pause, Retries

P = ParamSpec("P")
T = TypeVar("T")


class _BaseClient(ABC):
    """What both clients have in common."""

    def __init__(
        self,
        address: str,
        key: str = "",
        *,
        timeout_seconds: float = 60.0,
        retries: Retries | None = None,
        verify: ssl.SSLContext | bool = True,
        transport: Any = None,
    ) -> None:
        """`address`: of the gateway, as `https://poort.example`; `key`: an API key, empty where none is needed.
        `verify`: which certificates to trust. `transport`: of httpx, for tests."""
        headers = {"User-Agent": "meterpoort-client", "Accept": "application/json"}
        self.calls = Calls(retries or Retries())
        self.options: dict[str, Any] = {
            "base_url": address,
            "headers": headers | ({"Authorization": f"Bearer {key}"} if key else {}),
            "timeout": timeout_seconds,
            "verify": verify,
            "transport": transport,
        }
        self._open()

    @abstractmethod
    def _open(self) -> None:
        """Make the client of httpx."""


def _sync_method(call: Callable[Concatenate[Calls, P], Call[T]]) -> Callable[Concatenate["Client", P], T]:
    def method(client: "Client", /, *values: P.args, **named: P.kwargs) -> T:
        return client.run(call(client.calls, *values, **named))

    update_wrapper(method, call)
    return method


class Client(_BaseClient):
    """A client for programs without `asyncio`. A method raises ProblemError where the gateway refuses, and
    GatewayUnavailableError where it cannot be reached. Close it, or use it in a `with` block."""

    submit = _sync_method(Calls.submit)
    wait_until_settled = _sync_method(Calls.wait_until_settled)
    message = _sync_method(Calls.message)
    statuses = _sync_method(Calls.statuses)
    verdict = _sync_method(Calls.verdict)
    document = _sync_method(Calls.document)
    validate = _sync_method(Calls.validate)
    confirm = _sync_method(Calls.confirm)
    request = _sync_method(Calls.request)

    def _open(self) -> None:
        self.http = httpx.Client(**self.options)

    def messages(self, **wanted: Unpack[MessageFilter]) -> Iterator[Message]:
        """Messages, the newest first; pages are fetched as they are needed."""
        items, path = self.run(self.calls.page("/v1/messages", wanted))
        yield from items
        while path:
            items, path = self.run(self.calls.page(path, {}))
            yield from items

    def mailbox(
        self, count: int = 10, seconds: float | None = None, party_id: str | None = None
    ) -> Iterator[Lease]:
        """What waits in the mailbox, leased in batches, until nothing is left. Confirm each lease; one that is not
        confirmed becomes available again after `seconds`. `party_id`: of whom, when it is not your own."""
        while leases := self.run(self.calls.lease(count, seconds, party_id)):
            yield from leases

    def run(self, call: Call[T]) -> T:
        """Carry out a call."""
        try:
            step = next(call)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = next(call)
                    continue
                try:
                    answer = self.http.request(step.method, step.path, **step.options)
                except httpx.TransportError as error:
                    step = call.throw(error)
                else:
                    step = call.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _async_method(
    call: Callable[Concatenate[Calls, P], Call[T]],
) -> Callable[Concatenate["AsyncClient", P], Awaitable[T]]:
    async def method(client: "AsyncClient", /, *values: P.args, **named: P.kwargs) -> T:
        return await client.run(call(client.calls, *values, **named))

    update_wrapper(method, call)
    return method


class AsyncClient(_BaseClient):
    """The same for programs with `asyncio`: each method as that of `Client`."""

    submit = _async_method(Calls.submit)
    wait_until_settled = _async_method(Calls.wait_until_settled)
    message = _async_method(Calls.message)
    statuses = _async_method(Calls.statuses)
    verdict = _async_method(Calls.verdict)
    document = _async_method(Calls.document)
    validate = _async_method(Calls.validate)
    confirm = _async_method(Calls.confirm)
    request = _async_method(Calls.request)

    def _open(self) -> None:
        self.http = httpx.AsyncClient(**self.options)

    async def messages(self, **wanted: Unpack[MessageFilter]) -> AsyncIterator[Message]:
        """See `Client.messages`."""
        items, path = await self.run(self.calls.page("/v1/messages", wanted))
        for item in items:
            yield item
        while path:
            items, path = await self.run(self.calls.page(path, {}))
            for item in items:
                yield item

    async def mailbox(
        self, count: int = 10, seconds: float | None = None, party_id: str | None = None
    ) -> AsyncIterator[Lease]:
        """See `Client.mailbox`."""
        while leases := await self.run(self.calls.lease(count, seconds, party_id)):
            for lease in leases:
                yield lease

    async def run(self, call: Call[T]) -> T:
        """Carry out a call."""
        try:
            step = next(call)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = next(call)
                    continue
                try:
                    answer = await self.http.request(step.method, step.path, **step.options)
                except httpx.TransportError as error:
                    step = call.throw(error)
                else:
                    step = call.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
