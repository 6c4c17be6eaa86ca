"""The audit finds every way to tamper with the meter, done straight in SQL with the guards taken away."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from gateway.metering.entry import UsageEntry, UsageKind
from gateway.metering.seal import Seal
from gateway.metering.totals import KindYear
from gateway.store.engine import Engines
from gateway.store.ledger.audit import AuditReport, audit
from gateway.store.ledger.entries import append, reverse
from gateway.store.ledger.seals import SealPolicy, seal
from tests.unit.store.ledger.ledger_database import (
    LATER,
    NOON,
    delivered,
    disarm,
    fresh_engines,
    make_messages,
)

DIGID = UsageEntry("e1", "gemeente-b", UsageKind.DIGID_AUTHENTICATION, NOON, 250, source="urn:nld:digid")
MESSAGES = (
    *((f"m{number}", "delivered", "billable", False) for number in range(6)),
    ("f1", "confirmed", "free-company", False),
    ("f2", "delivered", "free-rijk", False),
    ("t1", "delivered", "test", True),
    ("r1", "refused", "refused", False),
    ("d1", "duplicate", "duplicate", False),
    ("u1", "returned", "undeliverable", False),
    ("p1", "received", "pending", False),
    ("p2", "parked", "pending", False),
)


def fill(conn: Connection) -> tuple[Seal, ...]:
    """Six messages, a reversal and an event: positions 1-6 in two seals, 7-8 in the unsealed tail."""
    make_messages(conn)
    add = text("INSERT INTO messages (kenmerk, state, disposition, is_test) VALUES (:a, :b, :c, :d)")
    conn.execute(add, [dict(zip("abcd", message, strict=True)) for message in MESSAGES])
    append(conn, [delivered(f"m{number}", party=f"gemeente-{'ab'[number % 2]}") for number in range(4)])
    reverse(conn, 1, "wrong recipient", "controller")
    append(conn, [delivered("m4")], recorded_at=LATER)
    made = seal(conn, LATER, SealPolicy(entries_max=3))
    append(conn, [delivered("m5"), DIGID], recorded_at=LATER)
    return made


async def test_an_untouched_meter_is_sound_and_its_control_totals_are_reported(database_url: str) -> None:
    async with fresh_engines(database_url) as engines:
        with engines.write.begin() as conn:
            made = fill(conn)
        report = await audit(engines, published=made)
    assert report.findings == ()
    assert (report.seals, report.last_seal, report.unsealed) == (2, made[-1].hash, 2)
    assert (report.totals.entries, report.totals.quantity) == (8, 5 + 250)
    assert report.totals.by_kind == (
        KindYear("delivered-to", 2026, 7, 5),
        KindYear("digid-authentication", 2026, 1, 250),
    )
    assert report.received == 14
    assert report.dispositions["billable"] == 6


async def test_an_empty_meter_holds(database_url: str) -> None:
    async with fresh_engines(database_url) as engines:
        with engines.write.begin() as conn:
            make_messages(conn)
        report = await audit(engines)
    assert (report.findings, report.totals.entries, report.received) == ((), 0, 0)


@dataclass(frozen=True)
class Tampering:
    """What somebody with all rights does, and the check and subject that must show it."""

    statements: tuple[str, ...]
    check: str
    subject: str


def does(*statements: str, shows: str) -> Tampering:
    check, _, subject = shows.partition(": ")
    return Tampering(statements, check, subject)


_COPY = """INSERT INTO usage_entries SELECT {position}, source, 'x', party_id, kind, quantity, at, recorded_at,
reverses, reason, author FROM usage_entries WHERE position = 2"""
_ADD_ROLLUP = (
    "UPDATE usage_rollups SET quantity = quantity + 1, entries = entries + 1 WHERE party_id = 'gemeente-b' \
AND kind = 'delivered-to'"
)
_SWAP = (
    "UPDATE usage_entries SET position = -1 WHERE position = {0}",
    "UPDATE usage_entries SET position = {0} WHERE position = {1}",
    "UPDATE usage_entries SET position = {1} WHERE position = -1",
)
TAMPERINGS = {
    "edit the party of a sealed entry": does(
        "UPDATE usage_entries SET party_id = 'gemeente-z' WHERE position = 2", shows="seal: seal 1"
    ),
    "edit a moment within the same day": does(
        "UPDATE usage_entries SET at = at + 1 WHERE position = 2", shows="seal: seal 1"
    ),
    "edit the time of recording": does(
        "UPDATE usage_entries SET recorded_at = recorded_at - 1 WHERE position = 6", shows="seal: seal 2"
    ),
    "edit the reason of a reversal": does(
        "UPDATE usage_entries SET reason = 'other' WHERE position = 5", shows="seal: seal 2"
    ),
    "edit what a reversal undoes": does(
        "UPDATE usage_entries SET reverses = 2 WHERE position = 5", shows="reversal: entry 5"
    ),
    "delete a sealed entry": does("DELETE FROM usage_entries WHERE position = 2", shows="entry: entry 2"),
    "delete a sealed entry and its rollup": does(
        "DELETE FROM usage_entries WHERE position = 6",
        "UPDATE usage_rollups SET quantity = quantity - 1, entries = entries - 1 WHERE party_id = 'gemeente-a'",
        shows="entry: entry 6",
    ),
    "swap two sealed entries": does(*(line.format(2, 3) for line in _SWAP), shows="seal: seal 1"),
    "add an entry at the end": does(_COPY.format(position=9), _ADD_ROLLUP, shows="entry: entry 9"),
    "add an entry before the first": does(_COPY.format(position=0), _ADD_ROLLUP, shows="entry: entry 0"),
    "add an entry far away": does(_COPY.format(position=10**15), shows=f"entry: entry {10**15}"),
    "replace an entry": does(
        "DELETE FROM usage_entries WHERE position = 3", _COPY.format(position=3), shows="seal: seal 1"
    ),
    "rename a source": does("UPDATE usage_sources SET source = 'x' WHERE number = 1", shows="seal: seal 1"),
    "delete a source": does("DELETE FROM usage_sources WHERE number = 2", shows="entry: entries after 6"),
    "edit the tail": does(
        "UPDATE usage_entries SET quantity = 251 WHERE position = 8", shows="entry: entries after 6"
    ),
    "edit a moment in the tail": does(
        "UPDATE usage_entries SET at = at + 1 WHERE position = 7", shows="entry: entries after 6"
    ),
    "delete from the tail": does("DELETE FROM usage_entries WHERE position = 8", shows="entry: entry 8"),
    "swap two in the tail": does(*(line.format(7, 8) for line in _SWAP), shows="entry: entries after 6"),
    "delete the last entry and move the head back": does(
        "DELETE FROM usage_entries WHERE position = 8",
        "UPDATE usage_head SET position = 7",
        shows="entry: entries after 6",
    ),
    "edit a seal's root": does("UPDATE usage_seals SET root = hash WHERE number = 2", shows="seal: seal 2"),
    "edit a seal's time": does("UPDATE usage_seals SET sealed_at = 0 WHERE number = 1", shows="seal: seal 1"),
    "edit what a seal joins": does("UPDATE usage_seals SET joined = 'x=y' WHERE number = 1", shows="seal: seal 1"),
    "stretch a seal": does(
        "UPDATE usage_seals SET last_position = 1000000000 WHERE number = 2", shows="seal: seal 2"
    ),
    "delete the first seal": does("DELETE FROM usage_seals WHERE number = 1", shows="seal: seal 2"),
    "delete the last seal": does("DELETE FROM usage_seals WHERE number = 2", shows="head: head"),
    "delete the head": does("DELETE FROM usage_head", shows="head: head"),
    "move the head": does("UPDATE usage_head SET position = 9", shows="entry: entry 9"),
    "edit a rollup": does(
        "UPDATE usage_rollups SET quantity = 1 WHERE party_id = 'gemeente-b'",
        shows="rollup: gemeente-b delivered-to 2026-03-01",
    ),
    "edit a rollup's year": does(
        "UPDATE usage_rollups SET year = 2025 WHERE kind = 'digid-authentication'",
        shows="rollup: gemeente-b digid-authentication 2026-03-01",
    ),
    "delete a rollup": does(
        "DELETE FROM usage_rollups WHERE party_id = 'gemeente-a'",
        shows="rollup: gemeente-a delivered-to 2026-03-01",
    ),
    "add a rollup": does(
        "INSERT INTO usage_rollups VALUES ('gemeente-z', 2026, 'delivered-to', '2026-03-01', 1, 1, 0)",
        shows="rollup: gemeente-z delivered-to 2026-03-01",
    ),
    "make a billable message free": does(
        "UPDATE messages SET disposition = 'free-company' WHERE kenmerk = 'm2'", shows="message: entry 3"
    ),
    "make a free message billable": does(
        "UPDATE messages SET disposition = 'billable' WHERE kenmerk = 'f1'", shows="message: message f1"
    ),
    "hide a delivered message as refused": does(
        "UPDATE messages SET disposition = 'refused' WHERE kenmerk = 'f1'", shows="message: message f1"
    ),
    "let a message be counted as no disposition": does(
        "UPDATE messages SET disposition = 'lost' WHERE kenmerk = 'r1'", shows="message: message r1"
    ),
    "call a test billable": does(
        "UPDATE messages SET disposition = 'free-company' WHERE kenmerk = 't1'", shows="message: message t1"
    ),
    "delete a billable message": does("DELETE FROM messages WHERE kenmerk = 'm4'", shows="message: entry 6"),
}


NO_NUMBERS = {
    "make a moment a word": does("UPDATE usage_entries SET at = 'x' WHERE position = 2", shows="entry: entry 2"),
    "make a quantity a word": does(
        "UPDATE usage_entries SET quantity = 'x' WHERE position = 2", shows="entry: entry 2"
    ),
    "make the quantity of a reversal a word": does(
        "UPDATE usage_entries SET quantity = 'x' WHERE position = 5", shows="reversal: entry 5"
    ),
    "make a moment beyond all days": does(
        "UPDATE usage_entries SET at = 9000000000000000000 WHERE position = 8", shows="entry: entry 8"
    ),
}
"""What SQLite lets be, whatever a column is declared as."""


async def tampered(engines: Engines, tampering: Tampering) -> AuditReport:
    with engines.write.begin() as conn:
        fill(conn)
        disarm(conn)
        for statement in tampering.statements:
            conn.execute(text(statement))
    return await audit(engines)


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
async def test_tampering_is_found(database_url: str, tampering: Tampering) -> None:
    async with fresh_engines(database_url) as engines:
        report = await tampered(engines, tampering)
    found = [(finding.check, finding.subject) for finding in report.findings]
    assert any(check == tampering.check and subject.startswith(tampering.subject) for check, subject in found), (
        found
    )


@pytest.mark.parametrize("tampering", NO_NUMBERS.values(), ids=NO_NUMBERS)
async def test_what_is_no_number_is_found(tmp_path: Path, tampering: Tampering) -> None:
    await test_tampering_is_found(f"sqlite:///{tmp_path}/ledger.db", tampering)


async def test_a_head_that_was_moved_far_away_does_not_keep_the_audit_busy(database_url: str) -> None:
    tampering = does("UPDATE usage_head SET position = 1000000000000000", shows="entry: entry 9")
    await test_tampering_is_found(database_url, tampering)


async def test_a_ledger_written_anew_from_the_start_is_found_by_a_published_seal(database_url: str) -> None:
    async with fresh_engines(database_url) as engines:
        with engines.write.begin() as conn:
            make_messages(conn)
            append(conn, [DIGID], recorded_at=NOON)
            forged = seal(conn, NOON, SealPolicy())
        (published,) = forged
        assert (await audit(engines, [published])).findings == ()
    other = Seal(1, 1, 1, 250, published.root, published.sealed_at - 1, "", published.previous, "0" * 64)
    later = Seal(2, 2, 2, 1, published.root, published.sealed_at, "", published.hash, "0" * 64)
    async with fresh_engines(database_url) as engines:
        report = await audit(engines, [other, later])
    assert [(finding.subject.split(" (")[0], finding.check) for finding in report.findings] == [
        ("seal 1", "seal"),
        ("seal 2", "seal"),
    ]
