"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from gateway.settings import DATABASE_FILE, Settings, SettingsError, load

F = TypeVar("F", bound=Callable[..., Any])


def where_options(command: F) -> F:
    """`--config` and `--data`: which gateway the command is about."""
    config = click.option(
        "--config", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Settings, as TOML."
    )
    data = click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory.")
    return config(data(command))


def settings_from(config: Path | None, data: Path | None) -> Settings:
    """The settings, with the data directory that the command line names. Wrong settings end the command."""
    try:
        settings = load(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return msgspec.structs.replace(settings, data_directory=data) if data else settings


def existing_from(config: Path | None, data: Path | None) -> Settings:
    """The same, for commands that only read: where there is no gateway they end, and make none."""
    settings = settings_from(config, data)
    place = settings.data_directory / DATABASE_FILE
    if not settings.database.url and not place.exists():
        raise click.ClickException(f"there is no gateway in {settings.data_directory}: {place.name} is not there")
    return settings


def text_of(file: Path) -> str:
    """What stands in a text file. One that cannot be read ends the command."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read as UTF-8: {error}") from error
