"""Who sends the bills."""

from dataclasses import dataclass

from gateway.billing.runs.debtor import Address
from gateway.billing.runs.errors import IssuerMissingError
from gateway.i18n import Text
from gateway.settings import Settings

_USAGE_PATH = "/portal/usage?party={party}&service={service}&firstDay={first}&lastDay={last}"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who sends the bills. Every number starts with `number_prefix` and the year."""

    name: str
    kvk: str
    oin: str
    vat_number: str
    address: Address
    iban: str
    bic: str
    email: str
    phone: str
    contact: str
    number_prefix: str = ""
    usage_url: str = ""
    """The address of the page with the messages of a line; {party}, {service}, {first} and {last} are filled
    in."""

    @property
    def portal_url(self) -> str:
        """The address of the page where a party sees its tasks and enters its forecast; empty where unknown."""
        base, _, path = self.usage_url.partition("/usage?")
        return f"{base}/year" if path else ""

    def check_complete(self) -> None:
        """Raises IssuerMissingError that names every part that a bill must hold and that is empty."""
        parts = {
            "name": self.name,
            "kvk": self.kvk,
            "oin": self.oin,
            "vat_number": self.vat_number,
            "street": self.address.street,
            "postcode": self.address.postcode,
            "city": self.address.city,
            "iban": self.iban,
            "email": self.email,
            "phone": self.phone,
            "contact": self.contact,
        }
        missing = ", ".join(f"billing.{name}" for name, value in parts.items() if not value)
        if missing:
            raise IssuerMissingError(
                Text("the settings do not say who sends the bills: {missing}", missing=missing),
            )


def issuer_from(settings: Settings) -> Issuer:
    """The issuer as far as the settings name one."""
    billing = settings.billing
    base = settings.http.public_url.rstrip("/")
    return Issuer(
        name=billing.name,
        kvk=billing.kvk,
        oin=billing.oin,
        vat_number=billing.vat_number,
        address=Address(billing.street, billing.postcode, billing.city),
        iban=billing.iban,
        bic=billing.bic,
        email=billing.email,
        phone=billing.phone,
        contact=billing.contact,
        number_prefix=billing.number_prefix,
        usage_url=f"{base}{_USAGE_PATH}" if base else "",
    )
