"""Arguments and options that the billing commands share. Needs no database."""

import re
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import click

from gateway.billing.documents.bill import BillText
from gateway.billing.rating.rating import UNITS_MAX
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, published, read
from gateway.cli.options import text_of
from gateway.i18n import Text

T = TypeVar("T")
DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


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


class Euros(click.ParamType[Decimal]):
    """An amount: 125000.00."""

    name = "euros"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if not DECIMAL.fullmatch(str(value)):
            self.fail(f"{value!r} is not an amount, as 125000.00", param, ctx)
        return Decimal(str(value))


by_option = click.option("--by", required=True, help="Who does this; recorded in the audit chain.")
service_option = click.option("--service", required=True, type=click.Choice([str(one) for one in Service]))
year_option = click.option("--year", required=True, type=click.IntRange(2000, 2999), help="Year of use.")
tariffs_option = click.option(
    "--tariffs",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Other tariffs to try, as TOML.",
)


def catalogue_of(tariffs: Path | None) -> Catalogue:
    """The tariffs of a file, or those that come with the gateway. Raises TariffCatalogueError."""
    return read(text_of(tariffs)) if tariffs else published()


def in_language(text: Text | BillText, language: str) -> str:
    """The text in one of its languages."""
    return text.nl if language == "nl" else text.en
