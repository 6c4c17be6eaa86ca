"""Compares every answer in a test with the OpenAPI document."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import msgspec
from aiohttp import web
from aiohttp.test_utils import TestClient

from gateway.api.openapi import described_paths, described_schemas, openapi_document
from gateway.api.route import Route
from gateway.http.answers import API_VERSION
from gateway.portal.pages import ROUTES

Client = TestClient[web.Request, web.Application]
"""The client of a gateway in a test."""

DOCUMENT = openapi_document(ROUTES)
PATHS = described_paths(ROUTES)
EVERYWHERE = {
    "API-Version": API_VERSION,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


@dataclass
class Watch:
    """Collects how answers differ from the OpenAPI document."""

    routes: Sequence[Route] = ROUTES
    faults: list[str] = field(default_factory=list)
    seen: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.paths = described_paths(self.routes)
        self.components = {"schemas": described_schemas(self.routes)}

    async def look(self, request: web.Request, answer: web.StreamResponse) -> None:
        """Called by aiohttp for every answer before it is sent."""
        self.faults += [f"{request.method} {request.path}: no {name}" for name in _missing_headers(answer)]
        resource = request.match_info.route.resource
        if resource is None:
            return
        method = "get" if request.method == "HEAD" else request.method.lower()
        operation = self.paths[resource.canonical].get(method)
        if operation is not None:
            self.seen.add((operation["operationId"], answer.status))
            self.faults += _differences(operation, answer, self.components)


def _missing_headers(answer: web.StreamResponse) -> list[str]:
    wrong = [name for name, value in EVERYWHERE.items() if answer.headers.get(name) != value]
    return wrong if "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"] else [*wrong, "CSP"]


def _differences(operation: dict[str, Any], answer: web.StreamResponse, components: object) -> list[str]:
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
        schema = {**content["schema"], "components": components}
        errors = jsonschema.Draft202012Validator(schema).iter_errors(msgspec.json.decode(body))
        wrong += [f"{where}: {error.json_path} {error.message}" for error in errors]
    return wrong
