"""What was done in billing and by whom, as a chain of hashes."""

from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.access import OFFICE
from gateway.api.billing import billing_of
from gateway.api.call import Call
from gateway.api.lists import page_answer, page_limit
from gateway.api.route import NEXT_PAGE, Returns, Routes
from gateway.api.schema import PageLinks, Schema, Timestamp
from gateway.billing.runs.audit_chain import faults
from gateway.http import problems
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,))


class AuditEventResource(Schema):
    """One action in billing, in a chain: `link` is the SHA-256 over `previous` and the event."""

    number: int
    actor: str
    action: str
    subject: str
    at: Timestamp
    detail: str
    digest: str
    previous: str
    link: str


class AuditLog(Schema):
    """A part of the chain, oldest first, and what is wrong in it. The meter seals its head with its entries."""

    items: list[AuditEventResource]
    faults: list[str]
    links: PageLinks


class AuditQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which part of the chain: the records after a number."""

    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


@routes.get(
    "/v1/billing-audit",
    Text("What was done in billing and by whom, as a chain of hashes"),
    Returns("A part of the chain.", AuditLog, headers=NEXT_PAGE),
    roles=OFFICE,
)
async def show_billing_audit(call: Call, query: AuditQuery) -> web.StreamResponse:
    """What was done in billing and by whom; each page is checked against its own links."""
    after, limit = int(query.cursor or 0), page_limit(call, query.limit)
    found = await billing_of(call).store.audit(max(after - 1, 0), limit + 2)
    before = next((one for one in found if one.number == after), None)
    rest = [one for one in found if one.number > after]
    page = rest[:limit]
    cursor = str(page[-1].number) if len(rest) > limit else None
    items = [AuditEventResource.of(one, one.event) for one in page]
    return page_answer(call, cursor, AuditLog, items=items, faults=list(faults(page, after=before)))
