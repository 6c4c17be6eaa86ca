"""What becomes of a message after it was judged: pushed to its recipient, confirmed, or acted on by an operator.

Pure, as `decision.decide`: the store writes each `Decision` as it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.messages.decision import Contact, Decision, Move
from gateway.messages.lifecycle import Disposition, Foutcode, State, Step
from gateway.messages.message import GATEWAY, JournalEntry, Message
from gateway.messages.metering import meter_delivery
from gateway.messages.participants import Register
from gateway.settings import MeterSettings


class AttemptResult(StrEnum):
    """What became of one attempt to hand a message over."""

    DELIVERED = "delivered"
    TROUBLED = "troubled"
    """It is tried again."""
    REFUSED = "refused"
    """The recipient refuses this message for good: returned."""
    EXPIRED = "expired"
    """It was tried for as long as it may be: returned."""


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt to hand a message over to its recipient."""

    result: AttemptResult
    reason: str | None = None
    foutcode: Foutcode | None = None
    again_at: datetime | None = None
    """The recipient could not be reached, and is left alone until then."""
    into_mailbox: bool = False
    """Whether the recipient takes the message from its mailbox afterwards."""


def offer(message: Message, at: datetime) -> Decision:
    """It is being offered to its recipient (405)."""
    return _decision(message, Disposition.PENDING, JournalEntry(Step.DELIVERY_STARTED, at, GATEWAY))


def decide_delivery(
    message: Message, attempt: DeliveryAttempt, register: Register, policy: MeterSettings, at: datetime
) -> Decision:
    """What becomes of a message by an attempt: delivered (400) and metered, returned (410), or tried again (420).

    Raises LookupError when its recipient is not registered any more.
    """
    if attempt.result is AttemptResult.DELIVERED:
        return _delivery(message, attempt, register, policy, at)
    contact = Contact(message.recipient_id or "", attempt.again_at) if attempt.again_at else None
    if attempt.result is AttemptResult.TROUBLED:
        entry = JournalEntry(Step.DELIVERY_TROUBLE, at, GATEWAY, attempt.foutcode, attempt.reason)
        return replace(_decision(message, Disposition.PENDING, entry), contact=contact)
    entry = JournalEntry(Step.DELIVERY_FAILED, at, GATEWAY, attempt.foutcode, attempt.reason)
    returned = _decision(message, Disposition.UNDELIVERABLE, entry)
    return replace(returned, moves=(Move.OUT_OF_OUTBOX,), contact=contact)


def _delivery(
    message: Message, attempt: DeliveryAttempt, register: Register, policy: MeterSettings, at: datetime
) -> Decision:
    recipient = register.by_id(message.recipient_id or "")
    if recipient is None:
        raise LookupError(f"no party {message.recipient_id}")
    sender = register.by_id(message.sender_id) if message.sender_id else None
    disposition, usage = meter_delivery(message.kenmerk, sender, recipient, at, policy, is_test=message.is_test)
    delivered = _decision(message, disposition, JournalEntry(Step.DELIVERED, at, GATEWAY))
    moves = (Move.OUT_OF_OUTBOX, Move.INTO_MAILBOX) if attempt.into_mailbox else (Move.OUT_OF_OUTBOX,)
    return replace(delivered, usage=usage, moves=moves, contact=Contact(recipient.party_id))


def confirm(message: Message, actor: str, at: datetime) -> Decision:
    """The recipient has it. It is settled since it was delivered."""
    decision = _decision(message, message.disposition, JournalEntry(Step.CONFIRMED, at, actor))
    confirmed = replace(decision.message, settled_at=message.settled_at)
    return replace(decision, message=confirmed, moves=(Move.OUT_OF_MAILBOX,))


def replay(message: Message, actor: str, at: datetime) -> Decision | None:
    """An operator has a parked or returned message judged again; None when it is in another state, or a part of
    it was forgotten."""
    if message.state not in {State.PARKED, State.RETURNED} or message.forgotten_parts:
        return None
    return _decision(message, Disposition.PENDING, JournalEntry(Step.REPLAYED, at, actor))


def return_to_sender(message: Message, actor: str, reason: str, at: datetime) -> Decision | None:
    """An operator returns a parked message; None when it is in another state."""
    if message.state is not State.PARKED:
        return None
    entry = JournalEntry(Step.DELIVERY_FAILED, at, actor, Foutcode.AFS400, reason)
    return _decision(message, Disposition.UNDELIVERABLE, entry)


def _decision(message: Message, disposition: Disposition, entry: JournalEntry) -> Decision:
    return Decision(message, message.after((entry,), disposition), (entry,))
