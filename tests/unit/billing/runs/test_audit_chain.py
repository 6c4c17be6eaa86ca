"""The audit chain: what was done, in a chain of hashes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.billing.runs.audit_chain import GENESIS, AuditEvent, AuditRecord, faults, next_record

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def chain(length: int) -> list[AuditRecord]:
    """A chain of so many events."""
    records: list[AuditRecord] = []
    for number in range(1, length + 1):
        event = AuditEvent("Anna de Boer", "forecast-recorded", f"party {number}", NINE + timedelta(hours=number))
        records.append(next_record(number, event, records[-1].link if records else GENESIS))
    return records


def test_a_link_is_the_same_in_every_version() -> None:
    event = AuditEvent("Anna de Boer", "run-prepared", "x", NINE, "detail", "digest")
    link = next_record(1, event, GENESIS).link
    assert link == "52824fae88e7ccbe3f868efee7868fae84e9e639b14b06832f80583dce477ffb"


def test_a_chain_that_was_not_touched_has_no_faults() -> None:
    records = chain(4)
    assert faults(records, (4, records[-1].link)) == ()
    assert faults(records[2:], (4, records[-1].link), after=records[1]) == ()
    assert faults([], (0, GENESIS)) == ()


def test_a_changed_record_is_named() -> None:
    records = chain(3)
    records[1] = replace(records[1], event=replace(records[1].event, actor="Bram"))
    assert faults(records) == ("record 2 is not what was sealed",)


def test_a_missing_record_is_named() -> None:
    records = chain(3)
    assert "record 2 is missing before 3" in faults([records[0], records[2]])


def test_a_chain_that_was_cut_short_does_not_reach_its_head() -> None:
    records = chain(3)
    assert faults(records[:2], (3, records[2].link)) == ("the chain ends at 2, its head is 3",)
