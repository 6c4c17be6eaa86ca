"""Sealing on SQLite and PostgreSQL, and a proof checked by the script that outsiders get."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, insert, text

from gateway.metering.entry import LedgerBrokenError, UnknownEntryError
from gateway.metering.seal import Proof, seal_problem
from gateway.store.billing.tables import billing_debtors
from gateway.store.ledger.entries import append, reverse
from gateway.store.ledger.seals import (
    NotSealedYetError,
    SealPolicy,
    prove,
    seal,
    seal_due,
    seals_after,
)
from gateway.store.record.chain import sealed_words
from gateway.store.record.entries import read_heads, record_changes
from tests.unit.store.ledger.ledger_database import LATER, NOON, delivered, disarm, fresh_ledger

SMALL = SealPolicy(entries_max=4)
SCRIPT = Path(__file__).parents[4] / "docs" / "how-to" / "verify_seal.py"


def test_a_seal_is_due_at_so_many_entries_or_after_so_long(database_url: str) -> None:
    policy = SealPolicy(entries_max=2, age_max=timedelta(minutes=10))
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        assert seal_due(conn, NOON, policy) == ()
        append(conn, [delivered("m1")], recorded_at=NOON)
        assert seal_due(conn, NOON + timedelta(minutes=9), policy) == ()
        assert len(seal_due(conn, NOON + timedelta(minutes=10), policy)) == 1
        append(conn, [delivered("m2"), delivered("m3")], recorded_at=LATER)
        assert len(seal_due(conn, LATER, policy)) == 1
        assert seal_due(conn, LATER + timedelta(days=1), policy) == ()


def record_debtor(conn: Connection) -> None:
    """Add a row to the record."""
    key = conn.execute(insert(billing_debtors).values(party_id="a", at=NOON, body="{}")).inserted_primary_key
    assert key is not None
    record_changes(conn, billing_debtors, [key[0]], NOON)


def test_what_is_recorded_is_sealed_also_without_entries(database_url: str) -> None:
    policy = SealPolicy(age_max=timedelta(minutes=10), changes_max=3)
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        record_debtor(conn)
        assert seal_due(conn, NOON + timedelta(minutes=9), policy) == ()
        (made,) = seal_due(conn, NOON + timedelta(minutes=10), policy)
        assert (made.first_position, made.last_position, made.quantity) == (1, 0, 0)
        assert made.joined == sealed_words(read_heads(conn)) != ""
        append(conn, [delivered("m1")], recorded_at=LATER)
        (second,) = seal(conn, LATER, policy)
        assert prove(conn, 1).seal == second
        assert seal_problem(second, made) is None
        assert seal(conn, LATER, policy) == ()
        for _ in range(3):
            record_debtor(conn)
        assert len(seal_due(conn, LATER, policy)) == 1


def test_a_seal_never_covers_up_a_change_of_the_record(database_url: str) -> None:
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        disarm(conn)
        for _ in range(3):
            record_debtor(conn)
        conn.execute(text("UPDATE record SET at = 7 WHERE position = 2"))
        with pytest.raises(LedgerBrokenError, match="row 2 of the record"):
            seal(conn, NOON, SMALL)


def test_seals_cover_every_entry_in_batches_and_join_the_record(database_url: str) -> None:
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        record_debtor(conn)
        append(conn, [delivered(f"m{number}") for number in range(10)])
        reverse(conn, 3, "wrong recipient", "controller")
        made = seal(conn, NOON, SMALL)
        assert [(one.first_position, one.last_position, one.quantity) for one in made] == [
            (1, 4, 4),
            (5, 8, 4),
            (9, 11, 1),
        ]
        assert {one.joined for one in made} == {sealed_words(read_heads(conn))}
        assert seals_after(conn, 0, 10) == made
        assert seals_after(conn, 2, 10) == made[2:]
        assert [seal_problem(one, before) for before, one in zip((None, *made), made, strict=False)] == [None] * 3
        assert seal(conn, NOON, SMALL) == ()


def test_a_seal_never_covers_up_a_change(database_url: str) -> None:
    with fresh_ledger(database_url) as engine:
        with engine.begin() as conn:
            append(conn, [delivered("m1"), delivered("m2")])
            conn.execute(text("INSERT INTO usage_sources VALUES (2, 'other')"))
            disarm(conn)
            conn.execute(text("UPDATE usage_entries SET party_id = 'gemeente-z' WHERE position = 2"))
        expected = pytest.raises(LedgerBrokenError, match="not the ones that were appended")
        with expected, engine.begin() as conn:
            seal(conn, NOON, SMALL)


def check_with_the_script(proof: Proof, published: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "proof.json"
    path.write_bytes(msgspec.json.encode(proof))
    command = [sys.executable, "-I", str(SCRIPT), str(path), published]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_entry_is_proven_offline_by_the_published_script(tmp_path: Path) -> None:
    with fresh_ledger(f"sqlite+aiosqlite:///{tmp_path / 'm.db'}") as engine, engine.begin() as conn:
        append(conn, [delivered(f"m{number}", party="gemeente-ё") for number in range(6)], recorded_at=NOON)
        reverse(conn, 5, "dubbel geteld – zie brief", "controller")
        made = seal(conn, NOON, SMALL)
        append(conn, [delivered("m9")])
        for position, one in ((1, made[0]), (7, made[1])):
            proof = prove(conn, position)
            assert check_with_the_script(proof, one.hash, tmp_path).stdout.startswith("PROVEN: seal")
            assert "published seal" in check_with_the_script(proof, "0" * 64, tmp_path).stderr
            entry = msgspec.structs.replace(proof.entry, quantity=2)
            forged = msgspec.structs.replace(proof, entry=entry)
            assert "root" in check_with_the_script(forged, one.hash, tmp_path).stderr
        with pytest.raises(NotSealedYetError, match="entry 8"):
            prove(conn, 8)
        for position, visible_to in ((9, None), (8, frozenset({"gemeente-ё"})), (1, frozenset({"other"}))):
            with pytest.raises(UnknownEntryError):
                prove(conn, position, visible_to)
        assert prove(conn, 1, frozenset({"gemeente-ё"})) == prove(conn, 1)
