"""What explains: the front page, the OpenAPI document and its page for people, the problems, the rules."""

import asyncio
from http import HTTPStatus

import msgspec
from aiohttp import hdrs, web

import gateway
from gateway.api.desk import Call, unknown
from gateway.api.report_pages import Language
from gateway.api.shapes import ProblemKinds, problem_kind, rule_shape
from gateway.http.answers import (
    API_VERSION,
    BY_ACCEPT,
    HTML,
    JSON,
    json_answer,
    raw_json_answer,
)
from gateway.http.base_url import base_url_of
from gateway.http.pages import Pages, page_answer, problem_html
from gateway.http.problems import KINDS, Kind
from gateway.i18n import Text

_PAGES = Pages("gateway.api")
_PORTAL = Pages("gateway.portal")


class PageQuery(msgspec.Struct, frozen=True, rename="camel"):
    """The language of the page, when not by Accept-Language."""

    lang: Language | None = None


async def openapi(call: Call) -> web.StreamResponse:
    """The OpenAPI document; readable from pages of other sites."""
    return raw_json_answer(call.desk.openapi_bytes, more={str(hdrs.ACCESS_CONTROL_ALLOW_ORIGIN): "*"})


async def front(call: Call) -> web.StreamResponse:
    """Where to find what."""
    html = _PORTAL.render(
        "front.html",
        call.language,
        base=base_url_of(call.request, call.doors.base_url.public_url),
        version=call.doors.gateway_version,
        api_version=API_VERSION,
        limits=call.doors.limits,
    )
    return page_answer(html, call.language)


async def docs(call: Call) -> web.StreamResponse:
    """The OpenAPI document for people, without anything from elsewhere."""
    document = call.desk.openapi
    operations: dict[str, list[dict[str, object]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operations[operation["tags"][0]].append({"path": path, "method": method.upper(), **operation})
    html = _PORTAL.render(
        "docs.html",
        call.language,
        document=document,
        tags={tag["name"]: tag["description"] for tag in document["tags"]},
        operations={tag: found for tag, found in operations.items() if found},
        phrases={str(status.value): status.phrase for status in HTTPStatus},
    )
    return page_answer(html, call.language)


async def list_problems(call: Call) -> web.StreamResponse:
    """Every kind of problem."""
    kinds = sorted(KINDS.values(), key=lambda kind: (kind.status, kind.slug))
    if call.form((HTML, JSON)) == HTML:
        return page_answer(_PAGES.render("problems.html", call.language, kinds=kinds), call.language)
    base = call.doors.base_url.url
    return json_answer(ProblemKinds(items=[problem_kind(kind, base) for kind in kinds]), more=BY_ACCEPT)


async def show_problem(call: Call) -> web.StreamResponse:
    """One kind of problem: what it means and what to do."""
    kind = _kind(call.named("slug"))
    if call.form((HTML, JSON)) == HTML:
        return page_answer(problem_html(kind, call.language), call.language)
    return json_answer(problem_kind(kind, call.doors.base_url.url), more=BY_ACCEPT)


async def show_rule(call: Call) -> web.StreamResponse:
    """One rule: what it says, of which terms, and documents that hold and break it."""
    key = call.named("rule")
    try:
        entry = await asyncio.to_thread(gateway.rule_entry, key)  # the first time it loads every rule and case
    except LookupError as error:
        raise unknown(Text("rule"), key) from error
    if call.form((HTML, JSON)) == HTML:
        return page_answer(_PAGES.render("rule.html", call.language, rule=entry), call.language)
    return json_answer(rule_shape(entry))


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise unknown(Text("kind of problem"), slug)
    return KINDS[slug]
