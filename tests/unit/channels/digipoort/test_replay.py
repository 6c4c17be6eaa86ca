"""What was seen outlives the process, never grows for ever, and what cannot be written down is not accepted."""

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.channels.digipoort.replay import ReplayGuard, ReplayLog
from gateway.channels.digipoort.wire.faults import StaleError, TroubleError
from gateway.channels.digipoort.wire.signature import Verified

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=20)


def digest(number: int) -> bytes:
    return number.to_bytes(32, "big")


def seen_file(folder: Path) -> ReplayLog:
    return ReplayLog(folder / "seen", WINDOW)


def test_another_process_reads_what_was_added(tmp_path: Path) -> None:
    seen_file(tmp_path).add(NOW + WINDOW, (digest(1), digest(2)), NOW)
    seen_file(tmp_path).add(NOW + WINDOW, (digest(3),), NOW)
    assert seen_file(tmp_path).read() == tuple((NOW + WINDOW, digest(number)) for number in (1, 2, 3))


def test_half_a_record_of_a_killed_process_spoils_nothing(tmp_path: Path) -> None:
    seen_file(tmp_path).add(NOW, (digest(1), digest(2)), NOW)
    data = (tmp_path / "seen").read_bytes()
    (tmp_path / "seen").write_bytes(data[:-7])
    assert seen_file(tmp_path).read() == ((NOW, digest(1)),)
    seen_file(tmp_path).add(NOW, (digest(3),), NOW)
    assert seen_file(tmp_path).read() == ((NOW, digest(1)), (NOW, digest(3)))


def test_nothing_that_still_matters_is_dropped_and_nothing_is_kept_for_ever(tmp_path: Path) -> None:
    file, added = seen_file(tmp_path), {}
    for minute in range(200):
        now = NOW + timedelta(minutes=minute)
        added[digest(minute)] = now + WINDOW
        file.add(now + WINDOW, (digest(minute),), now)
        kept = {seen for _, seen in seen_file(tmp_path).read()}
        assert {seen for seen, until in added.items() if until > now} <= kept
        assert len(kept) <= 2 * (WINDOW // timedelta(minutes=1) + 2)


def test_only_the_gateway_reads_it(tmp_path: Path) -> None:
    seen_file(tmp_path).add(NOW, (digest(1),), NOW)
    assert (tmp_path / "seen").stat().st_mode & 0o077 == 0


class _Full(ReplayLog):
    """A disk without room."""

    def add(self, until: datetime, digests: tuple[bytes, ...], now: datetime) -> None:
        raise OSError(errno.ENOSPC, "no space left")


def message(signature: bytes = b"s", message_id: str = "urn:m") -> Verified:
    """As far as the guard looks."""
    return cast(
        Verified, SimpleNamespace(signature_value=signature, addressing=SimpleNamespace(message_id=message_id))
    )


def test_what_cannot_be_written_down_is_not_accepted(tmp_path: Path) -> None:
    guard = ReplayGuard(WINDOW, _Full(tmp_path / "seen", WINDOW))
    for _ in range(2):  # and is no replay either, when it comes again
        with pytest.raises(TroubleError):
            guard.require_new(message(), "oin", NOW)


def test_a_long_message_id_is_known_again_by_what_the_database_keeps_of_it(tmp_path: Path) -> None:
    """As after a power cut that lost the log: the database has what was submitted, its id cut short."""
    guard, long = ReplayGuard(WINDOW, seen_file(tmp_path)), "urn:" + "m" * 300
    guard.recall([("oin", long[:256])], NOW)
    with pytest.raises(StaleError):
        guard.require_new(message(b"s", long), "oin", NOW)
    guard.require_new(message(b"s", "urn:n" + long), "oin", NOW)
    guard.require_new(message(b"t", "urn:n" + long + "another"), "oin", NOW)  # both came in this process


def test_a_process_that_begins_anew_knows_signature_and_message_id(tmp_path: Path) -> None:
    ReplayGuard(WINDOW, seen_file(tmp_path)).require_new(message(), "oin", NOW)
    guard = ReplayGuard(WINDOW, seen_file(tmp_path))
    guard.recall([("oin", "urn:handed-in")], NOW)
    for again in (message(b"s", "urn:other"), message(b"t", "urn:m"), message(b"u", "urn:handed-in")):
        with pytest.raises(StaleError):
            guard.require_new(again, "oin", NOW + WINDOW)
    guard.require_new(message(b"u", "urn:m"), "another oin", NOW)
    guard.require_new(message(), "oin", NOW + WINDOW + timedelta(seconds=1))  # its Timestamp has run out


def test_a_full_memory_refuses_what_is_new_until_something_has_run_out(tmp_path: Path) -> None:
    guard = ReplayGuard(WINDOW, seen_file(tmp_path), entries_max=1)
    guard.require_new(message(), "oin", NOW)
    with pytest.raises(TroubleError, match="busy"):
        guard.require_new(message(b"t", "urn:n"), "oin", NOW)
    with pytest.raises(StaleError):
        guard.require_new(message(), "oin", NOW)
    guard.require_new(message(b"t", "urn:n"), "oin", NOW + WINDOW + timedelta(seconds=1))
