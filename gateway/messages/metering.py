"""Who pays for a message. The choices that the tariff page leaves open are settings."""

from datetime import datetime

from gateway.messages.lifecycle import Disposition
from gateway.messages.participants import Party, PartyKind
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.settings import MeterSettings


def meter_delivery(
    kenmerk: str, sender: Party | None, recipient: Party, at: datetime, policy: MeterSettings, *, is_test: bool
) -> tuple[Disposition, tuple[UsageEntry, ...]]:
    """How this message is metered when it is delivered: its disposition, and an entry for each party that pays.

    `sender` is None for what the gateway itself sends.
    """
    if is_test:
        return Disposition.TEST, ()
    if sender is None and policy.own_bills_are_free:
        return Disposition.FREE_OWN, ()
    submitted = _entry(kenmerk, sender, UsageKind.SUBMITTED_BY, at)
    delivered = _entry(kenmerk, recipient, UsageKind.DELIVERED_TO, at)
    if submitted and not policy.both_sides_pay:
        delivered = ()
    if entries := submitted + delivered:
        return Disposition.BILLABLE, entries
    kinds = {party.kind for party in (sender, recipient) if party}
    return (Disposition.FREE_RIJK if PartyKind.RIJK in kinds else Disposition.FREE_COMPANY), ()


def _entry(kenmerk: str, party: Party | None, kind: UsageKind, at: datetime) -> tuple[UsageEntry, ...]:
    if party is None or party.kind is not PartyKind.NON_RIJK:
        return ()
    return (UsageEntry(kenmerk, party.party_id, kind, at),)
