"""Parties on the command line: the rules of the API hold, and nothing is lost unsaid."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def save(data: Path, *words: str, kind: str = "company", name: str = "Jansen") -> Result:
    return run(data, "parties", "save", *words, "--name", name, "--kind", kind)


@pytest.mark.parametrize(
    "words",
    [
        ["UPPER"],
        ["with space"],
        ["x" * 64],
        [""],
        ["jansen", "--identifier", "KVK:1"],
        ["jansen", "--identifier", "nothing"],
        ["jansen", "--identifier", "0060:" + "9" * 60],
        ["jansen", "--setting", "profile=none-such"],
        ["jansen", "--setting", "profile"],
        ["jansen", "--mandate", "nobody"],
        ["jansen", "--kind-source", "x" * 501],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_what_the_api_refuses_is_refused_here(tmp_path: Path, words: list[str]) -> None:
    result = save(tmp_path, *words)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert run(tmp_path, "parties", "list").output.count("\n") <= 1
    assert save(tmp_path, "p", name="").exit_code == 1


def test_a_party_that_is_there_loses_nothing_unless_that_is_asked(tmp_path: Path) -> None:
    numbers = ("--identifier", "KVK:12345678", "--identifier", "OIN:00000003123456780000")
    save(tmp_path, "a")
    assert save(tmp_path, "jansen", *numbers, "--setting", "profile=nlcius", "--mandate", "a").exit_code == 0
    for words, kind, message in (
        (("--identifier", "KVK:12345678"), "company", "take away 0190:00000003123456780000"),
        ((*numbers, "--mandate", "a"), "company", "take away the setting profile"),
        ((*numbers, "--setting", "profile=nlcius"), "company", "take away the mandate of a"),
        (
            (*numbers, "--setting", "profile=nlcius", "--mandate", "a"),
            "rijk",
            "change its kind from company to rijk",
        ),
    ):
        refused = save(tmp_path, "jansen", *words, kind=kind)
        assert (refused.exit_code, message in refused.output) == (1, True), refused.output
    more = ("--identifier", "GLN:8712345000004", "--setting", "profile=nlcius", "--mandate", "a")
    assert save(tmp_path, "jansen", *numbers, *more, name="Jansen B.V.").exit_code == 0
    assert "Jansen B.V.  0088:8712345000004 0106:12345678" in run(tmp_path, "parties", "list").output
    assert save(tmp_path, "jansen", "--replace", kind="rijk").exit_code == 0
    assert "jansen  rijk     Jansen\n" in run(tmp_path, "parties", "list").output


@pytest.mark.parametrize(
    "words",
    [
        ("parties", "list"),
        ("usage", "show", "x", "--year", "2026"),
        ("usage", "seals"),
        ("usage", "prove", "1"),
        ("audit",),
        ("bills", "list"),
        ("bills", "show", "X"),
    ],
    ids=" ".join,
)
def test_a_command_that_reads_makes_no_gateway(tmp_path: Path, words: tuple[str, ...]) -> None:
    nowhere = tmp_path / "nowhere"
    result = run(nowhere, *words)
    assert result.exit_code == 1, result.output
    assert f"there is no gateway in {nowhere}" in result.output
    assert not nowhere.exists()
