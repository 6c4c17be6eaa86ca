"""Groups that import a command when it is used, so that each command waits only for what it needs itself."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class HelpFormatter(click.HelpFormatter):
    """Help whose headings are bold on a terminal."""

    def write_heading(self, heading: str) -> None:
        super().write_heading(click.style(heading, bold=True))


class HelpContext(click.Context):
    """The context of a command, with our help."""

    formatter_class = HelpFormatter


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
        return _with_our_help(command) if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:  # click looks for similar names among what is imported
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self._commands_at, ctx=ctx
            ) from None


class CommandGroup(LazyGroup):
    """The group of all commands: what is refused ends a command with its message and exit code 1, in billing 2."""

    context_class = HelpContext

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if refusal := _refusal(error):
                raise refusal from error
            raise


class _BillingRefusal(click.ClickException):
    exit_code = 2


def _with_our_help(command: click.Command) -> click.Command:
    command.context_class = HelpContext
    if isinstance(command, click.Group):
        for one in command.commands.values():
            _with_our_help(one)
    return command


def _refusal(error: Exception) -> click.ClickException | None:
    """The error to end with, of billing in both languages; None where it is not a refusal."""
    from gateway.admin.stores import CommandRefusedError  # here, so that commands start fast
    from gateway.billing.runs.errors import BillingError

    if isinstance(error, BillingError):
        return _BillingRefusal(f"{error.text.en}\n       {error.text.nl}")
    return click.ClickException(str(error)) if isinstance(error, CommandRefusedError) else None
