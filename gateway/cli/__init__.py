"""The `meterpoort` command."""

import click


@click.group()
def main() -> None:
    """Meterpoort, an open e-invoice gateway."""
