"""Who is billed, and how finance records it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from gateway.billing.rating.rating import PayerStatus
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import DebtorFileError
from gateway.i18n import Text
from gateway.messages.participants import Party, PartyKind
from gateway.validator.model.identifiers import OIN, PartyIdentifier, problem

_VAT_NUMBER = re.compile(r"NL[0-9]{9}B[0-9]{2}|(?!NL)(?=.*[0-9])[A-Z]{2}[0-9A-Z+*]{2,12}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody is established."""

    street: str
    postcode: str
    city: str
    country: str = "NL"


@dataclass(frozen=True, slots=True)
class Connection:
    """A party's use of one service, all its connections together."""

    service: Service
    connected_on: date | None = None
    """First connection of a first-time user; its year may be exempt. None: long ago, or not known."""
    in_umbrella: bool = False
    variant: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredAs:
    """What the register knows of a party, as far as it matters to its bills."""

    kind: PartyKind
    oins: tuple[str, ...]

    @classmethod
    def of(cls, party: Party | None) -> "RegisteredAs | None":
        """What matters of a party of the register."""
        if party is None:
            return None
        return cls(party.kind, tuple(sorted(one.value for one in party.identifiers if one.scheme == OIN)))


class FacilitiesPayer(StrEnum):
    """As what a party shares in the cost of the facilities without tariff. Nobody else does."""

    DEPARTMENT = "department"
    IPO = "ipo"
    VNG = "vng"
    WATER_BOARDS = "unie-van-waterschappen"


FACILITIES_PAYERS = {
    FacilitiesPayer.DEPARTMENT: 13,
    FacilitiesPayer.IPO: 1,
    FacilitiesPayer.VNG: 1,
    FacilitiesPayer.WATER_BOARDS: 1,
}
"""How many there are of each. Source: Logius, Doorbelasting: tarieven 2018-2022."""


@dataclass(frozen=True, slots=True)
class Debtor:
    """A party as finance records it, from a day on. `reference` is what it wants on its bills (BT-10)."""

    party_id: str
    name: str
    oin: str
    kind: PartyKind
    address: Address
    email: str = ""
    reference: str = ""
    vat_number: str = ""
    connections: tuple[Connection, ...] = ()
    valid_from: date | None = None
    """The first day on which this holds; None: from the beginning. A record of the same day replaces it."""
    has_public_task: bool = False
    """A private organization with a public task."""
    merged_into: str = ""
    """The party that it has become part of: the bills for its use are for that party."""
    pays_facilities: FacilitiesPayer | None = None
    despite_register: str = ""
    """Why it is billed as another than the register says; empty where they agree."""

    def connection(self, service: Service) -> Connection:
        """Its connection to a service; one without details where none was recorded."""
        found = (connection for connection in self.connections if connection.service is service)
        return next(found, Connection(service))

    def payer_status(self, service: Service, year: int) -> PayerStatus:
        """What decides how it is charged for a service in a year."""
        connection = self.connection(service)
        connected = connection.connected_on
        return PayerStatus(
            is_rijk=self.kind is PartyKind.RIJK,
            is_company=self.kind is PartyKind.COMPANY,
            is_first_year=connected is not None and connected.year == year,
            in_umbrella=connection.in_umbrella,
            variant=connection.variant,
            has_public_task=self.has_public_task,
        )

    def contradiction(self, registered: RegisteredAs | None) -> Text | None:
        """How it differs from what the register knows of this party, or None. A party that the register does not
        know only uses other services."""
        if registered is None or self.despite_register:
            return None
        if registered.kind is not self.kind:
            return Text(
                "{party_id} is {kind} here and {registered} in the register",
                party_id=self.party_id,
                kind=self.kind.value,
                registered=registered.kind.value,
            )
        if registered.oins and self.oin not in registered.oins:
            return Text(
                "{party_id} has OIN {oin} here and {registered} in the register",
                party_id=self.party_id,
                oin=self.oin,
                registered=", ".join(registered.oins),
            )
        return None

    def fault(self) -> Text | None:
        """What cannot be true of any debtor, or None."""
        services = [connection.service for connection in self.connections]
        twice = next((service for service in services if services.count(service) > 1), None)
        if twice:
            return Text("{party_id} has two connections of {service}", party_id=self.party_id, service=twice)
        if self.has_public_task and self.kind is not PartyKind.COMPANY:
            return Text("{party_id} is no private organization with a public task", party_id=self.party_id)
        if self.vat_number and not _VAT_NUMBER.fullmatch(self.vat_number):
            return Text("{number} is not a VAT number", number=repr(self.vat_number))
        return problem(PartyIdentifier(OIN, self.oin))


class DebtorHistory:
    """What holds of a debtor on which day: never empty, one record for each first day."""

    def __init__(self, records: Iterable[Debtor]) -> None:
        """Of records in the order in which they were made: a later one of the same first day replaces it."""
        by_day = {record.valid_from or date.min: record for record in records}
        self.records = tuple(by_day[day] for day in sorted(by_day))

    def on(self, day: date) -> Debtor:
        """The record that holds on a day; the oldest before there is any."""
        found = [record for record in self.records if (record.valid_from or date.min) <= day]
        return found[-1] if found else self.records[0]

    def changes(self, first: date, last: date) -> tuple[date, ...]:
        """The days after the first of a period on which something changes."""
        days = (record.valid_from for record in self.records)
        return tuple(day for day in days if day is not None and first < day <= last)

    def payer(self, service: Service, day: date) -> PayerStatus:
        """What decided on a day how it is charged for a service."""
        return self.on(day).payer_status(service, day.year)


def histories_of(records: Iterable[Debtor]) -> Mapping[str, DebtorHistory]:
    """The history of each debtor, out of all records in the order in which they were made."""
    found: dict[str, list[Debtor]] = {}
    for record in records:
        found.setdefault(record.party_id, []).append(record)
    return {party_id: DebtorHistory(own) for party_id, own in found.items()}


def successor(histories: Mapping[str, DebtorHistory], party_id: str, day: date) -> Debtor | None:
    """Who is billed on a day for a party's use: itself, or what it merged into; None where nobody is recorded."""
    passed = {party_id}
    while (history := histories.get(party_id)) and (into := history.on(day).merged_into):
        party_id = into
        if party_id in passed:
            return None
        passed.add(party_id)
    return history.on(day) if history else None


def read_debtors(toml: str) -> tuple[Debtor, ...]:
    """Debtors out of TOML text: a `[[debtor]]` each, its fields by their names here.

    Raises DebtorFileError that names what is wrong.
    """
    try:
        found = msgspec.toml.decode(toml.encode(), type=dict[str, tuple[Debtor, ...]])
    except msgspec.DecodeError as wrong:
        raise DebtorFileError(Text("the debtors cannot be read: {wrong}", wrong=str(wrong))) from wrong
    debtors = found.get("debtor", ())
    if any(not (character.isprintable() or character in "\n\r\t") for character in toml):
        raise DebtorFileError(Text("the file holds control characters"))
    for debtor in debtors:
        if fault := debtor.fault():
            raise DebtorFileError(Text("{party_id}: {fault}", party_id=debtor.party_id, fault=fault))
    return debtors
