"""Who is billed, and how finance records it."""

from dataclasses import dataclass
from datetime import date

import msgspec

from gateway.billing.rating.rating import PayerStatus
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import DebtorFileError
from gateway.i18n import Text
from gateway.messages.participants import PartyKind
from gateway.validator.model.identifiers import OIN, PartyIdentifier, problem


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
class Debtor:
    """A party as finance records it. `reference` is what it wants on its bills (BT-10)."""

    party_id: str
    name: str
    oin: str
    kind: PartyKind
    address: Address
    email: str = ""
    reference: str = ""
    vat_number: str = ""
    connections: tuple[Connection, ...] = ()

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
        )


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
        if wrong_oin := problem(PartyIdentifier(OIN, debtor.oin)):
            raise DebtorFileError(Text("{party_id}: {wrong_oin}", party_id=debtor.party_id, wrong_oin=wrong_oin))
    return debtors
