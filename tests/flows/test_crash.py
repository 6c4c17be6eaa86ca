"""Kill -9 at any moment: nothing acknowledged is lost, nothing is delivered or metered twice.

The gateway is a real process. What the senders received is compared with what the store and the meter hold
after a restart; the store is read with sqlite3 alone, not with the gateway's own code.
"""

import asyncio
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from gateway.admin import parties
from gateway.settings import Settings
from tests.flows.conftest import SUPPLIER, TOWN, numbered
from tests.flows.crashing import NEVER

POINTS = (
    ("before gateway.store.messages.messages:MessageStore.accept", 2),
    ("after gateway.store.messages.accept:write_together", 4),
    ("after gateway.store.documents.storage:Storage.sync_pack", 2),
    ("after gateway.store.messages.messages:MessageStore.accept", 2),
    ("after gateway.pipeline.queue:JudgingQueue._verdicts", 2),
    ("after gateway.store.messages.commit:write_decisions", 2),
    ("after gateway.store.messages.commit:Committer.commit_all", 2),
)
"""Each with the passing at which it kills: something is already behind it. A commit of
acceptances writes keys first and then the messages."""
MESSAGES = 24


@dataclass
class Responses:
    """What senders received: the kenmerk by document number, and who got no answer."""

    kenmerken: dict[str, str] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)


@dataclass
class Process:
    """A running gateway."""

    process: asyncio.subprocess.Process
    address: str


@asynccontextmanager
async def running(directory: Path, point: str = NEVER, passing: int = 1) -> AsyncIterator[Process]:
    arguments = ("-m", "tests.flows.crashing", str(directory), point, str(passing))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    assert "is running at" in line
    try:
        yield Process(process, line.split()[-1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def furnish(directory: Path) -> str:
    """A supplier and a municipality; the supplier's key."""
    settings = Settings(data_directory=directory)
    parties.save_party(settings, "supplier", name="L", kind="company", identifiers=(str(SUPPLIER),))
    parties.save_party(settings, "town", name="G", kind="non-rijk", identifiers=(str(TOWN),))
    return parties.new_key(settings, "supplier", "supplier")[1]


async def send(address: str, key: str, numbers: Sequence[str], responses: Responses) -> None:
    """Hand all in at once; each with its own idempotency key, as a careful sender does."""

    async def one(session: aiohttp.ClientSession, number: str) -> None:
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/xml",
            "Idempotency-Key": number,
        }
        try:
            async with session.post("/v1/messages", data=numbered(number), headers=headers) as answer:
                assert answer.status == 202
                kenmerk = (await answer.json())["kenmerk"]
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            responses.unanswered.append(number)
            return
        assert responses.kenmerken.setdefault(number, kenmerk) == kenmerk, "the same key got another kenmerk"

    async with aiohttp.ClientSession(address) as session:
        await asyncio.gather(*(one(session, number) for number in numbers))


async def until_quiet(directory: Path) -> None:
    """Wait until no message waits to be judged."""
    for _ in range(600):
        with sqlite3.connect(directory / "meterpoort.db") as database:
            waiting = database.execute("SELECT count(*) FROM messages WHERE state = 'received'").fetchone()[0]
        if waiting == 0:
            return
        await asyncio.sleep(0.05)
    pytest.fail("messages still wait")


def check(directory: Path, responses: Responses, expected: set[str]) -> None:
    with sqlite3.connect(directory / "meterpoort.db") as database:
        rows = database.execute("SELECT number, kenmerk, state, sha256, size_bytes FROM messages").fetchall()
        by_number = {number: kenmerk for number, kenmerk, *_ in rows}
        assert len(rows) == len(by_number) == len(expected), "a message is lost or there twice"
        assert responses.kenmerken == by_number, "senders received something else"
        assert Counter(state for _, _, state, *_ in rows) == {"delivered": len(expected)}
        metered = database.execute("SELECT key, quantity FROM usage_entries").fetchall()
        assert sorted(metered) == sorted((f"{kenmerk} delivered-to town", 1) for kenmerk in by_number.values())
        rollup = database.execute("SELECT sum(quantity) FROM usage_rollups").fetchone()[0]
        assert rollup == len(expected)
        box = database.execute("SELECT kenmerk FROM mailbox").fetchall()
        assert sorted(kenmerk for (kenmerk,) in box) == sorted(by_number.values())
        steps = database.execute("SELECT kenmerk, count(*) FROM journal GROUP BY kenmerk").fetchall()
        assert dict(steps) == dict.fromkeys(by_number.values(), 8), "a step is missing or there twice"


@pytest.mark.parametrize(("point", "passing"), POINTS)
async def test_killed_at_a_named_point(tmp_path: Path, point: str, passing: int) -> None:
    key = await asyncio.to_thread(furnish, tmp_path)
    responses = Responses()
    numbers = [f"C-{number:03d}" for number in range(MESSAGES)]
    async with running(tmp_path, point, passing) as gateway:
        for start in range(0, MESSAGES, 4):
            await send(gateway.address, key, numbers[start : start + 4], responses)
        await asyncio.wait_for(gateway.process.wait(), 20)
        assert gateway.process.returncode == -signal.SIGKILL, "it was not killed where it should"
    await resume(tmp_path, key, numbers, responses)


@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_random(tmp_path: Path, seed: int) -> None:
    choice = random.Random(seed)
    key = await asyncio.to_thread(furnish, tmp_path)
    responses = Responses()
    numbers = [f"R-{number:03d}" for number in range(MESSAGES)]
    for _ in range(3):
        async with running(tmp_path) as gateway:
            sending = asyncio.create_task(send(gateway.address, key, numbers, responses))
            await asyncio.sleep(choice.uniform(0, 0.15))
            gateway.process.kill()
            await sending
    await resume(tmp_path, key, numbers, responses)


async def resume(directory: Path, key: str, numbers: list[str], responses: Responses) -> None:
    """Start again, send again what got no answer and what did, and compare."""
    async with running(directory) as gateway:
        await send(gateway.address, key, numbers, responses)
        await until_quiet(directory)
    check(directory, responses, set(numbers))
