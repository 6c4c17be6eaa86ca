"""`meterpoort ca`: a test hierarchy of certificates."""

from pathlib import Path

import click

from gateway.cli.options import format_option, print_result
from gateway.pki.certificates import load_certificates
from gateway.pki.generation import GENERATIONS
from gateway.pki.hierarchy import init_hierarchy, revoke


@click.group()
def ca() -> None:
    """Test certificates."""


@ca.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--like",
    type=click.Choice(tuple(GENERATIONS)),
    default="g1",
    show_default=True,
    help="Generation of PKIoverheid: G1 Private; or G4, as --like g4 (RSASSA-PSS, no OCSP, clients without "
    "host names).",
)
@format_option()
def init(directory: Path, like: str, form: str) -> None:
    """Write roots, intermediates, a server certificate for localhost and clients with OINs to DIRECTORY.

    \b
    meterpoort ca init certificates --like g4
    """
    try:
        init_hierarchy(directory, GENERATIONS[like])
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    readme = f"{directory}/README.md"
    lines = [
        f"{readme} describes the files. To use them:",
        f"  meterpoort serve --sandbox --tls {directory} --port 8443",
    ]
    print_result(form, {"directory": str(directory), "readme": readme}, lines)


@ca.command("revoke")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("certificate", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@format_option()
def revoke_certificate(directory: Path, certificate: Path, form: str) -> None:
    """Add CERTIFICATE, a PEM file, to the list of revoked certificates in DIRECTORY/crl.

    A running gateway that uses the directory refuses it within seconds.

    \b
    meterpoort ca revoke certificates certificates/clients/leverancier.pem
    """
    try:
        path = revoke(directory, load_certificates(certificate)[0])
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    print_result(form, {"list": str(path)}, [f"{path} names it now"])
