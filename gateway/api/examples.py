"""Examples for the OpenAPI document: of each schema, parameter, body and problem.

They follow from the schemas, with the value that a type has in its `Meta(examples=[…])`, or else that of
`examples.toml` by the name of the member, so they have what the API takes and returns.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.http.problems import Problem

Json = dict[str, Any]

_SHARED = {"invoice": "NLCIUS", "form": "NLCIUS, with a PDF", "parts": "NLCIUS, then a PDF"}
"""Examples of documents to send that several operations have, and what they are."""
_OF_FORMAT = {"date": "2026-11-23", "date-time": "2026-11-23T09:06:04.544000Z", "decimal": "590.00"}
_OF_TYPE: Json = {"boolean": False, "integer": 1, "number": 1.0, "string": "", "object": {}}
_TYPES: Json = {
    "boolean": bool,
    "integer": int,
    "number": int | float,
    "string": str,
    "object": dict,
    "array": list,
    "null": (),
}


@cache
def example_values() -> Json:
    """What is in examples.toml."""
    return tomllib.loads((files("gateway.api") / "examples.toml").read_text(encoding="utf-8"))


@cache
def example_invoice() -> str:
    """A valid invoice by NLCIUS."""
    return (files("gateway.api") / "factuur.xml").read_text(encoding="utf-8")


def example_of(schema: Mapping[str, Any], schemas: Json, name: str = "", owner: str = "") -> Any:
    """A value that this schema accepts. `name`: the member that it is of; `owner`: the schema with that member."""
    if (own := _own_example(schema)) is not None:
        return own
    known = _value_of(name, owner)
    if known is False and _accepts(None, schema, schemas):
        return None
    if known is not None and _accepts(known, schema, schemas):
        return known
    if "$ref" in schema:
        component = schema["$ref"].rpartition("/")[2]
        return example_of(schemas[component], schemas, name, component)
    if "properties" in schema:
        members = schema["properties"].items()
        owner = schema.get("title", owner)
        wanted = schema.get("required", ())
        return {
            key: example_of(one, schemas, key, owner)
            for key, one in members
            if key in wanted or _is_known(one, schemas, key, owner)
        }
    if "anyOf" in schema:
        return example_of(next(one for one in schema["anyOf"] if one.get("type") != "null"), schemas, name, owner)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas, name)]
    return _OF_FORMAT.get(schema.get("format", ""), schema.get("default", _OF_TYPE.get(schema.get("type", ""))))


def _own_example(schema: Mapping[str, Any]) -> Any:
    """The example that a type gives itself, and a list of it; None where there is none."""
    if "examples" in schema:
        return schema["examples"][0]
    own = _own_example(schema["items"]) if "items" in schema else None
    return [own] if own is not None else None


def _value_of(name: str, owner: str) -> Any:
    values = example_values()
    return values["schemas"].get(owner, {}).get(name, values["values"].get(name))


def _is_known(schema: Mapping[str, Any], schemas: Json, name: str, owner: str) -> bool:
    known = _value_of(name, owner)
    given = known is not None and _accepts(None if known is False else known, schema, schemas)
    return given or _own_example(schema) is not None


def _accepts(value: Any, schema: Mapping[str, Any], schemas: Json) -> bool:
    """Whether the schema takes the value, as far as a value of examples.toml can be wrong for it."""
    if "$ref" in schema:
        return _accepts(value, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return any(_accepts(value, one, schemas) for one in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("type")
    if kind is None or value is None:
        return kind in {None, "null"}
    if isinstance(value, bool) != (kind == "boolean") or not isinstance(value, _TYPES[kind]):
        return False
    if isinstance(value, list):
        return all(_accepts(one, schema["items"], schemas) for one in value)
    if isinstance(value, dict):
        return set(schema.get("required", ())) <= value.keys()
    return not isinstance(value, str) or re.search(schema.get("pattern", ""), value) is not None


def parameter_example(name: str, schema: Mapping[str, Any], schemas: Json) -> Json:
    """The `example` of a parameter, where there is a value for it."""
    known = example_values()["parameters"].get(name)
    return {"example": known} if known is not None and _accepts(known, schema, schemas) else {}


def content_example(operation: str, media_type: str, schema: Mapping[str, Any], schemas: Json) -> Json:
    """The example of a body of an operation; of a file that is not text it is how such a file begins."""
    values = example_values()
    known = values["bodies"].get(f"{operation} {media_type}") or values["files"].get(media_type)
    if isinstance(known, str) and known in _SHARED:
        return {"examples": {known: {"$ref": f"#/components/examples/{known}"}}}
    if known:
        return {"example": known}
    return {"example": example_of(schema, schemas)} if schema and media_type.endswith("json") else {}


def problem_examples(kinds: Sequence[type[Problem]]) -> Json:
    """The `examples` of an answer with one of these kinds of problem."""
    return {"examples": {kind.slug: {"$ref": f"#/components/examples/{kind.slug}"} for kind in kinds}}


def described_examples(kinds: Iterable[type[Problem]]) -> Json:
    """The examples that several operations have: each kind of problem, an invoice, and the invoice with a file."""
    attachment = example_values()["files"]["application/pdf"]
    form = {"document": example_invoice(), "attachment": [attachment]}
    values = (example_invoice(), form, [example_invoice(), attachment])
    shared = zip(_SHARED.items(), values, strict=True)
    found: Json = {name: {"summary": about, "value": value} for (name, about), value in shared}
    for kind in kinds:
        members = {
            "type": f"https://poort.example/problems/{kind.slug}",
            "title": kind.title.en,
            "status": kind.status,
            "detail": kind.meaning.en,
        }
        found[kind.slug] = {
            "summary": kind.title.en,
            "value": members | example_values()["problems"].get(kind.slug, {}),
        }
    return found
