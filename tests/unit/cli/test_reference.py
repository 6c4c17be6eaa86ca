"""Every command: it explains itself with examples, starts with little, and prints JSON for programs."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.reference import commands, description_of, examples_of
from tests.samples import invoice
from tests.unit.cli.test_usage import SOURCE, TYPE

COMMANDS = dict(commands())
KEEP_RUNNING = {"meterpoort demo", "meterpoort serve"}
"""Tested as processes."""


def options_of(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option)]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_says_what_it_does_with_an_example(words: str) -> None:
    command = COMMANDS[words]
    assert description_of(command).endswith((".", "/."))
    assert examples_of(command)
    for example in examples_of(command):
        assert words in example
    shown = CliRunner().invoke(main, [*words.split()[1:], "-h"])
    assert (shown.exit_code, examples_of(command)[0] in shown.output) == (0, True)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_has_a_meaning_and_an_example(words: str) -> None:
    for option in options_of(COMMANDS[words]):
        assert option.help, option.opts
        takes_one_of_one = isinstance(option.type, click.Choice) and len(option.type.choices) == 1
        assert option.is_flag or takes_one_of_one or "as " in option.help.lower(), option.opts


def test_a_mistyped_command_is_answered_with_a_suggestion() -> None:
    for words, meant in ((["partys"], "parties"), (["bills", "quot"], "quote"), (["keys", "lst"], "list")):
        result = CliRunner().invoke(main, words)
        assert (result.exit_code, meant in result.stderr) == (2, True), result.stderr


def test_commands_start_without_what_they_may_not_need() -> None:
    """The database, the web server and the rules take most of a start: no command imports them before it runs."""
    program = (
        "import sys; from gateway.cli.reference import commands\n"
        "for words, command in commands(): print(words)\n"
        "print(*sorted({'sqlalchemy', 'aiohttp', 'gateway.validator.judge', 'typst'} & sys.modules.keys()))"
    )
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert lines.splitlines() == [*COMMANDS, ""]


@pytest.mark.parametrize(
    "words", ["messages list", "keys list", "usage seals", "audit", "bills list", "holds list"]
)
def test_a_command_on_the_database_does_without_the_web_server_and_the_rules(words: str, tmp_path: Path) -> None:
    """They take longer to import than the database."""
    (tmp_path / "meterpoort.db").touch()
    program = (
        "import sys\nfrom gateway.cli import main\n"
        f"try: main([*{words.split()}, '--data', {str(tmp_path)!r}])\n"
        "finally: print({'aiohttp', 'cryptography', 'structlog', 'gateway.validator.judge', 'gateway.api', "
        "'gateway.portal'} & sys.modules.keys())"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert printed.stdout.splitlines()[-1] == "set()", printed.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a gateway, and with the files that the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "invoice.xml").write_bytes(invoice(1))
    (folder / "debtors.toml").write_text("")
    (folder / "use.csv").write_text(
        f"id,source,type,time,party,count\ne1,{SOURCE},{TYPE},2026-01-31T12:00:00Z,gemeente-x,3\n"
    )
    (folder / "camt053.xml").write_text("date,amount,reference\n")
    (folder / "seals.jsonl").write_text("")
    (folder / "meterpoort.toml").write_text('data_directory = "data"\n[billing]\nname = "Finance"\n')
    (folder / "data" / "documents" / "packs").mkdir(parents=True)
    return folder


def test_what_is_printed_for_programs_is_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command is called as in its first example: JSON is all that standard output has."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("METERPOORT_CONFIG", str(folder / "meterpoort.toml"))
    made = CliRunner().invoke(main, ["keys", "new", "--role", "finance", "--format", "json"])
    monkeypatch.setenv("METERPOORT_KEY", json.loads(made.stdout)["key"])
    done = set()
    for words, command in COMMANDS.items():
        if words in KEEP_RUNNING:
            continue
        called = shlex.split(examples_of(command)[0].partition("meterpoort ")[2])
        choices = [
            one.type.choices for one in options_of(command) if one.name == "form" and hasattr(one.type, "choices")
        ]
        assert choices, words
        if "json" in choices[0] and "export" not in called:
            called += ["--format", "json"]
        result = CliRunner().invoke(main, called)
        assert result.exception is None or isinstance(result.exception, SystemExit), (words, result.exception)
        if result.stdout:
            is_lines = result.stdout.startswith('{"')
            for text in result.stdout.splitlines() if is_lines else [result.stdout]:
                json.loads(text)
            done.add(words)
        else:
            assert result.exit_code or {"--out", "-o"} & set(called), words
    assert len(done) > 30
