"""The channel's own tables and queries, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from gateway.channels.digipoort.records import ProcesStore, row_of
from gateway.channels.proces import COLLECTED, LISTED, HandOut, Identiteit, Proces, Scope
from gateway.messages.kenmerk import new_kenmerk
from gateway.store.engine import open_engines
from gateway.store.messages import tables as t
from gateway.store.messages.channel_tables import processen
from gateway.store.schema import upgrade
from gateway.store.sql import Change, insert_into, write_together
from gateway.store.writer import Writer

NOW = datetime.now(UTC).replace(microsecond=0)
KVK = Identiteit("27418562", "KvK")
OIN = "00000003274185620000"


class World:
    """A store, and messages put straight into its tables."""

    def __init__(self, store: ProcesStore, writer: Writer) -> None:
        self.store = store
        self._writer = writer

    async def message(
        self, *, sender: str = "van-dijk", berichtsoort: str | None = None, kind: str = "Invoice"
    ) -> str:
        """A message with the three first steps."""
        kenmerk = new_kenmerk()
        row: dict[str, object] = {column.name: None for column in t.messages.columns}
        row |= {"kenmerk": kenmerk, "state": "delivered", "disposition": "billable", "channel": "http"}
        row |= {"submitter_id": sender, "sender_id": sender, "recipient_id": "waterkant", "kind": kind}
        row |= {
            "key_id": "k",
            "role": "supplier",
            "body_sha256": "",
            "received_at": NOW,
            "size_bytes": 1,
            "sha256": "",
        }
        row |= {"accepted_digest": b"", "journal_digest": b"", "recorded": 0, "node_id": ""}
        row |= {"object_key": "o", "object_offset": 0, "steps": 3, "is_test": False, "berichtsoort": berichtsoort}
        steps = enumerate(("intake-started", "accepted", "queued"))
        entries = [
            {"kenmerk": kenmerk, "position": at, "step": step, "at": NOW, "actor": "g"} for at, step in steps
        ]

        def write(connection: Connection) -> None:
            connection.execute(t.messages.insert().values(row))
            connection.execute(t.journal.insert(), entries)

        await self._writer.call(write)
        return kenmerk

    async def keep(self, proces: Proces) -> None:
        """As it is kept with a submitted message."""
        row = row_of(proces)
        await self._writer.call(
            lambda connection: write_together(
                connection, [Change(insert_into(processen, row.columns), [row.values])]
            )
        )


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    engines = open_engines(database_url)
    await asyncio.to_thread(upgrade, engines.write)
    writer = Writer(engines.write, 64)
    writer.start()
    yield World(ProcesStore(engines, writer), writer)
    await writer.stop()
    await engines.dispose()


def proces(kenmerk: str) -> Proces:
    return Proces(
        kenmerk,
        "E-Factuur-UBL",
        f"urn:uuid:{kenmerk}",
        NOW,
        KVK,
        "Bedrijf",
        aanleverkenmerk="F-17",
        identiteit_aanleveraar=OIN,
        ontvanger=Identiteit("00000099000000001000", "OIN"),
        rol_ontvanger="Overheid",
        bestandsnaam="factuur.xml",
    )


MINE = Scope(frozenset({"van-dijk"}))


async def test_what_was_submitted_comes_back_as_it_was(world: World) -> None:
    kenmerk = await world.message()
    await world.keep(proces(kenmerk))
    assert await world.store.proces(kenmerk) == proces(kenmerk)
    assert await world.store.proces(new_kenmerk()) is None


async def test_messages_of_every_channel_are_in_scope_by_belanghebbende_and_berichtsoort(world: World) -> None:
    by_soap, by_http = await world.message(berichtsoort="E-Factuur-UBL"), await world.message()
    other = await world.message(sender="de-waal")
    order = await world.message(kind="Order")
    await world.keep(proces(by_soap))

    async def found(scope: Scope) -> list[str]:
        return [message.kenmerk for message, _ in await world.store.find(scope, 10)]

    assert await found(MINE) == [by_soap, by_http, order]
    assert await found(replace(MINE, berichtsoort="e-factuur-ubl")) == [by_soap, by_http]
    assert await found(replace(MINE, belanghebbende=KVK)) == [by_soap]
    assert await found(replace(MINE, belanghebbende=KVK, belanghebbende_party_id="van-dijk")) == [
        by_soap,
        by_http,
        order,
    ]
    assert await found(replace(MINE, only_recipient=True)) == []
    mailbox = Scope(frozenset({"waterkant"}), only_recipient=True)
    assert await found(mailbox) == [by_soap, by_http, other, order]
    assert await world.store.berichtsoorten(MINE) == ("BESTELLING-UBL", "E-Factuur-UBL")
    assert len(await world.store.find(mailbox, 2)) == 2


async def test_handing_out_is_once_for_each_oin(world: World) -> None:
    kenmerk = await world.message()
    marks = [HandOut(kenmerk, at) for at in (0, 1, LISTED, COLLECTED)]
    assert await world.store.hand_out(OIN, marks[:2]) == set(marks[:2])
    assert await world.store.hand_out(OIN, marks) == set(marks[2:])
    assert await world.store.hand_out("another", marks) == set(marks)
    assert await world.store.hand_out(OIN, []) == frozenset()


async def test_at_the_same_moment_one_of_two_gets_what_is_new(world: World) -> None:
    kenmerk = await world.message()
    marks = [HandOut(kenmerk, at) for at in range(3)]
    both = await asyncio.gather(world.store.hand_out(OIN, marks), world.store.hand_out(OIN, marks))
    assert sorted(len(one) for one in both) == [0, 3]


async def test_news_is_what_has_a_code_and_was_not_handed_out(world: World) -> None:
    first, second = await world.message(), await world.message()
    await world.store.hand_out(OIN, [HandOut(first, at) for at in range(3)])
    await world.store.hand_out(OIN, [HandOut(second, 0)])
    assert [message.kenmerk for message, _ in await world.store.find_news(MINE, OIN, 10)] == [second]
    assert len(await world.store.find_news(MINE, "another", 10)) == 2


async def test_what_came_lately_is_remembered_for_replays(world: World) -> None:
    kenmerk = await world.message()
    await world.keep(proces(kenmerk))
    lately = await world.store.berichtkenmerken_since(NOW - timedelta(minutes=20))
    assert lately == ((OIN, f"urn:uuid:{kenmerk}"),)
    assert await world.store.berichtkenmerken_since(NOW + timedelta(minutes=20)) == ()
