"""Errors of billing, each with a message in Dutch and English."""

from gateway.i18n import Text


class BillingError(ValueError):
    """Something about this request cannot be billed; nothing was done."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class BadCountError(BillingError):
    """A count below zero, in fractions, or larger than any use."""


class UnknownServiceError(BillingError):
    """No service of this name."""


class TariffCatalogueError(BillingError):
    """The catalogue contradicts itself: overlapping tariffs, a price with too many decimals."""


class PoliciesError(BillingError):
    """A file of policies that cannot be read."""


class TariffMissingError(BillingError):
    """No tariff for this service, year and basis."""


class ForecastLockedError(BillingError):
    """A forecast changed after its prepayment was issued."""


class StepRefusedError(BillingError):
    """This step of the billing year is not possible now, or was taken before with other content."""


class InputsMovedError(BillingError):
    """The inputs on which a run was prepared or approved have changed."""


class NotAllowedError(BillingError):
    """This person may not do this."""


class OwnApprovalError(NotAllowedError):
    """The person who prepared a run would approve it."""


class UnknownRunError(BillingError):
    """No run of this id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(Text("there is no run {run_id}", run_id=run_id))
        self.run_id = run_id


class UnknownBillError(BillingError):
    """No bill of this number."""

    def __init__(self, number: str) -> None:
        super().__init__(Text("there is no bill {number}", number=number))


class UnknownPartyError(BillingError):
    """No debtor of this id."""


class DebtorRefusedError(BillingError):
    """A debtor that cannot be, or that contradicts the register or another debtor."""


class PartyRefusedError(BillingError):
    """Some parties of a run cannot be billed: they are put right, or left out by decision."""


class ConfirmationNeededError(BillingError):
    """Something is far from history, and nobody has confirmed it."""


class BillRejectedError(BillingError):
    """Our own validator found errors in a bill, so it got no number."""


class IssuerMissingError(BillingError):
    """The settings do not say who sends the bills."""


class MailError(BillingError):
    """There is no mail server, or it cannot be reached."""


class DebtorFileError(BillingError):
    """A file of debtors that cannot be read."""


class DistributionKeyError(BillingError):
    """An amount that cannot be divided: nothing to divide, nobody to divide it over, a weight below zero."""


class BankFileError(BillingError):
    """A file of the bank that cannot be read, or that is of another account."""
