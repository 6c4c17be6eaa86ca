"""Parties: who takes part, who pays, who may send for whom."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.i18n import Text
from gateway.validator.model.identifiers import PartyIdentifier

MAILBOX = "mailbox"
"""The `delivery` of a party that takes its messages itself."""


class PartyKind(StrEnum):
    """The kind of a party decides whether it pays. The OIN's prefix does not tell, so it is recorded."""

    COMPANY = "company"
    """Supplier, intermediary or software house: pays nothing."""
    RIJK = "rijk"
    """Central government: pays nothing per message."""
    NON_RIJK = "non-rijk"
    """Municipality, province, water board and other governments: pays for each message."""


class Role(StrEnum):
    """What an API key may do."""

    SUPPLIER = "supplier"
    """Submit own documents, read own messages and mailbox."""
    INTERMEDIARY = "intermediary"
    """The same for the suppliers that have given it a mandate."""
    GOVERNMENT = "government"
    """Receive from its mailbox, send orders and time cards, see its own use and bills."""
    OPERATOR = "operator"
    """See every message's life, manage parties and keys, retry and return."""
    FINANCE = "finance"
    """Usage of all parties, forecasts, bills, exports."""


@dataclass(frozen=True, slots=True)
class Party:
    """A registered party. `kind_source` says how we know its kind, for an auditor."""

    party_id: str
    name: str
    kind: PartyKind
    identifiers: tuple[PartyIdentifier, ...] = ()
    mandates: frozenset[str] = frozenset()
    """Party ids of the suppliers this intermediary may send for."""
    kind_source: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    """What the party asks for. `profile` = `basisfactuur-rijk, basisorder-rijk` adds the rules of these profiles
    to what it receives and sends, and never removes any. `delivery` is `mailbox` or another delivery method of a
    channel, with `delivery_url`."""

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles that it asks for, by their ids."""
        return tuple(name for each in self.settings.get("profile", "").split(",") if (name := each.strip()))

    @property
    def wants_push(self) -> bool:
        """Whether its messages are brought to it; else it takes them from its mailbox."""
        return self.settings.get("delivery", MAILBOX) != MAILBOX


class Register(Protocol):
    """Registered parties, held in memory."""

    def by_id(self, party_id: str) -> Party | None:
        """The party, or None."""

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        """The party with this identifier, or None."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: the party and role that its key or certificate proves."""

    key_id: str
    role: Role
    party_id: str | None
    """None for operators and finance, who act for the gateway itself."""
    is_test: bool = False
    """What this caller sends is marked as test: handled in full, never metered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is known of an API key. The key itself is not kept; `prefix` is how it begins, to know it again."""

    key_id: str
    prefix: str
    label: str = ""
    role: Role
    party_id: str | None
    is_test: bool = False
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    """From then on it works no longer; None: it does not expire."""
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """To the hour; None: never, or not in this version."""

    def works_at(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


PARTY_ID = r"^[a-z0-9][a-z0-9-]{0,62}$"
"""What a party id looks like."""
KEY_TEXT_MIN = len("mp_") + 4
"""A shorter text is the start of no key: too many may begin so."""
OVERLAP_HOURS_MAX = 24 * 90
"""So long a key that was rotated goes on working at most."""


def keys_meant(text: str, keys: Iterable[ApiKey]) -> list[ApiKey]:
    """The keys that a text may mean: an id, the start of an id or of a key, or a whole key."""
    known = list(keys)
    if exact := [one for one in known if one.key_id == text]:
        return exact
    if len(text) < KEY_TEXT_MIN:
        return []
    return [
        one
        for one in known
        if one.key_id.startswith(text)
        or (one.prefix and (one.prefix.startswith(text) or text.startswith(one.prefix)))
    ]


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """Whom a new key is for, what it is called, and until when it works."""

    role: Role
    party_id: str | None = None
    is_test: bool = False
    label: str = ""
    expires_at: datetime | None = None


def role_problem(role: Role, party_id: str | None, party: Party | None) -> Text | None:
    """Why a key of this role cannot be for this party, or None. `party`: what the register knows of `party_id`."""
    word = role.value
    if role in {Role.OPERATOR, Role.FINANCE}:
        if party_id is None:
            return None
        return Text("a key for {word} belongs to the gateway, not to a party", word=word)
    if party_id is None:
        return Text("a key for {word} needs a party", word=word)
    if party is None:
        return Text("there is no party {party_id}", party_id=party_id)
    if (role is Role.GOVERNMENT) == (party.kind is PartyKind.COMPANY):
        return Text(
            "{party_id} is {party_kind}: a key for {word} does not fit",
            party_id=party_id,
            party_kind=party.kind.value,
            word=word,
        )
    return None
