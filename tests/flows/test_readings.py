"""Which operator read which document is in the register's log before the document is sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from gateway.settings import DatabaseSettings, HttpSettings, Settings
from tests.flows.conftest import House, numbered, opened_house


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway whose operators may read documents."""
    settings = Settings(
        data_directory=tmp_path,
        database=DatabaseSettings(url=database_url),
        http=HttpSettings(port=0, operators_read_documents=True),
    )
    async with opened_house(settings) as made:
        yield made


async def test_each_reading_by_an_operator_is_recorded(house: House) -> None:
    kenmerk = (await (await house.send("supplier", numbered("2026-0931"))).json())["kenmerk"]
    path = f"/v1/messages/{kenmerk}"
    for part, by in (
        ("document", "operator"),
        ("report", "operator"),
        ("attachments", "operator"),
        ("document", "supplier"),
        ("document", "town"),
        ("statuses", "operator"),
    ):
        async with house.session.get(f"{path}/{part}", headers=house.as_(by)) as answer:
            assert answer.status == 200
    log = await house.get("finance", f"/v1/register-log?subject={kenmerk}")
    items = log["items"]
    assert isinstance(items, list)
    assert [(one["what"], one["detail"]) for one in items] == [
        ("document read", {"part": part}) for part in ("document", "report", "attachments")
    ]
    assert {one["actor"] for one in items} == {
        row.key_id
        for row in await house.gateway.engines.rows(text("SELECT key_id FROM api_keys WHERE role = 'operator'"))
    }
    assert {one["at"][:10] for one in items} == {f"{house.clock():%Y-%m-%d}"}


async def test_the_log_comes_in_pages_and_cannot_be_changed(house: House) -> None:
    whole = await house.get("operator", "/v1/register-log")
    first = await house.get("operator", "/v1/register-log?limit=2")
    assert isinstance(whole["items"], list)
    assert isinstance(first["items"], list)
    assert isinstance(first["links"], dict)
    rest = await house.get("operator", first["links"]["next"].replace("limit=2", "limit=500"))
    assert isinstance(rest["items"], list)
    assert first["items"] + rest["items"] == whole["items"]
    assert {"party saved", "key created"} == {one["what"] for one in whole["items"]}
    for change in ("UPDATE register_log SET actor = 'x'", "DELETE FROM register_log"):
        with pytest.raises(DatabaseError), house.gateway.engines.write.begin() as connection:
            connection.execute(text(change))
    async with house.session.get("/v1/register-log", headers=house.as_("supplier")) as answer:
        assert answer.status == 403
