"""What can be wrong with a billing request: each names what is wrong, in Dutch and English."""

from gateway.i18n import Text


class BillingError(ValueError):
    """Something about this request cannot be billed; nothing was done."""

    code = "billing"

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class BadCountError(BillingError):
    """A count below zero, in fractions, or beyond what anyone can use."""

    code = "bad-count"


class UnknownServiceError(BillingError):
    """No service of this name."""

    code = "unknown-service"


class TariffCatalogueError(BillingError):
    """The catalogue contradicts itself: overlapping tariffs, a price with too many decimals."""

    code = "tariff-catalogue"


class TariffMissingError(BillingError):
    """No tariff for this service, year and basis."""

    code = "tariff-missing"


class ForecastLockedError(BillingError):
    """A forecast changed after its prepayment was issued."""

    code = "forecast-locked"


class StepRefusedError(BillingError):
    """This step of the billing year cannot come now, or came before with other content."""

    code = "step-refused"


class InputsMovedError(BillingError):
    """What a run was prepared or approved on is no longer what is there."""

    code = "inputs-moved"


class NotAllowedError(BillingError):
    """This person may not do this."""

    code = "not-allowed"


class OwnApprovalError(NotAllowedError):
    """Whoever prepared a run would approve it."""

    code = "own-approval"


class UnknownRunError(BillingError):
    """No run of this id."""

    code = "unknown-run"

    def __init__(self, run_id: str) -> None:
        super().__init__(Text("there is no run {run_id}", run_id=run_id))
        self.run_id = run_id


class UnknownBillError(BillingError):
    """No bill of this number."""

    code = "unknown-bill"


class UnknownPartyError(BillingError):
    """No debtor of this id."""

    code = "unknown-party"


class BillRejectedError(BillingError):
    """Our own validator found fault with a bill, so it got no number."""

    code = "bill-rejected"


class IssuerMissingError(BillingError):
    """The settings do not say who sends the bills."""

    code = "issuer-missing"


class DebtorFileError(BillingError):
    """A file of debtors that cannot be read."""

    code = "debtor-file"


class DistributionKeyError(BillingError):
    """An amount that cannot be divided: nothing to divide, nobody to divide it over, a weight below zero."""

    code = "distribution-key"
