"""The seals of the meter, and the proof that one covers an entry."""

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.api.access import FIGURES
from gateway.api.billing import ENTRY, position_of
from gateway.api.call import Call
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema
from gateway.http import problems
from gateway.i18n import Text
from gateway.metering.entry import UnknownEntryError, UsageError
from gateway.metering.seal import Proof, Seal

routes = Routes("billing")


class SealList(Schema):
    """Seals, oldest first; the fields of each are as they are hashed."""

    items: list[Seal]


class SealQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which seals."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


@routes.get(
    "/v1/seals",
    Text("The seals of the meter, to keep: no entry that they cover can change unnoticed"),
    Returns("Seals, oldest first."),
    roles=FIGURES,
)
async def list_seals(call: Call, query: SealQuery) -> SealList:
    return SealList(list(await call.services.meter.seals(query.after, query.limit)))


@routes.get(
    "/v1/usage-entries/{position}/proof",
    Text("The proof that a seal covers a meter entry, to check without the gateway"),
    Returns("The proof."),
    roles=FIGURES,
    problems=(StateConflict,),
)
async def prove_entry(call: Call, position: str) -> Proof:
    """The proof that a seal covers an entry; a party sees its own."""
    try:
        return await call.services.meter.prove(position_of(position), call.visible_to)
    except UnknownEntryError as error:
        raise problems.UnknownItem(ENTRY, position) from error
    except UsageError as error:
        detail = Text("Entry {position} is not sealed yet; ask again after the next seal.", position=position)
        raise StateConflict(detail) from error
