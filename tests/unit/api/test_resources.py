"""The list of resources, and the worked example of "Add an API resource"."""

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from gateway.api.application import build
from gateway.api.resources import ROUTES
from gateway.api.services import Services
from tests.unit.api.openapi_watch import Client, Watch

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "add-an-api-resource.md"


def test_every_operation_has_its_own_name() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)


def code(block: int, name: str, **known: object) -> ModuleType:
    """A block of code of the how-to page as a module."""
    text = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)[block]
    module = ModuleType(name)
    sys.modules[name] = module  # where msgspec looks for the names in annotations
    module.__dict__.update(known)
    exec(compile(text, str(HOW_TO), "exec"), module.__dict__)  # noqa: S102 - our own page
    return module


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, services: Services) -> AsyncIterator[Client]:
    """A client of the API with the resource of the example."""
    routes = (*ROUTES, *code(0, "identifier_checks").routes)
    watch, app = Watch(routes), build(services, routes=routes)
    app.on_response_prepare.append(watch.look)
    yield await aiohttp_client(app)
    assert watch.faults == []


async def test_the_example_of_the_how_to_page_passes_its_own_test(client: Client) -> None:
    await code(1, "test_identifier_checks", Client=Client).test_a_registered_identifier_is_found(client)


async def test_the_example_of_the_how_to_page_is_documented_from_its_handler(client: Client) -> None:
    async with client.get("/v1/openapi.json") as answer:
        document = await answer.json()
    operation = document["paths"]["/identifier-checks"]["post"]
    sent = operation["requestBody"]["content"]["application/json"]["schema"]
    given = operation["responses"]["200"]["content"]["application/json"]["schema"]
    schemas = document["components"]["schemas"]
    assert schemas[sent["$ref"].rpartition("/")[2]]["required"] == ["identifiers"]
    assert schemas[given["$ref"].rpartition("/")[2]]["properties"].keys() == {"registered"}
    example = operation["requestBody"]["content"]["application/json"]["example"]
    assert example == {"identifiers": ["0106:12345678"]}


async def test_the_example_of_the_how_to_page_names_what_is_wrong(client: Client) -> None:
    headers = {"X-API-Key": "mp_operator"}
    async with client.post("/v1/identifier-checks?first=1", json={"identifiers": [1]}, headers=headers) as answer:
        errors = (await answer.json())["errors"]
    assert [(one["in"], one["name"]) for one in errors] == [("query", "first"), ("body", "identifiers[0]")]
