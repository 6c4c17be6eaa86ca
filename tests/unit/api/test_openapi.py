"""The OpenAPI document says what the application does, and the reverse."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.api.application import build
from gateway.api.openapi import openapi_document
from gateway.http.problems import all_kinds
from gateway.portal.pages import ROUTES
from tests.unit.api.openapi_watch import DOCUMENT, PATHS, Client
from tests.unit.small_gateway import SmallGateway


def test_the_document_is_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


async def test_every_route_is_in_the_document_and_the_reverse(gateway: SmallGateway) -> None:
    app = build(gateway.services(), routes=ROUTES)
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    described = {(method, path) for path, methods in PATHS.items() for method in methods}
    assert served == described


def test_operations_have_names_of_their_own() -> None:
    names = [route.name for route in ROUTES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", PATHS)
def test_paths_follow_the_design_rules(path: str) -> None:
    """NL GOV API Design Rules: /core/no-trailing-slash, /core/path-segments-kebab-case, camelCase variables."""
    assert path == "/" or not path.endswith("/")
    for segment in path.strip("/").split("/"):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*|\{[a-z][A-Za-z]*\}|openapi\.json|", segment), segment


OF_OPENID_CONNECT = {"error_description", "error_uri", "session_state"}
"""RFC 6749 §4.1.2.1 and OpenID Connect Session Management name them so."""


def test_query_keys_are_camel_case() -> None:
    keys = {
        parameter["name"]
        for methods in PATHS.values()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    }
    assert {key for key in keys if not re.fullmatch(r"[a-z][A-Za-z0-9]*", key)} == OF_OPENID_CONNECT


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
    content = DOCUMENT["paths"]["/messages"]["post"]["requestBody"]["content"]
    described = {name: one["schema"] for name, one in content.items() if name.startswith("multipart/")}
    assert set(described["multipart/form-data"]["properties"]) == {"document", "attachment"}
    assert all(described.values())


def test_the_major_version_is_in_the_server_address() -> None:
    """/core/uri-version: clients put the paths behind it."""
    assert openapi_document(ROUTES, "https://poort.example")["servers"] == [{"url": "https://poort.example/v1"}]
    assert not [path for path in DOCUMENT["paths"] if path.startswith("/v1")]


def test_the_contact_is_complete() -> None:
    """/core/doc-openapi-contact: name, address and the operator's e-mail address of the settings."""
    contact = openapi_document(ROUTES, "https://poort.example", contact_email="a@poort.example")["info"]["contact"]
    assert contact["email"] == "a@poort.example"
    assert contact["url"] == "https://poort.example/"


def test_names_of_schemas_have_no_dots() -> None:
    """Generators of clients leave out what they cannot name."""
    assert [name for name in DOCUMENT["components"]["schemas"] if not re.fullmatch(r"[A-Z][A-Za-z]*", name)] == []


def test_every_body_has_a_type() -> None:
    untyped = [
        (path, media_type)
        for path, methods in DOCUMENT["paths"].items()
        for operation in methods.values()
        for one in (operation.get("requestBody", {}), *operation["responses"].values())
        for media_type, content in one.get("content", {}).items()
        if not content["schema"] and path != "/openapi.json"
    ]
    assert untyped == []
