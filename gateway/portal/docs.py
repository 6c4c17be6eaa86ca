"""The API documentation as a page."""

from http import HTTPStatus

from aiohttp import web

from gateway.api.call import Call
from gateway.api.openapi import TAGS, described_paths, described_schemas
from gateway.api.route import Routes
from gateway.http.answers import API_VERSION
from gateway.i18n import Text
from gateway.portal.answers import PAGE, PAGES

routes = Routes("pages")


@routes.get("/docs", Text("This API, for people"), PAGE)
async def show_docs(call: Call) -> web.StreamResponse:
    operations: dict[str, list[dict[str, object]]] = {tag: [] for tag in TAGS}
    for path, methods in described_paths(call.context.routes).items():
        for method, operation in methods.items():
            operations[operation["tags"][0]].append({"path": path, "method": method.upper(), **operation})
    return PAGES.answer(
        "docs.html",
        call.request,
        version=API_VERSION,
        schemas=described_schemas(call.context.routes),
        tags={tag: text.in_language(call.language) for tag, text in TAGS.items()},
        operations={tag: found for tag, found in operations.items() if found},
        phrases={str(status.value): status.phrase for status in HTTPStatus},
    )
