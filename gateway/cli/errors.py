"""How an error of the work behind a command ends that command."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from gateway.admin.usage import CommandRefusedError

P = ParamSpec("P")
R = TypeVar("R")


def or_exit(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of the function; a refusal ends the command with its message and exit code 1."""
    try:
        return function(*args, **kwargs)
    except CommandRefusedError as error:
        raise click.ClickException(str(error)) from error
