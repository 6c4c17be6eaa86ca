"""`meterpoort bills`: what was paid, and what is open."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from gateway import admin
from gateway.billing.documents.reference import payment_reference
from gateway.billing.payments.payment import Balance, Match, Payment
from gateway.billing.payments.service import ImportReport
from gateway.billing.services import BillingServices
from gateway.cli.billing_options import SignedNumber, key_option
from gateway.cli.options import DAY, EXISTING_FILE, format_option, print_result, table, with_existing
from gateway.clock import amsterdam_today
from gateway.settings import Settings


@click.command("bank-file")
@click.argument("file", type=EXISTING_FILE)
@key_option
@format_option()
@with_existing
def bank_file_command(*, settings: Settings, file: Path, key: str, form: str) -> None:
    """Match the entries of FILE (CAMT.053, or CSV with date, amount, reference) to bills and record what they
    pay.

    \b
    meterpoort bills bank-file camt053.xml
    """
    content = file.read_bytes()
    report = admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.payments.take_file(actor, content), needs_issuer=False
    )
    matches = [_match(match) for match in report.matches]
    totals = {"recorded": report.recorded, "total": report.total, "entries": matches}
    print_result(form, totals, _report_lines(report))


def _match(match: Match) -> dict[str, object]:
    entry = match.entry
    return {
        "entryId": entry.entry_id,
        "bookedOn": entry.booked_on,
        "amount": entry.amount,
        "state": match.state,
        "pays": match.parts,
        "texts": entry.texts,
    }


def _report_lines(report: ImportReport) -> Iterator[str]:
    rows = []
    for match in report.matches:
        pays = ", ".join(f"{number} {amount}" for number, amount in match.parts.items())
        entry = match.entry
        rows.append((entry.booked_on, entry.amount, match.state, pays or " ".join(entry.texts)))
    yield from table(("on", "amount", "state", "pays"), rows)
    yield f"{len(report.matches)} entries, {report.recorded} payments recorded, {report.total} EUR matched"


@click.command("pay")
@click.argument("number")
@click.option(
    "--amount",
    required=True,
    type=SignedNumber(),
    help="Euros, as --amount 590.00; below zero it undoes a payment.",
)
@click.option("--on", "booked_on", required=True, type=DAY, help="Day of the payment, as --on 2026-02-10.")
@click.option(
    "--reference",
    required=True,
    help='Names the payment, as --reference "journal 12": repeated, it is recorded once.',
)
@key_option
@format_option()
@with_existing
def pay_command(
    *, settings: Settings, number: str, amount: Decimal, booked_on: datetime, reference: str, key: str, form: str
) -> None:
    """Record by hand that NUMBER was paid, or a part of it.

    \b
    meterpoort bills pay GD2026-000001 --amount 590.00 --on 2026-02-10 --reference "journal 12"
    """
    day = booked_on.date()
    balance = admin.billing.with_finance(
        settings,
        key,
        lambda billing, actor: billing.payments.record(actor, number, amount, day, reference),
        needs_issuer=False,
    )
    _print_balances([balance], form)


@click.command("open")
@click.option("--party", "party_id", help="Only of this party, as --party gemeente-voorbeeld.")
@format_option()
@with_existing
def open_command(*, settings: Settings, party_id: str | None, form: str) -> None:
    """The bills that are not paid, or not completely; those due first at the top.

    \b
    meterpoort bills open
    """
    _print_balances(
        admin.billing.with_billing(settings, lambda billing: billing.payments.open_items(party_id)), form
    )


@click.command("payments")
@click.argument("number")
@format_option()
@with_existing
def payments_command(*, settings: Settings, number: str, form: str) -> None:
    """What was paid of NUMBER, payment by payment.

    \b
    meterpoort bills payments GD2026-000001
    """

    async def work(billing: BillingServices) -> tuple[Balance, Sequence[Payment]]:
        return await billing.payments.balance(number), await billing.payments.payments_of(number)

    balance, found = admin.billing.with_billing(settings, work)
    rows = [(one.booked_on, one.amount, one.entry_id, one.by) for one in found]
    lines = [*_balance_lines([balance]), "", *table(("on", "amount", "entry", "by"), rows, "Nothing was paid.")]
    print_result(form, {**_balance(balance), "payments": found}, lines)


def _print_balances(balances: Sequence[Balance], form: str) -> None:
    print_result(form, [_balance(balance) for balance in balances], _balance_lines(balances))


def _balance_lines(balances: Sequence[Balance]) -> Iterator[str]:
    today = amsterdam_today()
    rows = []
    for one in balances:
        bill = one.bill
        state = "overdue" if one.is_overdue(today) else one.state
        rows.append((bill.number, bill.debtor.party_id, bill.due_on, one.open, bill.amounts.including, state))
    header = ("number", "debtor", "due", "open", "including VAT", "state")
    return table(header, rows, "Nothing is open.")


def _balance(balance: Balance) -> dict[str, object]:
    bill = balance.bill
    return {
        "number": bill.number,
        "partyId": bill.debtor.party_id,
        "dueOn": bill.due_on,
        "paymentReference": payment_reference(bill.number),
        "including": bill.amounts.including,
        "paid": balance.paid,
        "open": balance.open,
        "state": balance.state,
        "isOverdue": balance.is_overdue(amsterdam_today()),
    }
