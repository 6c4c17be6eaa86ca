"""The API documentation as a page."""

from http import HTTPStatus

from aiohttp import web

from gateway.api.call import Call
from gateway.api.openapi import TAGS
from gateway.api.route import Returns, Routes
from gateway.http.answers import HTML
from gateway.http.pages import Pages
from gateway.i18n import Text

routes = Routes("pages")
_PAGES = Pages("gateway.portal")


@routes.get("/docs", Text("This API, for people"), Returns("A page.", media_types=(HTML,)))
async def show_docs(call: Call) -> web.StreamResponse:
    document = call.context.openapi
    operations: dict[str, list[dict[str, object]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operations[operation["tags"][0]].append({"path": path, "method": method.upper(), **operation})
    return _PAGES.answer(
        "docs.html",
        call.language,
        document=document,
        tags={tag: text.in_language(call.language) for tag, text in TAGS.items()},
        operations={tag: found for tag, found in operations.items() if found},
        phrases={str(status.value): status.phrase for status in HTTPStatus},
    )
