"""Retention and legal holds on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

WHY = ("--reason", "objection 2026/14", "--author", "jurist")
KENMERK = "019a0000-0000-7000-8000-000000000000"


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert run(folder, "parties", "save", "town", "--name", "Town", "--kind", "non-rijk").exit_code == 0
    (folder / "documents" / "packs").mkdir(parents=True)
    return folder


def test_a_run_is_dry_unless_it_is_asked_for_and_its_report_is_kept(data: Path) -> None:
    dry = json.loads(run(data, "retain", "--format", "json").output)
    assert (dry["is_dry_run"], dry["tallies"]) == (True, [])
    assert "would be forgotten" in run(data, "retain", "--dry-run").output
    assert json.loads(run(data, "retain", "--runs", "--format", "json").output) == []
    assert "bytes erased" in run(data, "retain", "--run").output
    assert [one["is_dry_run"] for one in json.loads(run(data, "retain", "--runs", "--format", "json").output)] == [
        False
    ]


def test_without_document_storage_nothing_is_forgotten(data: Path) -> None:
    (data / "documents" / "packs").rmdir()
    refused = run(data, "retain", "--run")
    assert refused.exit_code == 1
    assert "document storage is not there" in refused.output


@pytest.mark.parametrize(("scope", "subject"), [("message", KENMERK), ("party", "town"), ("year", "2026")])
def test_a_hold_is_set_once_and_lifted_once(data: Path, scope: str, subject: str) -> None:
    assert run(data, "holds", "set", scope, subject, *WHY).output == f"holds {scope} {subject}\n"
    assert run(data, "holds", "set", scope, subject, *WHY).exit_code == 1
    assert "jurist  objection 2026/14" in run(data, "holds", "list").output
    assert run(data, "holds", "lift", scope, subject, *WHY).output == f"lifted {scope} {subject}\n"
    assert run(data, "holds", "lift", scope, subject, *WHY).exit_code == 1
    assert run(data, "holds", "list").output == "There are no holds.\n"


@pytest.mark.parametrize(("scope", "subject"), [("message", "019a"), ("party", "Town!"), ("year", "26")])
def test_a_hold_on_what_cannot_be_is_refused(data: Path, scope: str, subject: str) -> None:
    assert run(data, "holds", "set", scope, subject, *WHY).exit_code == 2


def test_of_a_message_that_is_whole_nothing_was_forgotten(data: Path) -> None:
    assert run(data, "messages", "forgotten", KENMERK).output == "Nothing was forgotten of it.\n"
