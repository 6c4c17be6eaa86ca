"""Signing in with an account of one's organisation: OpenID Connect, the code flow with PKCE, state and nonce.

The provider says who somebody is; its settings say for which party and in which roles. What the browser brings
back from it must belong to what this browser was sent there with: that is in a cookie, which no other site can
set.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import quote

import aiohttp
import msgspec
import structlog
from aiohttp import web
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Meta

from gateway.api.call import Call
from gateway.api.providers import Provider
from gateway.api.route import Returns, Routes
from gateway.api.schema import LanguageQuery
from gateway.api.viewers import SIGN_IN, see_other
from gateway.bounded import read_bounded
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.cookies import forget_secret, secret_of, set_secret
from gateway.i18n import Language, Text
from gateway.messages.participants import Caller, Role, role_problem
from gateway.messages.sessions import Person
from gateway.portal.sign_in import Next, open_session, sign_in_page

log = structlog.get_logger()
routes = Routes("pages", provider="The provider of accounts, as the settings name it.")
ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures of identity that are accepted: those with a public key."""
LEEWAY_SECONDS = 60
_LOGIN = "login"
_SECONDS_MAX = aiohttp.ClientTimeout(total=10)
_BYTES_MAX = 1_000_000
_NAME_MAX = 100


class StartQuery(LanguageQuery, frozen=True, rename="camel"):
    """Where to go then."""

    next: Next = ""


