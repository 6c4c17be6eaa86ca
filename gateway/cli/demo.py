"""`meterpoort demo`: show the gateway at work."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click
import msgspec

from gateway import log
from gateway.cli.options import with_settings
from gateway.messages.participants import ApiKey, Caller, Role
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.main import Gateway


@click.command()
@with_settings
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port of the HTTP server, as --port 8080; 0 chooses a free one."
)
@click.option("--serve", "stays", is_flag=True, help="Keep running after the demo.")
def demo(*, settings: Settings, port: int | None, stays: bool) -> None:
    """Start a gateway, register demo parties and send documents through its public API.

    \b
    meterpoort demo --serve --port 8080
    """
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
    from gateway import main as app  # here, so that other commands start fast
    from gateway.demo import year as demo_year
    from gateway.demo.show import show, units_by_party

    settings = demo_year.with_issuer(settings)
    async with app.open_gateway(settings) as gateway, app.listen(gateway) as address:
        click.echo(f"Meterpoort is running at {address}. Its data is in {settings.data_directory}/.")
        async with (
            _demo_key(gateway, Role.OPERATOR) as operator_key,
            _demo_key(gateway, Role.FINANCE) as finance_key,
        ):
            await show(address, operator_key, click.echo)
            bills = await demo_year.bill(gateway)
            click.echo("")
            for line in demo_year.meter_table(await units_by_party(address, finance_key), bills):
                click.echo(line)
            if stays:
                _where_to_look(address, operator_key, settings)
                for line in await portal_links(gateway, address):
                    click.echo(line)
                await _until_signal()


@asynccontextmanager
async def _demo_key(gateway: "Gateway", role: Role) -> AsyncIterator[str]:
    """Create an API key for the demo; it is revoked at the end."""
    key_id, key = await gateway.register.new_key(role, None, "demo")
    try:
        yield key
    finally:
        await gateway.register.revoke_key(key_id, "demo")


def _where_to_look(address: str, operator_key: str, settings: Settings) -> None:
    for line in (
        "",
        "Open in a browser:",
        f"  {address}/         front page",
        f"  {address}/portal   messages, usage and bills; sign in with an API key",
        f"  {address}/docs     documentation of the HTTP API",
        "",
        "For programs:",
        f"  {address}/v1/openapi.json  description of the API",
        f"  {address}/metrics          Prometheus metrics; needs the operator's key",
        f"  {address}/readyz           for a load balancer",
        "",
        "As the operator of this demo:",
        f'  curl -H "Authorization: Bearer {operator_key}" "{address}/v1/messages?limit=3"',
        "",
        f"The data stays in {settings.data_directory}/; the next run continues with it. Stop with Ctrl-C.",
    ):
        click.echo(line)


async def portal_links(gateway: "Gateway", address: str) -> list[str]:
    """For each person of the demo a line with a link, which opens the portal once, signed in."""
    from gateway.demo.cast import BRIDGE, INSTALLER, TOWN
    from gateway.messages.sessions import Person
    from gateway.store.messages.sessions import SessionStore

    sessions = SessionStore(gateway.engines, gateway.writer, gateway.clock)
    found: dict[str, ApiKey] = {}
    for key in await gateway.register.api_keys():  # the newest first
        if key.works_at(gateway.clock()):
            found.setdefault(key.party_id or key.role.value, key)
    lines = ["", "The portal as each of them sees it; every link signs in once:"]
    for party_id, name, sees in (
        (INSTALLER.party_id, INSTALLER.name, "what it sent, what was refused and why; sending an invoice"),
        (BRIDGE.party_id, BRIDGE.name, "what it sent for two suppliers"),
        (TOWN.party_id, TOWN.name, "what it received, its use of the year and its bills"),
        (
            Role.OPERATOR.value,
            "operator of this gateway",
            "every message with its steps, not its content; all keys",
        ),
        (Role.FINANCE.value, "finance of this gateway", "use, forecasts and bills of every government"),
    ):
        key = found[party_id]
        token = await sessions.open(Person(Caller(key.key_id, key.role, key.party_id)), is_link=True)
        lines += [f"  {name + ':':<50}{address}/portal/links/{token}", f"      {sees}"]
    return [*lines, ""]


async def _until_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
