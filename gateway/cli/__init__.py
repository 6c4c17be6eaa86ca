"""The `meterpoort` command."""

from importlib import import_module

import click

COMMANDS = {
    "audit": "gateway.cli.usage",
    "bills": "gateway.cli.bills",
    "ca": "gateway.cli.ca",
    "demo": "gateway.cli.demo",
    "export": "gateway.cli.usage",
    "keys": "gateway.cli.parties",
    "parties": "gateway.cli.parties",
    "serve": "gateway.cli.serve",
    "usage": "gateway.cli.usage",
    "validate": "gateway.cli.validate",
