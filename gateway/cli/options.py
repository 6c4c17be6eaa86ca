"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from gateway.settings import DATABASE_FILE, Settings, SettingsError, load

F = TypeVar("F", bound=Callable[..., Any])


def where_options(command: F) -> F:
    """Add `--config` and `--data`: the gateway to work on."""
    config = click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="File with settings, in TOML.",
    )
    data = click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory.")
    return config(data(command))


def settings_from(config: Path | None, data: Path | None) -> Settings:
    """Return the settings, with the data directory of the command line. Invalid settings end the command."""
    try:
        settings = load(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return msgspec.structs.replace(settings, data_directory=data) if data else settings


def existing_from(config: Path | None, data: Path | None) -> Settings:
    """Return the settings for a command that only reads: without a database it ends, and creates none."""
    settings = settings_from(config, data)
    file = settings.data_directory / DATABASE_FILE
    if not settings.database.url and not file.exists():
        raise click.ClickException(f"there is no gateway in {settings.data_directory}: {file.name} does not exist")
    return settings


def text_of(file: Path) -> str:
    """Return the content of a text file. A file that cannot be read ends the command."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read as UTF-8: {error}") from error
