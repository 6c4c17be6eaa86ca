"""Runs the work of a billing command on the database; an error of billing ends the command with its message."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import click

from gateway.admin.billing import with_billing
from gateway.billing.documents.bill import Bill
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.service import BillingService
from gateway.cli.options import existing_from, settings_from

T = TypeVar("T")


def run_billing(config: Path | None, data: Path | None, work: Callable[[BillingService], Awaitable[T]]) -> T:
    """Run the work; an error of billing ends the command with its message and exit code 2."""
    try:
        return with_billing(settings_from(config, data), work)
    except BillingError as wrong:
        raise click.UsageError(f"{wrong.text.en}\n       {wrong.text.nl}") from wrong


def read_billing(config: Path | None, data: Path | None, work: Callable[[BillingService], Awaitable[T]]) -> T:
    """Run work that only reads and needs no issuer; an error of billing ends the command with its message and exit
    code 1."""
    try:
        return with_billing(existing_from(config, data), work, needs_issuer=False)
    except BillingError as wrong:
        raise click.ClickException(f"{wrong.text.en}\n       {wrong.text.nl}") from wrong


def bill_rows(bills: Sequence[Bill]) -> Iterator[str]:
    for bill in bills:
        yield f"{bill.number or '-':16} {bill.debtor.party_id:24} {bill.kind:12} {bill.amounts.including:>14}"
