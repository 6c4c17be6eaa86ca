"""What the meter refuses, at the command line."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from gateway.admin.usage import RefusedError

P = ParamSpec("P")
R = TypeVar("R")


def asked(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the meter answers; what it refuses ends the command with its sentence."""
    try:
        return function(*args, **kwargs)
    except RefusedError as error:
        raise click.ClickException(str(error)) from error
