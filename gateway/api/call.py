"""What every handler gets: one request, its caller, and the services of the gateway."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from aiohttp import web
from structlog.contextvars import bind_contextvars

from gateway.api.access import Admitted, Authenticator
from gateway.api.route import Route
from gateway.api.services import NewestAudit, Services
from gateway.channels.http.submission import HttpIntake
from gateway.http import problems
from gateway.http.answers import language_of
from gateway.http.body import whole
from gateway.http.guesses import GuessLimit
from gateway.http.limits import ConcurrencyLimit
from gateway.http.negotiation import best_media_type
from gateway.http.parameters import Schema, read_json, read_path
from gateway.i18n import Text
from gateway.messages.message import Message
from gateway.messages.participants import Caller, Party
from gateway.validator.own_rules import check_profile

JSON_BYTES_MAX = 64 * 1024
"""No JSON body of this API is larger: the longest is a party with its mandates."""


class Context:
    """The services, and what is kept between requests. One for the whole application."""

    def __init__(self, services: Services, routes: Sequence[Route], openapi: Callable[[], dict[str, Any]]) -> None:
        """`routes`: those of the application. `openapi` makes the OpenAPI document, as JSON's own types; it
        contains where the gateway listens."""
        self.services = services
        self.routes = routes
        self._openapi = openapi
        self.submissions = HttpIntake(services.storage, services.limits, check_profile)
        self.authenticator = Authenticator(services.directory, services.sessions, services.base_url)
        self.guesses = GuessLimit(services.is_proxy)
        self.newest_audit = NewestAudit(services.audit, services.clock)
        self.validation_limit = ConcurrencyLimit(
            services.validations_bytes_max, services.limits.retry_after_seconds
        )

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, as JSON's own types."""
        return self._openapi()

    @cached_property
    def openapi_bytes(self) -> bytes:
        """The OpenAPI document as it is sent."""
        return msgspec.json.encode(self.openapi)


class Call:
    """One request."""

    __slots__ = ("_admitted", "context", "request", "services")

    def __init__(self, request: web.Request, context: Context, admitted: Admitted | None) -> None:
        self.request = request
        self.context = context
        self.services = context.services
        self._admitted = admitted

    @property
    def caller(self) -> Caller:
        """The caller; only for routes that need a key."""
        return self._authenticate().caller

    @property
    def actor(self) -> str:
        """The caller as the journal names it: the party, or the key of an operator."""
        return self.caller.party_id or self.caller.key_id

    @property
    def known_caller(self) -> Admitted | None:
        """The caller; on an open page None when nobody is signed in."""
        return self._admitted

    @property
    def visible_to(self) -> frozenset[str] | None:
        """The parties whose messages the caller may see; None: all."""
        return self._authenticate().visible_to

    @property
    def language(self) -> str:
        """`nl` or `en`."""
        return language_of(self.request)

    def _authenticate(self) -> Admitted:
        if self._admitted is None:
            raise LookupError("this route needs no key, so the caller is not known")
        return self._admitted

    def path_parts(self, types: Mapping[str, object]) -> dict[str, object]:
        """The variables of the path. Raises UnknownItem if nothing can have this name, and InvalidInput."""
        parts = self.request.match_info
        for name in types:
            if "\0" in parts[name]:
                raise problems.UnknownItem(Text("item"), parts[name])
        if "kenmerk" in types:
            bind_contextvars(kenmerk=parts["kenmerk"][:64])  # unbound by the middleware
        return read_path(parts, types)

    async def json(self, kind: type[Schema]) -> Schema:
        """The JSON body. Raises problems. An empty body is an empty object."""
        if self.request.content_type not in {"application/json", "application/octet-stream"}:
            found = self.request.headers.get("Content-Type", "")
            raise problems.UnsupportedMediaType(found[:100], ["application/json"])
        data = await whole(self.request, JSON_BYTES_MAX, self.services.limits)
        return read_json(data or b"{}", kind)

    def media_type(self, offered: tuple[str, ...]) -> str:
        """The media type to answer in. Raises NotAcceptable."""
        best = best_media_type(self.request.headers.get("Accept", ""), offered)
        if best is None:
            raise problems.NotAcceptable(list(offered))
        return best

    def party(self, party_id: str) -> Party:
        """The party, if the caller may see it: itself and those it acts for. Raises UnknownItem."""
        visible = self.visible_to
        party = self.services.directory.by_id(party_id) if visible is None or party_id in visible else None
        if party is None:
            raise problems.UnknownItem(Text("party"), party_id)
        return party

    async def message(self, kenmerk: str) -> Message:
        """The message, if the caller may see it. Raises UnknownItem."""
        message = await self.services.messages.message(kenmerk, self.visible_to)
        if message is None:
            raise message_not_found(kenmerk)
        return message


def message_not_found(kenmerk: str) -> problems.UnknownItem:
    """The problem for a message that does not exist, or that the caller may not see."""
    return problems.UnknownItem(Text("message"), kenmerk)
