"""Readiness: each check's answer, a check that hangs or breaks, and many callers at once."""

import asyncio
from pathlib import Path

from gateway.health import Check, Health, disk_has_room, is_writable, queue_has_room


class Store:
    """A store that can break, and counts how often it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.asked = error, 0

    async def prove_writable(self) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error


async def test_ready_when_every_check_passes(tmp_path: Path) -> None:
    checks: dict[str, Check] = {
        "store": is_writable(Store()),
        "queue": queue_has_room(lambda: 90, 100, 0.9),
        "disk": disk_has_room(tmp_path, 1),
    }
    readiness = await Health(checks, 5).readiness()
    assert readiness.is_ready
    assert [check.name for check in readiness.checks] == ["store", "queue", "disk"]


async def test_each_problem_is_a_sentence_for_an_operator(tmp_path: Path) -> None:
    checks: dict[str, Check] = {
        "store": is_writable(Store(OSError(30, "Read-only file system"))),
        "queue": queue_has_room(lambda: 91, 100, 0.9),
        "disk": disk_has_room(tmp_path, 1 << 62),
        "fine": is_writable(Store()),
    }
    readiness = await Health(checks, 5).readiness()
    store, queue, disk, fine = (check.problem for check in readiness.checks)
    assert not readiness.is_ready
    assert store == "OSError: [Errno 30] Read-only file system"
    assert queue == "91 messages wait; new ones are refused from 100 on"
    assert disk is not None
    assert str(tmp_path) in disk
    assert fine is None


async def test_a_check_that_hangs_has_failed_and_holds_up_no_other() -> None:
    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    readiness = await Health({"hangs": hangs, "store": is_writable(Store())}, 0.05).readiness()
    assert [check.problem for check in readiness.checks] == ["no answer within 0.05 seconds", None]


async def test_a_disk_that_is_gone_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    readiness = await Health({"disk": disk_has_room(tmp_path / "gone", 1)}, 5).readiness()
    assert readiness.checks[0].problem is not None


async def test_many_callers_cost_the_store_one_check() -> None:
    store = Store()
    health = Health({"store": is_writable(store)}, 5, kept_seconds=60)
    answers = await asyncio.gather(*(health.readiness() for _ in range(100)))
    assert store.asked == 1
    assert all(answer.is_ready for answer in answers)


async def test_an_answer_is_not_kept_for_ever() -> None:
    store = Store()
    health = Health({"store": is_writable(store)}, 5, kept_seconds=0)
    assert (await health.readiness()).is_ready
    store.error = OSError("gone")
    assert not (await health.readiness()).is_ready
