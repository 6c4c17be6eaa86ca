"""`meterpoort demo`: show the gateway at work."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gateway import log
from gateway.cli.options import format_option, print_result, progress_bar, table, with_settings, with_values
from gateway.clock import amsterdam_today
from gateway.messages.participants import ApiKey, Caller, Role
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.demo.show import Ending, Played
    from gateway.demo.year import YearSoFar
    from gateway.main import Gateway


@click.command()
@with_settings
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port of the HTTP server, as --port 8080; 0 chooses a free one."
)
@click.option("--serve", "stays", is_flag=True, help="Keep running after the demo.")
@format_option()
def demo(*, settings: Settings, port: int | None, stays: bool, form: str) -> None:
    """Start a gateway, register demo parties and send documents through its public API.

    \b
    meterpoort demo --serve --port 8080
    """
    if port is not None or not stays:
        settings = with_values(settings, "http", port=port or 0)
    log.configure("warning", as_json=False)
    try:
        asyncio.run(_run(settings, form, stays=stays))
    except OSError as error:
        raise click.ClickException(f"the gateway cannot start: {error}") from error


@dataclass(frozen=True, slots=True)
class PortalLink:
    """A link that opens the portal once, signed in, for a person of the demo, and what this person sees."""

    name: str
    sees: str
    href: str


@dataclass(frozen=True, slots=True)
class _DemoReport:
    """What is printed of a demo."""

    address: str
    data: str
    played: "Played"
    usage: "Sequence[YearSoFar]"
    operator_key: str
    links: Sequence[PortalLink]


async def _run(settings: Settings, form: str, *, stays: bool) -> None:
    from gateway import main as app  # here, so that other commands start fast
    from gateway.demo import year as demo_year
    from gateway.demo.show import play, units_by_party

    settings = demo_year.with_issuer(settings)
    async with app.open_gateway(settings) as gateway, app.listen(gateway) as address:
        began = f"Meterpoort is running at {address}. Its data is in {settings.data_directory}/."
        click.echo(began, err=form == "json")
        async with (
            _demo_key(gateway, Role.OPERATOR) as operator_key,
            _demo_key(gateway, Role.FINANCE) as finance_key,
        ):
            with progress_bar("documents") as progress:
                played = await play(address, operator_key, progress)
            bills = await demo_year.bill(gateway)
            usage = demo_year.years_so_far(await units_by_party(address, finance_key), bills)
            links = await portal_links(gateway, address) if stays else ()
            data, key = str(settings.data_directory), operator_key if stays else ""
            shown = _DemoReport(address, data, played, usage, key, links)
            print_result(form, _as_json_object(shown), _lines(shown))
            if stays:
                await _until_signal()


@asynccontextmanager
async def _demo_key(gateway: "Gateway", role: Role) -> AsyncIterator[str]:
    """Create an API key for the demo; it is revoked at the end."""
    key_id, key = await gateway.register.new_key(role, None, "demo")
    try:
        yield key
    finally:
        await gateway.register.revoke_key(key_id, "demo")


def _as_json_object(shown: _DemoReport) -> dict[str, object]:
    documents = [
        {
            "title": one.scene.title,
            "sender": one.scene.sender.party_id,
            "kenmerk": one.kenmerk,
            "outcome": one.outcome,
            "status": one.statuscode,
            "meteredAs": one.metered,
            "reason": one.why or None,
        }
        for one in shown.played.endings
    ]
    return {
        "address": shown.address,
        "data": shown.data,
        "run": shown.played.run,
        "documents": documents,
        "fetched": shown.played.fetched,
        "usage": shown.usage,
        "operatorKey": shown.operator_key or None,
        "portal": shown.links,
    }


def _lines(shown: _DemoReport) -> Iterator[str]:
    from gateway.demo.cast import CAST, TOWN

    played = shown.played
    registered = f"{len(CAST)} parties are registered, each with its own key"
    yield f"\nRun {played.run}. {registered}. They sent {len(played.endings)} documents:\n"
    yield from _ending_lines(played.endings)
    yield f"\n{TOWN.name} fetched {played.fetched} messages from its mailbox and confirmed them.\n"
    header = (f"usage in {amsterdam_today().year}", "used", "forecast", "prepaid EUR", "bill", "settlement EUR")
    yield from table(
        header,
        [
            (one.party, one.used, one.forecast, one.prepaid, one.bill or "none", one.settlement)
            for one in shown.usage
        ],
    )
    if shown.links:
        yield from _where_to_look(shown)


def _ending_lines(endings: "Sequence[Ending]") -> Iterator[str]:
    rows = [
        (one.scene.title, one.scene.sender.party_id, one.outcome, one.statuscode, one.metered) for one in endings
    ]
    header, *lines = table(("document", "sender", "outcome", "status", "metered as"), rows)
    yield header
    for line, ending in zip(lines, endings, strict=True):
        yield line
        if ending.why:
            yield f"    reason: {ending.why}"


def _where_to_look(shown: _DemoReport) -> Iterator[str]:
    address = shown.address
    yield from (
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
        f'  curl -H "Authorization: Bearer {shown.operator_key}" "{address}/v1/messages?limit=3"',
        "",
        f"The data stays in {shown.data}/; the next run continues with it. Stop with Ctrl-C.",
        "",
        "The portal as each of them sees it; every link signs in once:",
    )
    for link in shown.links:
        yield from (f"  {link.name + ':':<50}{link.href}", f"      {link.sees}")
    yield ""


async def portal_links(gateway: "Gateway", address: str) -> Sequence[PortalLink]:
    """For each person of the demo a link."""
    from gateway.demo.cast import BRIDGE, INSTALLER, TOWN
    from gateway.messages.sessions import Person
    from gateway.store.messages.sessions import SessionStore

    sessions = SessionStore(gateway.engines, gateway.writer, gateway.clock)
    found: dict[str, ApiKey] = {}
    for key in await gateway.register.api_keys():  # the newest first
        if key.works_at(gateway.clock()):
            found.setdefault(key.party_id or key.role.value, key)
    links = []
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
        links.append(PortalLink(name, sees, f"{address}/portal/links/{token}"))
    return links


async def _until_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
