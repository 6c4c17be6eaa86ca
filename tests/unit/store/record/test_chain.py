"""Several transactions add to the record at the same time, each to another chain, without waiting."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, insert, text
from sqlalchemy.exc import OperationalError

from gateway.messages.decision import AlreadyCommittedError, Decision, decide
from gateway.messages.lifecycle import Disposition
from gateway.messages.message import Message
from gateway.messages.retention import HoldScope, MessagePart, RetentionTerm
from gateway.metering.entry import LedgerBrokenError
from gateway.settings import MeterSettings
from gateway.store.billing.tables import billing_debtors
from gateway.store.ledger.seals import SealPolicy, seal
from gateway.store.messages.register import RegisterStore
from gateway.store.messages.retention import RetentionStore
from gateway.store.record.audit import audit_on, audit_record
from gateway.store.record.chain import CHAINS, chain_of, row_name, sealed_heads
from gateway.store.record.entries import read_heads, record_changes
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN, VALID, wrong
from tests.unit.store.ledger.ledger_database import disarm, fresh_ledger
from tests.unit.store.messages.message_database import MessageDatabase, message_database

pytestmark = pytest.mark.postgresql
PATIENCE = "SET lock_timeout = '300ms'"


def record_debtor(conn: Connection, party: str) -> None:
    key = conn.execute(insert(billing_debtors).values(party_id=party, at=NOW, body="{}")).inserted_primary_key
    assert key is not None
    record_changes(conn, billing_debtors, [key[0]], NOW)


@contextmanager
def two_chains(url: str) -> Iterator[Engine]:
    """A record of which two chains have three rows each: two transactions added them at the same time."""
    with fresh_ledger(url) as engine:
        with engine.connect() as first, engine.connect() as second:
            for conn in (first, second):
                conn.execute(text(PATIENCE))
                for number in range(3):
                    record_debtor(conn, f"party-{number}")
            first.commit()
            second.commit()
        yield engine


def test_two_transactions_add_without_waiting_for_each_other(postgres_url: str) -> None:
    with two_chains(postgres_url) as engine, engine.begin() as conn:
        ends = [head.position for head in read_heads(conn)]
        assert [chain_of(end) for end in ends] == list(range(CHAINS))
        assert [row_name(end) for end in ends[:2]] == ["row 3", "row 3 of chain 1"]
        report = audit_on(conn)
        assert (report.changes, report.findings) == (6, ())


def test_only_where_no_chain_is_free_does_a_transaction_wait(postgres_url: str) -> None:
    with fresh_ledger(postgres_url) as engine, engine.connect() as other, engine.connect() as conn:
        conn.execute(text(PATIENCE))
        other.execute(text("SELECT chain FROM record_head FOR UPDATE"))
        with pytest.raises(OperationalError, match="lock timeout"):
            record_debtor(conn, "late")
        conn.rollback()
        other.rollback()
        record_debtor(conn, "late")


_LAST = (1 << 40) + 3
TAMPERINGS = {
    "altered": (f"UPDATE record SET at = at + 1 WHERE position = {_LAST - 1}", "row 2 of chain 1"),
    "removed": (f"DELETE FROM record WHERE position = {_LAST - 1}", "row 2 of chain 1"),
    "removed at the end": (f"DELETE FROM record WHERE position = {_LAST}", "row 3 of chain 1 up to 3"),
    "added": (
        f"INSERT INTO record SELECT position + 1, kind, at, changes, link FROM record WHERE position = {_LAST}",
        "row 4 of chain 1",
    ),
    "added to an empty chain": (
        f"INSERT INTO record SELECT position + ({1 << 40}), kind, at, changes, link FROM record "
        f"WHERE position = {_LAST - 2}",
        "row 1 of chain 2 up to 1",
    ),
    "moved": (
        f"UPDATE record SET (at, changes, link) = (SELECT at, changes, link FROM record AS other "
        f"WHERE other.position = {_LAST} + {_LAST - 1} - record.position) WHERE position >= {_LAST - 1}",
        "row 2 of chain 1",
    ),
    "moved to the other chain": (
        f"UPDATE record SET (at, changes, link) = (SELECT at, changes, link FROM record AS other "
        f"WHERE other.position = {_LAST - 1}) WHERE position = 2",
        "row 2 ",
    ),
    "head moved": (f"UPDATE record_head SET position = {_LAST - 1} WHERE chain = 1", "row 3 of chain 1 up to 3"),
}


def test_what_is_done_to_a_row_of_any_chain_is_found(postgres_url: str) -> None:
    with two_chains(postgres_url) as engine, engine.connect() as conn:
        disarm(conn)
        conn.execute(text("SAVEPOINT sound"))
        named = {}
        for what, (statement, row) in TAMPERINGS.items():
            conn.execute(text(statement))
            subjects = [f"{one.subject} " for one in audit_on(conn).findings]
            named[what] = any(subject.startswith(row) for subject in subjects) or subjects
            conn.execute(text("ROLLBACK TO SAVEPOINT sound"))
        assert named == dict.fromkeys(TAMPERINGS, True)


def test_a_seal_holds_the_heads_of_all_chains_and_covers_up_no_change_in_one(postgres_url: str) -> None:
    with two_chains(postgres_url) as engine, engine.connect() as conn:
        (made,) = seal(conn, NOW, SealPolicy())
        heads = sealed_heads(made.joined)
        assert heads == {chain_of(head.position): head for head in read_heads(conn)[:2]}
        disarm(conn)
        conn.execute(text("UPDATE usage_seals SET joined = replace(joined, 'record=3.', 'record=2.')"))
        assert [one.check for one in audit_on(conn).findings] == ["seal"]
        conn.execute(text("DELETE FROM usage_seals"))
        conn.execute(text(f"UPDATE record SET at = 7 WHERE position = {_LAST}"))
        with pytest.raises(LedgerBrokenError, match="row 3 of chain 1"):
            seal(conn, NOW, SealPolicy())


# One order of locks

SLOW_ROWS = """CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END';
CREATE TRIGGER wait BEFORE INSERT ON idempotency FOR EACH ROW EXECUTE FUNCTION wait();
CREATE TRIGGER wait BEFORE INSERT ON claims FOR EACH ROW EXECUTE FUNCTION wait()"""
"""So that transactions with the same rows in another order do meet."""
PARTIES, REFUSED = MemoryRegister(SUPPLIER, TOWN), wrong()
FORGET = RetentionTerm(MessagePart.REPORT, frozenset({Disposition.REFUSED}), NOW + timedelta(days=1), "test")


def decision_on(message: Message, number: str, *, is_valid: bool) -> Decision:
    verdict = VALID if is_valid else REFUSED
    facts = verdict.facts and replace(verdict.facts, number=number)
    return decide(message, replace(verdict, facts=facts), PARTIES, {}, MeterSettings(), NOW)


async def messages_of(node: MessageDatabase, count: int) -> list[Message]:
    return await asyncio.gather(*(node.received() for _ in range(count)))


def other_works(node: MessageDatabase, turn: int, kenmerken: Sequence[str]) -> list[Coroutine[Any, Any, object]]:
    """Forget reports, set the same hold, and read documents."""
    retention = RetentionStore(node.engines, node.writer)
    register = RegisterStore(node.engines, node.writer, lambda: NOW)
    return [
        retention.forget(FORGET, kenmerken, NOW),
        retention.set_hold(HoldScope.YEAR, str(2000 + turn), "jurist", "audit", NOW),
        *(register.record_reading(kenmerk, "document", "operator") for kenmerk in kenmerken[:4]),
    ]


async def together(*works: Coroutine[Any, Any, object]) -> None:
    """Of two that decide on one message the second raises that; no other error is raised."""
    answers = await asyncio.gather(*works, return_exceptions=True)
    faults = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(fault, AlreadyCommittedError) for fault in faults), faults


async def test_gateways_that_want_the_same_rows_in_another_order_never_block_each_other(
    postgres_url: str, tmp_path: Path
) -> None:
    async with message_database(postgres_url, tmp_path) as one, message_database(postgres_url, tmp_path) as other:
        with one.engines.write.begin() as conn:
            conn.execute(text(SLOW_ROWS))
        refused: list[str] = []
        for turn in range(3):
            keys = [f"{turn}-{number}" for number in range(16)]
            other_keys = keys if turn % 2 else [f"other {key}" for key in keys]
            mine, theirs, shared = [await messages_of(one, 16) for _ in range(3)]
            valid = [decision_on(message, key, is_valid=True) for message, key in zip(mine, keys, strict=True)]
            repeated = [
                decision_on(message, key, is_valid=True) for message, key in zip(theirs, keys, strict=True)
            ]
            invalid = [decision_on(message, "", is_valid=False) for message in shared]
            await together(
                *(one.accept(b"<a/>", key) for key in keys),
                *(other.accept(b"<a/>", key) for key in reversed(other_keys)),
                *(one.committer.commit(decision) for decision in valid),
                *(other.committer.commit(decision) for decision in reversed(repeated)),
                *other_works(one, turn, refused),
                *other_works(other, turn, refused[::-1]),
            )
            await together(
                *(one.committer.commit(decision) for decision in invalid),
                *(other.committer.commit(decision) for decision in reversed(invalid)),
            )
            refused = [message.kenmerk for message in shared]
    assert deadlocks_in(postgres_url) == 0
    assert (await asyncio.to_thread(audit_record, postgres_url)).findings == ()


def deadlocks_in(url: str) -> int:
    """How many PostgreSQL has counted, once the sessions that could have had one are over."""
    engine = create_engine(url)
    counted = "SELECT numbackends, deadlocks FROM pg_stat_database WHERE datname = current_database()"
    sessions, deadlocks = 2, 0
    while sessions > 1:
        with engine.connect() as conn:
            sessions, deadlocks = conn.execute(text(counted)).one()
    engine.dispose()
    return deadlocks
