"""Arguments, options and output that the billing commands share."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Generic, TypeVar

import click

from gateway.billing.documents.bill import Bill, BillText
from gateway.billing.rating.rating import UNITS_MAX
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, published, read
from gateway.billing.runs.run import PartyFinding
from gateway.billing.runs.year import YearKey
from gateway.cli.options import EXISTING_FILE, YEAR, print_result, table, text_of
from gateway.i18n import Text

N = TypeVar("N")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


class Units(click.ParamType[int]):
    """A count: whole and not below zero; 12000, or 12_000."""

    name = "units"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip().replace("_", "")
        digits = text.removeprefix("-").removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            self.fail(f"{value!r} is not a whole number", param, ctx)
        if text.startswith("-") or len(digits) > len(str(UNITS_MAX)):
            self.fail(f"{value!r} is not between 0 and {UNITS_MAX}", param, ctx)
        return int(text)


class Number(click.ParamType[Decimal]):
    """A decimal number, not below zero: 125000.00."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if not _DECIMAL.fullmatch(str(value)):
            self.fail(f"{value!r} is not an amount, as 125000.00", param, ctx)
        return Decimal(str(value))


class SignedNumber(Number):
    """A decimal number, also below zero: -590.00."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        text = str(value)
        return (
            -super().convert(text[1:], param, ctx) if text.startswith("-") else super().convert(text, param, ctx)
        )


class OfParty(click.ParamType[tuple[str, N]], Generic[N]):
    """A value of one party: krommevliet=3."""

    def __init__(self, value: click.ParamType[N]) -> None:
        self._value = value
        self.name = f"party={value.name}"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, N]:
        party_id, equals, text = str(value).partition("=")
        if not (party_id and equals):
            self.fail(f"{value!r} is not {self.name}, as krommevliet=3", param, ctx)
        return party_id, self._value.convert(text, param, ctx)


key_option = click.option(
    "--key",
    envvar="METERPOORT_KEY",
    show_envvar=True,
    prompt="API key",
    hide_input=True,
    help="Your API key, as METERPOORT_KEY=mp_… in the environment; its id is recorded in the log.",
)
service_option = click.option(
    "--service",
    required=True,
    type=click.Choice([str(one) for one in Service]),
    callback=lambda *a: Service(a[2]),
    help="What was used, as --service digipoort.",
)
year_option = click.option("--year", required=True, type=YEAR, help="Year of use, as --year 2026.")
tariffs_option = click.option(
    "--tariffs", type=EXISTING_FILE, help="Other tariffs to try, in TOML, as --tariffs other.toml."
)


def with_year(command: Callable[..., None]) -> Callable[..., None]:
    """Add PARTY_ID, `--service` and `--year`, and pass on the party's year as `of_year`."""

    @wraps(command)
    def run(*, party_id: str, service: Service, year: int, **options: object) -> None:
        command(of_year=YearKey(party_id, service, year), **options)

    return click.argument("party_id")(service_option(year_option(run)))


def catalogue_of(tariffs: Path | None) -> Catalogue:
    """The tariffs of a file, or those that come with the gateway. Raises TariffCatalogueError."""
    return read(text_of(tariffs)) if tariffs else published()


def in_language(text: Text | BillText, language: str) -> str:
    """The text in one of its languages."""
    return text.nl if language == "nl" else text.en


def finding_lines(what: str, findings: Sequence[PartyFinding]) -> Iterator[str]:
    """What there is to say about parties, one a line."""
    for one in findings:
        yield f"{what}: {one.party_id} {one.text.en}".replace(":  ", ": ")


def print_bills(bills: Sequence[Bill], form: str, empty: str) -> None:
    """Print documents, one a line; where there are none, `empty` says so."""
    print_result(form, [bill_json(bill) for bill in bills], bill_lines(bills, empty))


def bill_lines(bills: Sequence[Bill], empty: str) -> Iterator[str]:
    """Documents, one a line."""
    rows = [(bill.number or "-", bill.debtor.party_id, bill.kind, bill.amounts.including) for bill in bills]
    return table(("number", "debtor", "kind", "including VAT"), rows, empty)


def bill_json(bill: Bill) -> dict[str, object]:
    """A document for programs, in euros."""
    return {
        "number": bill.number,
        "partyId": bill.debtor.party_id,
        "kind": bill.kind,
        "stage": bill.stage,
        "service": bill.service,
        "year": bill.year,
        "issuedOn": bill.issued_on,
        "dueOn": bill.due_on,
        "excluding": bill.amounts.excluding,
        "vat": bill.amounts.vat,
        "including": bill.amounts.including,
    }
