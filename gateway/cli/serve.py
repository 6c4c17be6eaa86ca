"""`meterpoort serve`: run the gateway."""

import gc
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import uvloop

from gateway import log
from gateway.cli.options import print_result, with_settings, with_values
from gateway.settings import Settings, SettingsError, contradictions
from gateway.shared_metrics import keep_metrics
from gateway.supervisor import Member, Supervisor, held_port


@click.command()
@with_settings
@click.option("--host", help="Address to listen on, as --host 0.0.0.0.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port, as --port 8080; 0 chooses a free one.")
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Processes that accept on this port, as --processes 4; more than one with PostgreSQL.",
)
@click.option(
    "--tls",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with certificates that `meterpoort ca init` wrote, as --tls certificates: the server speaks "
    "mutual TLS and offers the Digipoort services.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="How the log is written, as --format json."
)
@click.option(
    "--sandbox", is_flag=True, help="For testing clients: scenarios and test parties; nothing is metered."
)
def serve(
    *,
    settings: Settings,
    host: str | None,
    port: int | None,
    processes: int | None,
    tls: Path | None,
    sandbox: bool,
    form: str | None,
) -> None:
    """Run the gateway until SIGTERM or SIGINT.

    \b
    meterpoort serve --port 8080 --data var
    meterpoort serve --config /etc/meterpoort/meterpoort.toml
    """
    settings = with_values(settings, "http", host=host, port=port, processes=processes)
    settings = with_values(settings, "digipoort", tls_directory=tls)
    settings = with_values(settings, "testing", sandbox=sandbox or None)
    settings = with_values(settings, "log", format=form)
    announce = _announce_json if form == "json" else click.echo
    for problem in contradictions(settings):
        raise click.ClickException(problem)
    if settings.rule_sets:
        _check_rule_sets(settings)
    log.configure(settings.log.level, as_json=settings.log.format == "json")
    gc.disable()  # nothing that is imported is garbage: a tenth of the start
    from gateway import main as app  # here, so that other commands start fast

    gc.enable()
    try:
        if settings.http.processes > 1:
            _serve_together(settings, announce)
        else:
            uvloop.run(app.serve(settings, announce=announce))
    except OSError as error:
        raise click.ClickException(f"the gateway cannot start: {error}") from error


def _announce_json(message: str) -> None:
    print_result("json", {"message": message}, ())


def _check_rule_sets(settings: Settings) -> None:
    from gateway.validator import own_rules  # here, so that other starts are fast

    if wrong := own_rules.problems_with_saxon(settings.rule_sets):
        raise click.ClickException(str(SettingsError(tuple(wrong))))


def _serve_together(settings: Settings, announce: Callable[[str], None]) -> None:
    """Run several processes on one port. Raises OSError when it is in use, or when one of them cannot start."""
    http = settings.http
    with (
        held_port(http.host, http.port) as port,
        tempfile.TemporaryDirectory(prefix="meterpoort-metrics-", ignore_cleanup_errors=True) as folder,
    ):
        member = with_values(settings, "http", port=port)
        gc.freeze()  # what the processes share is not copied because the garbage collector looks at it
        Supervisor(
            run=lambda one: _serve_one(member, one, Path(folder)),
            count=http.processes,
            ready=lambda message: announce(f"{message} with {http.processes} processes"),
            stop_seconds_max=http.shutdown_seconds_max,
        ).supervise()


def _serve_one(settings: Settings, member: Member, folder: Path) -> None:
    from gateway import main as app  # the supervisor imported it

    keep_metrics(folder, member.number)
    try:
        uvloop.run(app.serve(settings, announce=member.ready, one_of=app.OneOfSeveral(member, folder)))
    except OSError as error:
        click.echo(f"Error: the gateway cannot start: {error}", err=True)
        sys.exit(1)
