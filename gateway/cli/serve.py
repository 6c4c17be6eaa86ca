"""`meterpoort serve`: run the gateway."""

import asyncio
from pathlib import Path

import click
import msgspec

from gateway import log
from gateway.cli.options import settings_from, where_options


@click.command()
@where_options
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port of the HTTP door; 0 takes a free one.")
def serve(*, config: Path | None, data: Path | None, host: str | None, port: int | None) -> None:
    """Run the gateway until it is told to stop."""
    from gateway import app  # here, so that other commands start fast

    settings = settings_from(config, data)
    wanted = {"host": host or settings.http.host, "port": settings.http.port if port is None else port}
    settings = msgspec.structs.replace(settings, http=msgspec.structs.replace(settings.http, **wanted))
    log.configure(settings.log.level, as_json=settings.log.format == "json")
    try:
        asyncio.run(app.serve(settings, announce=click.echo))
    except OSError as error:
        raise click.ClickException(f"the gateway cannot start: {error}") from error
