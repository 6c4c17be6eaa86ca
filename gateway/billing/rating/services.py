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
    """Stelselcatalogus, Digimelding, Digikoppeling, Digilevering, Samenwerkende Catalogi, PKIoverheid and
    Digitoegankelijkheid together: no tariff, their cost is divided by one key."""

    @classmethod
    def parse(cls, name: str) -> "Service":
        """The service of this name. Raises UnknownServiceError."""
        try:
            return cls(name.strip().lower())
        except ValueError:
            known = ", ".join(cls)
            raise UnknownServiceError(
                f"there is no service {name!r}; there are {known}",
                f"dienst {name!r} bestaat niet; wel: {known}",
            ) from None


@dataclass(frozen=True, slots=True)
class ServiceNames:
    """What a service and its unit are called."""

    name: Text
    unit: Text
    units: Text


SERVICE_NAMES = {
    Service.DIGIPOORT: ServiceNames(
        Text("Digipoort e-invoicing", "Digipoort e-factureren"),
        Text("message", "bericht"),
        Text("messages", "berichten"),
    ),
    Service.DIGID: ServiceNames(
        Text("DigiD", "DigiD"),
        Text("successful authentication", "geslaagde authenticatie"),
        Text("successful authentications", "geslaagde authenticaties"),
    ),
    Service.MACHTIGEN: ServiceNames(
        Text("DigiD Machtigen", "DigiD Machtigen"),
        Text("mandate used", "gebruikte machtiging"),
        Text("mandates used", "gebruikte machtigingen"),
    ),
    Service.MIJNOVERHEID: ServiceNames(
        Text("MijnOverheid", "MijnOverheid"),
        Text("processed message", "verwerkt bericht"),
        Text("processed messages", "verwerkte berichten"),
    ),
    Service.GUIDANCE: ServiceNames(
        Text("Individual guidance when connecting", "Individuele aansluitbegeleiding"),
        Text("period of three months", "periode van drie maanden"),
        Text("periods of three months", "perioden van drie maanden"),
    ),
    Service.FACILITIES: ServiceNames(
        Text("Facilities without tariff", "Voorzieningen zonder tarief"),
        Text("share", "aandeel"),
        Text("shares", "aandelen"),
    ),
}
