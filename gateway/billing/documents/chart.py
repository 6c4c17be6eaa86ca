"""The chart of accounts and the cost centres of the issuer: what the journal is posted to.

Finance gives its own numbers in the settings (`journal.accounts`, `journal.cost_centres`); what it does not
give has a number of this gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.i18n import Text
from gateway.settings import Settings, split_pairs


class AccountGroup(StrEnum):
    """The part of the financial statements that an account belongs to, by its name in plain text accounting."""

    ASSETS = "Assets"
    LIABILITIES = "Liabilities"
    INCOME = "Income"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the general ledger. Names are in Dutch, as on the bill."""

    number: str
    group: AccountGroup
    title: Text
    short_title: Text

    @property
    def name(self) -> str:
        """Its name."""
        return self.title.nl

    @property
    def path(self) -> str:
        """Its name in plain text accounting, as `Income:DigiD`."""
        return f"{self.group}:{self.short_title.nl}"


DEFAULT_NUMBERS: Mapping[str, str] = {
    "debtors": "1300",
    "vat": "1520",
    "deferred": "1900",
    Service.DIGIPOORT: "8010",
    Service.DIGID: "8020",
    Service.MACHTIGEN: "8030",
    Service.MIJNOVERHEID: "8040",
    Service.GUIDANCE: "8050",
    Service.FACILITIES: "8060",
}
"""The number of each account where the settings give none; income is by service."""

_SHORT_TITLES = {
    Service.DIGIPOORT: Text("Digipoort"),
    Service.DIGID: Text("DigiD"),
    Service.MACHTIGEN: Text("Machtigen"),
    Service.MIJNOVERHEID: Text("MijnOverheid"),
    Service.GUIDANCE: Text("Guidance"),
    Service.FACILITIES: Text("Facilities"),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """The accounts that are posted to. `defers_prepayments`: a prepayment becomes income month by month."""

    numbers: Mapping[str, str] = field(default_factory=dict)
    cost_centres: Mapping[str, str] = field(default_factory=dict)
    defers_prepayments: bool = True

    @property
    def debtors(self) -> Account:
        """What debtors owe."""
        return self._account("debtors", AccountGroup.ASSETS, Text("Debtors"), Text("Debtors"))

    @property
    def vat_due(self) -> Account:
        """VAT that is to be paid."""
        return self._account("vat", AccountGroup.LIABILITIES, Text("VAT to be paid"), Text("VAT"))

    @property
    def deferred_income(self) -> Account:
        """What was billed for months to come."""
        return self._account("deferred", AccountGroup.LIABILITIES, Text("Deferred income"), Text("Deferred"))

    def income(self, service: Service) -> Account:
        """Income from a service."""
        title = Text("Income from {service}", service=SERVICE_NAMES[service].name)
        return self._account(service, AccountGroup.INCOME, title, _SHORT_TITLES[service])

    def cost_centre(self, service: Service) -> str:
        """The cost centre of a service's income; empty where it has none."""
        return self.cost_centres.get(service, "")

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts, in the order of the balance sheet and the income statement."""
        return (self.debtors, self.vat_due, self.deferred_income, *(self.income(service) for service in Service))

    def _account(self, name: str, group: AccountGroup, title: Text, short_title: Text) -> Account:
        return Account(self.numbers.get(name) or DEFAULT_NUMBERS[name], group, title, short_title)


def chart_from(settings: Settings) -> Chart:
    """The chart that the settings describe."""
    journal = settings.journal
    return Chart(split_pairs(journal.accounts), split_pairs(journal.cost_centres), journal.defers_prepayments)
