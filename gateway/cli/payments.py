"""`meterpoort bills`: what was paid, and what is open."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from gateway.admin.billing import record_payments, with_payments
from gateway.billing.documents.reference import payment_reference
from gateway.billing.payments.payment import Balance, Match, Payment
from gateway.billing.payments.service import ImportReport, PaymentService
from gateway.cli.billing_options import SignedNumber, key_option, print_result
from gateway.cli.options import EXISTING_FILE, format_option, with_existing
from gateway.clock import amsterdam_today
from gateway.settings import Settings


@click.command("bank-file")
@click.argument("file", type=EXISTING_FILE)
@key_option
@format_option()
@with_existing
def bank_file_command(*, settings: Settings, file: Path, key: str, form: str) -> None:
    """Match the entries of FILE (CAMT.053, or CSV with date, amount, reference) to bills and record what they
    pay."""
    content = file.read_bytes()
    report = record_payments(settings, key, lambda payments, actor: payments.take_file(actor, content))
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
    for match in report.matches:
        entry = match.entry
        pays = ", ".join(f"{number} {amount}" for number, amount in match.parts.items())
        yield f"{entry.booked_on} {entry.amount:>14} {match.state:14} {pays or ' '.join(entry.texts)}"
    yield f"{len(report.matches)} entries, {report.recorded} payments recorded, {report.total} EUR matched"


@click.command("pay")
@click.argument("number")
@click.option("--amount", required=True, type=SignedNumber(), help="Euros; below zero it undoes a payment.")
@click.option("--on", "booked_on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day of the payment.")
@click.option("--reference", required=True, help="Names the payment: repeated, it is recorded once.")
@key_option
@format_option()
@with_existing
def pay_command(
    *, settings: Settings, number: str, amount: Decimal, booked_on: datetime, reference: str, key: str, form: str
) -> None:
    """Record by hand that NUMBER was paid, or a part of it."""
    day = booked_on.date()
    balance = record_payments(
        settings, key, lambda payments, actor: payments.record(actor, number, amount, day, reference)
    )
    _print_balances([balance], form)


@click.command("open")
@click.option("--party", "party_id", help="Only of this party.")
@format_option()
@with_existing
def open_command(*, settings: Settings, party_id: str | None, form: str) -> None:
    """The bills that are not paid, or not completely; those due first at the top."""
    _print_balances(with_payments(settings, lambda payments: payments.open_items(party_id)), form)


@click.command("payments")
@click.argument("number")
@format_option()
@with_existing
def payments_command(*, settings: Settings, number: str, form: str) -> None:
    """What was paid of NUMBER, payment by payment."""

    async def work(payments: PaymentService) -> tuple[Balance, Sequence[Payment]]:
        return await payments.balance(number), await payments.payments_of(number)

    balance, found = with_payments(settings, work)
    lines = [f"  {one.booked_on} {one.amount:>14}  {one.entry_id}  by {one.by}" for one in found]
    print_result(form, {**_balance(balance), "payments": found}, [*_balance_lines([balance]), *lines])


def _print_balances(balances: Sequence[Balance], form: str) -> None:
    print_result(form, [_balance(balance) for balance in balances], _balance_lines(balances))


def _balance_lines(balances: Sequence[Balance]) -> Iterator[str]:
    today = amsterdam_today()
    for balance in balances:
        bill = balance.bill
        overdue = "overdue" if balance.is_overdue(today) else ""
        yield (
            f"{bill.number:16} {bill.party_id:24} due {bill.due_on} {balance.open:>14} of {bill.including:>14} "
            f"{balance.state:12} {overdue}".rstrip()
        )
    if not balances:
        yield "Nothing is open."


def _balance(balance: Balance) -> dict[str, object]:
    bill = balance.bill
    return {
        "number": bill.number,
        "partyId": bill.party_id,
        "dueOn": bill.due_on,
        "paymentReference": payment_reference(bill.number),
        "including": bill.including,
        "paid": balance.paid,
        "open": balance.open,
        "state": balance.state,
        "isOverdue": balance.is_overdue(amsterdam_today()),
    }
