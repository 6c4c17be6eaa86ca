"""A gateway for the tests of programs that use one: it starts in a second, on a free port, with its own data.

    with running_gateway(tmp_path) as gateway:
        key = gateway.add_party("waterkant", "government", "0190:00000099000000001000")
        with gateway.client(key) as client:
            ...

With pytest the fixture `meterpoort` does the first line: `pytest_plugins = ["gateway.testing.fixtures"]`.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.client import AsyncClient, Client
from gateway.main import listen, open_gateway
from gateway.messages.participants import Role
from gateway.settings import Settings, WorkersSettings


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that listens at `address`; `operator_key` may do what an operator does."""

    address: str
    operator_key: str

    def client(self, key: str = "") -> Client:
        """A client with this key. Close it."""
        return Client(self.address, key)

    def async_client(self, key: str = "") -> AsyncClient:
        """The same for `asyncio`."""
        return AsyncClient(self.address, key)

    def add_party(
        self, party_id: str, role: str, *identifiers: str, kind: str = "", mandates: Sequence[str] = ()
    ) -> str:
        """Register a party and return an API key of it. `role`: supplier, intermediary or government;
        `identifiers`: as `KVK:27418562`; `kind`: company, rijk or non-rijk, by its role where it is not given;
        `mandates`: the parties it may send for."""
        party = {
            "name": party_id,
            "kind": kind or ("non-rijk" if role == Role.GOVERNMENT.value else "company"),
            "identifiers": list(identifiers),
            "mandates": list(mandates),
        }
        with self.client(self.operator_key) as operator:
            operator.request("PUT", f"/v1/parties/{party_id}", json=party)
        return self.new_key(role, party_id)

    def new_key(self, role: str, party_id: str | None = None) -> str:
        """A new API key; an operator and finance belong to no party."""
        with self.client(self.operator_key) as operator:
            made = operator.request("POST", "/v1/keys", json={"role": role, "partyId": party_id})
        return str(made["key"])


@contextmanager
def running_gateway(directory: Path, settings: Settings | None = None) -> Iterator[RunningGateway]:
    """Run a gateway in a thread until the block ends, on SQLite in `directory` and on a free port. `settings`: the
    others. Raises what the gateway raises when it cannot start."""
    settings = settings or Settings(workers=WorkersSettings(count=1))
    settings = msgspec.structs.replace(
        settings, data_directory=directory, http=msgspec.structs.replace(settings.http, port=0)
    )
    started: Future[RunningGateway] = Future()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with open_gateway(settings) as gateway, listen(gateway) as address:
            _, key = await gateway.register.new_key(Role.OPERATOR, None, "tests")
            started.set_result(RunningGateway(address, key))
            await stop.wait()

    def work() -> None:
        try:
            loop.run_until_complete(run())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=work, name="gateway", daemon=True)
    thread.start()
    try:
        yield started.result()
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join()
