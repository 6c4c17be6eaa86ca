"""The OpenAPI 3.1 document, made from the routes and the schemas that the handlers use."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec

from gateway.api.examples import content_example, described_examples, parameter_example, problem_examples
from gateway.api.problems import ProblemResource
from gateway.api.route import Body, Returns, Route
from gateway.channels.http.multipart import DOCUMENT_TYPES
from gateway.channels.registry import MESSAGE_CHANNELS
from gateway.http import problems
from gateway.http.answers import API_VERSION, HTML, PROBLEM
from gateway.http.parameters import NoQuery
from gateway.http.problems import Problem
from gateway.i18n import Text
from gateway.messages.participants import Role
from gateway.settings import CONTACT_EMAIL, HttpSettings

Json = dict[str, Any]  # the edge: what leaves here is JSON of OpenAPI's shape

_REF = "#/components/schemas/{name}"
_EVERY_ANSWER = {
    "API-Version": "Semantic version of this API.",
    "traceparent": "The trace of the request (W3C Trace Context), as in our log.",
    "Deprecation": "Since when the operation is deprecated (RFC 9745); absent for one that stays.",
    "Sunset": "When the operation will go (RFC 8594); absent for one that stays.",
}
_AGAIN = {"Retry-After": "Seconds to wait before the next attempt (RFC 9110, 10.2.3)."}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer mp_…`"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_SIGN_IN = Returns("To the page to sign in.", status=303, headers={"Location": "That page."}, media_types=(HTML,))
TAGS = {
    "messages": Text("Submit and follow messages."),
    "validations": Text("Check documents without sending them."),
    "mailbox": Text("The mailbox of the recipient."),
    "billing": Text("Usage, forecasts, bills and exports."),
    "parties": Text("Parties."),
    "keys": Text("API keys."),
    "operations": Text("For the operator."),
    "pages": Text("Pages for people."),
}
_INTRODUCTION = Text(
    "Submit, follow and fetch messages at Meterpoort, and see what they cost. "
    "Follows the NL GOV API Design Rules. Errors are problem details (RFC 9457); "
    "every kind has its own page under `/problems`. There is no limit to the number of requests in a time. There "
    "are limits to connections and large bodies at the same time, for each key: above them the answer is 429, and "
    "503 when the gateway as a whole is full; `Retry-After` says how many seconds to wait. Within a version "
    "operations and members are only added. An operation that will go is `deprecated` here first, and says so in "
    "`Deprecation` and `Sunset`; none does now."
)

BASE = f"/v{API_VERSION.partition('.')[0]}"
"""Where the API is (NL GOV API Design Rules, /core/uri-version): the server address of the document ends in it."""
_BINARY: Json = {"type": "string", "format": "binary"}  # "format" is what generators of clients look at
_IN_ORDER: Json = {"schema": {"type": "array", "prefixItems": [_BINARY], "items": _BINARY, "minItems": 1}}
_MULTIPART: Json = {
    "multipart/form-data": {
        "schema": {
            "title": "SubmittedForm",
            "type": "object",
            "properties": {"document": _BINARY, "attachment": {"type": "array", "items": _BINARY}},
            "required": ["document"],
        },
        "encoding": {"document": {"contentType": ", ".join(DOCUMENT_TYPES)}},
    },
    "multipart/mixed": _IN_ORDER,
    "multipart/related": _IN_ORDER,
}


def described_paths(
    routes: Sequence[Route], page_items_max: int = HttpSettings().page_items_max
) -> dict[str, Json]:
    """Every path of the gateway with its operations, those of pages for people too."""
    paths: dict[str, Json] = {}
    schemas = described_schemas(routes)
    for route in routes:
        operation = _operation(route, schemas)
        for parameter in operation["parameters"]:
            if parameter["name"] == "limit" and "anyOf" in parameter["schema"]:
                parameter["schema"]["anyOf"][0]["maximum"] = page_items_max
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return paths


def openapi_document(
    routes: Sequence[Route],
    public_url: str = "",
    url: str = "",
    contact_email: str = CONTACT_EMAIL,
    page_items_max: int = HttpSettings().page_items_max,
) -> Json:
    """The document for the routes of the API: those below `/v1`. `public_url`: how the outside reaches the
    gateway, where the settings say so; `url`: else where it listens. Clients find the paths at the first, else
    where they found the document. `contact_email`: of the operator. `page_items_max`: the most of `limit`."""
    routes = [route for route in routes if route.path.startswith(f"{BASE}/")]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Meterpoort",
            "version": API_VERSION,
            "summary": Text("Gateway for e-invoices from and to Dutch governments").nl,
            "description": f"{_INTRODUCTION.nl}\n\n{_INTRODUCTION.en}\n",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "contact": {
                "name": Text("Operator of this gateway").nl,
                "url": f"{public_url or url or 'http://localhost'}/",
                "email": contact_email,
            },
        },
        "servers": [{"url": f"{public_url}{BASE}"}],
        "tags": [{"name": name, "description": text.nl} for name, text in TAGS.items()],
        "paths": {path.removeprefix(BASE): one for path, one in described_paths(routes, page_items_max).items()},
        "components": {
            "schemas": described_schemas(routes),
            "examples": described_examples(dict.fromkeys(kind for route in routes for kind in problems_of(route))),
            "headers": {name: _header(meaning) for name, meaning in {**_EVERY_ANSWER, **_AGAIN}.items()},
            "securitySchemes": _SECURITY,
        },
    }


def _operation(route: Route, schemas: Json) -> Json:
    operation: Json = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary.nl,
        "description": _description(route),
        "parameters": list(_parameters(route, schemas)),
        "responses": _responses(route, schemas),
        "security": _security(route),
    }
    if route.body is not None:
        operation["requestBody"] = _request_body(route.name, route.body, schemas)
    return operation


def _request_body(operation: str, body: Body, schemas: Json) -> Json:
    content = {}
    for media_type in body.media_types:
        kind = body.schema or body.schemas.get(media_type)
        schema = _kind_of(kind) if kind else _BINARY
        described = _MULTIPART.get(media_type, {"schema": schema})
        content[media_type] = {**described, **content_example(operation, media_type, schema, schemas)}
    return {"description": body.description, "required": body.is_required, "content": content}


def _kind_of(kind: object) -> Json:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return cast("Json", _plain_refs(schema))


def _description(route: Route) -> str:
    if route.roles is None:
        return f"{route.summary.en}.\n\nNo API key is needed."
    return f"{route.summary.en}.\n\nFor keys with role: {', '.join(_names(route.roles))}."


def _names(roles: Iterable[Role]) -> list[str]:
    return sorted(role.value for role in roles)


def _security(route: Route) -> list[Json]:
    if route.roles is None:
        return []
    return [{scheme: []} for scheme in ("bearer", "apiKey")]


def _parameters(route: Route, schemas: Json) -> Iterable[Json]:
    for name, kind in route.path_types.items():
        yield _parameter(name, "path", kind, schemas, required=True) | {"description": route.path_parts[name]}
    for field in msgspec.structs.fields(route.query):
        yield _parameter(field.encode_name, "query", field.type, schemas, required=field.required)
    for name, kind in route.headers.items():
        parameter = _parameter(name, "header", kind, schemas, required=False)
        yield parameter | {"description": parameter["schema"].pop("description")}


def _parameter(name: str, location: str, kind: object, schemas: Json, *, required: bool) -> Json:
    schema = _kind_of(kind)
    example = parameter_example(name, schema, schemas)
    return {"name": name, "in": location, "required": required, "schema": schema, **example}


def _responses(route: Route, schemas: Json) -> Json:
    answers = sorted(route.returns, key=lambda one: one.status)
    responses = {str(one.status): _response(route.name, one, schemas) for one in answers}
    if route.is_page and route.roles is not None:
        responses.setdefault("303", _response(route.name, _SIGN_IN, schemas))
    refusals: dict[int, list[type[Problem]]] = {}
    for problem in problems_of(route):
        refusals.setdefault(problem.status, []).append(problem)
    for status, kinds in sorted(refusals.items()):
        responses[str(status)] = {
            "description": " · ".join(f"{kind.title.en} (`/problems/{kind.slug}`)" for kind in kinds),
            "headers": _headers(_EVERY_ANSWER | (_AGAIN if status in {429, 503} else {})),
            "content": {
                PROBLEM: {"schema": _ref(ProblemResource), **problem_examples(kinds)},
                "text/html": {"schema": {"type": "string"}},
            },
        }
    return responses


def problems_of(route: Route) -> list[type[Problem]]:
    """Every kind of problem this route can answer with."""
    always: list[type[Problem]] = [
        problems.InvalidInput,
        problems.MalformedRequest,
        problems.ExpectationFailed,
        problems.InternalError,
    ]
    if route.roles is not None:
        always += [
            problems.Unauthenticated,
            problems.Forbidden,
            problems.TooManyRequests,
            problems.StoreUnavailable,
        ]
    if route.body is not None:
        always += [
            problems.UnsupportedMediaType,
            problems.UnsupportedContentEncoding,
            problems.BodyTooLarge,
            problems.RequestTimeout,
        ]
    if "{" in route.path:
        always.append(problems.UnknownItem)
    return list(dict.fromkeys([*always, *route.problems]))


def _response(operation: str, answer: Returns, schemas: Json) -> Json:
    response: Json = {"description": answer.description, "headers": _headers({**_EVERY_ANSWER, **answer.headers})}
    if answer.media_types:
        response["content"] = {
            media_type: {"schema": schema, **content_example(operation, media_type, schema, schemas)}
            for media_type in answer.media_types
            for schema in (_schema(answer, media_type),)
        }
    return response


def _schema(answer: Returns, media_type: str) -> Json:
    if answer.schema is not None and media_type.endswith("json"):
        return _ref(answer.schema)
    if media_type.endswith("json"):
        return {}
    return {"type": "string"} if media_type.startswith("text/") else _BINARY


def _headers(headers: Mapping[str, str]) -> Json:
    return {
        name: {"$ref": f"#/components/headers/{name}"} if name in _EVERY_ANSWER | _AGAIN else _header(meaning)
        for name, meaning in headers.items()
    }


def _header(meaning: str) -> Json:
    return {"description": meaning, "schema": {"type": "string"}}


def _ref(schema: type[msgspec.Struct]) -> Json:
    return {"$ref": _REF.format(name=_component(schema.__name__))}


def _component(name: str) -> str:
    """The public name: `Message` for `MessageResource`."""
    return name.removesuffix("Resource")


def described_schemas(routes: Sequence[Route]) -> Json:
    """The schemas that these routes use, by their public names."""
    schemas_used: list[type[msgspec.Struct]] = [ProblemResource]
    queried: list[Any] = []
    for route in routes:
        schemas_used += [one.schema for one in route.returns if one.schema]
        if route.body:
            schemas_used += [route.body.schema] if route.body.schema else []
            queried += route.body.schemas.values()
        if route.query is not NoQuery:
            queried += [field.type for field in msgspec.structs.fields(route.query)]
    _, components = msgspec.json.schema_components([*dict.fromkeys(schemas_used), *queried], ref_template=_REF)
    schemas: Json = {_component(name): _plain_refs(schema) for name, schema in sorted(components.items())}
    if len(schemas) != len(components):
        raise ValueError("two components of the OpenAPI document have the same name")
    for route in routes:
        if route.body and route.body.schema:  # what is not known in a request is refused
            schemas[_component(route.body.schema.__name__)]["additionalProperties"] = False
    if "Message" in schemas:  # the report is passed on as it was stored, so its type is not in the code
        schemas["Message"]["properties"]["channel"]["enum"] = list(MESSAGE_CHANNELS)
        schemas["Message"]["properties"]["report"] = {"$ref": _REF.format(name="Report")}
    return schemas


def _plain_refs(schema: Any) -> Any:
    """References and titles by their public names; words to choose from have a type, for generators of clients."""
    if isinstance(schema, dict):
        words = schema.get("enum", ())
        return ({"type": "string"} if words and all(isinstance(one, str) for one in words) else {}) | {
            key: _component(value) if key in {"$ref", "title"} and isinstance(value, str) else _plain_refs(value)
            for key, value in schema.items()
        }
    return [_plain_refs(item) for item in schema] if isinstance(schema, list) else schema
