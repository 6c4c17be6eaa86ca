"""One document that kills every worker that gets it (F11): it is parked, and nobody else waits for it."""

import asyncio
import hashlib
from collections.abc import Sequence

import pytest

from gateway.messages.lifecycle import State
from gateway.pipeline.worker import Answer, Job
from gateway.pipeline.workers import Pieces, _Worker
from tests.faults.traffic import LARGE_BYTES
from tests.flows.conftest import House, numbered

BLANKS = b" " * (LARGE_BYTES // 2)


def large(number: str) -> bytes:
    """A document that is judged in a worker process."""
    blank = numbered(number).replace(b"</Invoice>", BLANKS + b"</Invoice>")
    return blank.replace(b"<cac:OrderReference>", BLANKS + b"<cac:OrderReference>")


async def test_a_document_that_kills_its_worker_is_parked_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, killed = hashlib.sha256(large("P-0")).hexdigest(), []
    judge = _Worker.judge

    async def die(self: _Worker, jobs: Sequence[Job], document: Pieces | None) -> list[Answer]:
        if any(job.stored and job.stored.sha256 == poison for job in jobs):
            killed.append(self)
            self._process.kill()
        return await judge(self, jobs, document)

    monkeypatch.setattr(_Worker, "judge", die)
    documents = [large("P-0"), *(large(f"P-{number}") for number in range(1, 4)), numbered("P-4"), numbered("P-5")]
    answers = await asyncio.gather(*(house.send("supplier", document) for document in documents))
    states = [(await answer.json())["state"] for answer in answers]
    assert states == [State.PARKED] + [State.DELIVERED] * 5
    assert len(killed) == 3
    monkeypatch.setattr(_Worker, "judge", judge)
    kenmerk = (await answers[0].json())["kenmerk"]
    assert await house.gateway.operations.replay(kenmerk, "operator")
    assert await house.gateway.intake.wait_until_settled(kenmerk, 20)
    message = await house.get("supplier", f"/v1/messages/{kenmerk}")
    assert (message["state"], message["disposition"]) == ("delivered", "billable")
