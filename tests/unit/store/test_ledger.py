"""Whatever happens in whatever order, crashes included: the ledger counts as the model does, on both engines."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, update

from gateway.metering.entry import UsageError
from gateway.metering.seal import FIRST
from gateway.store.engine import Engines, open_engines
from gateway.store.ledger.audit import audit
from gateway.store.ledger.entries import append, reverse
from gateway.store.ledger.seals import SealPolicy, seal
from gateway.store.ledger.tables import usage_entries, usage_head, usage_rollups, usage_seals, usage_sources
from gateway.store.schema import current_version, upgrade
from tests.unit.store.ledger.ledger_database import disarm, make_messages
from tests.unit.store.ledger.ledger_model import Correct, Deliver, Model, Operation, Report, Seal

NOT_DURABLE = "options=-csynchronous_commit%3Doff"
"""These crashes roll back; the disk is not in question, and PostgreSQL need not wait for it."""
RECORDED = datetime(2026, 6, 1, tzinfo=UTC)

parties = st.sampled_from(["gemeente-a", "gemeente-b", "waterschap-c"])
hours = st.integers(0, 24 * 400)
operations = st.one_of(
    st.builds(Deliver, st.integers(1, 6), st.none() | parties, st.none() | parties, hours),
    st.builds(Report, st.integers(1, 4), parties, st.sampled_from([5, 50, 8000]), st.integers(1, 2)),
    st.builds(Correct, st.integers(1, 12), st.sampled_from(["counted twice", "wrong party"])),
    st.builds(Seal),
)
steps = st.lists(st.tuples(operations, st.booleans()), max_size=25)
"""Each operation, and whether the process crashes before the transaction is committed."""


def perform(conn: Connection, operation: Operation, recorded_at: datetime) -> None:
    if isinstance(operation, Seal):
        seal(conn, recorded_at, SealPolicy(entries_max=3))
    elif isinstance(operation, Correct):
        reverse(conn, operation.position, operation.reason, "controller", recorded_at=recorded_at)
    else:
        append(conn, operation.entries(), recorded_at=recorded_at)


def run(engines: Engines, story: list[tuple[Operation, bool]]) -> Model:
    """Tell the ledger the story, and the model what of it was committed; they agree on what can be done."""
    model = Model()
    for minute, (operation, crashes) in enumerate(story):
        with engines.write.connect() as conn:
            try:
                perform(conn, operation, RECORDED + timedelta(minutes=minute))
                was_done = True
            except UsageError:
                was_done = False
            if crashes or not was_done:
                conn.rollback()
            else:
                conn.commit()
        if not crashes:
            assert model.accepts(operation) == was_done
    return model


def fresh(engines: Engines) -> None:
    """An empty ledger without guards, so that the next example can empty it again."""
    with engines.write.begin() as conn:
        is_made = current_version(conn) is not None
    if not is_made:
        upgrade(engines.write)
        with engines.write.begin() as conn:
            disarm(conn)
            make_messages(conn)
    with engines.write.begin() as conn:
        for table in (usage_entries, usage_seals, usage_rollups):
            conn.execute(delete(table))
        conn.execute(delete(usage_sources).where(usage_sources.c.number > 1))
        conn.execute(update(usage_head).values(position=0, running=FIRST, sealed=0))


def state_of(conn: Connection) -> tuple[Counter[tuple[str, str, str]], list[int], str]:
    """What the ledger holds: rollups that are not zero, positions, running digest."""
    rollup = usage_rollups.c
    rows = conn.execute(select(rollup.party_id, rollup.kind, rollup.day, rollup.quantity)).all()
    positions = list(conn.scalars(select(usage_entries.c.position).order_by(usage_entries.c.position)))
    return Counter({row[:3]: row[3] for row in rows}), positions, conn.scalars(select(usage_head.c.running)).one()


async def findings(url: str) -> list[str]:
    engines = open_engines(url)
    try:
        return [one.sentence for one in (await audit(engines)).findings if one.check != "message"]
    finally:
        await engines.dispose()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=steps)
def test_any_story_counts_as_the_model_does_on_both_engines(
    story: list[tuple[Operation, bool]], tmp_path: Path, empty_postgres_url: str
) -> None:
    digests = []
    for url in (f"sqlite:///{tmp_path / 'meterpoort.db'}", f"{empty_postgres_url}&{NOT_DURABLE}"):
        engines = open_engines(url)
        fresh(engines)
        model = run(engines, story)
        with engines.write.begin() as conn:
            counted, positions, digest = state_of(conn)
        engines.write.dispose()
        assert {key: n for key, n in counted.items() if n} == {key: n for key, n in model.by_day().items() if n}
        assert positions == list(range(1, len(model.rows) + 1))
        assert asyncio.run(findings(url)) == []
        digests.append(digest)
    assert digests[0] == digests[1]
