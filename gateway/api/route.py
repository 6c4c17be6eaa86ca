"""A route: an address, who may use it, what it takes and gives. The table of them makes the application and
the OpenAPI document, so that neither can say what the other does not."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from gateway.api.desk import Call
from gateway.http.answers import JSON
from gateway.http.parameters import NoQuery
from gateway.http.problems import Problem
from gateway.messages.participants import Role

Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One way a route answers: what it means, in which media types, which JSON, which headers of its own."""

    meaning: str
    shape: type[msgspec.Struct] | None = None
    media_types: tuple[str, ...] = (JSON,)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Takes:
    """The body a route takes."""

    media_types: tuple[str, ...] = (JSON,)
    shape: type[msgspec.Struct] | None = None
    meaning: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one address. `roles`: None when no key is needed. `headers`: request headers of its own."""

    method: str
    path: str
    name: str
    summary: str
    samenvatting: str
    handler: Handler
    answers: Mapping[int, Answer]
    tag: str
    roles: frozenset[Role] | None = None
    query: type[msgspec.Struct] = NoQuery
    takes: Takes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[type[Problem], ...] = ()
