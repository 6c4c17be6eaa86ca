"""S3 away while messages wait and come: refusals that say when to try again, and all goes on when it is back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.settings import HttpSettings, Settings, StorageSettings
from gateway.store.documents import storage
from tests.flows.conftest import House, numbered, opened_house
from tests.flows.s3 import S3, s3_server
from tests.flows.test_damage import stop_judging
from tests.flows.test_outage import require_going_on, require_unavailable
from tests.waiting import WAIT_SECONDS_MAX


@pytest.fixture
async def s3(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[S3]:
    async with s3_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        yield server


@pytest.fixture
async def house(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A gateway that keeps its documents there, and is less patient than others."""
    monkeypatch.setattr(storage, "REQUEST_MAX", timedelta(seconds=0.5))
    monkeypatch.setattr(storage, "RETRIES_MAX", 0)
    settings = Settings(
        data_directory=tmp_path, storage=StorageSettings(url="s3://documents/prefix"), http=HttpSettings(port=0)
    )
    async with opened_house(settings) as made:
        yield made


@pytest.mark.parametrize("trouble", ["is_away", "is_hanging"])
async def test_what_waits_goes_on_by_itself_and_what_comes_is_refused_until_then(
    house: House, s3: S3, trouble: str
) -> None:
    await stop_judging(house)
    waiting = [await house.send("supplier", numbered(f"S-{number}"), wait=False) for number in range(10)]
    kenmerken = [(await answer.json())["kenmerk"] for answer in waiting]
    setattr(s3, trouble, True)
    house.gateway.queue.start()
    for number in range(5):
        answer = await house.send("supplier", numbered(f"O-{number}"), wait=False, Idempotency_Key=f"key-{number}")
        await require_unavailable(answer)
    async with house.session.get("/readyz") as ready:
        assert (ready.status, (await ready.json())["failing"]) == (503, ["storage"])
    path = f"/v1/messages/{kenmerken[0]}/document"
    await require_unavailable(await house.session.get(path, headers=house.as_("supplier")))
    beaten = await house.gateway.writer.call(lambda _connection: True)
    assert beaten, "what has nothing to do with documents is written"
    setattr(s3, trouble, False)
    for kenmerk in kenmerken:
        assert await house.gateway.intake.wait_until_settled(kenmerk, WAIT_SECONDS_MAX)
        message = await house.gateway.store.message(kenmerk, None)
        assert message is not None
        assert message.state == "delivered"
    await asyncio.sleep(1.1)
    await require_going_on(house, range(5))
