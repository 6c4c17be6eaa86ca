"""Finding messages: what is found, by whom, and from which index."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.clock import billing_date
from gateway.messages.decision import decide
from gateway.messages.finding import words_of
from gateway.messages.message import MessageFilter
from gateway.settings import MeterSettings
from gateway.store.messages import queries
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN, VALID, MemoryRegister
from tests.unit.store.messages.message_database import MessageDatabase

REGISTER = MemoryRegister(SUPPLIER, TOWN)


async def found(database: MessageDatabase, typed: str, visible_to: frozenset[str] | None = None) -> list[str]:
    wanted = MessageFilter(visible_to=visible_to, words=words_of(typed, (SUPPLIER, TOWN)))
    return [message.kenmerk for message in (await database.store.page(wanted, None, 10)).items]


async def test_a_message_is_found_by_what_is_known_of_it(database: MessageDatabase) -> None:
    decision = decide(await database.received(), VALID, REGISTER, {}, MeterSettings(), NOW)
    await database.committer.commit(decision)
    message = await database.store.message(decision.kenmerk, None)
    assert message is not None
    assert message.number
    assert message.issued_on
    assert message.amount is not None
    received_on = billing_date(message.received_at)
    known = [
        message.number[2:6].upper(),
        message.kenmerk[9:].upper(),
        f"{message.amount:,}",
        f"€ {message.amount}",
        "town",
        "90817263",
        f"{message.issued_on:%d-%m-%Y}",
        received_on.isoformat(),
        f"{message.number} supplier {message.issued_on}",
    ]
    for typed in known:
        assert await found(database, typed) == [decision.kenmerk], typed
        assert await found(database, typed, frozenset({"town"})) == [decision.kenmerk], typed
        assert await found(database, typed, frozenset({"stranger"})) == [], typed
    day_before = received_on - timedelta(days=1)
    for typed in ("%", "_", "9999999", f"{message.number} stranger", f"{day_before}"):
        assert await found(database, typed) == [], typed


async def test_counterparts_are_those_of_ones_own_messages(database: MessageDatabase) -> None:
    await database.committer.commit(decide(await database.received(), VALID, REGISTER, {}, MeterSettings(), NOW))
    assert await database.store.counterparts(frozenset({"town"})) == {"supplier", "town"}
    assert await database.store.counterparts(frozenset({"stranger"})) == set()


@pytest.mark.parametrize("visible_to", [None, frozenset({"town"})])
async def test_a_search_reads_one_index_until_it_has_a_page(
    database: MessageDatabase, visible_to: frozenset[str] | None
) -> None:
    """Otherwise each message that is not wanted is read whole: a second and more for a million of them."""
    if database.engines.write.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by statistics, which an empty table does not have")
    query = queries.page(MessageFilter(visible_to, words=words_of("2026-001 merwe", ())), None, 50)
    statement = query.compile(database.engines.write, compile_kwargs={"literal_binds": True})
    with database.engines.write.connect() as connection:
        plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
    assert "SCAN messages USING COVERING INDEX ix_messages_found" in plan
    assert not [step for step in plan if "TEMP B-TREE" in step]
