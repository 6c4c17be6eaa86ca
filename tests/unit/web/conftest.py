"""The web on the ports in memory, behind a real socket."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import unused_port

from gateway.web import build
from gateway.web.server import Runner
from tests.unit.web.memory import MemoryGateway


@pytest.fixture
def gateway() -> MemoryGateway:
    """The ports."""
    return MemoryGateway()


@pytest.fixture
async def base(gateway: MemoryGateway) -> AsyncIterator[str]:
    """The address of a running gateway."""
    port = unused_port()
    runner = Runner(build(gateway.doors()), idle_seconds_max=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.fixture
async def client(base: str) -> AsyncIterator[ClientSession]:
    """A client of it."""
    async with ClientSession(base) as session:
        yield session
