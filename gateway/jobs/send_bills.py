"""Sends issued bills through the gateway itself, as any message."""

from collections.abc import Callable, Mapping, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import unbind_contextvars

from gateway.billing.documents.bill import Bill
from gateway.billing.runs.ports import BillingStore
from gateway.jobs.periodic import IsMine, everywhere, run_periodically
from gateway.messages.participants import Caller, Role
from gateway.messages.ports import Intake
from gateway.messages.submission import INTERNAL, Content, OverloadedError, Submission
from gateway.store.billing.queries import SENDER
from gateway.validator.model.identifiers import OIN, PartyIdentifier

log = structlog.get_logger(__name__)

CHECK_SECONDS = 30.0
"""How often the server looks for bills that were issued, perhaps by the command line."""

FindParty = Callable[[PartyIdentifier], object | None]
"""The party with this identifier, None for one that is not registered."""


async def send_bills_regularly(
    store: BillingStore, intake: Intake, find_party: FindParty, is_mine: IsMine = everywhere
) -> None:
    """Send what was issued and not sent yet, for as long as this is awaited."""

    async def send_unsent() -> None:
        unbind_contextvars("kenmerk")  # of the bill that was sent last
        for number, kenmerk in (await send_bills(await store.unsent(), store, intake, find_party)).items():
            if kenmerk:
                log.info("bill_sent", number=number, kenmerk=kenmerk)

    await run_periodically(
        send_unsent,
        CHECK_SECONDS,
        failure="bills_not_sent",
        expected=(OverloadedError, SQLAlchemyError),
        is_mine=is_mine,
    )


async def send_bills(
    bills: Sequence[Bill], store: BillingStore, intake: Intake, find_party: FindParty
) -> Mapping[str, str | None]:
    """Send issued bills; answers by number the kenmerk that each got.

    None for a debtor that the register does not know, so that cannot receive here: send it by e-mail. Sent
    again, a bill keeps its kenmerk: its number is the idempotency key.
    """
    sent: dict[str, str | None] = {}
    for bill in bills:
        xml = await store.xml(bill.number)
        is_known = find_party(PartyIdentifier(OIN, bill.debtor.oin)) is not None
        sent[bill.number] = (await intake.submit(_submission(bill, xml))).kenmerk if xml and is_known else None
    return sent


def _submission(bill: Bill, xml: bytes) -> Submission:
    return Submission(
        caller=Caller(SENDER, Role.FINANCE, None),
        channel=INTERNAL,
        document=Content(len(xml), xml),
        idempotency_key=bill.number,
    )
