"""The API on a small gateway. Every answer of a test is compared with the OpenAPI document."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from gateway.api.application import build
from gateway.api.services import Services
from gateway.http.limits import RequestLimits
from gateway.portal.pages import ROUTES
from tests.unit.api.openapi_watch import Client, Watch
from tests.unit.small_gateway import SmallGateway, small_gateway


@pytest.fixture
async def gateway() -> AsyncIterator[SmallGateway]:
    """The stores on SQLite."""
    async with small_gateway() as made:
        yield made


@pytest.fixture
def services(gateway: SmallGateway) -> Services:
    """The services with limits that a test can wait for."""
    return replace(gateway.services(), limits=RequestLimits(body_idle_seconds_max=0.4, body_seconds_max=1.5))


@pytest.fixture
def application(services: Services) -> Iterator[web.Application]:
    """The application. The test fails if an answer differs from the OpenAPI document."""
    watch = Watch()
    app = build(services, routes=ROUTES)
    app.on_response_prepare.append(watch.look)
    yield app
    assert watch.faults == []


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, application: web.Application) -> Client:
    """A client of the application."""
    return await aiohttp_client(application)
