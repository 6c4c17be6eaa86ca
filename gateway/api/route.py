"""How a resource declares its routes. The aiohttp application and the OpenAPI document are both made from them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partialmethod

import msgspec
from aiohttp import web

from gateway.api.call import Call
from gateway.http.answers import JSON
from gateway.http.parameters import NoQuery
from gateway.http.problems import Problem
from gateway.i18n import Text
from gateway.messages.participants import Role

Handler = Callable[[Call], Awaitable[web.StreamResponse]]
Decorator = Callable[[Handler], Handler]

PATH_PARTS = {
    "kenmerk": "The number the gateway gave the message.",
    "partyId": "Party id, as `gemeente-voorbeeld`.",
    "year": "The billing year.",
    "billNumber": "The number of the bill.",
    "position": "The number of the entry in the meter.",
}
"""The variables of a path that several resources use."""
LOCATION = {"Location": "Where the new resource is."}
NEXT_PAGE = {"Link": 'The next page, as `<…>; rel="next"` (RFC 8288); absent on the last.'}


@dataclass(frozen=True, slots=True)
class Returns:
    """One way a route answers: what it means, the JSON schema, status, media types, and its own headers."""

    description: str
    schema: type[msgspec.Struct] | None = None
    status: int = 200
    media_types: tuple[str, ...] = (JSON,)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """The body that a route accepts."""

    schema: type[msgspec.Struct] | None = None
    media_types: tuple[str, ...] = (JSON,)
    description: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. `roles`: None if no key is needed. `headers`: its own request headers."""

    method: str
    path: str
    name: str
    """The operationId."""
    summary: Text
    tag: str
    handler: Handler
    returns: tuple[Returns, ...]
    roles: frozenset[Role] | None
    query: type[msgspec.Struct]
    body: Body | None
    headers: Mapping[str, str]
    problems: tuple[type[Problem], ...]
    path_parts: Mapping[str, str]
    """What each variable of the path means."""


class Routes:
    """The routes of one resource, in the order of the documentation.

        routes = Routes("keys")

        @routes.delete("/v1/keys/{keyId}", Text("Revoke a key"), Returns("Revoked.", status=204), roles=OPERATORS)
        async def revoke_key(call: Call) -> web.StreamResponse: ...

    The operationId is the handler's name in camel case: `revokeKey`.
    """

    def __init__(self, tag: str, **path_parts: str) -> None:
        """`tag`: the chapter of the API documentation. `path_parts`: what its own path variables mean."""
        self._tag = tag
        self._path_parts = PATH_PARTS | path_parts
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(
        self,
        method: str,
        path: str,
        summary: Text,
        *returns: Returns,
        roles: frozenset[Role] | None = None,
        query: type[msgspec.Struct] = NoQuery,
        body: type[msgspec.Struct] | Body | None = None,
        headers: Mapping[str, str] | None = None,
        problems: Sequence[type[Problem]] = (),
    ) -> Decorator:
        """Adds the decorated handler."""
        accepted = Body(body) if isinstance(body, type) else body

        def decorate(handler: Handler) -> Handler:
            route = Route(
                method,
                path,
                _camel_case(handler.__name__),
                summary,
                self._tag,
                handler,
                returns,
                roles,
                query,
                accepted,
                headers or {},
                tuple(problems),
                self._path_parts,
            )
            self._routes.append(route)
            return handler

        return decorate

    get = partialmethod(add, "GET")
    post = partialmethod(add, "POST")
    put = partialmethod(add, "PUT")
    delete = partialmethod(add, "DELETE")


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
