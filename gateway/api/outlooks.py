"""Use of this year against what was prepaid: outlooks, warnings, and parties that fell silent."""

from datetime import date

from gateway.api.access import FIGURES, FINANCE, OFFICE
from gateway.api.billing import ServiceQuery, billing_of, check_party, today
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, TextResource
from gateway.billing.documents.mail import UsageWarning
from gateway.billing.rating.outlook import OutlookStatus, warning_mail
from gateway.billing.rating.services import Service
from gateway.billing.runs.year import YearKey
from gateway.http import problems
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,))


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
    warning: TextResource | None


class WarningResource(Schema):
    """A party that uses, or is on course to use, more than it prepaid, and what to tell it."""

    party_id: str
    service: Service
    year: int
    status: OutlookStatus
    used: int
    prepaid: int | None
    to: str
    subject: TextResource
    body: TextResource


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
    Returns("The year so far, and projected."),
    roles=FIGURES,
)
async def show_outlook(call: Call, party_id: str, query: ServiceQuery) -> OutlookResource:
    await check_party(call, party_id)
    billing = billing_of(call)
    seen = await billing.service.outlook(YearKey(party_id, query.service, today(call).year), today(call))
    debtor = (await billing.service.debtors(today(call))).get(party_id)
    mail = warning_mail(debtor.name if debtor else party_id, seen)
    return OutlookResource.of(seen, warning=mail and mail.body)


@routes.get(
    "/v1/warnings",
    Text("Parties that use more than they prepaid, or are on course to, with the text of a mail"),
    Returns("The warnings, by party id."),
    roles=FINANCE,
)
async def list_warnings(call: Call, query: ServiceQuery) -> Warnings:
    found = await billing_of(call).service.warnings(query.service, today(call))
    return Warnings(items=[_warning_resource(one) for one in found])


def _warning_resource(warned: UsageWarning) -> WarningResource:
    return WarningResource.of(warned.outlook, warned.mail, to=warned.debtor.email)


@routes.get(
    "/v1/silences",
    Text("Parties that always have use of a service and suddenly have none"),
    Returns("Who fell silent."),
    roles=OFFICE,
)
async def list_silences(call: Call, query: ServiceQuery) -> Silences:
    found = await billing_of(call).service.silent_parties(query.service, today(call))
    return Silences(items=[SilenceResource.of(one) for one in found])
