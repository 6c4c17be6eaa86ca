"""Finding messages: what is found, by whom, and from which index."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, text

from gateway.clock import billing_date
from gateway.messages.decision import decide
from gateway.messages.finding import words_of
from gateway.messages.lifecycle import State
from gateway.messages.message import MessageFilter
from gateway.settings import MeterSettings
from gateway.store.messages import queries
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN, VALID
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


def plan_of(database: MessageDatabase, query: Select[Any]) -> list[str]:
    """How the database finds what is asked."""
    if database.engines.write.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by statistics, which an empty table does not have")
    statement = query.compile(database.engines.write, compile_kwargs={"literal_binds": True})
    with database.engines.write.connect() as connection:
        return [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]


async def test_a_search_of_all_reads_one_index_until_it_has_a_page(database: MessageDatabase) -> None:
    """Otherwise each message that is not wanted is read whole: a second and more for a million of them."""
    plan = plan_of(database, queries.page(MessageFilter(None, words=words_of("2026-001 merwe", ())), None, 50))
    assert "SCAN messages USING COVERING INDEX ix_messages_found" in plan
    assert not [step for step in plan if "TEMP B-TREE" in step]


async def test_a_search_of_a_party_reads_its_own_messages_alone(database: MessageDatabase) -> None:
    wanted = MessageFilter(frozenset({"town", "mill"}), words=words_of("2026-001 merwe", ()), searched_max=100)
    plan = plan_of(database, queries.page(wanted, None, 50))
    assert not [step for step in plan if "SCAN messages" in step]
    for index in ("submitter_id_kenmerk", "sent_by_another", "recipient_id_kenmerk"):
        assert any(f"ix_messages_{index} (" in step for step in plan), index
    assert not [step for step in plan_of(database, queries.search_floor(wanted, None)) if "SCAN messages" in step]


async def test_what_is_stuck_has_an_index(database: MessageDatabase) -> None:
    stuck = MessageFilter(states=frozenset({State.PARKED, State.RETURNED}))
    for query in (queries.page(stuck, None, 50), queries.PARKED):
        assert any("ix_messages_stuck" in step for step in plan_of(database, query))


async def test_a_search_stops_and_goes_on_from_there(database: MessageDatabase) -> None:
    """However many there are, a page looks at so many, and says where it stopped."""
    sent = [(await database.received()).kenmerk for _ in range(5)][::-1]
    for visible_to in (None, frozenset({"supplier"})):
        wanted = MessageFilter(visible_to, words=words_of(sent[4], ()), searched_max=2)
        first = await database.store.page(wanted, None, 10)
        assert (first.items, first.next_cursor, first.searched_to) == ((), sent[2], sent[2])
        last = await database.store.page(wanted, first.next_cursor, 10)
        assert ([one.kenmerk for one in last.items], last.next_cursor) == ([sent[4]], None)
        plain = await database.store.page(replace(wanted, words=()), None, 10)
        assert ([one.kenmerk for one in plain.items], plain.searched_to) == (sent, None)


async def test_what_an_intermediary_sent_is_its_suppliers_too(database: MessageDatabase) -> None:
    message = await database.received()
    decision = decide(message, VALID, REGISTER, {}, MeterSettings(), NOW)
    await database.committer.commit(decision)
    with database.engines.write.begin() as connection:
        connection.execute(text("UPDATE messages SET submitter_id = 'bridge'"))
    many = frozenset(f"mill-{number}" for number in range(40))
    for visible_to in ({"supplier"}, {"bridge", "supplier"}, {"bridge"}, {"supplier", *many}):
        page = await database.store.page(MessageFilter(frozenset(visible_to), is_incoming=False), None, 10)
        assert [one.kenmerk for one in page.items] == [decision.kenmerk], visible_to
    assert (await database.store.page(MessageFilter(many), None, 10)).items == ()
