"""What people did: to parties, keys, deliveries and bills, and which operator read which document."""

from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.access import OFFICE
from gateway.api.call import Call
from gateway.api.lists import page_answer, page_limit
from gateway.api.route import NEXT_PAGE, Returns, Routes
from gateway.api.schema import PageLinks, Schema, Timestamp
from gateway.i18n import Text

routes = Routes("parties")


class RegisterLogEntry(Schema):
    """Who did what to whom or what: a party, a key, the kenmerk of a message, a billing run or a bill."""

    number: int
    at: Timestamp
    actor: str
    what: str
    subject: str
    detail: msgspec.Raw


class RegisterLog(Schema):
    """A part of the log, oldest first."""

    items: list[RegisterLogEntry]
    links: PageLinks


class RegisterLogQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which part of the log: what was done after a number, to one party, key or message."""

    subject: str | None = None
    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


@routes.get(
    "/v1/register-log",
    Text("Changes of parties and keys, resumed deliveries, billing, and which operator read which document"),
    Returns("A part of the log; nothing in it is ever changed.", RegisterLog, headers=NEXT_PAGE),
    roles=OFFICE,
)
async def show_register_log(call: Call, query: RegisterLogQuery) -> web.StreamResponse:
    limit = page_limit(call, query.limit)
    found = await call.services.directory.log(query.subject, int(query.cursor or 0), limit + 1)
    page = found[:limit]
    cursor = str(page[-1].number) if len(found) > limit else None
    items = [RegisterLogEntry.of(one, detail=msgspec.Raw(one.detail.encode())) for one in page]
    return page_answer(call, cursor, RegisterLog, items=items)
