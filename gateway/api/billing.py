"""What the resources of billing have in common."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import msgspec

from gateway.api import problem_kinds as kinds
from gateway.api.call import Call
from gateway.billing.rating.services import Service
from gateway.billing.runs import errors
from gateway.billing.runs.actor import Actor
from gateway.billing.runs.debtor import histories_of, successor
from gateway.billing.services import BillingServices
from gateway.clock import billing_date
from gateway.http import problems
from gateway.http.problems import Problem
from gateway.i18n import Text
from gateway.messages.participants import Role

ENTRY = Text("meter entry")


def position_of(named: str) -> int:
    """The position; 0, which no entry has, if it is not a number."""
    return int(named) if named.isascii() and named.isdigit() and len(named) <= 18 else 0


PROBLEMS: Mapping[type[errors.BillingError], type[Problem]] = {
    errors.BadCountError: kinds.BadCount,
    errors.TariffCatalogueError: kinds.TariffsRefused,
    errors.TariffMissingError: kinds.TariffMissing,
    errors.ForecastLockedError: kinds.ForecastLocked,
    errors.StepRefusedError: kinds.BillingStepRefused,
    errors.InputsMovedError: kinds.InputsMoved,
    errors.NotAllowedError: problems.Forbidden,
    errors.OwnApprovalError: kinds.OwnApproval,
    errors.UnknownPartyError: kinds.DebtorMissing,
    errors.DebtorRefusedError: kinds.DebtorRefused,
    errors.PartyRefusedError: kinds.PartyRefused,
    errors.ConfirmationNeededError: kinds.ConfirmationNeeded,
    errors.BillRejectedError: kinds.BillRejected,
    errors.IssuerMissingError: kinds.IssuerMissing,
    errors.DistributionKeyError: kinds.DistributionKeyRefused,
    errors.BankFileError: kinds.BankFileRefused,
}
"""The problem for each error. An unknown run is an UnknownItem; only the command line reads files."""

RUN_PROBLEMS: tuple[type[Problem], ...] = (
    kinds.BadCount,
    kinds.TariffMissing,
    kinds.BillingStepRefused,
    kinds.DistributionKeyRefused,
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
        except errors.UnknownPartyError as error:
            raise problems.UnknownItem(Text("debtor"), party_id) from error


def billing_of(call: Call) -> BillingServices:
    """The services of billing. Raises NotReady if this gateway has none."""
    if call.services.billing is None:
        raise problems.NotReady(["billing"])
    return call.services.billing


def own_party(call: Call) -> str | None:
    """The party whose figures the caller may see; None: all."""
    return None if call.caller.role is Role.FINANCE else call.caller.party_id or ""


def check_own_party(call: Call, party_id: str) -> None:
    """Raises UnknownItem for a party whose figures the caller may not see."""
    if own_party(call) not in {None, party_id}:
        raise problems.UnknownItem(Text("party"), party_id)


def wanted_party(call: Call, named: str | None) -> str | None:
    """The party whose figures are asked for: that which is named, or else the caller's own; None: all. Raises
    UnknownItem."""
    if named:
        check_own_party(call, named)
    return named or own_party(call)


async def check_party(call: Call, party_id: str) -> None:
    """Raises UnknownItem for a party that is not registered, or whose figures the caller may not see: those of
    others, but for a party that has become part of the caller's own."""
    if own_party(call) not in {None, party_id, await _successor(call, party_id)}:
        raise problems.UnknownItem(Text("party"), party_id)
    if call.services.directory.by_id(party_id) is None:
        raise problems.UnknownItem(Text("party"), party_id)


async def _successor(call: Call, party_id: str) -> str:
    histories = histories_of(await billing_of(call).store.debtors())
    found = successor(histories, party_id, today(call))
    return found.party_id if found else party_id


def actor_of(call: Call) -> Actor:
    """The caller in the log: its key."""
    return Actor(call.caller.key_id, call.caller.role, call.caller.party_id)


def today(call: Call) -> date:
    """The current day in Amsterdam."""
    return billing_date(call.services.clock())
