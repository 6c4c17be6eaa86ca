"""Keys on the command line: listed, rotated, and revoked by how they begin."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["keys", *words, "--data", str(data)])


def test_a_key_is_made_rotated_listed_and_revoked(tmp_path: Path) -> None:
    made = run(tmp_path, "new", "--role", "operator", "--label", "phone", "--expires", "2099-12-31")
    key_id, key = made.output.split()
    new_id, _ = run(tmp_path, "rotate", key[:11], "--overlap-hours", "1").output.split()
    listed = json.loads(run(tmp_path, "list", "--format", "json").stdout)
    assert {one["key_id"]: one["label"] for one in listed} == {key_id: "phone", new_id: "phone"}
    assert key not in run(tmp_path, "list").output
    assert run(tmp_path, "revoke", key[:11]).output == f"revoked {key_id}\n"
    assert key_id not in run(tmp_path, "list").output
    assert "revoked" in run(tmp_path, "list", "--all").output


@pytest.mark.parametrize("text", ["mp_", "key-", "key-ffffffffffff", ""])
def test_what_names_no_key_is_refused(tmp_path: Path, text: str) -> None:
    run(tmp_path, "new", "--role", "operator")
    for command in ("revoke", "rotate"):
        result = run(tmp_path, command, text)
        assert result.exit_code == 1
        assert "there is no key" in result.output
