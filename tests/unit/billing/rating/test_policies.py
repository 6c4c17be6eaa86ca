"""The sixteen choices: all there, each a name that exists, each on the page that explains them."""

import importlib
import re
from pathlib import Path

import pytest

from gateway.billing.rating.policies import DEFAULT, Policies
from gateway.billing.rating.services import Service

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs/explanation/billing.md").read_text(encoding="utf-8")


CHOICES = [line for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]


def test_there_are_sixteen() -> None:
    assert [int(row.split("|")[1]) for row in CHOICES] == list(range(1, 17))


@pytest.mark.parametrize("row", CHOICES, ids=lambda row: row.split("|")[1].strip())
def test_each_is_decided_where_it_says(row: str) -> None:
    names = re.findall(r"`([^`]+)`", row.split("|")[3])
    assert names
    for name in names:
        assert exists(name), name


def exists(name: str) -> bool:
    """Whether a dotted name, or a file, is there."""
    if "/" in name:
        return (ROOT / name).is_file()
    if name.startswith("Policies."):
        return name.removeprefix("Policies.") in Policies.__dataclass_fields__
    module, _, rest = name.rpartition(".")
    owner: object
    try:
        owner = importlib.import_module(module)
    except ModuleNotFoundError:
        module, _, kind = module.rpartition(".")
        owner = getattr(importlib.import_module(module), kind)
    return hasattr(owner, rest)


def test_every_policy_is_on_the_page() -> None:
    assert [name for name in Policies.__dataclass_fields__ if f"`Policies.{name}`" not in PAGE] == []


def test_every_service_has_a_regime() -> None:
    assert {service for service, _ in DEFAULT.regimes} == set(Service)
