"""Whether the gateway lives and is ready, and its metrics."""

from typing import Literal

from aiohttp import web

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema
from gateway.http import problems
from gateway.http.answers import PLAIN, headers
from gateway.i18n import Text

routes = Routes("operations")


class HealthResource(Schema):
    """Whether the gateway lives, or is ready, and what does not work."""

    status: Literal["ok"] = "ok"
    version: str = ""


@routes.get("/healthz", Text("Whether the process answers"), Returns("It does."))
async def healthz(call: Call) -> HealthResource:
    return HealthResource(version=call.services.gateway_version)


@routes.get(
    "/readyz",
    Text("Whether everything the gateway needs answers"),
    Returns("It does."),
    problems=(problems.NotReady,),
)
async def readyz(call: Call) -> HealthResource:
    """Everything the gateway needs answers; else 503 with what does not."""
    parts = await call.services.readiness()
    failing = sorted(name for name, works in parts.items() if not works)
    if failing:
        raise problems.NotReady(failing)
    return HealthResource(version=call.services.gateway_version)


@routes.get(
    "/metrics",
    Text("Metrics for Prometheus"),
    Returns("Prometheus's text format.", media_types=(PLAIN,)),
    roles=OPERATORS,
)
async def metrics(call: Call) -> web.StreamResponse:
    """Prometheus's text format, or OpenMetrics for a caller that accepts it."""
    content_type, body = call.services.metrics(call.request.headers.get("Accept", ""))
    return web.Response(body=body, headers=headers(content_type))
