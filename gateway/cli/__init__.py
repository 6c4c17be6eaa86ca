"""The `meterpoort` command."""

import os

import click

from gateway.cli.lazy import CommandGroup

COMMANDS = {
    "audit": "gateway.cli.usage:audit",
    "backup": "gateway.cli.backup:backup",
    "bills": "gateway.cli.bills:bills",
    "ca": "gateway.cli.ca:ca",
    "deliveries": "gateway.cli.messages:deliveries",
    "demo": "gateway.cli.demo:demo",
    "export": "gateway.cli.export:export",
    "holds": "gateway.cli.retention:holds",
    "keys": "gateway.cli.keys:keys",
    "messages": "gateway.cli.messages:messages",
    "parties": "gateway.cli.parties:parties",
    "restore": "gateway.cli.backup:restore",
    "retain": "gateway.cli.retention:retain",
    "rules": "gateway.cli.rules:rules",
    "serve": "gateway.cli.serve:serve",
    "show": "gateway.cli.show:show",
    "usage": "gateway.cli.usage:usage",
    "validate": "gateway.cli.validate:validate",
}
"""Each command and where it is defined; a module is imported when its command is used."""


@click.group(
    cls=CommandGroup,
    commands_at=COMMANDS,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "color": False if os.environ.get("NO_COLOR") else None,  # no-color.org
    },
)
@click.version_option(package_name="meterpoort", prog_name="meterpoort")
def main() -> None:
    """Meterpoort, an open e-invoice gateway.

    Exit status: 0 done; 1 refused, or something is wrong (validate: a document is not valid, audit: something does
    not hold); 2 used wrongly, refused by billing, or not able to run.

    \b
    meterpoort COMMAND -h
    """
