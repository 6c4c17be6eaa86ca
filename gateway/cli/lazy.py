"""Groups that import a command when it is used, so that each command waits only for what it needs itself."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group of commands that are given as `module:attribute`."""

    def __init__(self, *args: Any, commands_at: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return sorted(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._commands_at:
            return None
        module, _, attribute = self._commands_at[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        return command if isinstance(command, click.Command) else None


class CommandGroup(LazyGroup):
    """The group of all commands: what is refused ends a command with its message and exit code 1, in billing 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            if refusal := _refusal(error):
                raise refusal from error
            raise


class _BillingRefusal(click.ClickException):
    exit_code = 2


def _refusal(error: Exception) -> click.ClickException | None:
    """The error to end with, of billing in both languages; None where it is not a refusal."""
    from gateway.admin.usage import CommandRefusedError  # here, so that commands start fast
    from gateway.billing.runs.errors import BillingError

    if isinstance(error, BillingError):
        return _BillingRefusal(f"{error.text.en}\n       {error.text.nl}")
    return click.ClickException(str(error)) if isinstance(error, CommandRefusedError) else None
