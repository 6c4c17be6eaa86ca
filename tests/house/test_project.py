"""What a stranger and a lawyer look for first: licence, version, changelog, the two commands."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from gateway import __version__
from tests.house.repository import ROOT, files

SHIPPED = {"gateway", "schemas"}

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]


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


def test_an_installed_gateway_has_every_file_that_it_reads() -> None:
    """Whatever is not Python is taken along by a pattern of `package-data`: the tests run from the source tree,
    operators from an installed package."""
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]
    data = [
        path
        for path in files()
        if path.suffix not in {".py", ".md"} and path.relative_to(ROOT).parts[0] in SHIPPED
    ]
    assert data
    left_behind = [str(path) for path in data if not any(path in taken for taken in _taken(path, patterns))]
    assert left_behind == []


def _taken(path: Path, patterns: dict[str, list[str]]) -> Iterator[set[Path]]:
    """What each package above the file takes along; a folder with a dot in its name is no package."""
    for folder in path.relative_to(ROOT).parents:
        name = ".".join(folder.parts)
        if folder.parts and not any("." in part for part in folder.parts):
            for pattern in (*patterns["*"], *patterns.get(name, [])):
                yield set((ROOT / folder).glob(pattern))
