"""The web on the ports in memory, behind a real socket; every answer of a test is held to the OpenAPI document."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import jsonschema
import msgspec
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import unused_port

from gateway.api import API_VERSION, Services, build
from gateway.api.openapi import openapi_document
from gateway.http.limits import Limits
from gateway.http.server import Runner
from gateway.portal.pages import ROUTES
from gateway.testing.memory import MemoryGateway

DOCUMENT = openapi_document(ROUTES)
EVERYWHERE = {
    "API-Version": API_VERSION,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


@dataclass
class Watch:
    """What answers did that the OpenAPI document does not say."""

    faults: list[str] = field(default_factory=list)
    seen: set[tuple[str, int]] = field(default_factory=set)

    async def look(self, request: web.Request, answer: web.StreamResponse) -> None:
        """aiohttp calls this for every answer before it goes out."""
        self.faults += [f"{request.method} {request.path}: no {name}" for name in _missing_headers(answer)]
        resource = request.match_info.route.resource
        if resource is None:
            return
        method = "get" if request.method == "HEAD" else request.method.lower()
        operation = DOCUMENT["paths"][resource.canonical].get(method)
        if operation is not None:
            self.seen.add((operation["operationId"], answer.status))
            self.faults += _differences(operation, answer)


def _missing_headers(answer: web.StreamResponse) -> list[str]:
    wrong = [name for name, value in EVERYWHERE.items() if answer.headers.get(name) != value]
    return wrong if "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"] else [*wrong, "CSP"]


def _differences(operation: dict[str, Any], answer: web.StreamResponse) -> list[str]:
    where = f"{operation['operationId']} {answer.status}"
    declared = operation["responses"].get(str(answer.status))
    if declared is None:
        return [f"{where} is not declared"]
    undeclared = {"Location", "Link", "Preference-Applied", "ETag", "Content-Digest"} & set(answer.headers)
    wrong = [f"{where}: header {name} is not declared" for name in undeclared - set(declared["headers"])]
    contents = declared.get("content", {})
    if answer.status in {204, 304}:
        return wrong
    content = contents.get(answer.content_type) or contents.get("*/*")
    if content is None:
        return [*wrong, f"{where}: {answer.content_type} is not declared"]
    if answer.content_type.endswith("json") and isinstance(answer, web.Response) and content["schema"]:
        body = answer.body if isinstance(answer.body, bytes) else b""
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        errors = jsonschema.Draft202012Validator(schema).iter_errors(msgspec.json.decode(body))
        wrong += [f"{where}: {error.json_path} {error.message}" for error in errors]
    return wrong


@pytest.fixture
def gateway() -> MemoryGateway:
    """The ports."""
    return MemoryGateway()


@pytest.fixture
def services(gateway: MemoryGateway) -> Services:
    """The ports with limits that a test can wait for."""
    return replace(gateway.services(), limits=Limits(body_idle_seconds_max=0.4, body_seconds_max=1.5))


@pytest.fixture
async def base(services: Services) -> AsyncIterator[str]:
    """The address of a running gateway."""
    port, watch = unused_port(), Watch()
    app = build(services, routes=ROUTES)
    app.on_response_prepare.append(watch.look)
    runner = Runner(app, idle_seconds_max=0.6, lingering_seconds_max=0.2)
    await runner.setup()
    await runner.listen("127.0.0.1", port)
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()
    assert watch.faults == []


@pytest.fixture
async def client(base: str) -> AsyncIterator[ClientSession]:
    """A client of it."""
    async with ClientSession(base) as session:
        yield session
