"""The tables of the Digipoort channel, and its queries over them and over the messages.

What was submitted with a message and is not kept with the message itself, and which statuses and messages were
handed out to whom. The tables are made by the migrations in `store/migrations`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    and_,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from gateway.channels.digipoort.proces import (
    BERICHTSOORT_UNKNOWN,
    BERICHTSOORTEN,
    HandOut,
    Identiteit,
    Proces,
    Scope,
)
from gateway.clock import to_microseconds
from gateway.messages.kenmerk import first_kenmerk_of
from gateway.messages.lifecycle import STEPS
from gateway.messages.message import Message
from gateway.messages.submission import ChannelRow
from gateway.store.engine import Engines
from gateway.store.messages import tables as t
from gateway.store.messages.messages import as_message
from gateway.store.sql import insert_new
from gateway.store.tables import UtcTime, metadata
from gateway.store.writer import Writer

processen = Table(
    "processen",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("berichtsoort", Text, nullable=False),
    Column("berichtkenmerk", Text, nullable=False),
    Column("tijdstempel_aangeleverd", UtcTime, nullable=False),
    Column("belanghebbende_nummer", Text, nullable=False),
    Column("belanghebbende_type", Text, nullable=False),
    Column("rol_belanghebbende", Text, nullable=False),
    Column("aanleverkenmerk", Text),
    Column("eerder_aanleverkenmerk", Text),
    Column("identiteit_aanleveraar", Text),
    Column("ontvanger_nummer", Text),
    Column("ontvanger_type", Text),
    Column("rol_ontvanger", Text),
    Column("autorisatie_adres", Text),
    Column("mime_type", Text, nullable=False),
    Column("bestandsnaam", Text, nullable=False),
    Index(None, "identiteit_aanleveraar", "berichtkenmerk"),
    sqlite_with_rowid=False,
)
"""Insert-only: one row for each message that came in over this channel."""

handed_out = Table(
    "handed_out",
    metadata,
    Column("oin", Text, primary_key=True),
    Column("kenmerk", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
"""Insert-only: which status (position in the journal) or message (below 0) an OIN received as new."""

_COLUMNS = (
    "kenmerk",
    "berichtsoort",
    "berichtkenmerk",
    "tijdstempel_aangeleverd",
    "belanghebbende_nummer",
    "belanghebbende_type",
    "rol_belanghebbende",
    "aanleverkenmerk",
    "eerder_aanleverkenmerk",
    "identiteit_aanleveraar",
    "ontvanger_nummer",
    "ontvanger_type",
    "rol_ontvanger",
    "autorisatie_adres",
    "mime_type",
    "bestandsnaam",
)
_KEYS_AT_ONCE = 400
_STEPS_WITHOUT_CODE = [step.value for step, rule in STEPS.items() if not rule.statuscode]
Found = tuple[tuple[Message, Proces | None], ...]


@dataclass(frozen=True, slots=True)
class ProcesRecord:
    """What is kept with a submitted message. Implements `messages.submission.ChannelRecord`."""

    proces: Proces

    def row(self) -> ChannelRow:
        """The row to insert with the message."""
        proces = self.proces
        ontvanger = proces.ontvanger
        return ChannelRow(
            processen.name,
            _COLUMNS,
            (
                proces.kenmerk,
                proces.berichtsoort,
                proces.berichtkenmerk,
                to_microseconds(proces.tijdstempel_aangeleverd),
                proces.belanghebbende.nummer,
                proces.belanghebbende.type,
                proces.rol_belanghebbende,
                proces.aanleverkenmerk,
                proces.eerder_aanleverkenmerk,
                proces.identiteit_aanleveraar,
                ontvanger.nummer if ontvanger else None,
                ontvanger.type if ontvanger else None,
                proces.rol_ontvanger,
                proces.autorisatie_adres,
                proces.mime_type,
                proces.bestandsnaam,
            ),
        )


class ProcesStore:
    """Implements `digipoort.proces.ProcesRecords`."""

    def __init__(self, engines: Engines, writer: Writer) -> None:
        self._engines = engines
        self._writer = writer

    async def berichtkenmerken_since(self, moment: datetime) -> tuple[tuple[str, str], ...]:
        """OIN and message id of every request that started a proces since then."""
        known = processen.c
        query = select(known.identiteit_aanleveraar, known.berichtkenmerk)
        # A kenmerk follows time, so the key finds the newest without an index on the time.
        query = query.where(known.kenmerk >= first_kenmerk_of(moment), known.identiteit_aanleveraar.is_not(None))
        async with self._engines.read.connect() as connection:
            rows = (await connection.execute(query)).all()
        return tuple((row.identiteit_aanleveraar, row.berichtkenmerk) for row in rows)

    async def proces(self, kenmerk: str) -> Proces | None:
        """What was submitted with the message, or None for a message of another channel."""
        async with self._engines.read.connect() as connection:
            row = (await connection.execute(select(processen).where(processen.c.kenmerk == kenmerk))).one_or_none()
        return _proces(row) if row else None

    async def find(self, scope: Scope, limit: int) -> Found:
        """Messages in scope, oldest first."""
        return await self._found(_in_scope(scope), limit)

    async def find_news(self, scope: Scope, oin: str, limit: int) -> Found:
        """Messages in scope with a status that was not handed out to this OIN, oldest first."""
        is_handed_out = exists().where(
            handed_out.c.oin == oin,
            handed_out.c.kenmerk == t.journal.c.kenmerk,
            handed_out.c.position == t.journal.c.position,
        )
        has_news = exists().where(
            t.journal.c.kenmerk == t.messages.c.kenmerk,
            t.journal.c.step.not_in(_STEPS_WITHOUT_CODE),
            ~is_handed_out,
        )
        return await self._found(_in_scope(scope).where(has_news), limit)

    async def berichtsoorten(self, scope: Scope) -> tuple[str, ...]:
        """The berichtsoorten of the messages in scope, each once."""
        scoped = _in_scope(scope)
        query = scoped.with_only_columns(t.messages.c.berichtsoort, t.messages.c.kind).distinct().order_by(None)
        async with self._engines.read.connect() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(sorted({row.berichtsoort or _berichtsoort_of_kind(row.kind) for row in rows}))

    async def hand_out(self, oin: str, what: Sequence[HandOut]) -> frozenset[HandOut]:
        """Mark as handed out; answers which of them were new, once that is on stable storage."""
        if not what:
            return frozenset()
        return await self._writer.call(lambda connection: _hand_out(connection, oin, what))

    async def _found(self, query: Select[tuple[object, ...]], limit: int) -> Found:
        async with self._engines.read.connect() as connection:
            rows = (await connection.execute(query.order_by(t.messages.c.kenmerk).limit(limit))).all()
            known = await connection.run_sync(_processen_of, [row.kenmerk for row in rows])
        return tuple((as_message(row), known.get(row.kenmerk)) for row in rows)


def _in_scope(scope: Scope) -> Select[tuple[object, ...]]:
    message = t.messages.c
    query = select(t.messages).outerjoin(processen, processen.c.kenmerk == message.kenmerk)
    parties = [message.recipient_id]
    if not scope.only_recipient:
        parties += [message.submitter_id, message.sender_id]
    query = query.where(or_(*(column.in_(sorted(scope.visible_to)) for column in parties)))
    if scope.berichtsoort is not None:
        query = query.where(_is_of_berichtsoort(scope.berichtsoort))
    if scope.belanghebbende is not None:
        query = query.where(_is_about(scope.belanghebbende, scope.belanghebbende_party_id))
    return query


def _is_of_berichtsoort(berichtsoort: str) -> ColumnElement[bool]:
    """Spelling differs in case between Logius's own pages: it makes no difference here."""
    message = t.messages.c
    kinds = [kind for kind, name in BERICHTSOORTEN.items() if name.lower() == berichtsoort.lower()]
    is_kind: ColumnElement[bool] = message.kind.in_(kinds)
    if berichtsoort == BERICHTSOORT_UNKNOWN:
        is_kind = or_(message.kind.is_(None), message.kind.not_in(list(BERICHTSOORTEN)))
    is_named = func.lower(message.berichtsoort) == berichtsoort.lower()
    return or_(is_named, and_(message.berichtsoort.is_(None), is_kind))


