"""What a stranger and a lawyer look for first: licence, version, changelog, the two commands."""

import re
import tomllib

from gateway import __version__
from tests.house.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_licence_is_named_by_its_spdx_identifier() -> None:
    assert PROJECT["license"] == "EUPL-1.2"


def test_the_changelog_speaks_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make run" in readme
    assert "make test" in readme


def test_what_ci_runs_is_what_a_developer_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    goals = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"run", "test", "docs"} <= set(goals)
