"""The HTTP door: `/v1`, its documentation, and the pages for people.

Owns: routes, who may use them, the words of problems on the line, pages.
Does not own: what happens to a message; that is asked of the ports in `gateway.messages.ports`.
Always true: every answer carries the API version and the security headers; every refusal is a problem with a
page of its own; what a route says of itself in the OpenAPI document is what it does.
"""

from gateway.api.application import build
from gateway.api.doors import Doors
from gateway.http.answers import API_VERSION

__all__ = ["API_VERSION", "Doors", "build"]
