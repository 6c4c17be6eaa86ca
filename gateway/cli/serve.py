"""`meterpoort serve`: run the gateway."""

from pathlib import Path

import click
import msgspec
import uvloop

from gateway import log
from gateway.cli.options import settings_from, where_options


@click.command()
@where_options
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port of the HTTP door; 0 takes a free one.")
@click.option(
    "--tls",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with certificates, as `meterpoort ca init` writes it: every door speaks mutual TLS, "
    "and the Digipoort door is open.",
)
@click.option("--sandbox", is_flag=True, help="To test against: scenarios, a cast of parties, nothing is metered.")
def serve(
    *, config: Path | None, data: Path | None, host: str | None, port: int | None, tls: Path | None, sandbox: bool
) -> None:
    """Run the gateway until it is told to stop."""
    from gateway import main as app  # here, so that other commands start fast

    settings = settings_from(config, data)
    wanted = {"host": host or settings.http.host, "port": settings.http.port if port is None else port}
    settings = msgspec.structs.replace(settings, http=msgspec.structs.replace(settings.http, **wanted))
    if tls:
        door = msgspec.structs.replace(settings.digipoort, tls_directory=tls)
        settings = msgspec.structs.replace(settings, digipoort=door)
    if sandbox:
        testing = msgspec.structs.replace(settings.testing, sandbox=True)
        settings = msgspec.structs.replace(settings, testing=testing)
    log.configure(settings.log.level, as_json=settings.log.format == "json")
    try:
        uvloop.run(app.serve(settings, announce=click.echo))
    except OSError as error:
        raise click.ClickException(f"the gateway cannot start: {error}") from error
