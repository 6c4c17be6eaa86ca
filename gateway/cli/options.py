"""What several commands share: options, the settings that they give, and how a result is printed."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
import msgspec

from gateway.json_text import indented_json
from gateway.private import UMASK
from gateway.progress import Progress, unseen
from gateway.settings import CONFIG_VARIABLE, DATABASE_FILE, Settings, SettingsError, load

P = ParamSpec("P")
R = TypeVar("R")

YEAR = click.IntRange(2000, 2999)
DAY = click.DateTime(["%Y-%m-%d"])
EXISTING_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

_COLOURS = {
    **dict.fromkeys(("delivered", "confirmed", "issued", "paid", "active"), "green"),
    **dict.fromkeys(("parked", "returned", "prepared", "approved", "revoked"), "yellow"),
    **dict.fromkeys(("refused", "overdue", "WRONG"), "red"),
}
"""Words that are coloured on a terminal."""

_BAR_STEPS = 200
"""So often at most is a bar of progress drawn."""

language_option = click.option(
    "--language",
    type=click.Choice(["en", "nl"]),
    default="en",
    show_default=True,
    help="Language of the text, as --language nl.",
)


def format_option(
    names: Iterable[str] = ("text", "json"), about: str = "What is printed, as --format json."
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`--format`, passed on as `form`; the first name is the default."""
    choices = list(names)
    return click.option(
        "--format", "form", type=click.Choice(choices), default=choices[0], show_default=True, help=about
    )


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

    return click.option(
        "--config", type=EXISTING_FILE, help="Settings with your own rule sets, as --config own.toml."
    )(run)


def _check_rule_sets(settings: Settings) -> None:
    from gateway.validator import own_rules  # here, so that other commands start fast

    if wrong := own_rules.problems(settings.rule_sets):
        raise click.UsageError(str(SettingsError(tuple(wrong))))


def with_existing(command: Callable[..., R]) -> Callable[..., R]:
    """The same for a command that only reads: without a database it ends, and creates none."""
    return _where_options(command, _existing_from)


def with_values(settings: Settings, table: str, **values: object) -> Settings:
    """The settings with other values in one of their tables, where a value is given."""
    given = {name: value for name, value in values.items() if value is not None}
    return msgspec.structs.replace(settings, **{table: msgspec.structs.replace(getattr(settings, table), **given)})


def text_of(file: Path) -> str:
    """Return the content of a text file. A file that cannot be read ends the command."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read as UTF-8: {error}") from error


def print_result(form: str, content: object, lines: Iterable[str]) -> None:
    """Print a result: JSON for programs, or lines for people."""
    if form == "json":
        click.echo(indented_json(content))
    else:
        for line in lines:
            click.echo(line)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "") -> Iterator[str]:
    """Lines of a table: a header, then rows in columns, numbers to the right; `empty` where there are no rows."""
    found = [[_cell(one) for one in row] for row in rows]
    if not found:
        yield from [empty] if empty else []
        return
    widths = [max(len(text) for text, _ in column) for column in zip(*found, strict=True)]
    widths = [max(width, len(name)) for width, name in zip(widths, header, strict=True)]
    yield click.style("  ".join(map(str.ljust, header, widths)).rstrip(), bold=True)
    for row in found:
        cells = [
            text.rjust(width) if is_number else paint(text) + " " * (width - len(text))
            for (text, is_number), width in zip(row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def paint(text: str) -> str:
    """The text, in colour where it is a word to notice. Colours are left out where no terminal is."""
    colour = _COLOURS.get(text.strip())
    return click.style(text, fg=colour) if colour else text


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Show on a terminal how far long work is, given what is done and the whole; elsewhere show nothing."""
    if not sys.stderr.isatty():
        yield unseen
        return
    with click.progressbar(length=1, label=what, file=sys.stderr) as bar:

        def advance(done: int, whole: int) -> None:
            if done < bar.pos:  # the next stage
                bar.pos, bar.finished = 0, False
            if done >= whole or done - bar.pos >= whole / _BAR_STEPS:
                bar.length = max(whole, done, 1)
                bar.update(done - bar.pos)

        yield advance


def _cell(value: object) -> tuple[str, bool]:
    """A cell as text, and whether it is a number."""
    match value:
        case bool() | str():
            return str(value), False
        case int():
            return f"{value:,}", True
        case Decimal():
            return str(value), True
        case _:
            return "" if value is None else str(value), False


def _where_options(
    command: Callable[..., R], settings_of: Callable[[Path | None, Path | None], Settings]
) -> Callable[..., R]:
    @wraps(command)
    def run(*, config: Path | None, data: Path | None, **options: object) -> R:
        os.umask(UMASK)
        return command(settings=settings_of(config, data), **options)

    add_config = click.option(
        "--config", type=EXISTING_FILE, help="Settings in TOML, as --config /etc/meterpoort/meterpoort.toml."
    )
    add_data = click.option(
        "--data", type=FOLDER, help="Data directory instead of that of the settings, as --data var."
    )
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
