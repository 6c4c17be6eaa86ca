"""What the Digipoort channel keeps: what was submitted with a message and is not kept with the message itself, and
which statuses and messages were handed out to whom."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, Row, Select

from gateway.channels.digipoort import queries
from gateway.channels.proces import (
    BERICHTSOORT_UNKNOWN,
    BERICHTSOORTEN,
    HandOut,
    Identiteit,
    Proces,
    Scope,
)
from gateway.clock import to_microseconds
from gateway.messages.kenmerk import first_kenmerk_of
from gateway.messages.message import Message
from gateway.messages.submission import ChannelRow
from gateway.store.engine import Engines
from gateway.store.messages.channel_tables import processen
from gateway.store.messages.messages import as_message
from gateway.store.sql import ask
from gateway.store.writer import Writer

_ROWS_AT_ONCE = 400
Found = tuple[tuple[Message, Proces | None], ...]


def row_of(proces: Proces) -> ChannelRow:
    """The row to insert with a message that was submitted so."""
    values = structs.asdict(proces)
    del values["belanghebbende"], values["ontvanger"]
    values |= {
        "tijdstempel_aangeleverd": to_microseconds(proces.tijdstempel_aangeleverd),
        "belanghebbende_nummer": proces.belanghebbende.nummer,
        "belanghebbende_type": proces.belanghebbende.type,
        "ontvanger_nummer": proces.ontvanger.nummer if proces.ontvanger else None,
        "ontvanger_type": proces.ontvanger.type if proces.ontvanger else None,
    }
    return ChannelRow(processen.name, tuple(values), tuple(values.values()))


class ProcesStore:
    """The channel's own tables."""

    def __init__(self, engines: Engines, writer: Writer) -> None:
        self._engines = engines
        self._writer = writer

    async def berichtkenmerken_since(self, moment: datetime) -> tuple[tuple[str, str], ...]:
        """OIN and message id of every request that started a proces since then."""
        rows = await self._engines.rows(queries.REQUESTS_SINCE, first=first_kenmerk_of(moment))
        return tuple((row.identiteit_aanleveraar, row.berichtkenmerk) for row in rows)

    async def proces(self, kenmerk: str) -> Proces | None:
        """What was submitted with the message, or None for a message of another channel."""
        return (await self._processen([kenmerk])).get(kenmerk)

    async def find(self, scope: Scope, limit: int) -> Found:
        """Messages in scope, oldest first."""
        return await self._find(queries.in_scope(scope), limit)

    async def find_news(self, scope: Scope, oin: str, limit: int) -> Found:
        """Messages in scope with a status that was not handed out to this OIN, oldest first."""
        return await self._find(queries.news_in_scope(scope, oin), limit)

    async def berichtsoorten(self, scope: Scope) -> tuple[str, ...]:
        """The berichtsoorten of the messages in scope, each once."""
        rows = await self._engines.rows(queries.berichtsoorten_in_scope(scope))
        return tuple(sorted({row.berichtsoort or _berichtsoort_of_kind(row.kind) for row in rows}))

    async def hand_out(self, oin: str, what: Sequence[HandOut]) -> frozenset[HandOut]:
        """Mark as handed out; answers which of them were new, once that is on stable storage."""
        if not what:
            return frozenset()
        return await self._writer.call(lambda connection: _hand_out(connection, oin, what))

    async def _find(self, query: Select[tuple[object, ...]], limit: int) -> Found:
        rows = await self._engines.rows(queries.of_page(query, limit))
        known = await self._processen([row.kenmerk for row in rows])
        return tuple((as_message(row), known.get(row.kenmerk)) for row in rows)

    async def _processen(self, kenmerken: Sequence[str]) -> dict[str, Proces]:
        return {
            row.kenmerk: _proces(row) for row in await self._engines.rows(queries.PROCESSEN, kenmerken=kenmerken)
        }


def _berichtsoort_of_kind(kind: str | None) -> str:
    return BERICHTSOORTEN.get(kind or "", BERICHTSOORT_UNKNOWN)


def _hand_out(connection: Connection, oin: str, what: Sequence[HandOut]) -> frozenset[HandOut]:
    new: set[HandOut] = set()
    for start in range(0, len(what), _ROWS_AT_ONCE):
        rows = sorted((oin, *one) for one in what[start : start + _ROWS_AT_ONCE])
        added = ask(connection, queries.hand_out(len(rows)), [value for row in rows for value in row])
        new.update(map(HandOut._make, added))
    return frozenset(new)


def _proces(row: Row[Any]) -> Proces:
    """The columns are the fields of a proces, but for the two parties: these have two columns each."""
    columns = dict(row._mapping)
    belanghebbende = Identiteit(columns.pop("belanghebbende_nummer"), columns.pop("belanghebbende_type"))
    nummer, type_ = columns.pop("ontvanger_nummer"), columns.pop("ontvanger_type")
    ontvanger = Identiteit(nummer, type_) if nummer is not None else None
    return Proces(**columns, belanghebbende=belanghebbende, ontvanger=ontvanger)
