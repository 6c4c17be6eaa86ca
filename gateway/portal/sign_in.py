"""Signing in and out: an API key is exchanged for a session, which the browser has in a cookie.

The key is sent once, in the body of a form, and is in no address, cookie or log. A session has a new random token
each time, ends after half an hour without use, and with its key. The form to sign in has a token too, of a cookie
that only says which browser it is, so that no other site can sign a person in as somebody else.
"""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import structlog
from aiohttp import hdrs, web
from msgspec import Meta

from gateway.api.access import READERS, SESSION, holder_of, is_like_a_key
from gateway.api.call import Call
from gateway.api.route import Body, Returns, Routes
from gateway.api.schema import LanguageQuery
from gateway.api.viewers import SIGN_IN, see_other
from gateway.http import problems
from gateway.http.answers import FORM, HTML
from gateway.http.cookies import forget_secret, secret_of, set_secret
from gateway.http.forms import TokenForm, read_form, require_own_page
from gateway.http.viewer import FORM_SECRET, VIEWER
from gateway.i18n import Text
from gateway.messages.sessions import Person
from gateway.portal.answers import PAGE, PAGES, form_with
from gateway.portal.portal import HOMES

log = structlog.get_logger()
routes = Routes("pages", token="The token of the link.")  # noqa: S106 - what the part of the path means
VISIT = "visit"
"""The cookie of a browser that is about to sign in."""
_VISIT_BYTES = 16
_BACK = {"Location": "Where one wanted to go."}
Next = Annotated[str, Meta(max_length=2000)]


class SignInQuery(LanguageQuery, frozen=True, rename="camel"):
    """`next`: where to go then. `ended`: one has signed out."""

    next: Next = ""
    ended: bool = False


class SignInForm(msgspec.Struct, frozen=True, rename="camel"):
    """An API key, and where to go then."""

    key: Annotated[str, Meta(max_length=1000)] = ""
    next: Next = ""


@routes.get(
    SIGN_IN,
    Text("Sign in"),
    PAGE,
    Returns("Signed in already.", status=303, media_types=(HTML,), headers=_BACK),
)
async def show_sign_in(call: Call, query: SignInQuery) -> web.StreamResponse:
    if call.known_caller:
        return see_other(safe_target(query.next) or HOMES[call.known_caller.caller.role])
    return sign_in_page(call, query.next, ended=query.ended)


@routes.post(
    SIGN_IN,
    Text("Sign in with an API key in a form"),
    Returns("Signed in.", status=303, media_types=(HTML,), headers=_BACK),
    Returns("The page, for a key that does not work.", status=422, media_types=(HTML,)),
    raw_body=form_with("`key`, `next`"),
    problems=(problems.TooManyTries, problems.Forbidden, problems.UnsupportedMediaType),
)
async def sign_in(call: Call) -> web.StreamResponse:
    require_own_page(call.request)
    call.request[FORM_SECRET] = secret_of(call.request, call.services.base_url, VISIT) or secrets.token_hex()
    form = await read_form(call.request, call.services.limits, SignInForm)
    call.context.guesses.require_room(call.request)
    key = form.key.strip()
    admitted = await holder_of(key, call.services.directory) if is_like_a_key(key) else None
    if admitted is None:
        if key:
            call.context.guesses.count(call.request)
            log.info("sign_in_refused", remote=call.request.remote)
        fault = Text("This key does not work. It may have been revoked, or part of it is missing.")
        return sign_in_page(call, form.next, fault if key else Text("Enter your API key."), status=422)
    return await open_session(call, Person(admitted.caller), form.next)


async def open_session(call: Call, person: Person, target: str) -> web.Response:
    """Sign the person in, in a new session: what the browser had before is ended."""
    await _close(call)
    token = await call.services.sessions.open(person)
    log.info("signed_in", key_id=person.caller.key_id, role=person.caller.role.value)
    answer = see_other(safe_target(target) or HOMES[person.caller.role])
    set_secret(answer, call.services.base_url, SESSION, token)
    forget_secret(answer, call.services.base_url, VISIT)
    return answer


@routes.post(
    "/portal/sign-out",
    Text("Sign out"),
    Returns("To the page to sign in.", status=303, media_types=(HTML,), headers={"Location": "That page."}),
    roles=READERS,
    raw_body=Body(media_types=(FORM,), description="The form of the button."),
    problems=(problems.UnsupportedMediaType,),
)
async def sign_out(call: Call) -> web.StreamResponse:
    await read_form(call.request, call.services.limits, TokenForm)
    await _close(call)
    answer = see_other(f"{SIGN_IN}?ended=true")
    forget_secret(answer, call.services.base_url, SESSION)
    return answer


@routes.get(
    "/portal/links/{token}",
    Text("In the demo: sign in with a link that works once"),
    Returns("Signed in.", status=303, media_types=(HTML,), headers=_BACK),
    Returns("The page to sign in, for a link that works no longer.", status=404, media_types=(HTML,)),
    problems=(problems.TooManyTries,),
)
async def open_link(call: Call, token: str) -> web.StreamResponse:
    if call.request.method == hdrs.METH_HEAD:  # a program that looks where the link leads
        return see_other(SIGN_IN)
    call.context.guesses.require_room(call.request)
    person = await call.services.sessions.redeem(token)
    if person is None:
        call.context.guesses.count(call.request)
        fault = Text("This link was used or has expired: it works once. Sign in with an API key.")
        return sign_in_page(call, "", fault, status=404)
    return await open_session(call, person, "")


def safe_target(target: str) -> str:
    """The target, if it is a page of this gateway; else empty."""
    parts = urlsplit(target)
    is_ours = (
        target.startswith("/") and not target.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    )
    return target if is_ours and target.isascii() and target.isprintable() else ""


async def _close(call: Call) -> None:
    if token := secret_of(call.request, call.services.base_url, SESSION):
        await call.services.sessions.close(token)


def sign_in_page(
    call: Call, target: str, fault: Text | None = None, *, ended: bool = False, status: int = 200
) -> web.Response:
    """The page to sign in, with the token of this browser in its form."""
    base_url = call.services.base_url
    visit = secret_of(call.request, base_url, VISIT) or secrets.token_urlsafe(_VISIT_BYTES)
    call.request[FORM_SECRET] = visit
    call.request.pop(VIEWER, None)
    answer = PAGES.answer(
        "sign_in.html",
        call.request,
        status,
        target=safe_target(target),
        fault=fault,
        ended=ended,
        providers=call.services.providers,
    )
    set_secret(answer, base_url, VISIT, visit)
    return answer
