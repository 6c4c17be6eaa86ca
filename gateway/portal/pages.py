"""Every page of the portal, and every route of the gateway."""

from gateway.api.resources import ROUTES as API_ROUTES
from gateway.api.route import Route
from gateway.portal import (
    docs,
    finance,
    front,
    keys,
    message,
    openid,
    operations,
    parties,
    portal,
    requests,
    runs,
    send,
    sign_in,
    swagger,
    usage,
    use,
    year,
)

PAGES = (
    *(front, sign_in, openid, operations, portal, message, send, use, parties, usage, year),
    *(finance, runs, keys, requests, docs, swagger),
)
"""A new page is one module with `routes`, its template, and its name in this list."""

ROUTES: tuple[Route, ...] = (*API_ROUTES, *(route for page in PAGES for route in page.routes))
"""The API and the portal."""
