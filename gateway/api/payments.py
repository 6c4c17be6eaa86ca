"""What was paid of bills, and what is open."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import actor_of, billing_of, billing_problems, today, wanted_party
from gateway.api.bills import shown_bill
from gateway.api.call import Call
from gateway.api.problem_kinds import BankFileRefused
from gateway.api.route import Body, Returns, Routes
from gateway.api.schema import PartyId, Schema, Timestamp
from gateway.billing.documents.bill import BillStage
from gateway.billing.documents.reference import payment_reference
from gateway.billing.payments.payment import Balance, MatchState, PaymentState
from gateway.billing.rating.services import Service
from gateway.http import problems
from gateway.http.answers import CSV, OCTETS, XML
from gateway.http.body import whole
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,))
FILE_BYTES_MAX = 16 * 1024 * 1024
"""Some ten thousand entries."""
Euros = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,2})?$", description="Euros, as 590.00.")]


class PaymentResource(Schema):
    """A payment, in euros; below zero where it undoes one, or where the debtor got money."""

    amount: Decimal
    booked_on: date
    entry_id: str
    by: str
    at: Timestamp


class BalanceResource(Schema):
    """A bill, what was paid of it and what is open, in euros."""

    number: str
    party_id: str
    debtor: str
    service: Service
    year: int
    stage: BillStage
    issued_on: date
    due_on: date
    payment_reference: str
    including: Decimal
    paid: Decimal
    open: Decimal
    state: PaymentState
    is_overdue: bool


class BillPayments(BalanceResource):
    """The same, with its payments."""

    payments: list[PaymentResource]


class OpenItems(Schema):
    """Bills of which something is open, those due first at the top; `open` is their sum."""

    open: Decimal
    items: list[BalanceResource]


class OpenItemsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which party; without one of all that the caller may see."""

    party_id: PartyId | None = None


class PaymentRequest(Schema):
    """A payment by hand. `reference` names it: repeated, it is recorded once. An amount below zero undoes one."""

    amount: Euros
    booked_on: date
    reference: Annotated[str, Meta(min_length=1, max_length=140)]


class MatchResource(Schema):
    """An entry of a bank file, and the amounts that it pays by the number of the bill."""

    entry_id: str
    booked_on: date
    amount: Decimal
    state: MatchState
    pays: dict[str, Decimal]


class BankFileResource(Schema):
    """What became of the entries of a bank file; `recorded` payments are new, `total` is their sum."""

    recorded: int
    total: Decimal
    items: list[MatchResource]


@routes.get(
    "/v1/open-items",
    Text("Bills that are not paid, or not completely; a party sees its own"),
    Returns("Those due first at the top."),
    roles=FIGURES,
    problems=(problems.UnknownItem,),
)
async def list_open_items(call: Call, query: OpenItemsQuery) -> OpenItems:
    found = await billing_of(call).payments.open_items(wanted_party(call, query.party_id))
    items = [_balance(one, today(call)) for one in found]
    return OpenItems(open=sum((one.open for one in found), Decimal("0.00")), items=items)


@routes.get(
    "/v1/bills/{billNumber}/payments",
    Text("What was paid of a bill; a party sees its own"),
    Returns("The bill with its payments."),
    roles=FIGURES,
)
async def list_payments(call: Call, bill_number: str) -> BillPayments:
    await shown_bill(call, bill_number)
    return await _bill_payments(call, await billing_of(call).payments.balance(bill_number))


@routes.post(
    "/v1/bills/{billNumber}/payments",
    Text("Record a payment by hand"),
    Returns("The bill with its payments."),
    roles=FINANCE,
)
async def record_payment(call: Call, bill_number: str, body: PaymentRequest) -> BillPayments:
    await shown_bill(call, bill_number)
    with billing_problems():
        balance = await billing_of(call).payments.record(
            actor_of(call), bill_number, Decimal(body.amount), body.booked_on, body.reference
        )
    return await _bill_payments(call, balance)


@routes.post(
    "/v1/bank-files",
    Text("Match the entries of a bank statement, or paid marks of the finance system, to bills"),
    Returns("What became of each entry; a repeated file changes nothing."),
    raw_body=Body(
        media_types=(XML, CSV, OCTETS),
        description="CAMT.053 (ISO 20022), or CSV with the columns `date`, `amount`, `reference`, and optionally "
        "`id` and `account`.",
    ),
    roles=FINANCE,
    problems=(BankFileRefused,),
)
async def take_bank_file(call: Call) -> BankFileResource:
    content = await whole(call.request, FILE_BYTES_MAX, call.services.limits)
    with billing_problems():
        report = await billing_of(call).payments.take_file(actor_of(call), content)
    items = [MatchResource.of(match.entry, state=match.state, pays=dict(match.parts)) for match in report.matches]
    return BankFileResource(recorded=report.recorded, total=report.total, items=items)


async def _bill_payments(call: Call, balance: Balance) -> BillPayments:
    found = await billing_of(call).payments.payments_of(balance.bill.number)
    payments = [PaymentResource.of(one) for one in found]
    return BillPayments.of(_balance(balance, today(call)), payments=payments)


def _balance(balance: Balance, day: date) -> BalanceResource:
    bill = balance.bill
    return BalanceResource.of(
        bill,
        balance,
        party_id=bill.debtor.party_id,
        debtor=bill.debtor.name,
        payment_reference=payment_reference(bill.number),
        including=bill.amounts.including,
        is_overdue=balance.is_overdue(day),
    )
