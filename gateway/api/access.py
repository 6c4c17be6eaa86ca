"""Authentication by API key or session, and what each role may do."""

from dataclasses import dataclass

from aiohttp import hdrs, web

from gateway.api.words import ROLES
from gateway.http import problems
from gateway.http.base_url import BaseUrl
from gateway.http.connections import slot_of
from gateway.http.cookies import secret_of
from gateway.http.forms import require_own_page
from gateway.http.viewer import FORM_SECRET
from gateway.i18n import Text, either
from gateway.messages.participants import Caller, Party, Role, role_problem
from gateway.messages.sessions import Person
from gateway.store.messages.register import RegisterStore
from gateway.store.messages.sessions import SessionStore

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
    """A caller whose key or session was verified. `visible_to`: the parties whose messages it may see; None: all.
    `name`: of a person whose account is elsewhere."""

    caller: Caller
    visible_to: frozenset[str] | None
    is_signed_in: bool = False
    name: str = ""


async def holder_of(key: str, directory: RegisterStore) -> Admitted | None:
    """The holder of this key, or None. The directory keeps the keys in memory, so nothing is cached here."""
    caller = await directory.authenticate(key)
    return Admitted(caller, await _visible_to(caller, directory)) if caller else None


async def _visible_to(caller: Caller, directory: RegisterStore) -> frozenset[str] | None:
    if caller.role not in PARTIES:
        return None
    if caller.party_id is None:
        return frozenset()
    own = frozenset({caller.party_id})
    if caller.role is not Role.INTERMEDIARY:
        return own
    party = directory.by_id(caller.party_id)
    return own | party.mandates if party else own


SESSION = "session"
"""The cookie of a person who is signed in."""
_SAFE = frozenset({"GET", "HEAD"})


class Authenticator:
    """Lets callers in: by the API key that they send, or as the person who is signed in in their browser."""

    def __init__(self, directory: RegisterStore, sessions: SessionStore, base_url: BaseUrl) -> None:
        self._directory = directory
        self._sessions = sessions
        self._base_url = base_url

    async def admit(self, request: web.BaseRequest, roles: frozenset[Role], *, takes_forms: bool) -> Admitted:
        """Authenticate the caller. `takes_forms`: who is signed in may change something here, with a form.

        Raises Unauthenticated, Forbidden for another role or a form of another site, and TooManyRequests.
        """
        admitted = await self._with_key(request) or await self.signed_in(request)
        if admitted is None or (admitted.is_signed_in and not takes_forms and request.method not in _SAFE):
            raise problems.Unauthenticated(Text("No API key was sent."))
        if admitted.is_signed_in and request.method not in _SAFE:
            require_own_page(request)
        if slot := slot_of(request):
            slot.require_caller(admitted.caller.key_id)
        role = admitted.caller.role
        if role not in roles:
            wanted = either([ROLES[one] for one in Role if one in roles])
            raise problems.Forbidden(
                Text("This is for {wanted}, and your role is {role}.", wanted=wanted, role=ROLES[role])
            )
        return admitted

    async def signed_in(self, request: web.BaseRequest) -> Admitted | None:
        """Who is signed in; None: nobody, or the key was revoked. A form in the request must have the token of the
        session."""
        token = secret_of(request, self._base_url, SESSION)
        if not is_like_a_key(token):
            return None
        session = await self._sessions.find(token)
        admitted = await self._admit_person(session.person) if session else None
        if admitted is not None:
            request[FORM_SECRET] = token
        return admitted

    async def _admit_person(self, person: Person) -> Admitted | None:
        """None when its key works no longer, or its role no longer fits its party."""
        caller: Caller | None = person.caller
        if person.has_key:
            caller = await self._directory.holder(person.caller.key_id)
        elif role_problem(person.caller.role, person.caller.party_id, await self._party(person.caller)):
            caller = None
        if caller is None:
            return None
        return Admitted(caller, await _visible_to(caller, self._directory), True, person.name)

    async def _party(self, caller: Caller) -> Party | None:
        return self._directory.by_id(caller.party_id) if caller.party_id else None

    async def _with_key(self, request: web.BaseRequest) -> Admitted | None:
        key = presented_key(request)
        if key is None:
            return None
        if admitted := await holder_of(key, self._directory):
            return admitted
        raise problems.Unauthenticated(Text("The API key does not work."))


def presented_key(request: web.BaseRequest) -> str | None:
    """The key: a Bearer token, or X-API-Key."""
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    if authorization is None:
        key = request.headers.get("X-API-Key", "")
    else:
        scheme, _, value = authorization.partition(" ")
        key = value.strip() if scheme.lower() == "bearer" else ""
    return key if is_like_a_key(key) else None


def is_like_a_key(text: str) -> bool:
    """Whether it may be a key or the token of a session: anything else need not be looked up."""
    return bool(text) and text.isascii() and len(text) <= _KEY_LENGTH_MAX
