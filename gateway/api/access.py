"""Authentication by API key, and what each role may do."""

import base64
import binascii
from dataclasses import dataclass

from aiohttp import hdrs, web

from gateway.http import problems
from gateway.http.answers import FORM
from gateway.http.connections import slot_of
from gateway.i18n import Text
from gateway.messages.participants import Caller, Role
from gateway.messages.ports import Directory

PARTIES = frozenset({Role.SUPPLIER, Role.INTERMEDIARY, Role.GOVERNMENT})
"""Roles that act for a party."""
OPERATORS = frozenset({Role.OPERATOR})
READERS = PARTIES | {Role.OPERATOR, Role.FINANCE}
"""Who may see that a message exists and where it is."""
JUDGES = PARTIES | {Role.OPERATOR}
"""Who may see why a message was refused."""
FINANCE = frozenset({Role.FINANCE})
FIGURES = PARTIES | FINANCE
"""Who may see usage and bills: a party its own, finance all."""
OFFICE = frozenset({Role.OPERATOR, Role.FINANCE})

_KEY_LENGTH_MAX = 256


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller whose key was verified. `visible_to`: the parties whose messages it may see; None: all."""

    caller: Caller
    visible_to: frozenset[str] | None


async def holder_of(key: str, directory: Directory) -> Admitted | None:
    """The holder of this key, or None. The directory keeps the keys in memory, so nothing is cached here."""
    caller = await directory.authenticate(key)
    return Admitted(caller, await _visible_to(caller, directory)) if caller else None


async def _visible_to(caller: Caller, directory: Directory) -> frozenset[str] | None:
    if caller.role not in PARTIES:
        return None
    if caller.party_id is None:
        return frozenset()
    own = frozenset({caller.party_id})
    if caller.role is not Role.INTERMEDIARY:
        return own
    party = await directory.party(caller.party_id)
    return own | party.mandates if party else own


async def admit(request: web.BaseRequest, directory: Directory, roles: frozenset[Role]) -> Admitted:
    """Authenticate the caller. Raises Unauthenticated, Forbidden for another role, and TooManyRequests."""
    key = presented_key(request)
    if key is None:
        raise _unauthenticated_problem(request, Text("No API key was sent."))
    admitted = await holder_of(key, directory)
    if admitted is None:
        raise _unauthenticated_problem(request, Text("The API key does not work."))
    if slot := slot_of(request):
        slot.require_caller(admitted.caller.key_id)
    role = admitted.caller.role
    if role not in roles:
        wanted = ", ".join(sorted(role.value for role in roles))
        raise problems.Forbidden(
            Text("The role of this key is {role}; this request is for {wanted}.", role=role.value, wanted=wanted)
        )
    return admitted


def presented_key(request: web.BaseRequest) -> str | None:
    """The key: a Bearer token, X-API-Key, or for reading the password of Basic.

    Browsers also send Basic with requests that other sites start, so for a request that changes something it is
    only accepted with a form that the browser says to come from a page of this gateway (Fetch Metadata).
    """
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    if authorization is None:
        key: str | None = request.headers.get("X-API-Key")
    else:
        scheme, _, value = authorization.partition(" ")
        key = None
        if scheme.lower() == "bearer":
            key = value.strip()
        elif scheme.lower() == "basic" and (request.method in {"GET", "HEAD"} or _is_own_form(request)):
            key = _password(value)
    return key if key and key.isascii() and len(key) <= _KEY_LENGTH_MAX else None


def _is_own_form(request: web.BaseRequest) -> bool:
    """Scripts cannot set this header, and every browser sends it where the connection is safe."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin" and request.content_type == FORM


def _password(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unauthenticated_problem(request: web.BaseRequest, text: Text) -> problems.Unauthenticated:
    from_browser = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return problems.Unauthenticated(text, from_browser=from_browser)
