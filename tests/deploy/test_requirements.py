"""What the container and the systemd unit install is locked, with hashes, and is what the project asks for."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "deploy/requirements.txt").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKED = {
    canonicalize_name(found[1]): (found[2], found[0].count("--hash=sha256:"))
    for found in re.finditer(
        r"^([a-z0-9.-]+)==(\S+)[^\\\n]*\\\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", LOCK, re.MULTILINE
    )
}
WANTED = [
    Requirement(one)
    for one in (
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["postgresql"],
        *PROJECT["project"]["optional-dependencies"]["tracing"],
        *PROJECT["build-system"]["requires"],
    )
]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_what_the_project_asks_for_is_locked(wanted: Requirement) -> None:
    version, hashes = LOCKED[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(version)
    assert hashes >= 1


def test_nothing_is_locked_without_a_hash() -> None:
    assert len(re.findall(r"^[a-z0-9.-]+==", LOCK, re.MULTILINE)) == len(LOCKED) >= 40
    assert set(re.findall(r"^([^ #\n][^=\n]*)$", LOCK, re.MULTILINE)) == set()


@pytest.mark.parametrize("name", sorted(LOCKED))
def test_what_a_locked_package_needs_is_locked(name: str) -> None:
    """As the packages that are installed here say."""
    try:
        needs = [Requirement(one) for one in metadata.requires(name) or ()]
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is for another system or version of Python than this one")
    missing = [
        str(one)
        for one in needs
        if (one.marker is None or one.marker.evaluate({"extra": ""})) and canonicalize_name(one.name) not in LOCKED
    ]
    assert missing == []


def test_the_container_can_copy_it() -> None:
    assert "!deploy/requirements.txt" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_container_and_the_unit_install_what_is_locked() -> None:
    for file in ("deploy/Dockerfile", "docs/how-to/deploy-systemd.md"):
        installs = re.findall(r"pip install (.*)", (ROOT / file).read_text())
        assert len(installs) == 2
        assert "--require-hashes" in installs[0]
        assert {"--no-deps", "--no-build-isolation"} <= set(installs[1].split())
