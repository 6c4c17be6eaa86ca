"""Who sends the bills."""

from dataclasses import asdict, dataclass

from gateway.billing.runs.debtor import Address
from gateway.billing.runs.errors import IssuerMissingError
from gateway.i18n import Text
from gateway.settings import Settings

_USAGE_PATH = "/portal/usage?party={party}&service={service}&firstDay={first}&lastDay={last}"
_NEEDED = ("name", "kvk", "oin", "vat_number", "street", "postcode", "city", "iban", "email", "phone", "contact")
"""What a bill must hold."""


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
        parts = asdict(self) | asdict(self.address)
        missing = ", ".join(f"billing.{name}" for name in _NEEDED if not parts[name])
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
