"""The queries of the Digipoort channel, over its own tables and over the messages."""

from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select

from gateway.channels.proces import BERICHTSOORT_UNKNOWN, BERICHTSOORTEN, Identiteit, Scope
from gateway.messages.lifecycle import STEPS
from gateway.store.messages import tables as t
from gateway.store.messages.channel_tables import handed_out, processen
from gateway.store.sql import marks

_STEPS_WITHOUT_CODE = [step.value for step, rule in STEPS.items() if not rule.statuscode]
_proces, _handed_out, _journal = processen.c, handed_out.c, t.journal.c


@lru_cache(maxsize=1024)
def hand_out(number: int) -> str:
    """Inserts those of so many hand-outs that are new, and returns them without the OIN; the values are those of
    all rows, an OIN, a kenmerk and a position each."""
    insert = f"INSERT INTO handed_out (oin, kenmerk, position) VALUES {', '.join([marks(3)] * number)}"  # noqa: S608 - marks
    return f"{insert} ON CONFLICT DO NOTHING RETURNING kenmerk, position"


PROCESSEN = select(processen).where(_proces.kenmerk.in_(bindparam("kenmerken", expanding=True)))
REQUESTS_SINCE = select(_proces.identiteit_aanleveraar, _proces.berichtkenmerk).where(
    _proces.kenmerk >= bindparam("first"), _proces.identiteit_aanleveraar.is_not(None)
)
"""OIN and message id of each request. A kenmerk follows time: the newest are found without an index on time."""


def of_page(query: Select[tuple[object, ...]], limit: int) -> Select[tuple[object, ...]]:
    """The oldest of these messages."""
    return query.order_by(t.messages.c.kenmerk).limit(limit)


def news_in_scope(scope: Scope, oin: str) -> Select[tuple[object, ...]]:
    """Messages in scope with a status that was not handed out to this OIN."""
    is_handed_out = exists().where(
        _handed_out.oin == oin,
        _handed_out.kenmerk == _journal.kenmerk,
        _handed_out.position == _journal.position,
    )
    has_news = exists().where(
        _journal.kenmerk == t.messages.c.kenmerk, _journal.step.not_in(_STEPS_WITHOUT_CODE), ~is_handed_out
    )
    return in_scope(scope).where(has_news)


def berichtsoorten_in_scope(scope: Scope) -> Select[tuple[object, ...]]:
    """Berichtsoort and kind of the messages in scope, each pair once."""
    return in_scope(scope).with_only_columns(t.messages.c.berichtsoort, t.messages.c.kind).distinct()


def in_scope(scope: Scope) -> Select[tuple[object, ...]]:
    """Messages in scope."""
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
