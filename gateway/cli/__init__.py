"""The `meterpoort` command."""

from importlib import import_module

import click

COMMANDS = {
    "audit": "gateway.cli.usage",
    "bills": "gateway.cli.bills",
    "ca": "gateway.cli.ca",
    "deliveries": "gateway.cli.messages",
    "demo": "gateway.cli.demo",
    "export": "gateway.cli.export",
    "keys": "gateway.cli.parties",
    "messages": "gateway.cli.messages",
    "parties": "gateway.cli.parties",
    "rules": "gateway.cli.rules",
    "serve": "gateway.cli.serve",
    "usage": "gateway.cli.usage",
    "validate": "gateway.cli.validate",
}
"""Each command and the module it stands in; a module is loaded when its command is used, so that
`meterpoort validate` does not wait for what only `serve` needs."""


class Commands(click.Group):
    """A group that loads a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None


@click.group(cls=Commands)
@click.version_option(package_name="meterpoort", prog_name="meterpoort")
def main() -> None:
    """Meterpoort, an open e-invoice gateway."""
