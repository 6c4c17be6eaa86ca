"""Every command with its options and examples: the page docs/reference/commands.md."""

import inspect
from collections.abc import Iterator, Sequence

import click

from gateway.cli import main

NAME = "meterpoort"


def commands(group: click.Group = main, words: Sequence[str] = (NAME,)) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it, in alphabetical order."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        elif command is not None:
            yield " ".join((*words, name)), command


def description_of(command: click.Command) -> str:
    """What a command does, without its examples."""
    return inspect.cleandoc(command.help or "").partition("\b\n")[0].strip()


def examples_of(command: click.Command) -> list[str]:
    """The calls that the help of a command shows."""
    return inspect.cleandoc(command.help or "").partition("\b\n")[2].splitlines()


def commands_page() -> str:
    """docs/reference/commands.md"""
    return _INTRODUCTION + "\n".join(_section(words, command) for words, command in commands())


def _section(words: str, command: click.Command) -> str:
    arguments = [one.make_metavar(click.Context(command)) for one in command.params if _is_argument(one)]
    options = [_option_row(one) for one in command.params if isinstance(one, click.Option) and not _is_common(one)]
    usage = " ".join((words, "[OPTION]...", *arguments))
    table = f"\n| option | meaning |\n| --- | --- |\n{''.join(options)}" if options else ""
    called = "\n".join((f"# {usage}", *examples_of(command)))
    return f"## {words}\n\n{description_of(command)}\n\n```sh\n{called}\n```\n{table}"


def _is_common(option: click.Option) -> bool:
    """Whether an option is explained once for all commands."""
    if option.name == "form" and isinstance(option.type, click.Choice):
        return set(option.type.choices) == {"text", "json"}
    return option.name in {"config", "data"}


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _option_row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    about = [option.help or ""]
    if isinstance(option.type, click.Choice):
        about.append(f"One of {', '.join(f'`{one}`' for one in option.type.choices)}.")
    if option.required:
        about.append("Required.")
    if option.show_default and option.default is not None:
        about.append(f"Default `{option.default}`.")
    return f"| {names} | {' '.join(about).replace('|', '&#124;')} |\n"


_INTRODUCTION = """\
# Commands

Every command of `meterpoort`, with its options and an example. `meterpoort COMMAND -h` prints them too.

## Everywhere

| option | meaning |
| --- | --- |
| `--config` | Settings in TOML, as `--config /etc/meterpoort/meterpoort.toml`; else `METERPOORT_CONFIG`. |
| `--data` | Data directory instead of that of the settings, as `--data var`. |
| `--format` | `text` for people, `json` for programs, as `--format json`. |
| `-h`, `--help` | What the command does, with its options and an example. |

A command that works on a gateway takes `--config` and `--data`, and runs next to a server or without one. Every
command prints JSON where it is asked to; exports take the format of their file, and print its control total as
JSON. Results go to standard output; messages and progress go to standard error, progress only on a terminal.
Colours are left out where the output is not a terminal, and where `NO_COLOR` is set.

| exit status | meaning |
| --- | --- |
| 0 | It is done. `validate`: all documents are valid. `audit`, `restore`: everything holds. |
| 1 | It was refused. `validate`: a document is not valid. `audit`, `restore`: something does not hold. |
| 2 | It was called wrongly; refused by billing, in both languages; `validate`: a document could not be judged. |

The shell completes commands, options and values after one of these lines, also in its startup file:

```sh
eval "$(_METERPOORT_COMPLETE=bash_source meterpoort)"
eval "$(_METERPOORT_COMPLETE=zsh_source meterpoort)"
```

For fish: `_METERPOORT_COMPLETE=fish_source meterpoort | source`.

"""
