"""Options that several commands share, and the settings that they give."""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
import msgspec

from gateway.private import UMASK
from gateway.settings import CONFIG_VARIABLE, DATABASE_FILE, Settings, SettingsError, load

P = ParamSpec("P")
R = TypeVar("R")

YEAR = click.IntRange(2000, 2999)
EXISTING_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)

language_option = click.option("--language", type=click.Choice(["en", "nl"]), default="en", show_default=True)


def format_option(
    names: Iterable[str] = ("text", "json"),
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`--format`, passed on as `form`; the first name is the default."""
    choices = list(names)
    return click.option("--format", "form", type=click.Choice(choices), default=choices[0], show_default=True)


def with_settings(command: Callable[..., R]) -> Callable[..., R]:
    """Add `--config` and `--data`, the gateway to work on, and pass on its `settings`."""
    return _where_options(command, _settings_from)


def with_own_rules(command: Callable[..., R]) -> Callable[..., R]:
    """Add `--config` to a command that needs no gateway, for the rule sets of the installation. Without it and
    without METERPOORT_CONFIG there are none."""

    @wraps(command)
    def run(*, config: Path | None, **options: object) -> R:
        if config or os.environ.get(CONFIG_VARIABLE):
            _check_rule_sets(_settings_from(config, None))
        return command(**options)

    return click.option("--config", type=EXISTING_FILE, help="File with settings, for your own rule sets.")(run)


def _check_rule_sets(settings: Settings) -> None:
    from gateway.validator import own_rules  # here, so that other commands start fast

    if wrong := own_rules.problems(settings.rule_sets):
        raise click.UsageError(str(SettingsError(tuple(wrong))))


def with_existing(command: Callable[..., R]) -> Callable[..., R]:
    """The same for a command that only reads: without a database it ends, and creates none."""
    return _where_options(command, _existing_from)


def text_of(file: Path) -> str:
    """Return the content of a text file. A file that cannot be read ends the command."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read as UTF-8: {error}") from error


def print_json(content: object) -> None:
    """Print a value as JSON, indented."""
    click.echo(msgspec.json.format(msgspec.json.encode(content), indent=2))


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below a header, in columns."""
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(map(str.ljust, line, widths)).rstrip())


def _where_options(
    command: Callable[..., R], settings_of: Callable[[Path | None, Path | None], Settings]
) -> Callable[..., R]:
    @wraps(command)
    def run(*, config: Path | None, data: Path | None, **options: object) -> R:
        os.umask(UMASK)
        return command(settings=settings_of(config, data), **options)

    add_config = click.option("--config", type=EXISTING_FILE, help="File with settings, in TOML.")
    add_data = click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory.")
    return add_config(add_data(run))


def _settings_from(config: Path | None, data: Path | None) -> Settings:
    try:
        settings = load(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    if settings.rule_sets:
        from gateway.validator import own_rules  # here, so that other commands start fast

        own_rules.install(settings.rule_sets)
    return msgspec.structs.replace(settings, data_directory=data) if data else settings


def _existing_from(config: Path | None, data: Path | None) -> Settings:
    settings = _settings_from(config, data)
    file = settings.data_directory / DATABASE_FILE
    if not settings.database.url and not file.exists():
        raise click.ClickException(f"there is no gateway in {settings.data_directory}: {file.name} does not exist")
    return settings
