"""The reference pages of the API and its problems, from the route table and the tree of problems."""

from collections.abc import Sequence

import msgspec

from gateway.api.openapi import TAGS, Json, described_paths, described_schemas
from gateway.api.route import Route
from gateway.http.answers import CSV
from gateway.http.problems import Problem, all_kinds

_API = """\
# HTTP API

The API is at `/v1` and follows the NL GOV API Design Rules. A running gateway has the same description for
programs at `/v1/openapi.json` (OpenAPI 3.1) and for people at `/docs`, in Dutch and English. The OpenAPI document
has what is below `/v1`; pages for people, health and metrics are described here and at `/docs`. At `/docs/try`
requests can be tried in a browser. Python programs can use [the client](../how-to/use-the-python-client.md).

## Conventions

- **Keys.** `Authorization: Bearer mp_…` or `X-API-Key: mp_…`. Each request below lists the roles that may make
  it. In a browser one signs in with the key at `/portal/sign-in`, and may then read with the session; what
  changes something needs the key, or a form of the portal. A key that another process revoked may work
  for up to five more seconds.
- **Who sees what.** A party sees messages that it submitted, that are from it, or that are for it; an
  intermediary also those of suppliers that gave it a mandate. Anything else is 404. A recipient reads report,
  document and attachments only after delivery. Operators see messages, statuses and reports, not documents.
  Finance sees messages and statuses, and all usage and bills.
- **Problems.** Errors are `application/problem+json` (RFC 9457), in Dutch when Accept-Language prefers it; see
  [problems](problems.md). A document that violates a rule is not a problem: it gets a verdict.
- **Repeats.** `Idempotency-Key: "…"` (quotes are optional) makes it safe to submit again: the same key with the
  same body gets the first response and `Idempotency-Replayed: true`; with another body 409. Keys of different
  parties are independent.
- **Waiting.** `Prefer: wait=10` waits at most that many seconds until the message is settled (refused,
  delivered, returned): 201 with the message and its report (200 for a repeat), otherwise 202.
  `Preference-Applied` says what was honoured. While many messages wait to be judged the answer is 202 at once.
- **Bodies.** XML as `application/xml` or `text/xml`, a PDF with CII in it (Factur-X, ZUGFeRD) as
  `application/pdf`, or multipart (`form-data`, `mixed`, `related`) with exactly one document. In `form-data` the
  parts are named `document` and `attachment`; otherwise the document is the only XML part, or a PDF that comes
  first where there is none. The bytes say what a document is, not its Content-Type. Content-Transfer-Encoding
  base64 and quoted-printable are decoded strictly. Compressed bodies are refused. `Content-Digest: sha-256=:…:`
  (RFC 9530) is checked before anything is stored.
- **Limits.** All attachments together have at most 20,971,520 bytes, decoded; more is 413 with both figures. A
  body that exceeds its limit is refused while it is received. The [settings](settings.md) have all limits.
- **Accept** chooses between the formats of an operation; 406 when none matches. An operation with one format
  ignores it (RFC 9110, 12.4.1).
- **Rates.** There is no limit to the number of requests in a time. There are limits to connections and to large
  bodies at the same time, for each key: above them the answer is 429, and 503 when the gateway as a whole is
  full. Both say in `Retry-After` how many seconds to wait.
- **Versions.** `API-Version` in every answer is the full version. Within `/v1` fields and operations are only
  added, so ignore fields that you do not know. An operation that will go says so beforehand: `deprecated` in the
  OpenAPI document, and `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) in its answers. None does now.
- **Lists** have pages: `limit`, and the next page under `links.next` and in the Link header.
- **Mailbox.** Lease messages, store them, confirm each with its token. A message that is not confirmed before the
  lease expires becomes available again. Confirming twice is allowed.
- **Times** are in UTC; days in billing are calendar days in Amsterdam. Amounts are decimal strings in euros.

"""

_PROBLEMS = """\
# Problems

A request that cannot be answered gets a problem (RFC 9457): `type`, `title`, `status`, `detail`, and members that
belong to its kind. The `type` is the address of a page on the gateway that says the same as below, in Dutch and
English. `title` never changes for a kind; `detail` tells about the case. Handle the `type`, show the `detail`.

"""


def api_reference(routes: Sequence[Route]) -> str:
    """docs/reference/api.md, below its first line."""
    paths, schemas = described_paths(routes), described_schemas(routes)
    parts = [_API]
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
            text = msgspec.json.format(msgspec.json.encode(content["example"]), indent=2).decode()
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
