"""Kill -9 at named steps and at random moments: nothing acknowledged is lost, stuck, or counted twice.

Here a sample of the points (F1) and few random kills (F2); `make soak` does them all.
"""

from pathlib import Path

import pytest

from tests.faults.kills import kill_at_each, kill_at_random
from tests.faults.points import POINTS
from tests.faults.traffic import opened_world

SAMPLE = POINTS[::10]


def test_there_are_at_least_sixty_points() -> None:
    assert len(POINTS) == len(set(POINTS)) >= 60


async def test_killed_at_named_points(tmp_path: Path) -> None:
    async with opened_world(tmp_path, "") as world:
        await kill_at_each(world, SAMPLE)


@pytest.mark.postgresql
async def test_killed_at_named_points_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    async with opened_world(tmp_path, postgres_url) as world:
        await kill_at_each(world, POINTS[3::33])


async def test_killed_at_random_moments(tmp_path: Path, database_url: str) -> None:
    async with opened_world(tmp_path, database_url) as world:
        await kill_at_random(world, 3, seed=11)
