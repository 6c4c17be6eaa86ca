"""Kill -9 at named steps and at random moments: nothing acknowledged is lost, stuck, or counted twice.

Here a sample of the points (F1) and few random kills (F2); `make soak` does them all.
"""

from pathlib import Path

import pytest

from tests.faults.kills import kill_at_each, kill_at_random
from tests.faults.points import POINTS
from tests.faults.traffic import opened_world

SAMPLE = POINTS[::5]
CHAINS = 2
"""So many houses share the points of the sample."""


def test_there_are_at_least_sixty_points() -> None:
    assert len(POINTS) == len(set(POINTS)) >= 60


@pytest.mark.parametrize("chain", range(CHAINS))
async def test_killed_at_named_points(tmp_path: Path, chain: int) -> None:
    async with opened_world(tmp_path, "") as world:
        await kill_at_each(world, SAMPLE[chain::CHAINS])


@pytest.mark.postgresql
async def test_killed_at_named_points_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    async with opened_world(tmp_path, postgres_url) as world:
        await kill_at_each(world, POINTS[3::20])


async def test_killed_at_random_moments(tmp_path: Path, database_url: str) -> None:
    async with opened_world(tmp_path, database_url) as world:
        await kill_at_random(world, 5, seed=11)
