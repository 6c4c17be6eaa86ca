"""Forms of pages, as typed values. A form must be from a page of ours: it holds the token of its browser."""

import hmac
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec
from aiohttp import hdrs, web
from multidict import MultiDict

from gateway.http import problems
from gateway.http.answers import FORM
from gateway.http.body import whole
from gateway.http.limits import RequestLimits
from gateway.http.parameters import read_query
from gateway.http.viewer import FORM_SECRET, FORM_TOKEN, form_token
from gateway.i18n import Text

FORM_FIELDS = web.RequestKey("form_fields", MultiDict[str])
"""What was entered, to show it again where something is wrong."""
FORM_BYTES_MAX = 64 * 1024
Form = TypeVar("Form", bound=msgspec.Struct)


class TokenForm(msgspec.Struct, frozen=True):
    """Nothing but the token."""


async def read_form(request: web.Request, limits: RequestLimits, kind: type[Form]) -> Form:
    """The form in the body as `kind`. Raises UnsupportedMediaType, Forbidden for a form that is not from a page of
    ours, and InvalidInput with every fault."""
    if request.content_type != FORM:
        raise problems.UnsupportedMediaType(request.content_type[:100], [FORM])
    data = await whole(request, FORM_BYTES_MAX, limits)
    fields = MultiDict(parse_qsl(data.decode("ascii", "replace")))
    require_form_token(request, fields.popone(FORM_TOKEN, ""))
    request[FORM_FIELDS] = fields
    return read_query(fields, kind)


def require_form_token(request: web.BaseRequest, found: str) -> None:
    """Raises Forbidden when the browser has a cookie of ours and the form has not the token that goes with it. To
    be called where a handler reads a form in another way than `read_form`."""
    secret = request.get(FORM_SECRET)
    if secret is not None and not hmac.compare_digest(found.encode(), form_token(secret).encode()):
        raise foreign_form()


def require_own_page(request: web.BaseRequest) -> None:
    """Raises Forbidden when the browser says that a page of another site sent this: in Sec-Fetch-Site, or where
    the connection is not safe in Origin. Scripts cannot set them."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if site is None and origin is not None:
        site = "same-origin" if urlsplit(origin).netloc == request.host else "cross-site"
    if site not in {None, "same-origin"}:
        raise foreign_form()


def foreign_form() -> problems.Forbidden:
    """The problem for a form that was not sent from a page of ours, or from one of an earlier session."""
    return problems.Forbidden(
        Text("This form is not from a page that you have open here, or from before you signed in. Open it again.")
    )