def _is_about(belanghebbende: Identiteit, party_id: str | None) -> ColumnElement[bool]:
    """As the submission named it; for a message of another channel, by the party it is from."""
    message, known = t.messages.c, processen.c
    is_named = and_(
        known.belanghebbende_nummer == belanghebbende.nummer,
        func.lower(known.belanghebbende_type) == belanghebbende.type.lower(),
    )
    is_from = func.coalesce(message.sender_id, message.submitter_id) == party_id
    return or_(is_named, and_(known.kenmerk.is_(None), is_from))


def _berichtsoort_of_kind(kind: str | None) -> str:
    return BERICHTSOORTEN.get(kind or "", BERICHTSOORT_UNKNOWN)


def _hand_out(connection: Connection, oin: str, what: Sequence[HandOut]) -> frozenset[HandOut]:
    seen: set[HandOut] = set()
    columns = handed_out.c
    for start in range(0, len(what), _KEYS_AT_ONCE):
        keys = [(one.kenmerk, one.position) for one in what[start : start + _KEYS_AT_ONCE]]
        query = select(columns.kenmerk, columns.position)
        rows = connection.execute(
            query.where(columns.oin == oin, tuple_(columns.kenmerk, columns.position).in_(keys))
        )
        seen |= {HandOut(row.kenmerk, row.position) for row in rows}
    new = frozenset(what) - seen
    fresh = [{"oin": oin, "kenmerk": one.kenmerk, "position": one.position} for one in new]
    insert_new(connection, handed_out, fresh)
    return new


def _processen_of(connection: Connection, kenmerken: Sequence[str]) -> dict[str, Proces]:
    found: dict[str, Proces] = {}
    for start in range(0, len(kenmerken), _KEYS_AT_ONCE):
        wanted = select(processen).where(processen.c.kenmerk.in_(kenmerken[start : start + _KEYS_AT_ONCE]))
        found |= {row.kenmerk: _proces(row) for row in connection.execute(wanted)}
    return found


def _proces(row: Row[tuple[object, ...]]) -> Proces:
    ontvanger = Identiteit(row.ontvanger_nummer, row.ontvanger_type) if row.ontvanger_nummer is not None else None
    return Proces(
        kenmerk=row.kenmerk,
        berichtsoort=row.berichtsoort,
        berichtkenmerk=row.berichtkenmerk,
        tijdstempel_aangeleverd=row.tijdstempel_aangeleverd,
        belanghebbende=Identiteit(row.belanghebbende_nummer, row.belanghebbende_type),
        rol_belanghebbende=row.rol_belanghebbende,
        aanleverkenmerk=row.aanleverkenmerk,
        eerder_aanleverkenmerk=row.eerder_aanleverkenmerk,
        identiteit_aanleveraar=row.identiteit_aanleveraar,
        ontvanger=ontvanger,
        rol_ontvanger=row.rol_ontvanger,
        autorisatie_adres=row.autorisatie_adres,
        mime_type=row.mime_type,
        bestandsnaam=row.bestandsnaam,
    )
