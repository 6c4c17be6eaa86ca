"""The application of the API's tests, on a real socket, for senders that break the rules of HTTP."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.http.server import Runner
from tests.unit.api.conftest import application, client, gateway, services
from tests.unit.recipients import post, recipient

__all__ = ["application", "client", "gateway", "post", "recipient", "services"]


@pytest.fixture
async def base(application: web.Application) -> AsyncIterator[str]:
    """The address of a running gateway."""
    runner = Runner(application, idle_seconds_max=0.6, lingering_seconds_max=0.2)
    await runner.setup()
    await runner.listen("127.0.0.1", 0)
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
