"""How a resource declares its routes. The aiohttp application and the OpenAPI document are both made from them."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partialmethod
from typing import TypeVar

import msgspec
from aiohttp import web

from gateway.api.schema import LanguageQuery
from gateway.http.answers import HTML, JSON
from gateway.http.parameters import NoQuery
from gateway.http.problems import Problem
from gateway.i18n import Text
from gateway.messages.participants import Role

Answer = web.StreamResponse | msgspec.Struct | None
Handler = Callable[..., Awaitable[Answer]]
"""Its first parameter is the `Call`. Others are `query`, `body` and the variables of the path, in snake case;
their annotations say what is accepted. It returns a body, sent as JSON with the status of the first `Returns`;
None; or a response. A page accepts `lang` without saying so."""
AnyHandler = TypeVar("AnyHandler", bound=Handler)

PATH_PARTS = {
    "kenmerk": "The number the gateway gave the message.",
    "partyId": "Party id, as `gemeente-voorbeeld`.",
    "year": "The billing year.",
    "billNumber": "The number of the bill.",
    "position": "The number of the entry in the meter.",
}
"""The variables of a path that several resources use."""
LOCATION = {"Location": "Where the new resource is."}
_PATH_PART = re.compile(r"{(\w+)}")
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
    """The body that a route accepts. JSON must be sent unless every field of its schema has a default."""

    schema: type[msgspec.Struct] | None = None
    media_types: tuple[str, ...] = (JSON,)
    description: str = ""
    schemas: Mapping[str, object] = field(default_factory=dict)
    """The type of JSON by media type, for the documentation of a body that the handler reads itself."""

    @property
    def is_required(self) -> bool:
        """Whether a request without a body is refused."""
        return self.schema is None or any(one.required for one in msgspec.structs.fields(self.schema))


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
    headers: Mapping[str, object]
    """The type of each, with what it means."""
    problems: tuple[type[Problem], ...]
    path_parts: Mapping[str, str]
    """What each variable of the path means."""
    path_types: Mapping[str, object]
    """The type of each variable of the path."""
    menu: Text | None = None
    """What a page is called in the menu of those who may see it; None: it is not there."""

    @property
    def is_page(self) -> bool:
        """Whether it is for people alone."""
        return self.tag == "pages" and HTML in self.returns[0].media_types


class Routes:
    """The routes of one resource, in the order of the documentation.

        routes = Routes("keys")

        @routes.put("/v1/parties/{partyId}", Text("Change a party"), Returns("Changed."), roles=OPERATORS)
        async def save_party(call: Call, party_id: PartyId, body: PartyRequest) -> PartyResource: ...

    The operationId is the handler's name in camel case: `saveParty`.
    """

    def __init__(self, tag: str, *, problems: Sequence[type[Problem]] = (), **path_parts: str) -> None:
        """`tag`: the chapter of the API documentation. `problems`: what each of its handlers can raise.
        `path_parts`: what its own path variables mean."""
        self._tag = tag
        self._problems = tuple(problems)
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
        raw_body: Body | None = None,
        headers: Mapping[str, object] | None = None,
        problems: Sequence[type[Problem]] = (),
        menu: Text | None = None,
    ) -> Callable[[AnyHandler], AnyHandler]:
        """Adds the decorated handler. `raw_body`: what it accepts when it reads the body itself."""

        def decorate(handler: AnyHandler) -> AnyHandler:
            types = {camel_case(name): kind for name, kind in handler.__annotations__.items()}
            first, *others = returns
            route = Route(
                method=method,
                path=path,
                name=camel_case(handler.__name__),
                summary=summary,
                tag=self._tag,
                handler=handler,
                returns=(_with_result(first, types["return"]), *others),
                roles=roles,
                query=types.get("query", LanguageQuery if HTML in first.media_types else NoQuery),
                body=Body(types["body"]) if "body" in types else raw_body,
                headers=headers or {},
                problems=(*self._problems, *problems),
                path_parts=self._path_parts,
                path_types={name: types[name] for name in _PATH_PART.findall(path)},
                menu=menu,
            )
            self._routes.append(route)
            return handler

        return decorate

    get = partialmethod(add, "GET")
    post = partialmethod(add, "POST")
    put = partialmethod(add, "PUT")
    delete = partialmethod(add, "DELETE")


def _with_result(declared: Returns, result: object) -> Returns:
    """The answer with what the handler's annotation says of it: a JSON schema, or that there is no body."""
    if result is None:
        return replace(declared, status=204, media_types=())
    if isinstance(result, type) and issubclass(result, msgspec.Struct):
        return replace(declared, schema=result)
    return declared


def camel_case(name: str) -> str:
    """The name in JSON and in paths."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
