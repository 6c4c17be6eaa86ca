"""`meterpoort demo`: see the gateway do its job."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from gateway import log
from gateway.cli.options import settings_from, where_options
from gateway.demo import year as demo_year
from gateway.demo.show import show, used
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.main import Gateway


@click.command()
@where_options
@click.option("--port", type=click.IntRange(0, 65_535), help="Port of the HTTP door; 0 takes a free one.")
@click.option("--serve", "stays", is_flag=True, help="Stay up after the show.")
def demo(*, config: Path | None, data: Path | None, port: int | None, stays: bool) -> None:
    """Start a gateway with demo parties and put real documents through its public API."""
    settings = settings_from(config, data)
    if port is not None or not stays:
        settings = msgspec.structs.replace(
            settings, http=msgspec.structs.replace(settings.http, port=port if port is not None else 0)
        )
    log.configure("warning", as_json=False)
    try:
        asyncio.run(_run(settings, stays))
    except OSError as error:
        raise click.ClickException(f"the gateway cannot start: {error}") from error


async def _run(settings: Settings, stays: bool) -> None:
    from gateway import main as app

    settings = demo_year.with_issuer(settings)
    async with app.opened(settings) as gateway, app.listening(gateway) as address:
        click.echo(f"Meterpoort answers at {address}; its data is in {settings.data_directory}/")
        async with _demo_keys(gateway) as (operator_key, finance_key):
            await show(address, operator_key, click.echo)
            bills = await demo_year.bill(gateway)
            click.echo("")
            for line in demo_year.meter_table(await used(address, finance_key), bills):
                click.echo(line)
            if stays:
                _where_to_look(address, operator_key, settings)
                await _stopped()


@asynccontextmanager
async def _demo_keys(gateway: "Gateway") -> AsyncIterator[tuple[str, str]]:
    """Keys for the show alone: an operator's and finance's, revoked when it is over."""
    operator_id, operator_key = await gateway.new_key("operator")
    finance_id, finance_key = await gateway.new_key("finance")
    try:
        yield operator_key, finance_key
    finally:
        await gateway.revoke_key(operator_id)
        await gateway.revoke_key(finance_id)


def _where_to_look(address: str, operator_key: str, settings: Settings) -> None:
    for line in (
        "",
        "Where to look:",
        f"  {address}/                 front page",
        f"  {address}/portal           messages, use and bills; any API key is the password",
        f"  {address}/docs             the HTTP API for people, {address}/v1/openapi.json for programs",
        f"  {address}/metrics          for Prometheus, with the operator's key; deploy/ has the dashboard",
        f"  {address}/healthz, /readyz for a load balancer",
        "",
        "Ask as the operator:",
        f'  curl -H "Authorization: Bearer {operator_key}" "{address}/v1/messages?limit=3"',
        "",
        f"Everything stands in {settings.data_directory}/; a second run goes on from there. Ctrl-C stops.",
    ):
        click.echo(line)


async def _stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
