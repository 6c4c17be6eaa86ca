"""The keys of a party, or for an operator of all, for people: what each is for, and replacing or revoking it."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import JUDGES
from gateway.api.call import Call
from gateway.api.keys import key_meant, key_rotation, keys_of
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import Body, Returns, Routes
from gateway.http import problems
from gateway.http.answers import FORM, HTML
from gateway.http.forms import read_form
from gateway.http.pages import Pages
from gateway.i18n import Text
from gateway.messages.participants import OVERLAP_HOURS_MAX

routes = Routes("pages")
_PAGES = Pages("gateway.portal")


class KeyForm(msgspec.Struct, frozen=True, rename="camel"):
    """What to do with which key."""

    key_id: Annotated[str, Meta(max_length=100)]
    action: Literal["rotate", "revoke"]
    overlap_hours: Annotated[int, Meta(ge=0, le=OVERLAP_HOURS_MAX)] = 24


@routes.get(
    "/portal/keys",
    Text("API keys: what each is for, when it was used, for people"),
    Returns("A page.", media_types=(HTML,)),
    roles=JUDGES,
    menu=Text("API keys"),
)
async def show_keys_page(call: Call) -> web.StreamResponse:
    return await _page(call)


@routes.post(
    "/portal/keys",
    Text("Rotate or revoke a key in a form"),
    Returns("The page, with a new key.", media_types=(HTML,)),
    roles=JUDGES,
    raw_body=Body(media_types=(FORM,), description="The form of the page: `keyId`, `action`, `overlapHours`."),
    problems=(StateConflict, problems.UnknownItem, problems.UnsupportedMediaType),
)
async def change_key_form(call: Call) -> web.StreamResponse:
    form = await read_form(call.request, call.services.limits, KeyForm)
    if form.action == "rotate":
        _, (_, made) = await key_rotation(call, form.key_id, form.overlap_hours)
        return await _page(call, made)
    await call.services.directory.revoke_key((await key_meant(call, form.key_id)).key_id, call.actor)
    return await _page(call)


async def _page(call: Call, made: str = "") -> web.Response:
    now = call.services.clock()
    found = [one for one in await keys_of(call) if one.works_at(now)]
    is_operator = call.caller.party_id is None
    return _PAGES.answer(
        "keys.html", call.request, keys=found, made=made, own=call.caller.key_id, is_operator=is_operator
    )
