"""The register for the operator: parties, and for whom each may send."""

from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.parties import PartyRequest, PartyResource, list_parties, save_party, show_party
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyId
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.problems import Fault, Problem
from gateway.i18n import Text
from gateway.messages.participants import PartyKind
from gateway.portal.answers import BACK, PAGE, DoneQuery, form_with
from gateway.portal.blocks import Block, DataTable, FactList, Field, FormBlock, Link, answer_form, page
from gateway.portal.portal import MESSAGES

PARTIES = "/portal/parties"
KINDS = [
    (PartyKind.COMPANY.value, Text("company: pays nothing")),
    (PartyKind.RIJK.value, Text("central government: pays nothing a message")),
    (PartyKind.NON_RIJK.value, Text("other government: pays for messages")),
]
_KEYS_OF = "/portal/keys"
routes = Routes("pages")


class PartiesQuery(DoneQuery, frozen=True, rename="camel"):
    """Part of a name, id or identifier."""

    q: Annotated[str, Meta(max_length=200)] = ""


class PartyForm(msgspec.Struct, frozen=True, rename="camel"):
    """A party; identifiers, mandates and settings have a line each."""

    party_id: PartyId
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: PartyKind
    kind_source: Annotated[str, Meta(max_length=500)] = ""
    identifiers: Annotated[str, Meta(max_length=2000)] = ""
    mandates: Annotated[str, Meta(max_length=20_000)] = ""
    settings: Annotated[str, Meta(max_length=4000)] = ""


@routes.get(
    PARTIES,
    Text("For the operator: all parties, and a form to add one"),
    PAGE,
    roles=OPERATORS,
    menu=Text("Parties"),
)
async def show_parties_page(call: Call, query: PartiesQuery, problem: Problem | None = None) -> web.StreamResponse:
    words, every = query.q.lower().split(), (await list_parties(call)).items
    names = {one.party_id: one.name for one in every}
    found = [one for one in every if all(word in _search_text(one) for word in words)]
    search = Field("q", Text("Name, id or identifier"), query.q, input_type="search")
    blocks: list[Block] = [
        FormBlock(None, PARTIES, [search], [("", Text("Search"))], only_asks=True),
        DataTable(
            Text("Registered parties"),
            [Text("Name"), Text("Id"), Text("Kind"), Text("Identifiers"), Text("Sends for")],
            [
                (
                    Link(f"{PARTIES}/{one.party_id}", one.name),
                    one.party_id,
                    dict(KINDS)[one.kind.value],
                    one.identifiers,
                    [Link(f"{PARTIES}/{party}", names.get(party, party)) for party in one.mandates],
                )
                for one in found
            ],
            Text("No party has this. Search for part of a name, or add the party below."),
        ),
        _form(None),
    ]
    return page(call, Text("Parties"), blocks, problem, done=query.done)


@routes.post(
    PARTIES,
    Text("Add a party or change one in a form"),
    Returns("To the party.", status=303, media_types=(HTML,), headers=BACK),
    roles=OPERATORS,
    raw_body=form_with("what `PUT /v1/parties/{partyId}` has"),
    problems=(StateConflict, problems.UnsupportedMediaType),
)
async def save_party_form(call: Call) -> web.StreamResponse:
    async def save(form: PartyForm) -> None:
        await save_party(call, form.party_id, _request(form))

    return await answer_form(call, PartyForm, save, partial(show_parties_page, call, PartiesQuery()), PARTIES)


def _request(form: PartyForm) -> PartyRequest:
    """What the API is asked. Raises InvalidInput for a setting without a value."""
    pairs = [line.partition("=") for line in form.settings.split("\n") if line.strip()]
    if not all(sign for _, sign, _ in pairs):
        raise problems.InvalidInput((Fault("body", "settings", Text("each line is a name, = and a value")),))
    return PartyRequest(
        name=form.name,
        kind=form.kind,
        kind_source=form.kind_source,
        identifiers=form.identifiers.split(),
        mandates=form.mandates.split(),
        settings={name.strip(): value.strip() for name, _, value in pairs},
    )


def _search_text(one: PartyResource) -> str:
    return " ".join((one.party_id, one.name, *one.identifiers)).lower()


@routes.get(
    "/portal/parties/{partyId}",
    Text("For the operator: one party, to change it"),
    PAGE,
    roles=OPERATORS,
)
async def show_party_page(call: Call, party_id: str, query: DoneQuery) -> web.StreamResponse:
    party = await show_party(call, party_id)
    keys = [one for one in await call.services.directory.api_keys() if one.party_id == party_id]
    works = sum(one.works_at(call.services.clock()) for one in keys)
    facts = FactList(
        None,
        [
            (Text("Messages"), Link(f"{MESSAGES}?q={party_id}", Text("look"))),
            (Text("API keys that work"), Link(_KEYS_OF, works)),
            (Text("Delivery"), party.settings.get("delivery", "mailbox")),
        ],
    )
    return page(call, party.name, [facts, _form(party)], done=query.done)


def _form(party: PartyResource | None) -> FormBlock:
    shown = party or PartyRequest(name="", kind=PartyKind.COMPANY)
    settings = "\n".join(f"{name}={value}" for name, value in shown.settings.items())
    of_identifiers = Text("One on a line, as 0106:12345678 for a KvK number or 0190: and an OIN.")
    of_mandates = Text("Their ids, one on a line; for an intermediary.")
    of_settings = Text("One on a line, as delivery=webhook.")
    fields = [
        Field("name", Text("Name"), shown.name, is_required=True),
        Field("kind", Text("Kind"), shown.kind.value, options=KINDS),
        Field("kindSource", Text("How we know its kind"), shown.kind_source),
        Field("identifiers", Text("Identifiers"), "\n".join(shown.identifiers), of_identifiers, lines=3),
        Field("mandates", Text("Suppliers that it may send for"), "\n".join(shown.mandates), of_mandates, lines=3),
        Field("settings", Text("Settings"), settings, of_settings, lines=3),
    ]
    if party:
        return FormBlock(Text("Change"), PARTIES, fields, [("", Text("Save"))], {"partyId": party.party_id})
    party_id = Field("partyId", Text("Id"), hint=Text("Small letters, digits and hyphens."), is_required=True)
    return FormBlock(Text("Add a party"), PARTIES, [party_id, *fields], [("", Text("Add"))])
