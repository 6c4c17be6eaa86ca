"""Who pays for a message, and the choices that the tariff page leaves open."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway.messages.lifecycle import Disposition
from gateway.messages.participants import Party, PartyKind
from gateway.metering.entry import UsageEntry, UsageKind


@dataclass(frozen=True, slots=True)
class MeterPolicy:
    """Choices that Logius's pages leave open."""

    both_sides_pay: bool = True
    """A message from one non-Rijk party to another counts for both; False: for the sender alone."""
    own_bills_are_free: bool = True
    """A bill that the gateway itself sends to a party is not counted: nobody pays for being billed."""


class Metered(NamedTuple):
    """How a delivered message is metered: its disposition, and an entry for each party that pays."""

    disposition: Disposition
    entries: tuple[UsageEntry, ...] = ()


def meter_delivery(
    kenmerk: str, sender: Party | None, recipient: Party, at: datetime, policy: MeterPolicy, *, is_test: bool
) -> Metered:
    """How this message is metered when it is delivered. `sender` is None for what the gateway itself sends."""
    if is_test:
        return Metered(Disposition.TEST)
    if sender is None and policy.own_bills_are_free:
        return Metered(Disposition.FREE_OWN)
    submitted = _entry(kenmerk, sender, UsageKind.SUBMITTED_BY, at)
    delivered = _entry(kenmerk, recipient, UsageKind.DELIVERED_TO, at)
    if submitted and not policy.both_sides_pay:
        delivered = ()
    if entries := submitted + delivered:
        return Metered(Disposition.BILLABLE, entries)
    kinds = {party.kind for party in (sender, recipient) if party}
    return Metered(Disposition.FREE_RIJK if PartyKind.RIJK in kinds else Disposition.FREE_COMPANY)


def _entry(kenmerk: str, party: Party | None, kind: UsageKind, at: datetime) -> tuple[UsageEntry, ...]:
    if party is None or party.kind is not PartyKind.NON_RIJK:
        return ()
    return (UsageEntry(kenmerk, party.party_id, kind, at),)
