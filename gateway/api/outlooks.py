"""Use of this year against what was prepaid: outlooks, warnings, and parties that fell silent."""

from datetime import date

from aiohttp import web

from gateway.api.access import FIGURES, FINANCE, OFFICE
from gateway.api.billing import ServiceQuery, billing_of, party_in_path, today
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, TextResource
from gateway.billing.documents.mail import UsageWarning
from gateway.billing.rating.outlook import OutlookStatus, Projection, warning_mail
from gateway.billing.rating.services import Service
from gateway.billing.runs.year import YearKey
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.i18n import Text

routes = Routes("billing")


class ProjectionResource(Schema):
    """Use up to and including a day: expected, and between which it lies four times out of five."""

    until: date
    expected: int
    low: int
    high: int


class OutlookResource(Schema):
    """A party's year so far against what it prepaid, and where it is heading; null where too little is known."""

    party_id: str
    service: Service
    year: int
    as_of: date
    used: int
    prepaid: int | None
    status: OutlookStatus
    month: ProjectionResource | None
    whole_year: ProjectionResource | None
    warning: "TextResource | None"


class WarningResource(Schema):
    """A party that uses, or is on course to use, more than it prepaid, and what to tell it."""

    party_id: str
    service: Service
    year: int
    status: OutlookStatus
    used: int
    prepaid: int | None
    to: str
    subject: "TextResource"
    body: "TextResource"


class Warnings(Schema):
    """Warnings, by party id."""

    items: list[WarningResource]


class SilenceResource(Schema):
    """A party that always has use of a service and suddenly has none."""

    party_id: str
    last_seen: date
    working_days: int
    usual_a_day: float


class Silences(Schema):
    """Who fell silent, by party id."""

    items: list[SilenceResource]


@routes.get(
    "/v1/parties/{partyId}/outlook",
    Text("Where a party's use of this year is heading, and the warning it gets"),
    Returns("The year so far, and projected.", OutlookResource),
    roles=FIGURES,
    query=ServiceQuery,
    problems=(problems.NotReady,),
)
async def show_outlook(call: Call) -> web.StreamResponse:
    """Where a party's use of the year is heading, and the warning it gets when that passes what it prepaid."""
    query, party_id, billing = call.query(ServiceQuery), await party_in_path(call), billing_of(call)
    seen = await billing.service.outlook(YearKey(party_id, query.service, today(call).year), today(call))
    debtor = (await billing.store.debtors()).get(party_id)
    mail = warning_mail(debtor.name if debtor else party_id, seen)
    body = OutlookResource.of(
        seen,
        party_id=party_id,
        service=query.service,
        status=seen.status,
        month=_projection(seen.month),
        whole_year=_projection(seen.whole_year),
        warning=None if mail is None else TextResource(en=mail.body.en, nl=mail.body.nl),
    )
    return json_answer(body)


def _projection(seen: Projection | None) -> ProjectionResource | None:
    if seen is None:
        return None
    return ProjectionResource.of(seen)


@routes.get(
    "/v1/warnings",
    Text("Parties that use more than they prepaid, or are on course to, with the text of a mail"),
    Returns("The warnings, by party id.", Warnings),
    roles=FINANCE,
    query=ServiceQuery,
    problems=(problems.NotReady,),
)
async def list_warnings(call: Call) -> web.StreamResponse:
    """Whom to tell that they use more than they prepaid, with the words, in both languages."""
    found = await billing_of(call).service.warnings(call.query(ServiceQuery).service, today(call))
    return json_answer(Warnings(items=[_warning_resource(one) for one in found]))


def _warning_resource(warned: UsageWarning) -> WarningResource:
    seen, mail = warned.outlook, warned.mail
    return WarningResource.of(
        seen,
        status=seen.status,
        to=warned.debtor.email,
        subject=TextResource(mail.subject.en, mail.subject.nl),
        body=TextResource(mail.body.en, mail.body.nl),
    )


@routes.get(
    "/v1/silences",
    Text("Parties that always have use of a service and suddenly have none"),
    Returns("Who fell silent.", Silences),
    roles=OFFICE,
    query=ServiceQuery,
    problems=(problems.NotReady,),
)
async def list_silences(call: Call) -> web.StreamResponse:
    """Parties that always have use of a service and suddenly have none."""
    found = await billing_of(call).service.silent_parties(call.query(ServiceQuery).service, today(call))
    items = [SilenceResource(one.party_id, one.last_seen, one.working_days, one.usual_a_day) for one in found]
    return json_answer(Silences(items=items))
