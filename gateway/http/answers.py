"""Answers: JSON, problems and text, with the headers that every answer has
(NL GOV API Design Rules, /core/version-header and /core/transport/security-headers)."""

from collections.abc import AsyncIterator, Mapping

import msgspec
from aiohttp import hdrs, web
from multidict import CIMultiDict

from gateway.http.base_url import BaseUrl
from gateway.http.negotiation import best_language, best_media_type
from gateway.http.problems import Problem

API_VERSION = "1.0.0"
"""Semantic version of the HTTP API, in every answer (NL GOV API Design Rules, /core/version-header)."""

JSON = "application/json"
HTML = "text/html"
PLAIN = "text/plain"
XML = "application/xml"
PDF = "application/pdf"
CSV = "text/csv"
OCTETS = "application/octet-stream"
PROBLEM = "application/problem+json"
FORM = "application/x-www-form-urlencoded"

LANGUAGE_COOKIE = "lang"
"""Remembers the language that a reader of pages chose."""

_EVERYWHERE = {
    "API-Version": API_VERSION,
    hdrs.SERVER: "meterpoort",  # without it aiohttp sends its own name and version
    hdrs.CACHE_CONTROL: "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_JSON_HEADERS = CIMultiDict({**_EVERYWHERE, hdrs.CONTENT_TYPE: JSON})
_encode = msgspec.json.Encoder().encode
_NOTHING: Mapping[str, str] = {}
BY_ACCEPT: Mapping[str, str] = {str(hdrs.VARY): "Accept"}
"""For resources in several media types."""


def headers(content_type: str, more: Mapping[str, str] = _NOTHING) -> CIMultiDict[str]:
    """The headers of every answer, with these added."""
    every = CIMultiDict({**_EVERYWHERE, hdrs.CONTENT_TYPE: content_type})
    every.update(more)
    return every


def json_answer(body: object, status: int = 200, more: Mapping[str, str] | None = None) -> web.Response:
    """A value as JSON."""
    return raw_json_answer(_encode(body), status, more)


def raw_json_answer(body: bytes, status: int = 200, more: Mapping[str, str] | None = None) -> web.Response:
    """A body that is JSON already."""
    every = _JSON_HEADERS
    if more:
        every = every.copy()
        every.update(more)
    return web.Response(body=body, status=status, headers=every)


async def stream_answer(
    request: web.BaseRequest, pieces: AsyncIterator[bytes], size_bytes: int, every: CIMultiDict[str]
) -> web.StreamResponse:
    """Send bytes as they come; `every` are the headers. To HEAD the headers alone."""
    answer = web.StreamResponse(headers=every)
    answer.content_length = size_bytes
    await answer.prepare(request)
    if request.method != hdrs.METH_HEAD:
        async for piece in pieces:
            await answer.write(piece)
    await answer.write_eof()
    return answer


def empty_answer(status: int = 204) -> web.Response:
    """An answer without a body."""
    return web.Response(status=status, headers=CIMultiDict(_EVERYWHERE))


def text_answer(text: str, language: str) -> web.Response:
    """Plain text, for a terminal."""
    more: dict[str, str] = {hdrs.CONTENT_LANGUAGE: language, hdrs.VARY: "Accept, Accept-Language"}
    return web.Response(body=text.encode(), headers=headers("text/plain; charset=utf-8", more))


def language_of(request: web.BaseRequest) -> str:
    """`nl` or `en`: `?lang=`, or else what was chosen before, or what Accept-Language prefers."""
    for chosen in (request.query.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in {"nl", "en"}:
            return chosen
    header = request.headers.get(hdrs.ACCEPT_LANGUAGE)
    return best_language(header) if header else "en"


def wants_page(request: web.BaseRequest) -> bool:
    """Whether the client is a browser, which prefers a page to JSON."""
    accept = request.headers.get(hdrs.ACCEPT, "")
    return HTML in accept and best_media_type(accept, (JSON, HTML)) == HTML


def problem_answer(request: web.BaseRequest, problem: Problem, base_url: BaseUrl) -> web.Response:
    """The problem as `application/problem+json`, in the caller's language."""
    language = language_of(request)
    body = problem.body(language, base_url.url)
    more = {hdrs.CONTENT_LANGUAGE: language, hdrs.VARY: "Accept, Accept-Language", **problem.headers}
    return web.Response(body=_encode(body), status=problem.status, headers=headers(PROBLEM, more))
