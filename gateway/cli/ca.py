"""`meterpoort ca`: a test hierarchy of certificates."""

from pathlib import Path

import click

from gateway.pki.hierarchy import init_hierarchy


@click.group()
def ca() -> None:
    """Test certificates."""


@ca.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def init(directory: Path) -> None:
    """Write a root, an intermediate, a server certificate for localhost and clients with OINs to DIRECTORY."""
    try:
        init_hierarchy(directory)
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{directory}/README.md describes the files. To use them:")
    click.echo(f"  meterpoort serve --sandbox --tls {directory} --port 8443")
