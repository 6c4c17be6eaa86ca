"""What every handler works with: the doors, what is kept between requests, and the call at hand."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from structlog.contextvars import bind_contextvars

from gateway.api.access import Admitted, Keyring
from gateway.api.doors import Doors
from gateway.channels.http.submission import HttpIntake
from gateway.http import problems
from gateway.http.answers import language_of
from gateway.http.body import whole
from gateway.http.limits import Room
from gateway.http.negotiation import best_media_type
from gateway.http.parameters import Shape, read_json
from gateway.i18n import Text
from gateway.messages.message import Message
from gateway.messages.participants import Caller
from gateway.validator.profiles import profile_named

Query = TypeVar("Query", bound=msgspec.Struct)

JSON_BYTES_MAX = 64 * 1024
"""No JSON body of this API is larger: the longest is a party with its mandates."""


class Desk:
    """The doors, and what is kept between requests. One for the whole application."""

    def __init__(self, doors: Doors, openapi: Callable[[], dict[str, Any]]) -> None:
        """`openapi`: makes the OpenAPI document, as JSON's own types; it names where the gateway listens."""
        self.doors = doors
        self._openapi = openapi
        self.intake = HttpIntake(doors.storage, doors.limits, profile_named)
        self.keyring = Keyring(doors.directory, doors.key_cache_seconds)
        self.validation_room = Room(doors.validations_bytes_max, doors.limits.retry_after_seconds)

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, as JSON's own types."""
        return self._openapi()

    @cached_property
    def openapi_bytes(self) -> bytes:
        """The same as it is sent."""
        return msgspec.json.encode(self.openapi)


class Call:
    """One request: who asks, what, and of which desk."""

    __slots__ = ("_admitted", "_query", "desk", "doors", "request")

    def __init__(
        self, request: web.Request, desk: Desk, admitted: Admitted | None, query: msgspec.Struct | None
    ) -> None:
        self.request = request
        self.desk = desk
        self.doors = desk.doors
        self._admitted = admitted
        self._query = query

    @property
    def caller(self) -> Caller:
        """Who asks; only for routes that ask for a key."""
        return self._whoever().caller

    @property
    def actor(self) -> str:
        """Who does it, for the journal: the party, or the key of an operator."""
        return self.caller.party_id or self.caller.key_id

    @property
    def visible_to(self) -> frozenset[str] | None:
        """The parties whose messages the caller may see; None: all."""
        return self._whoever().visible_to

    @property
    def language(self) -> str:
        """`nl` or `en`."""
        return language_of(self.request)

    def _whoever(self) -> Admitted:
        if self._admitted is None:
            raise LookupError("this route asks for no key, so nobody is known")
        return self._admitted

    def query(self, kind: type[Query]) -> Query:
        """The query parameters, as the route declares them."""
        if not isinstance(self._query, kind):
            raise LookupError(f"this route does not declare {kind.__name__}")
        return self._query

    def named(self, name: str) -> str:
        """A part of the path. Raises UnknownItem for one that nothing can be called."""
        part: str = self.request.match_info[name]
        if "\0" in part:
            raise unknown(Text("item"), part)
        if name == "kenmerk":
            bind_contextvars(kenmerk=part[:64])  # the guard lets it go
        return part

    async def body(self, kind: type[Shape]) -> Shape:
        """The JSON body. Raises problems. An empty body is an empty object."""
        if self.request.content_type not in {"application/json", "application/octet-stream"}:
            found = self.request.headers.get("Content-Type", "")
            raise problems.UnsupportedMediaType(found[:100], ["application/json"])
        data = await whole(self.request, JSON_BYTES_MAX, self.doors.limits)
        return read_json(data or b"{}", kind)

    def form(self, offered: tuple[str, ...]) -> str:
        """The media type to answer in. Raises NotAcceptable."""
        best = best_media_type(self.request.headers.get("Accept", ""), offered)
        if best is None:
            raise problems.NotAcceptable(list(offered))
        return best

    async def message(self) -> Message:
        """The message that the path names, if the caller may see it. Raises UnknownItem."""
        kenmerk = self.named("kenmerk")
        message = await self.doors.messages.message(kenmerk, self.visible_to)
        if message is None:
            raise unknown(_MESSAGE, kenmerk)
        return message


_MESSAGE = Text("message")


def unknown(what: Text, name: str) -> problems.UnknownItem:
    """The problem for something that is not there, or not to be seen."""
    return problems.UnknownItem(what, name[:64])


def unknown_message(kenmerk: str) -> problems.UnknownItem:
    """The problem for a message that is not there, or not to be seen."""
    return unknown(_MESSAGE, kenmerk)
