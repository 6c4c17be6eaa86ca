"""The keys of a party, or for an operator of all, for people: to make, replace or revoke."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import JUDGES
from gateway.api.call import Call
from gateway.api.keys import CreateKeyRequest, Label, key_meant, key_rotation, keys_of, make_key
from gateway.api.names import party_names
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyIdOrNone
from gateway.api.words import ROLES
from gateway.clock import AMSTERDAM
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.forms import read_form
from gateway.http.problems import Problem
from gateway.i18n import Text
from gateway.messages.participants import OVERLAP_HOURS_MAX, ApiKey, Role
from gateway.portal.answers import PAGE, DoneQuery, form_with
from gateway.portal.blocks import Block, Button, Cell, DataTable, Field, FormBlock, Notice, page, with_name

KEYS = "/portal/keys"
routes = Routes("pages")


class KeyForm(msgspec.Struct, frozen=True, rename="camel"):
    """What to do with which key; or for whom to make one."""

    action: Literal["rotate", "revoke", "make"]
    key_id: Annotated[str, Meta(max_length=100)] = ""
    overlap_hours: Annotated[int, Meta(ge=0, le=OVERLAP_HOURS_MAX)] = 24
    role: Role = Role.SUPPLIER
    party_id: PartyIdOrNone = ""
    label: Label = ""
    expires_on: date | None = None


@routes.get(
    KEYS,
    Text("API keys: what each is for, when it was used, for people"),
    PAGE,
    roles=JUDGES,
    menu=Text("API keys"),
)
async def show_keys_page(call: Call, query: DoneQuery) -> web.StreamResponse:
    return await _page(call, done=query.done)


@routes.post(
    KEYS,
    Text("Rotate or revoke a key in a form; an operator makes one"),
    Returns("The page, with a new key.", media_types=(HTML,)),
    roles=JUDGES,
    raw_body=form_with("`keyId`, `action`, `overlapHours`"),
    problems=(StateConflict, problems.UnknownItem, problems.UnsupportedMediaType),
)
async def change_key_form(call: Call) -> web.StreamResponse:
    try:
        form = await read_form(call.request, call.services.limits, KeyForm)
        if form.action == "make":
            return await _page(call, await _make(call, form))
        if form.action == "rotate":
            _, (_, made) = await key_rotation(call, form.key_id, form.overlap_hours)
            return await _page(call, made)
        await call.services.directory.revoke_key((await key_meant(call, form.key_id)).key_id, call.actor)
    except problems.InvalidInput as problem:
        return await _page(call, problem=problem)
    return await _page(call)


async def _make(call: Call, form: KeyForm) -> str:
    """A key for a party or for the gateway. Raises InvalidInput, and Forbidden for a caller who is no operator."""
    if call.caller.role is not Role.OPERATOR:
        raise problems.Forbidden(Text("Keys are made by an operator."))
    ends = datetime.combine(form.expires_on, time(), AMSTERDAM) if form.expires_on else None
    wanted = CreateKeyRequest(role=form.role, party_id=form.party_id or None, label=form.label, expires_at=ends)
    return (await make_key(call, wanted)).key


async def _page(call: Call, made: str = "", problem: Problem | None = None, *, done: bool = False) -> web.Response:
    now = call.services.clock()
    found = [one for one in await keys_of(call) if one.works_at(now)]
    is_operator = call.caller.party_id is None
    blocks: list[Block] = []
    if made:
        blocks.append(Notice(Text("The new key; it is shown this once: {key}", key=made), is_good=True))
    heads = [
        Text("Begins with"),
        Text("For"),
        Text("Made"),
        Text("Last used"),
        Text("Works until"),
        Text("Change"),
    ]
    if is_operator:
        heads.insert(2, Text("Party"))
    names = await party_names(call) if is_operator else None
    rows = [_row(one, call.caller.key_id, names) for one in found]
    blocks.append(DataTable(Text("Keys that work"), heads, rows, Text("There are none.")))
    if is_operator:
        fields = [
            Field("role", Text("For the role"), options=[(role.value, text) for role, text in ROLES.items()]),
            Field("partyId", Text("Id of the party"), hint=Text("Empty for operator and finance.")),
            Field("label", Text("What it is for")),
            Field("expiresOn", Text("Works until"), hint=Text("Empty: it does not expire."), input_type="date"),
        ]
        blocks.append(FormBlock(Text("Make a key"), KEYS, fields, [("make", Text("Make"))]))
    return page(call, Text("API keys"), blocks, problem, done=done)


def _row(key: ApiKey, own: str, names: Mapping[str, str] | None) -> list[Cell]:
    begins = f"{key.prefix or key.key_id}…"
    row: list[Cell] = [
        [begins, Text("(this one)")] if key.key_id == own else begins,
        [*([key.label] if key.label else []), ROLES[key.role], *([Text("(test)")] if key.is_test else [])],
        key.created_at.date(),
        key.last_used_at,
        key.expires_at,
        [
            Button(KEYS, Text("New key, this one works a day more"), _hidden(key, "rotate"), key.prefix),
            Button(KEYS, Text("Revoke"), _hidden(key, "revoke"), key.prefix),
        ],
    ]
    if names is not None:
        row.insert(2, with_name(names, key.party_id))
    return row


def _hidden(key: ApiKey, action: str) -> dict[str, str]:
    return {"keyId": key.key_id, "action": action}
