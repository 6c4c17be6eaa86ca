"""A supplier, two municipalities, and messages that are received, judged or on their way."""

from dataclasses import replace
from datetime import UTC, datetime

from gateway.messages.lifecycle import Disposition, State
from gateway.messages.message import Message
from gateway.messages.participants import Party, PartyKind, Role
from gateway.messages.submission import StoredBytes
from gateway.validator.judge import judge
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.verdict import Verdict
from tests.samples import invoice

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUPPLIER = Party("supplier", "L", PartyKind.COMPANY, (PartyIdentifier("0106", "90817263"),))
TOWN = Party("town", "G", PartyKind.NON_RIJK, (PartyIdentifier("0190", "00000001812345678000"),))
PUSHED_TOWN = replace(TOWN, settings={"delivery": "webhook", "delivery_url": "https://town.example/"})
VALID = judge(invoice(1))


def received(kenmerk: str = "k-1", submitter_id: str = "supplier") -> Message:
    """A message that waits to be judged."""
    document = StoredBytes("packs/x", 0, 1_000, "0" * 64)
    return Message(
        kenmerk, State.RECEIVED, Disposition.PENDING, "http", NOW, document, submitter_id, Role.SUPPLIER
    )


def wrong() -> Verdict:
    """The verdict on an invoice that breaks a rule."""
    return judge(invoice(1).replace(b"21.00", b"21.50", 1))
