"""Who looks at a page, for its layout, and the way to the page where one signs in."""

from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web

from gateway.api.access import Admitted
from gateway.api.call import Context
from gateway.api.words import ROLES
from gateway.http.answers import HTML, headers
from gateway.http.viewer import MenuItem, Viewer

SIGN_IN = "/portal/sign-in"
"""Where one signs in; `next` is where one wanted to go."""


async def viewer_of(admitted: Admitted, context: Context, path: str) -> Viewer:
    """The caller as its pages name it, with the pages of its role in the order of the routes."""
    caller = admitted.caller
    party = context.services.directory.by_id(caller.party_id) if caller.party_id else None
    pages = [
        (route.path, route.menu)
        for route in context.routes
        if route.menu is not None and route.roles is not None and caller.role in route.roles
    ]
    above = [one for one, _ in pages if f"{path}/".startswith(f"{one}/")]
    menu = [MenuItem(one, name, one == max(above, key=len, default="")) for one, name in pages]
    name = ", ".join(part for part in (admitted.name, party.name if party else "") if part)
    return Viewer(name, ROLES[caller.role], menu, admitted.is_signed_in, context.services.is_sandbox)


def see_other(location: str) -> web.Response:
    """The browser goes on to another page, after a form or before signing in."""
    more: dict[str, str] = {hdrs.LOCATION: location}
    return web.Response(status=303, headers=headers(HTML, more))


def sign_in_answer(request: web.BaseRequest) -> web.Response:
    """To sign in, and from there back to the page that was asked for, or that has the form that was sent."""
    page = request.path_qs
    if request.method not in {"GET", "HEAD"}:
        before = urlsplit(request.headers.get(hdrs.REFERER, ""))
        page = before.path if before.netloc == request.host else "/portal"
    return see_other(f"{SIGN_IN}?next={quote(page, safe='')}")
