"""An append of a few entries on PostgreSQL in two statements: it happens within every delivery.

The first waits for our turn at the head. The second looks for repeats and, when there are none, writes entries,
rollups and head; rows travel as JSON, so that one statement serves any number of them and stays prepared. Each
statement has a snapshot of its own, and the second's begins after our turn has come: it sees every entry before.
Repeats are looked for one by one (the LATERAL with its LIMIT), so that no plan reads the whole ledger for them.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from gateway.metering.seal import Row
from gateway.store.round_trip import ask

HEAD = "SELECT position, running, sealed FROM usage_head FOR UPDATE"
"""Waits for our turn, and locks without writing a version of the row."""

_ENTRIES = (
    "position bigint, source integer, key text, party_id text, kind text, quantity bigint, at bigint, "
    "recorded_at bigint, reverses bigint, reason text, author text"
)
_ROLLUPS = "party_id text, year integer, kind text, day text, quantity bigint, entries bigint, late bigint"
_CONTENT = "key, party_id, kind, quantity, at, reverses, reason, author"


def _names(columns: str) -> str:
    return ", ".join(column.strip().partition(" ")[0] for column in columns.split(","))


_ADD = f"""
WITH entry AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS given({_ENTRIES})
), known AS MATERIALIZED (
    SELECT found.* FROM entry CROSS JOIN LATERAL (
        SELECT {_CONTENT} FROM usage_entries WHERE source = 1 AND key = entry.key LIMIT 1
    ) AS found
), added AS (
    INSERT INTO usage_entries ({_names(_ENTRIES)})
    SELECT {_names(_ENTRIES)} FROM entry WHERE NOT EXISTS (SELECT FROM known)
), counted AS (
    INSERT INTO usage_rollups AS kept ({_names(_ROLLUPS)})
    SELECT {_names(_ROLLUPS)} FROM json_to_recordset(%s::json) AS given({_ROLLUPS})
    WHERE NOT EXISTS (SELECT FROM known)
    ON CONFLICT (party_id, year, kind, day) DO UPDATE
    SET quantity = kept.quantity + excluded.quantity,
        entries = kept.entries + excluded.entries,
        late = kept.late + excluded.late
), moved AS (
    UPDATE usage_head SET position = %s, running = %s WHERE NOT EXISTS (SELECT FROM known)
)
SELECT {_CONTENT} FROM known
"""  # noqa: S608 - our own names
_ENTRY_NAMES = _names(_ENTRIES).split(", ")
_ROLLUP_NAMES = _names(_ROLLUPS).split(", ")


def add_together(
    conn: Connection, rows: Sequence[Row], changes: Sequence[tuple[object, ...]], running: str
) -> list[tuple[object, ...]]:
    """Write entries of our own, what they change in the rollups, and the head, if none of them was there before.

    Answers those that were, as key and content; then nothing was written.
    """
    position = rows[-1][0]
    values = (_as_json(_ENTRY_NAMES, rows), _as_json(_ROLLUP_NAMES, changes), position, running)
    return ask(conn, _ADD, values)


def _as_json(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> str:
    return msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()
