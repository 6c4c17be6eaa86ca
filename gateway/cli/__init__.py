"""The `meterpoort` command."""

import click

from gateway.cli.bills import bills
from gateway.cli.ca import ca


@click.group()
def main() -> None:
    """Meterpoort, an open e-invoice gateway."""


main.add_command(bills)
main.add_command(ca)
