"""A page to try requests: Swagger UI of the package `swagger-ui-py`, served by the gateway itself.

Its scripts come from this gateway alone, and may talk to it alone.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from aiohttp import web

from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.http.answers import headers
from gateway.i18n import Text
from gateway.portal.answers import PAGE, PAGES

routes = Routes("pages", file="A file of Swagger UI.")
File = Literal["start.js", "swagger-ui-bundle.js", "swagger-ui.css"]
_SCRIPT = "text/javascript"
_CSS = "text/css"
_POLICY: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
}


@routes.get("/docs/try", Text("Try requests to this API"), PAGE)
async def show_try_page(call: Call) -> web.StreamResponse:
    answer = PAGES.answer("swagger.html", call.request)
    answer.headers.update(_POLICY)
    return answer


@routes.get(
    "/docs/try/{file}",
    Text("The files of the page to try requests"),
    Returns("The file.", media_types=(_SCRIPT, _CSS)),
)
async def show_try_file(call: Call, file: File) -> web.StreamResponse:
    del call
    content = (files(__package__) / "templates" / file).read_bytes() if file == "start.js" else _file(file)
    media_type = _CSS if file.endswith(".css") else _SCRIPT
    return web.Response(body=content, headers=headers(f"{media_type}; charset=utf-8"))


@cache
def _file(name: str) -> bytes:
    package = find_spec("swagger_ui")
    if package is None or package.origin is None:
        raise RuntimeError("swagger-ui-py is not installed")
    return (Path(package.origin).parent / "static" / name).read_bytes()
