"""Sessions in the database, on both engines: every gateway on it knows them, until they end."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from gateway.messages.participants import Caller, Role
from gateway.messages.sessions import IDLE_MAX, LINK_MAX, Person
from gateway.store.messages.sessions import SessionStore
from tests.unit.store.messages.message_database import MessageDatabase

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PERSON = Person(Caller("town:e.jansen", Role.GOVERNMENT, "town", is_test=True), "E. Jansen")
BY_KEY = Person(Caller("key-1", Role.OPERATOR, None))


async def test_another_gateway_knows_a_session_until_it_is_closed(database: MessageDatabase) -> None:
    one = SessionStore(database.engines, database.writer, lambda: NOW)
    other = SessionStore(database.engines, database.writer, lambda: NOW)
    tokens = [await one.open(PERSON), await one.open(BY_KEY)]
    found = [await other.find(token) for token in tokens]
    assert [session and session.person for session in found] == [PERSON, BY_KEY]
    await other.close(tokens[0])
    assert await one.find(tokens[0]) is None
    assert await other.names() == {"town:e.jansen": "E. Jansen"}
    assert await one.find(tokens[1]) is not None
    stored = await database.engines.rows(text("SELECT * FROM portal_sessions"))
    assert not [row for row in stored if tokens[1] in map(str, row)]


async def test_a_session_that_is_used_goes_on_and_what_has_ended_is_removed(database: MessageDatabase) -> None:
    now = [NOW]
    sessions = SessionStore(database.engines, database.writer, lambda: now[0])
    used, idle = await sessions.open(BY_KEY), await sessions.open(BY_KEY)
    now[0] += IDLE_MAX - timedelta(minutes=1)
    assert await sessions.find(used) is not None
    now[0] += timedelta(minutes=1)
    assert await sessions.find(idle) is None
    assert await sessions.find(used) is not None
    await sessions.open(BY_KEY)
    assert len(await database.engines.rows(text("SELECT * FROM portal_sessions"))) == 2


async def test_a_link_is_no_session_and_opens_once(database: MessageDatabase) -> None:
    now = [NOW]
    sessions = SessionStore(database.engines, database.writer, lambda: now[0])
    link, late = await sessions.open(BY_KEY, is_link=True), await sessions.open(BY_KEY, is_link=True)
    session = await sessions.open(BY_KEY)
    assert await sessions.find(link) is None
    assert await sessions.redeem(session) is None
    assert await sessions.redeem(link) == BY_KEY
    assert await sessions.redeem(link) is None
    now[0] += LINK_MAX
    assert await sessions.redeem(late) is None
