"""`meterpoort serve`: run the gateway."""

import gc
from pathlib import Path

import click
import msgspec
import uvloop

from gateway import log
from gateway.cli.options import with_settings
from gateway.settings import Settings


@click.command()
@with_settings
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port of the HTTP server; 0 chooses a free one.")
@click.option(
    "--tls",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with certificates, as written by `meterpoort ca init`: the server speaks mutual TLS and "
    "offers the Digipoort services.",
)
@click.option(
    "--sandbox", is_flag=True, help="For testing clients: scenarios and test parties; nothing is metered."
)
def serve(*, settings: Settings, host: str | None, port: int | None, tls: Path | None, sandbox: bool) -> None:
    """Run the gateway until SIGTERM or SIGINT."""
    gc.disable()  # nothing that is imported is garbage: a tenth of the start
    from gateway import main as app  # here, so that other commands start fast

    gc.enable()

    address = {"host": host or settings.http.host, "port": settings.http.port if port is None else port}
    settings = msgspec.structs.replace(settings, http=msgspec.structs.replace(settings.http, **address))
    if tls:
        digipoort = msgspec.structs.replace(settings.digipoort, tls_directory=tls)
        settings = msgspec.structs.replace(settings, digipoort=digipoort)
    if sandbox:
        testing = msgspec.structs.replace(settings.testing, sandbox=True)
        settings = msgspec.structs.replace(settings, testing=testing)
    log.configure(settings.log.level, as_json=settings.log.format == "json")
    try:
        uvloop.run(app.serve(settings, announce=click.echo))
    except OSError as error:
        raise click.ClickException(f"the gateway cannot start: {error}") from error
