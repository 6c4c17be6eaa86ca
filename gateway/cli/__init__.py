"""The `meterpoort` command."""

import click

from gateway.cli.bills import bills


@click.group()
def main() -> None:
    """Meterpoort, an open e-invoice gateway."""


main.add_command(bills)
