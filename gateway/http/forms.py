"""Forms of pages, as typed values."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from multidict import MultiDict

from gateway.http import problems
from gateway.http.answers import FORM
from gateway.http.body import whole
from gateway.http.limits import RequestLimits
from gateway.http.parameters import read_query

FORM_BYTES_MAX = 64 * 1024
Form = TypeVar("Form", bound=msgspec.Struct)


async def read_form(request: web.Request, limits: RequestLimits, kind: type[Form]) -> Form:
    """The form in the body as `kind`. Raises UnsupportedMediaType, and InvalidInput with every fault."""
    if request.content_type != FORM:
        raise problems.UnsupportedMediaType(request.content_type[:100], [FORM])
    data = await whole(request, FORM_BYTES_MAX, limits)
    return read_query(MultiDict(parse_qsl(data.decode("ascii", "replace"))), kind)