class BackQuery(msgspec.Struct, frozen=True):
    """What the provider answers (RFC 6749, 4.1.2; RFC 9207)."""

    state: Annotated[str, Meta(max_length=200)] = ""
    code: Annotated[str, Meta(max_length=4000)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""
    error_description: Annotated[str, Meta(max_length=1000)] = ""
    error_uri: Annotated[str, Meta(max_length=1000)] = ""
    iss: Annotated[str, Meta(max_length=500)] = ""
    session_state: Annotated[str, Meta(max_length=1000)] = ""
    scope: Annotated[str, Meta(max_length=1000)] = ""
    prompt: Annotated[str, Meta(max_length=100)] = ""
    authuser: Annotated[str, Meta(max_length=100)] = ""
    hd: Annotated[str, Meta(max_length=300)] = ""
    lang: Language | None = None


class _Login(msgspec.Struct, frozen=True):
    """What a browser was sent to the provider with; in its cookie."""

    provider: str
    state: str
    nonce: str
    verifier: str
    target: str


class _Metadata(msgspec.Struct, frozen=True):
    """What we need of the provider's description of itself (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class NotSignedInError(Exception):
    """The provider did not sign somebody in; why is for the operator, in the log."""


@dataclass(frozen=True, slots=True)
class _Client:
    """One conversation with a provider."""

    session: aiohttp.ClientSession
    provider: Provider

    async def metadata(self) -> _Metadata:
        issuer = self.provider.settings.issuer
        data = await self._read("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        found = msgspec.json.decode(data, type=_Metadata)
        if found.issuer != issuer:
            raise NotSignedInError(f"its issuer is {found.issuer}")
        return found

    async def claims(self, metadata: _Metadata, code: str, login: _Login, redirect_uri: str) -> Mapping[str, Any]:
        """Exchange the code; what the identity that comes back says. Raises NotSignedInError."""
        settings = self.provider.settings
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form |= {"code_verifier": login.verifier}
        own: dict[str, str] = {}
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            client_id, secret = (quote(one, safe="") for one in (settings.client_id, self.provider.secret))
            own = {"Authorization": aiohttp.encode_basic_auth(client_id, secret)}  # RFC 6749, 2.3.1
        else:
            form |= {"client_id": settings.client_id, "client_secret": self.provider.secret}
        answer = msgspec.json.decode(
            await self._read("POST", metadata.token_endpoint, data=form, headers=own), type=dict[str, Any]
        )
        keys = KeySet.import_key_set(msgspec.json.decode(await self._read("GET", metadata.jwks_uri)))
        token = jwt.decode(str(answer.get("id_token", "")), keys, algorithms=ALGORITHMS)
        _check(token.claims, settings.issuer, settings.client_id, login.nonce)
        return token.claims

    async def _read(self, method: str, url: str, **more: Any) -> bytes:
        async with self.session.request(method, url, allow_redirects=False, **more) as answer:
            if answer.status != 200:
                raise NotSignedInError(f"{url} answered {answer.status}")
            data = await read_bounded(answer.content, _BYTES_MAX)
            if len(data) > _BYTES_MAX:
                raise NotSignedInError(f"{url} answered too much")
            return data


def _check(claims: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> None:
    """OpenID Connect Core 1.0, 3.1.3.7. Raises JoseError and NotSignedInError."""
    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    registry.validate(dict(claims))
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if claims.get("azp", client_id) != client_id or (len(audience) > 1 and "azp" not in claims):
        raise NotSignedInError("the identity is for another client")


@routes.get(
    "/portal/sign-in/{provider}",
    Text("Sign in with an account of one's organisation"),
    Returns("To the provider of accounts.", status=303, media_types=(HTML,), headers={"Location": "It."}),
    Returns("The page to sign in, when the provider cannot be reached.", status=502, media_types=(HTML,)),
)
async def start_openid(call: Call, provider: str, query: StartQuery) -> web.StreamResponse:
    known = _provider(call, provider)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    login = _Login(provider, state, nonce, verifier, query.next)
    try:
        async with aiohttp.ClientSession(timeout=_SECONDS_MAX) as session:
            metadata = await _Client(session, known).metadata()
    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError, NotSignedInError) as error:
        log.warning("provider_unavailable", provider=provider, reason=str(error))
        fault = Text("{name} cannot be reached now. Try again later, or use an API key.", name=known.settings.name)
        return sign_in_page(call, query.next, fault, status=502)
    location = prepare_grant_uri(
        metadata.authorization_endpoint,
        known.settings.client_id,
        "code",
        redirect_uri=_redirect_uri(call, provider),
        scope=known.settings.scope,
        state=login.state,
        nonce=login.nonce,
        code_challenge=create_s256_code_challenge(login.verifier),
        code_challenge_method="S256",
    )
    answer = see_other(location)
    set_secret(answer, call.services.base_url, _LOGIN, msgspec.json.encode(login).hex())
    return answer


@routes.get(
    "/portal/sign-in/{provider}/back",
    Text("Back from the provider of accounts"),
    Returns("Signed in.", status=303, media_types=(HTML,), headers={"Location": "Where one wanted to go."}),
    Returns("The page to sign in, when that failed.", status=422, media_types=(HTML,)),
    problems=(problems.TooManyTries,),
)
async def finish_openid(call: Call, provider: str, query: BackQuery) -> web.StreamResponse:
    known = _provider(call, provider)
    call.context.guesses.require_room(call.request)
    target = ""
    try:
        login = _login_of(call, provider, query)
        target = login.target
        async with aiohttp.ClientSession(timeout=_SECONDS_MAX) as session:
            client = _Client(session, known)
            claims = await client.claims(await client.metadata(), query.code, login, _redirect_uri(call, provider))
        person = await _person(call, known, claims)
    except (
        aiohttp.ClientError,
        TimeoutError,
        msgspec.MsgspecError,
        JoseError,
        ValueError,
        NotSignedInError,
    ) as error:
        call.context.guesses.count(call.request)
        log.warning("sign_in_refused", provider=provider, reason=str(error), error=query.error)
        fault = Text(
            "{name} did not sign you in here. Try again; if it stays, ask your own administrator whether you have "
            "a role in this gateway.",
            name=known.settings.name,
        )
        answer = sign_in_page(call, target, fault, status=422)
    else:
        answer = await open_session(call, person, target)
    forget_secret(answer, call.services.base_url, _LOGIN)
    return answer


def _provider(call: Call, provider_id: str) -> Provider:
    known = call.services.providers.get(provider_id)
    if known is None:
        raise problems.UnknownItem(Text("provider of accounts"), provider_id)
    return known


def _redirect_uri(call: Call, provider_id: str) -> str:
    return f"{call.services.base_url.url}{SIGN_IN}/{provider_id}/back"


def _login_of(call: Call, provider_id: str, query: BackQuery) -> _Login:
    """What this browser was sent with. Raises NotSignedInError, and what decoding raises."""
    login = msgspec.json.decode(
        bytes.fromhex(secret_of(call.request, call.services.base_url, _LOGIN)), type=_Login
    )
    if login.provider != provider_id or not compare_digest(login.state.encode(), query.state.encode()):
        raise NotSignedInError("the answer belongs to another request")
    if query.iss not in {"", call.services.providers[provider_id].settings.issuer}:
        raise NotSignedInError("the answer is from another issuer")
    if not query.code:
        raise NotSignedInError(query.error_description or query.error or "there is no code")
    return login


async def _person(call: Call, provider: Provider, claims: Mapping[str, Any]) -> Person:
    """Who the claims say it is. Raises NotSignedInError for a role or a party that it may not have."""
    settings, claimed = provider.settings, claims.get(provider.settings.role_claim)
    given = [claimed] if isinstance(claimed, str) else claimed if isinstance(claimed, list) else []
    roles = [Role(role) for role in settings.roles if role in given]
    if len(roles) != 1:
        raise NotSignedInError(f"it gives {len(roles)} roles")
    [role] = roles
    party_id: str | None = None
    if role not in {Role.OPERATOR, Role.FINANCE}:
        party_id = settings.party or str(claims.get(settings.party_claim, ""))
    party = call.services.directory.by_id(party_id) if party_id else None
    if wrong := role_problem(role, party_id, party):
        raise NotSignedInError(wrong.en)
    subject = str(claims["sub"])[:_NAME_MAX]
    name = str(claims.get("name") or claims.get("preferred_username") or subject)[:_NAME_MAX]
    return Person(Caller(f"{provider.settings.id}:{subject}", role, party_id), name)
