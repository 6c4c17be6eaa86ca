"""Entries say which message they count."""

from datetime import UTC, datetime

from gateway.metering.entry import LedgerEntry, UsageEntry, UsageKind

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_entry_names_the_message_that_was_first_counted() -> None:
    keys = [UsageEntry("m-1", "town", UsageKind.DELIVERED_TO, AT).key]
    for position in (1, 2):
        keys.append(UsageEntry(keys[-1], "town", UsageKind.DELIVERED_TO, AT, -1, reverses=position).key)
    for position, key in enumerate(keys):
        entry = LedgerEntry(position + 1, "meterpoort", key, "town", "delivered-to", 1, 0, 0, position or None)
        assert entry.kenmerk == "m-1", key


def test_use_that_is_metered_elsewhere_is_of_no_message() -> None:
    assert LedgerEntry(1, "elsewhere", "event-1", "town", "mandate-used", 1, 0, 0).kenmerk is None
