"""The OpenAPI document says what the application does, and the reverse."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.api import build
from gateway.http.problems import all_kinds
from gateway.portal.pages import ROUTES
from gateway.testing.memory import MemoryGateway
from tests.unit.api.openapi_watch import DOCUMENT, Client


def test_the_document_is_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_route_is_in_the_document_and_the_reverse() -> None:
    app = build(MemoryGateway().services(), routes=ROUTES)
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    described = {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert served == described


def test_operations_have_names_of_their_own() -> None:
    names = [route.name for route in ROUTES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_paths_follow_the_design_rules(path: str) -> None:
    """NL GOV API Design Rules: /core/no-trailing-slash, /core/path-segments-kebab-case, camelCase variables."""
    assert path == "/" or not path.endswith("/")
    for segment in path.strip("/").split("/"):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*|\{[a-z][A-Za-z]*\}|openapi\.json|", segment), segment


def test_query_keys_are_camel_case() -> None:
    keys = {
        parameter["name"]
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    }
    assert {key for key in keys if not re.fullmatch(r"[a-z][A-Za-z0-9]*", key)} == set()


def test_every_problem_named_in_the_document_has_a_page() -> None:
    named = set(re.findall(r"/problems/([a-z-]+)`", str(DOCUMENT)))
    assert named <= set(all_kinds())
    assert len(named) > 15


async def test_it_is_served_to_everybody(client: Client) -> None:
    """/core/publish-openapi: no key, open to other sites."""
    async with client.get("/v1/openapi.json") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert await answer.json() == DOCUMENT


async def test_nothing_else_is_open_to_other_sites(client: Client) -> None:
    for path in ("/v1/messages", "/healthz", "/problems", "/v1/parties"):
        async with client.get(path, headers={"Origin": "https://elsewhere.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_every_part_of_a_multipart_body_is_described() -> None:
    content = DOCUMENT["paths"]["/v1/messages"]["post"]["requestBody"]["content"]
    described = {name: one["schema"] for name, one in content.items() if name.startswith("multipart/")}
    assert set(described["multipart/form-data"]["properties"]) == {"document", "attachment"}
    assert all(described.values())
