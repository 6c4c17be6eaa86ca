"""A message as Digipoort's interface sees it: a proces with a kenmerk, a berichtsoort and a belanghebbende.

The words are koppelvlak 1.2's. What only this channel knows of a message (its berichtkenmerk, roles, file name,
what was handed out already) is kept in its own tables; a message of another channel is a proces too. The webhook's
event describes a message in the same words.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from gateway.messages.message import Message


class Identiteit(msgspec.Struct, frozen=True):
    """A party by number and kind of number: OIN, KvK, BTW, Fi and others."""

    nummer: str
    type: str


class Proces(msgspec.Struct, frozen=True):
    """What the interface knows of one proces, apart from its statuses and contents."""

    kenmerk: str
    berichtsoort: str
    berichtkenmerk: str
    """The message id of the request that started it."""
    tijdstempel_aangeleverd: datetime
    belanghebbende: Identiteit
    rol_belanghebbende: str
    aanleverkenmerk: str | None = None
    eerder_aanleverkenmerk: str | None = None
    identiteit_aanleveraar: str | None = None
    """The OIN of the certificate that handed it in."""
    ontvanger: Identiteit | None = None
    rol_ontvanger: str | None = None
    autorisatie_adres: str | None = None
    mime_type: str = ""
    bestandsnaam: str = ""
    """As they were sent; empty where they were not."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which processen are asked for; every field that is given must match.

    `belanghebbende_party_id` finds messages of other channels, where no number was given.
    `only_recipient`: only what was delivered to these parties.
    """

    visible_to: frozenset[str]
    berichtsoort: str | None = None
    belanghebbende: Identiteit | None = None
    belanghebbende_party_id: str | None = None
    only_recipient: bool = False


class HandOut(NamedTuple):
    """One thing handed out to one OIN: the status at `position` in the journal, or (below 0) the message."""

    kenmerk: str
    position: int


LISTED = -1
"""Position of a hand-out: the message was named in a list."""
COLLECTED = -2
"""Position of a hand-out: the message itself was collected."""


ProcesOf = Callable[[Message], Awaitable[Proces]]
"""The proces of a message."""

BERICHTSOORTEN = {
    "Invoice": "E-Factuur-UBL",
    "CreditNote": "E-Factuur-UBL",
    "Order": "BESTELLING-UBL",
    "OrderResponse": "BESTELLING-BEVESTIGING-UBL",
    "TimeCard": "TIMECARD-HRXML",
    "DespatchAdvice": "ADVANCED-SHIPPING-NOTICE-UBL",
}
"""The berichtsoort of a message that came without one, by its document (Logius, Implementatiewijzer UBL-OHNL)."""

BERICHTSOORT_UNKNOWN = "OVERIG"
"""Ours: the berichtsoort of a document that Digipoort has no name for."""


def berichtsoort_of(message: Message) -> str:
    """The berichtsoort as sent, or the one that goes with its document."""
    if message.berichtsoort:
        return message.berichtsoort
    return BERICHTSOORTEN.get(message.kind.value, BERICHTSOORT_UNKNOWN) if message.kind else BERICHTSOORT_UNKNOWN
