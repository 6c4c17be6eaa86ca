"""The kinds of problem, as pages and as JSON."""

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, TextResource
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, HTML, JSON, json_answer
from gateway.http.pages import Pages, page_answer, problem_html
from gateway.http.problems import Problem, all_kinds
from gateway.http.viewer import PageContext
from gateway.i18n import Text

routes = Routes("pages", slug="The last part of a problem's `type`.")
_PAGES = Pages("gateway.api")


class ProblemKind(Schema):
    """A kind of problem."""

    type: str
    status: int
    title: TextResource
    meaning: TextResource
    remedy: TextResource


class ProblemKinds(Schema):
    """Every kind of problem."""

    items: list[ProblemKind]


class FaultResource(Schema):
    """One thing wrong with the input."""

    in_: str = msgspec.field(name="in")
    name: str
    reason: str


class ProblemResource(Schema):
    """A problem (RFC 9457). Other members depend on its `type`."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultResource] | UnsetType = UNSET
    limit_bytes: int | UnsetType = UNSET
    counted_bytes: int | UnsetType = UNSET
    first_kenmerk: str | UnsetType = UNSET
    forgotten_at: str | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    sha256: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    allowed: list[str] | UnsetType = UNSET
    offered: list[str] | UnsetType = UNSET
    supported: list[str] | UnsetType = UNSET
    failing: list[str] | UnsetType = UNSET


@routes.get(
    "/problems",
    Text("Every kind of problem"),
    Returns("The kinds.", ProblemKinds, media_types=(HTML, JSON)),
    problems=(problems.NotAcceptable,),
)
async def list_problems(call: Call) -> web.StreamResponse:
    kinds = list(all_kinds().values())
    if call.media_type((HTML, JSON)) == HTML:
        return _PAGES.answer("problems.html", call.request, kinds=kinds)
    base = call.services.base_url.url
    return json_answer(ProblemKinds(items=[problem_kind(kind, base) for kind in kinds]), more=BY_ACCEPT)


@routes.get(
    "/problems/{slug}",
    Text("One kind of problem: what it means and what to do"),
    Returns("The kind.", ProblemKind, media_types=(HTML, JSON)),
    problems=(problems.NotAcceptable,),
)
async def show_problem(call: Call, slug: str) -> web.StreamResponse:
    kind = all_kinds().get(slug)
    if kind is None:
        raise problems.UnknownItem(Text("kind of problem"), slug)
    if call.media_type((HTML, JSON)) == HTML:
        context = PageContext.of(call.request)
        return page_answer(problem_html(kind, context), context)
    return json_answer(problem_kind(kind, call.services.base_url.url), more=BY_ACCEPT)


def problem_kind(kind: type[Problem], base_url: str) -> ProblemKind:
    """A kind of problem, with its address."""
    return ProblemKind.of(kind, type=f"{base_url}/problems/{kind.slug}")
