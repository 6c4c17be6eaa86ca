"""Retention: what would be forgotten now, forgetting it, and the reports of earlier runs."""

from typing import Annotated

import msgspec

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, Timestamp
from gateway.i18n import Text
from gateway.messages.retention import MessagePart

routes = Routes("operations")


class RetentionTally(Schema):
    """Messages received in one Amsterdam year that lose a part by a setting, and how many a legal hold keeps."""

    part: MessagePart
    rule: str
    year: int
    messages: int
    size_bytes: int
    held_messages: int


class RetentionReportResource(Schema):
    """What a run forgot, or would forget (`isDryRun`); `objectsFailed` could not be reached in storage."""

    at: Timestamp
    is_dry_run: bool
    tallies: list[RetentionTally]
    objects_removed: int
    bytes_erased: int
    objects_failed: int


class RetentionReports(Schema):
    """Reports of runs, newest first."""

    items: list[RetentionReportResource]


class RetentionRunsQuery(msgspec.Struct, frozen=True):
    """How many reports."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=366)] = 31


@routes.get(
    "/v1/retention-plan",
    Text("What a retention run would forget now"),
    Returns("The report of a dry run; nothing is changed."),
    roles=OPERATORS,
)
async def plan_retention(call: Call) -> RetentionReportResource:
    return RetentionReportResource.of(await call.services.retention.plan())


@routes.post(
    "/v1/retention-runs",
    Text("Forget now what was kept long enough"),
    Returns("Its report. Nothing that it forgot can be brought back.", status=201),
    roles=OPERATORS,
)
async def run_retention(call: Call) -> RetentionReportResource:
    return RetentionReportResource.of(await call.services.retention.run(call.actor))


@routes.get(
    "/v1/retention-runs",
    Text("Reports of retention runs"),
    Returns("The reports, newest first."),
    roles=OPERATORS,
)
async def list_retention_runs(call: Call, query: RetentionRunsQuery) -> RetentionReports:
    return RetentionReports.of(items=await call.services.retention.runs(query.limit))
