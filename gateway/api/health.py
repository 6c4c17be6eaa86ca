"""Does the gateway live, is it ready, what has it counted."""

from aiohttp import web

from gateway.api.desk import Call
from gateway.api.shapes import Health
from gateway.http import problems
from gateway.http.answers import headers, json_answer


async def lives(call: Call) -> web.StreamResponse:
    """The process answers."""
    return json_answer(Health(version=call.doors.gateway_version))


async def is_ready(call: Call) -> web.StreamResponse:
    """Everything the gateway needs answers; else 503 with what does not."""
    parts = await call.doors.readiness()
    failing = sorted(name for name, works in parts.items() if not works)
    if failing:
        raise problems.NotReady(failing)
    return json_answer(Health(version=call.doors.gateway_version))


async def metrics(call: Call) -> web.StreamResponse:
    """Prometheus's text format, or OpenMetrics for who accepts it."""
    content_type, body = call.doors.metrics(call.request.headers.get("Accept", ""))
    return web.Response(body=body, headers=headers(content_type))
