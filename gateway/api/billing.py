"""What the resources of billing have in common."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import msgspec

from gateway.api.call import Call, not_found
from gateway.api.problem_kinds import (
    BadCount,
    BillingStepRefused,
    BillRejected,
    DebtorMissing,
    DistributionKeyRefused,
    ForecastLocked,
    InputsMoved,
    IssuerMissing,
    OwnApproval,
    TariffMissing,
    TariffsRefused,
)
from gateway.api.services import BillingServices
from gateway.billing.rating.services import Service
from gateway.billing.runs import errors
from gateway.billing.runs.errors import UnknownPartyError
from gateway.billing.runs.service import Actor
from gateway.billing.runs.year import YearKey
from gateway.clock import billing_date
from gateway.http import problems
from gateway.http.problems import Fault, Problem
from gateway.i18n import Text
from gateway.messages.participants import Role

ENTRY = Text("meter entry")


def position_in_path(call: Call) -> int:
    """The position in the path; 0, which no entry has, if it is not a number."""
    named = call.path_part("position")
    return int(named) if named.isascii() and named.isdigit() and len(named) <= 18 else 0


PROBLEMS: Mapping[type[errors.BillingError], type[Problem]] = {
    errors.BadCountError: BadCount,
    errors.TariffCatalogueError: TariffsRefused,
    errors.TariffMissingError: TariffMissing,
    errors.ForecastLockedError: ForecastLocked,
    errors.StepRefusedError: BillingStepRefused,
    errors.InputsMovedError: InputsMoved,
    errors.NotAllowedError: problems.Forbidden,
    errors.OwnApprovalError: OwnApproval,
    errors.UnknownPartyError: DebtorMissing,
    errors.BillRejectedError: BillRejected,
    errors.IssuerMissingError: IssuerMissing,
    errors.DistributionKeyError: DistributionKeyRefused,
}
"""The problem for each error. An unknown run is an UnknownItem; only the command line reads files."""

RUN_PROBLEMS: tuple[type[Problem], ...] = (
    BadCount,
    TariffMissing,
    BillingStepRefused,
    DebtorMissing,
    DistributionKeyRefused,
)
"""What collecting and rating the inputs of a run can raise."""


@contextmanager
def billing_problems() -> Iterator[None]:
    """Turns an error of billing within the block into a problem with the same text."""
    try:
        yield
    except errors.UnknownRunError as error:
        raise problems.UnknownItem(Text("run"), error.run_id) from error
    except errors.BillingError as error:
        raise PROBLEMS[type(error)](error.text) from error


class ServiceQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which service."""

    service: Service = Service.DIGIPOORT


@contextmanager
def debtor_problems(party_id: str) -> Iterator[None]:
    """Like `billing_problems`, but an unknown party is the one in the path: raises UnknownItem."""
    with billing_problems():
        try:
            yield
        except UnknownPartyError as error:
            raise not_found(Text("debtor"), party_id) from error


def billing_of(call: Call) -> BillingServices:
    """The services of billing. Raises NotReady if this gateway has none."""
    if call.services.billing is None:
        raise problems.NotReady(["billing"])
    return call.services.billing


def own_party(call: Call) -> str | None:
    """The party whose figures the caller may see; None: all."""
    return None if call.caller.role is Role.FINANCE else call.caller.party_id or ""


async def party_in_path(call: Call) -> str:
    """The party in the path, if the caller may see its figures. Raises UnknownItem."""
    party_id, own = call.path_part("partyId"), own_party(call)
    if (own is None or own == party_id) and await call.services.directory.party(party_id) is not None:
        return party_id
    raise not_found(Text("party"), party_id)


def actor_of(call: Call) -> Actor:
    """The caller in the audit chain: its key."""
    return Actor(call.caller.key_id, call.caller.role)


def today(call: Call) -> date:
    """The current day in Amsterdam."""
    return billing_date(call.services.clock())


def year_in_path(call: Call) -> int:
    """The year in the path. Raises InvalidInput."""
    year = call.path_part("year")
    if len(year) == 4 and year.isascii() and year.isdigit() and "2000" <= year <= "2100":
        return int(year)
    reason = Text("must be a year from 2000 to 2100")
    raise problems.InvalidInput((Fault("path", "year", reason),))


def year_key(call: Call) -> YearKey:
    """The billing year in the path."""
    return YearKey(call.path_part("partyId"), call.query(ServiceQuery).service, year_in_path(call))
