"""Figures about all messages: mailboxes, parked messages, parties that fell silent; on both databases."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from gateway.messages.lifecycle import Disposition, State
from gateway.messages.overview import Backlog
from gateway.store.engine import Engines, open_engines
from gateway.store.messages import tables as t
from gateway.store.messages.measures import SILENT_MIN, Measures, silent_after
from gateway.store.schema import upgrade

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


@pytest.fixture
async def engines(database_url: str) -> AsyncIterator[Engines]:
    opened = open_engines(database_url)
    upgrade(opened.write)
    yield opened
    await opened.dispose()


def kenmerk(at: datetime, number: int = 0) -> str:
    return str(uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number))


def message(at: datetime, sender: str, number: int, state: State = State.DELIVERED) -> dict[str, object]:
    return {
        "kenmerk": kenmerk(at, number),
        "state": state.value,
        "disposition": Disposition.BILLABLE.value,
        "channel": "http",
        "submitter_id": sender,
        "key_id": "key",
        "role": "supplier",
        "body_sha256": "",
        "received_at": at,
        "size_bytes": 1,
        "sha256": "",
        "object_key": "packs/x",
        "object_offset": 0,
        "steps": 3,
        "is_test": False,
        "accepted_digest": b"",
        "journal_digest": b"",
        "recorded": 0,
    }


def put(engines: Engines, rows: list[dict[str, object]]) -> None:
    with engines.write.begin() as connection:
        connection.execute(insert(t.messages), rows)


async def test_an_empty_gateway_has_no_figures(engines: Engines) -> None:
    measures = Measures(engines)
    assert await measures.measure_uncollected() == Backlog(0, None)
    assert await measures.count_parked() == 0
    assert await measures.silent_senders(NOW) == frozenset()


async def test_mailboxes_are_counted_together_and_the_oldest_is_known(engines: Engines) -> None:
    oldest = NOW - timedelta(days=6)
    with engines.write.begin() as connection:
        for number, (party, at) in enumerate([("a", NOW), ("b", oldest), ("a", NOW - timedelta(days=1))]):
            row = {"recipient_id": party, "kenmerk": kenmerk(at, number), "times_taken": 0}
            connection.execute(insert(t.mailbox).values(**row))
    assert await Measures(engines).measure_uncollected() == Backlog(3, oldest)


async def test_parked_messages_alone_are_parked(engines: Engines) -> None:
    states = [State.PARKED, State.DELIVERED, State.REFUSED, State.PARKED]
    put(engines, [message(NOW, "a", number, state) for number, state in enumerate(states)])
    assert await Measures(engines).count_parked() == 2


async def test_who_sent_every_day_and_stopped_is_silent(engines: Engines) -> None:
    def daily(sender: str, first_days_ago: int, last_days_ago: int) -> list[dict[str, object]]:
        days = range(first_days_ago, last_days_ago - 1, -1)
        return [message(NOW - timedelta(days=day), sender, ord(sender[0])) for day in days]

    put(
        engines, daily("stopped", 27, 6) + daily("goes-on", 27, 1) + daily("weekend", 27, 3) + daily("rare", 12, 6)
    )
    assert await Measures(engines).silent_senders(NOW) == {"stopped"}
    assert await Measures(engines).silent_recipients(NOW) == frozenset()


async def test_who_received_every_day_and_no_longer_does_is_silent(engines: Engines) -> None:
    def daily(recipient: str, days: range) -> list[dict[str, object]]:
        sent = [message(NOW - timedelta(days=day), "sender", ord(recipient[0])) for day in days]
        return [row | {"recipient_id": recipient} for row in sent]

    put(engines, daily("town", range(6, 28)) + daily("water", range(1, 28)))
    assert await Measures(engines).silent_recipients(NOW) == {"town"}
    assert await Measures(engines).silent_senders(NOW) == frozenset()


@pytest.mark.parametrize(
    ("messages", "span_days", "expected"),
    [
        (1000, 27, SILENT_MIN),
        (28, 27, timedelta(days=5)),
        (20, 19 * 1.5, timedelta(days=7.5)),
        (1, 0, SILENT_MIN),
    ],
)
def test_silence_is_long_against_the_habit(messages: int, span_days: float, expected: timedelta) -> None:
    assert silent_after(messages, timedelta(days=span_days)) == expected
