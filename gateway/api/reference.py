"""The reference pages of the API and its problems, from the route table and the tree of problems."""

from collections.abc import Sequence
from importlib.resources import files

from gateway.api.openapi import TAGS, Json, described_paths, described_schemas
from gateway.api.route import Route
from gateway.http.answers import CSV
from gateway.http.problems import Problem, all_kinds
from gateway.json_text import indented_json

_PROBLEMS = """\
# Problems

A request that cannot be answered gets a problem (RFC 9457): `type`, `title`, `status`, `detail`, and members that
belong to its kind. The `type` is the address of a page on the gateway that says the same as below, in Dutch and
English. `title` never changes for a kind; `detail` tells about the case. Handle the `type`, show the `detail`.

"""


def api_reference(routes: Sequence[Route]) -> str:
    """docs/reference/api.md, below its first line."""
    paths, schemas = described_paths(routes), described_schemas(routes)
    introduction = (files("gateway.api") / "templates" / "reference.txt").read_text("utf-8")
    parts = [f"{introduction}\n"]
    for tag, meaning in TAGS.items():
        parts.append(f"## {tag.capitalize()}\n\n{meaning.nl}\n\n")
        for path, methods in paths.items():
            own = ((method, one) for method, one in methods.items() if tag in one["tags"])
            parts += [_operation(path, method, one, schemas) for method, one in own]
    return "".join(parts).rstrip() + "\n"


def _operation(path: str, method: str, operation: Json, schemas: Json) -> str:
    summary, who = operation["description"].split("\n\n")
    lines = [f"### {method.upper()} `{path}`\n\n{summary} {who}\n\n"]
    if parameters := [one for one in operation["parameters"] if one["in"] != "path"]:
        lines.append("| parameter | in | meaning |\n| --- | --- | --- |\n")
        lines += [f"| `{one['name']}` | {one['in']} | {_meaning(one, schemas)} |\n" for one in parameters]
        lines.append("\n")
    if example := _example(operation.get("requestBody", {})):
        lines.append(f"Body, for example:\n\n{example}")
    lines.append("| answer | meaning |\n| --- | --- |\n")
    lines += [
        f"| {status} | {_link_problems(answer['description'])} |\n"
        for status, answer in operation["responses"].items()
    ]
    for status, answer in operation["responses"].items():
        if status.startswith("2") and (example := _example(answer)):
            lines.append(f"\n{status}, for example:\n\n{example}")
            break
    return "".join(lines) + "\n"


def _example(described: Json) -> str:
    """The first example of JSON or CSV."""
    for media_type, content in described.get("content", {}).items():
        if "example" in content and media_type.endswith("json"):
            text = indented_json(content["example"]).decode()
            return f"```json\n{text}\n```\n"
        if "example" in content and media_type == CSV:
            return f"```csv\n{content['example']}```\n"
    return ""


def _meaning(parameter: Json, schemas: Json) -> str:
    if "description" in parameter:
        return str(parameter["description"])
    return _kind(parameter["schema"], schemas).replace("|", "\\|")


def _kind(schema: Json, schemas: Json) -> str:
    """The type of a parameter in a few words."""
    if "$ref" in schema:
        return _kind(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return " or ".join(_kind(one, schemas) for one in schema["anyOf"] if one.get("type") != "null")
    if schema.get("type") == "array":
        return f"{_kind(schema['items'], schemas)}, may be given more than once"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("format", schema.get("type", "any")))


def _link_problems(description: str) -> str:
    """Problems link to their section of problems.md."""
    for slug in all_kinds():
        description = description.replace(f"(`/problems/{slug}`)", f"([`{slug}`](problems.md#{slug}))")
    return description


def problems_reference() -> str:
    """docs/reference/problems.md, below its first line."""
    return (_PROBLEMS + "".join(_problem(kind) for kind in all_kinds().values())).rstrip() + "\n"


def _problem(kind: type[Problem]) -> str:
    return (
        f"## {kind.slug}\n\n{kind.status} · {kind.title.en} · *{kind.title.nl}*\n\n"
        f"{kind.meaning.en} {kind.remedy.en}\n\n*{kind.meaning.nl} {kind.remedy.nl}*\n\n"
    )
