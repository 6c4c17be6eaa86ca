"""What the gateway does for itself beside messages: counts its answers, removes leftovers."""

import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta

from aiohttp import web
from aiohttp.typedefs import Middleware

from gateway.ops.metrics import Metrics
from gateway.ops.reaper import Reaper, pass_regularly
from gateway.settings import Settings
from gateway.store.engine import Engines
from gateway.store.references import ObjectReferences
from gateway.store.storage import Storage

FIRST_PASS_AFTER = timedelta(minutes=10)
"""The first pass of the reaper: a gateway that is restarted every day passes too, one that just started has
better things to do."""


def reaping(
    settings: Settings, storage: Storage, engines: Engines, metrics: Metrics
) -> Coroutine[None, None, None]:
    """The reaper at its work, for as long as it is awaited."""
    wishes = settings.reaper
    reaper = Reaper(
        storage, ObjectReferences(engines), timedelta(hours=wishes.orphan_hours_min), wishes.orphan_share_max
    )
    return pass_regularly(reaper, metrics, FIRST_PASS_AFTER, timedelta(hours=wishes.pass_hours))


def counting(metrics: Metrics) -> Middleware:
    """Counts every request with its answer. Goes outside every other middleware, to see what they make of it."""

    @web.middleware
    async def count(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        started = time.perf_counter()
        answer = await handler(request)
        metrics.request_answered(route_of(request), answer.status, time.perf_counter() - started)
        return answer

    return count


def route_of(request: web.Request) -> str:
    """The kind of route, as metrics know it: the first word of its address after the version."""
    resource = request.match_info.route.resource
    if resource is None:
        return ""
    first, _, rest = resource.canonical.strip("/").partition("/")
    if first.startswith("v") and first[1:].isdigit():
        return rest.partition("/")[0]
    return {"healthz": "health", "readyz": "health"}.get(first, first)
