"""The calendar of the billing year: what is due when, and how far it is."""

from datetime import date

import msgspec

from gateway.api.access import FIGURES
from gateway.api.billing import billing_of, own_party, today
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, TextResource, Year
from gateway.billing.rating.services import Service
from gateway.billing.runs.tasks import PartyProgress, TaskKind, TaskState
from gateway.http import problems
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,))


class TaskParty(Schema):
    """How far a task is for one party."""

    party_id: str
    progress: PartyProgress


class TaskResource(Schema):
    """A task of the billing year. `year` is the year of use; a refund of VAT is about all services. `lastDay` is
    null where no day was set. A task without parties is done by finance alone."""

    kind: TaskKind
    service: Service | None
    year: int
    title: TextResource
    first_day: date
    last_day: date | None
    state: TaskState
    parties: list[TaskParty]


class Tasks(Schema):
    """Tasks, by day."""

    items: list[TaskResource]


class TasksQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which calendar year; without one the present."""

    year: Year | None = None


@routes.get(
    "/v1/billing-tasks",
    Text("What is due when in a calendar year, and how far it is; a party sees what concerns it"),
    Returns("The tasks, by day."),
    roles=FIGURES,
)
async def list_tasks(call: Call, query: TasksQuery) -> Tasks:
    day = today(call)
    tasks = await billing_of(call).service.calendar.tasks(query.year or day.year, own_party(call))
    return Tasks(
        items=[
            TaskResource.of(
                task,
                first_day=task.first,
                last_day=task.last,
                state=task.state(day),
                parties=[TaskParty(party_id, progress) for party_id, progress in task.parties.items()],
            )
            for task in tasks
        ]
    )
