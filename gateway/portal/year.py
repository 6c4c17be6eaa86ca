"""The billing year for people: what is due when; a party enters its forecast, finance agrees on it."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import actor_of, billing_of, check_own_party, debtor_problems, own_party, today
from gateway.api.call import Call
from gateway.api.names import party_names
from gateway.api.problem_kinds import BadCount, BillingStepRefused, ConfirmationNeeded, ForecastLocked
from gateway.api.route import Routes
from gateway.api.schema import PartyId, Year
from gateway.api.viewers import see_other
from gateway.billing.rating.rating import UNITS_MAX
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.runs.tasks import PartyProgress, Task, TaskKind, TaskState
from gateway.billing.runs.year import YearKey
from gateway.http import problems
from gateway.http.forms import read_form
from gateway.i18n import Text
from gateway.messages.participants import PartyKind
from gateway.portal.answers import BACK_TO_PAGE, PAGE, PAGES, YearQuery, form_with

routes = Routes("pages", problems=(problems.NotReady,))
_WITH_FORECAST = {TaskKind.FORECAST, TaskKind.PREPAYMENT}
_STATES = {
    TaskState.LATER: Text("later"),
    TaskState.OPEN: Text("open"),
    TaskState.OVERDUE: Text("overdue"),
    TaskState.DONE: Text("done"),
}


class ForecastForm(msgspec.Struct, frozen=True, rename="camel"):
    """A forecast of a party; without units: the agreement on the one that holds."""

    party: PartyId
    service: Service
    year: Year
    units: Annotated[int, Meta(ge=0, le=UNITS_MAX)] | None = None
    confirmation: Annotated[str, Meta(max_length=200)] = ""


@routes.get(
    "/portal/year",
    Text("The billing year: what is due when, and the forecasts, for people"),
    PAGE,
    roles=FIGURES,
    menu=Text("Billing year"),
)
async def show_year_page(call: Call, query: YearQuery) -> web.StreamResponse:
    own, day = own_party(call), today(call)
    year = query.year or day.year
    tasks = await billing_of(call).service.calendar.tasks(year, own)
    keys = _keys_of(tasks, own)
    if (
        own and year >= day.year and await _is_billed(call, own)
    ):  # also one that used nothing before, without a task
        keys.append(YearKey(own, Service.DIGIPOORT, year))
    years = [await billing_of(call).service.year(key) for key in dict.fromkeys(keys)]
    return PAGES.answer(
        "year.html",
        call.request,
        year=year,
        party=call.services.directory.by_id(own or ""),
        tasks=[(task, task.state(day)) for task in tasks],
        states={state: text.in_language(call.language) for state, text in _STATES.items()},
        forecasts=[one for one in years if not one.is_prepaid and not one.is_settled],
        names={service: words.name.in_language(call.language) for service, words in SERVICE_NAMES.items()},
        parties=await party_names(call) if own is None else {},
        is_finance=own is None,
    )


def _keys_of(tasks: Sequence[Task], own: str | None) -> list[YearKey]:
    """The years that need a forecast of a party, or for finance those on which it has not agreed."""
    return [
        YearKey(party_id, task.service, task.year)
        for task in tasks
        if task.kind in _WITH_FORECAST and task.service is not None
        for party_id, progress in task.parties.items()
        if own == party_id or progress is PartyProgress.TO_AGREE
    ]


async def _is_billed(call: Call, party_id: str) -> bool:
    """Whether a party pays for its messages."""
    debtor = (await billing_of(call).service.debtors(today(call))).get(party_id)
    return debtor is not None and debtor.kind is PartyKind.NON_RIJK


@routes.post(
    "/portal/forecasts",
    Text("Enter a forecast in a form, or agree on one"),
    BACK_TO_PAGE,
    roles=FIGURES,
    raw_body=form_with("`party`, `service`, `year`, `units`"),
    problems=(
        *(ForecastLocked, BillingStepRefused, BadCount, ConfirmationNeeded),
        *(problems.UnknownItem, problems.UnsupportedMediaType),
    ),
)
async def save_forecast_form(call: Call) -> web.StreamResponse:
    form = await read_form(call.request, call.services.limits, ForecastForm)
    check_own_party(call, form.party)
    key, billing = YearKey(form.party, form.service, form.year), billing_of(call).service
    with debtor_problems(form.party):
        if form.units is not None:
            await billing.record_forecast(actor_of(call), key, form.units, "portal", form.confirmation)
        elif call.caller.role in FINANCE:
            await billing.record_agreement(actor_of(call), key, "portal")
        else:
            raise problems.InvalidInput((problems.Fault("body", "units", problems.MISSING),))
    return see_other(f"/portal/year?lang={call.language}")
