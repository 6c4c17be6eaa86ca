"""What billing refuses, as problems: each of its errors has a kind of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gateway.billing.runs import errors
from gateway.http import problems
from gateway.http.problems import Problem
from gateway.i18n import Text

KINDS: Mapping[type[errors.BillingError], type[Problem]] = {
    errors.BadCountError: problems.BadCount,
    errors.TariffCatalogueError: problems.TariffsRefused,
    errors.TariffMissingError: problems.TariffMissing,
    errors.ForecastLockedError: problems.ForecastLocked,
    errors.StepRefusedError: problems.BillingStepRefused,
    errors.InputsMovedError: problems.InputsMoved,
    errors.NotAllowedError: problems.Forbidden,
    errors.OwnApprovalError: problems.OwnApproval,
    errors.UnknownPartyError: problems.DebtorMissing,
    errors.BillRejectedError: problems.BillRejected,
    errors.IssuerMissingError: problems.IssuerMissing,
    errors.DistributionKeyError: problems.DistributionKeyRefused,
}
"""By the error. What the path names and is not there is an UnknownItem; files come at the command line only."""

OF_A_RUN: tuple[type[Problem], ...] = (
    problems.BadCount,
    problems.TariffMissing,
    problems.BillingStepRefused,
    problems.DebtorMissing,
    problems.DistributionKeyRefused,
)
"""What collecting the inputs of a run and rating them can meet."""


@contextmanager
def told() -> Iterator[None]:
    """What billing refuses within the block becomes a problem in its own words."""
    try:
        yield
    except errors.UnknownRunError as error:
        raise problems.UnknownItem(Text("run"), error.run_id) from error
    except errors.BillingError as error:
        raise KINDS[type(error)](error.text) from error
