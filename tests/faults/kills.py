"""Kills: at every named point in turn, and at random moments under parallel senders and receivers."""

import asyncio
import random
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from tests.faults.process import EndedError, Running, start_and_kill
from tests.faults.traffic import (
    GONE,
    Wave,
    World,
    check,
    check_audits,
    session_of,
    started,
    until_quiet,
)

ROUNDS = 4
SENDERS = 4
UP_SECONDS_MAX = 2.0
"""A gateway lives at most so long before a random kill."""
KILLS_A_CHECK = 5
STARTS_A_KILL = 0.2
"""This share of the random kills hits a gateway that is starting."""


async def kill_at_each(world: World, points: Sequence[str], done: Callable[[str], None] = lambda _: None) -> None:
    """Kill it at each point in turn, with a check after each: at the first or second passing while it serves, or
    else from its start on, as what is done once a day."""
    for index, point in enumerate(points):
        async with started(world) as gateway:
            await until_quiet(world, gateway.address)
            check(world)
            gateway.arm(point, 1 + index % 2)
            status = await _serve_until_killed(world, gateway, f"k{index}")
        if status is None:
            with suppress(EndedError):
                async with started(world, (point, 1)) as gateway:
                    status = await _serve_until_killed(world, gateway, f"a{index}")
                    assert status == -signal.SIGKILL, f"it was not killed {point}"
        done(point)
    await recover(world)
    await check_audits(world)


async def _serve_until_killed(world: World, gateway: Running, name: str) -> int | None:
    """Send waves until the gateway is gone, so many rounds at most; its exit code, None when it lives."""
    with suppress(*GONE):
        async with session_of(gateway.address) as session:
            for number in range(ROUNDS):
                await Wave(world, session).run(f"{name}r{number}")
                await asyncio.sleep(0.2)
    return await gateway.end()


async def kill_at_random(
    world: World, kills: int, seed: int, done: Callable[[str], None] = lambda _: None
) -> None:
    """Kill it so many times at random moments, some of them while it starts."""
    chance = random.Random(seed)
    for number in range(1, kills + 1):
        if chance.random() < STARTS_A_KILL:
            world.starts += 1
            await start_and_kill(world.settings, world.starts, chance.uniform(0, 1))
        else:
            with suppress(EndedError):
                async with started(world) as gateway:
                    await _serve_and_kill(world, gateway, f"s{seed}n{number}", chance.uniform(0, UP_SECONDS_MAX))
        if number % KILLS_A_CHECK == 0 or number == kills:
            await recover(world)
            done(f"{number} kills")
    await check_audits(world)


async def recover(world: World) -> None:
    """Start it, wait until all is done, and check."""
    async with started(world) as gateway:
        await until_quiet(world, gateway.address)
        check(world)


async def _serve_and_kill(world: World, gateway: Running, name: str, seconds: float) -> None:
    async def send(sender: int) -> None:
        with suppress(*GONE):
            async with session_of(gateway.address) as session:
                for number in range(ROUNDS):
                    await Wave(world, session).run(f"{name}s{sender}r{number}")

    senders = [asyncio.create_task(send(sender)) for sender in range(SENDERS)]
    await asyncio.sleep(seconds)
    gateway.kill()
    await asyncio.gather(*senders)
