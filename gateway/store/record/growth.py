"""How the record grew since a seal: for when a seal is due, and so that none covers up a change."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from gateway.store.record import queries
from gateway.store.record.chain import (
    RecordHead,
    RecordRow,
    chain_of,
    empty_chain,
    link_after,
    row_name,
    sealed_heads,
)
from gateway.store.record.entries import read_heads
from gateway.store.sql import ask

_ROWS_A_PAGE = 4_096


class BrokenRecordError(Exception):
    """Rows of the record are not the ones that were added."""


def rows_between(conn: Connection, after: int, until: int) -> Iterator[RecordRow]:
    """The rows after a position, up to and including another."""
    while page := ask(conn, queries.ROWS_BETWEEN, (after, until, _ROWS_A_PAGE)):
        yield from map(RecordRow._make, page)
        after = RecordRow._make(page[-1]).position


def growth_since(conn: Connection, joined: str) -> tuple[int, int | None]:
    """The number of changes since a seal with these words, and when the oldest was recorded; None without one."""
    spans = [
        (sealed.position, head.position) for sealed, head in _pairs(joined, read_heads(conn)) if sealed != head
    ]
    rows = [row for span in spans for row in ask(conn, queries.ROWS_BETWEEN, (*span, 1))]
    changes = sum(until - after for after, until in spans)
    return changes, min((RecordRow._make(row).at for row in rows), default=None)


def check_growth(conn: Connection, joined: str, heads: Sequence[RecordHead]) -> None:
    """Check that the rows lead from what a seal with these words holds to the heads. Raises BrokenRecordError."""
    for sealed, head in _pairs(joined, heads):
        reached = sealed
        for row in rows_between(conn, sealed.position, head.position):
            link = link_after(reached.link, *row[:-1])
            if link != row.link:
                raise BrokenRecordError(f"{row_name(row.position)} of the record is not the one that was added")
            reached = RecordHead(row.position, link)
        if reached != head:
            raise BrokenRecordError(f"the record after {row_name(sealed.position)} is not what was added")


def _pairs(joined: str, heads: Sequence[RecordHead]) -> list[tuple[RecordHead, RecordHead]]:
    """What a seal holds of each chain, and the head; of a chain without a head the empty one."""
    sealed, now = sealed_heads(joined), {chain_of(head.position): head for head in heads}
    return [
        (sealed.get(chain) or empty_chain(chain), now.get(chain) or empty_chain(chain))
        for chain in sorted({*sealed, *now})
    ]
