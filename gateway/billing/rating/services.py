"""The services that are passed on to their users, and what one unit of each is called."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.billing.runs.errors import UnknownServiceError
from gateway.i18n import Text


class Service(StrEnum):
    """A service with a tariff."""

    DIGIPOORT = "digipoort"
    """Messages of non-Rijk governments."""
    DIGID = "digid"
    """Successful authentications."""
    MACHTIGEN = "digid-machtigen"
    """Mandates used."""
    MIJNOVERHEID = "mijnoverheid"
    """Messages processed."""
    GUIDANCE = "guidance"
    """Individual guidance when connecting, per three months."""
    FACILITIES = "facilities"
    """The seven of `FACILITIES` together: no tariff, their cost is divided by one key."""

    @classmethod
    def parse(cls, name: str) -> "Service":
        """The service of this name. Raises UnknownServiceError."""
        try:
            return cls(name.strip().lower())
        except ValueError:
            known = ", ".join(cls)
            raise UnknownServiceError(
                Text("there is no service {name}; there are {known}", name=repr(name), known=known)
            ) from None


FACILITIES = (
    "Stelselcatalogus",
    "Digimelding",
    "Digikoppeling",
    "Digilevering",
    "Samenwerkende Catalogi",
    "PKIoverheid",
    "Digitoegankelijkheid",
)
"""The facilities without tariff, by name. Source: Logius, Doorbelasting: tarieven 2018-2022."""


@dataclass(frozen=True, slots=True)
class ServiceNames:
    """What a service and its unit are called."""

    name: Text
    unit: Text
    units: Text

    def unit_name(self, count: int) -> Text:
        """What so many units are called: one message, 2 messages."""
        return self.unit if count == 1 else self.units


SERVICE_NAMES = {
    Service.DIGIPOORT: ServiceNames(
        Text("Digipoort e-invoicing"),
        Text("message"),
        Text("messages"),
    ),
    Service.DIGID: ServiceNames(
        Text("DigiD"),
        Text("successful authentication"),
        Text("successful authentications"),
    ),
    Service.MACHTIGEN: ServiceNames(
        Text("DigiD Machtigen"),
        Text("mandate used"),
        Text("mandates used"),
    ),
    Service.MIJNOVERHEID: ServiceNames(
        Text("MijnOverheid"),
        Text("processed message"),
        Text("processed messages"),
    ),
    Service.GUIDANCE: ServiceNames(
        Text("Individual guidance when connecting"),
        Text("period of three months"),
        Text("periods of three months"),
    ),
    Service.FACILITIES: ServiceNames(
        Text("Facilities without tariff"),
        Text("share"),
        Text("shares"),
    ),
}
