"""A fixture for pytest: `pytest_plugins = ["gateway.testing.fixtures"]` in your conftest.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.testing.server import RunningGateway, running_gateway


@pytest.fixture
def meterpoort(tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway without parties, in the test's own directory."""
    with running_gateway(tmp_path / "meterpoort") as gateway:
        yield gateway
