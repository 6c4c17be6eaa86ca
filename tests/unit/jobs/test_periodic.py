"""Jobs that run again and again."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.jobs.periodic import run_periodically
from tests.waiting import WAIT_SECONDS_MAX


async def test_a_job_runs_again_after_an_expected_error() -> None:
    runs = 0
    third = asyncio.Event()

    async def job() -> None:
        nonlocal runs
        runs += 1
        if runs == 2:
            raise ConnectionError
        if runs == 3:
            third.set()

    with capture_logs() as logs:
        task = asyncio.create_task(run_periodically(job, 0, failure="job_failed", expected=(ConnectionError,)))
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            await third.wait()
        task.cancel()
    assert [(entry["event"], entry["error"]) for entry in logs] == [("job_failed", "ConnectionError")]


async def test_another_error_ends_it() -> None:
    async def job() -> None:
        raise KeyError("unexpected")

    with pytest.raises(KeyError):
        await run_periodically(job, 0, failure="job_failed", expected=(ConnectionError,))


async def test_the_first_run_comes_after_its_pause() -> None:
    started = asyncio.Event()

    async def job() -> None:
        started.set()

    task = asyncio.create_task(run_periodically(job, 60, failure="job_failed", first_after_seconds=60))
    await asyncio.sleep(0.01)
    task.cancel()
    assert not started.is_set()


async def test_a_job_of_another_gateway_is_left_to_it_until_it_is_ours() -> None:
    asked = 0
    ran = asyncio.Event()

    async def is_mine() -> bool:
        nonlocal asked
        asked += 1
        return asked == 3

    async def job() -> None:
        assert asked == 3
        ran.set()

    task = asyncio.create_task(run_periodically(job, 0, failure="job_failed", is_mine=is_mine))
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        await ran.wait()
    task.cancel()
