"""Signing in with an account elsewhere, at a provider that this test starts and that checks what it is asked."""

import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.api.providers import Provider, open_providers
from gateway.api.services import Services
from gateway.http.base_url import BaseUrl
from gateway.messages.participants import Caller, Role
from gateway.messages.sessions import Person
from gateway.settings import AccountProvider, SettingsError, load
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_sign_in import PAGE
from tests.unit.small_gateway import MUNICIPALITY, SUPPLIER, SmallGateway

KEY, OTHER_KEY = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
SECRET = "s3cret"


@dataclass
class Accounts:
    """A provider with one person, who is signed in there already. `changes`: what is wrong with the identity."""

    server: TestServer = field(init=False)
    claims: dict[str, Any] = field(
        default_factory=lambda: {"sub": "e.jansen", "name": "E. Jansen", "role": "government"}
    )
    changes: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    asked: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return str(self.server.make_url("/")).rstrip("/")

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self.describe)
        app.router.add_get("/authorize", self.authorize)
        app.router.add_post("/token", self.token)
        app.router.add_get("/keys", self.keys)
        return app

    async def describe(self, _request: web.Request) -> web.Response:
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return web.json_response(
            {"issuer": self.issuer} | {name: self.issuer + path for name, path in ends.items()}
        )

    async def authorize(self, request: web.Request) -> web.Response:
        query = request.query
        assert (query["client_id"], query["response_type"], query["scope"]) == ("portal", "code", "openid profile")
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.asked[code] = dict(query)
        back = f"{query['redirect_uri']}?code={code}&state={query['state']}&iss={self.issuer}"
        return web.Response(status=302, headers={"Location": back})

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.asked.pop(str(form["code"]))
        assert (
            request.headers["Authorization"] == "Basic " + base64.b64encode(f"portal:{SECRET}".encode()).decode()
        )
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "portal", "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        identity = jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.claims | self.changes, self.key)
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": identity})

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [KEY.as_dict(private=False)]})


@pytest.fixture
async def accounts() -> AsyncIterator[Accounts]:
    made = Accounts()
    made.server = TestServer(made.application())
    async with made.server:
        yield made


def settings(accounts: Accounts, provider_id: str, **more: Any) -> Provider:
    return Provider(
        AccountProvider(
            id=provider_id,
            name="Gemeente Waterrijk",
            issuer=accounts.issuer,
            client_id="portal",
            client_secret_file=Path("unused"),
            **more,
        ),
        SECRET,
    )


@pytest.fixture
def services(gateway: SmallGateway, accounts: Accounts) -> Services:
    own = settings(accounts, "waterrijk", party=MUNICIPALITY)
    hub = settings(accounts, "hub", roles=("supplier", "operator"))
    return replace(gateway.services(), providers={"waterrijk": own, "hub": hub}, base_url=BaseUrl())


@pytest.fixture
def client(client: Client, services: Services) -> Client:
    services.base_url.own_url = str(client.make_url("/")).rstrip("/")
    return client


async def go(client: Client, provider: str = "waterrijk") -> tuple[int, str, str]:
    """Sign in with an account; the status, the address and the page where it ends."""
    async with client.get(f"/portal/sign-in/{provider}?next=/portal%3Flang%3Den", headers=PAGE) as answer:
        return answer.status, answer.url.path_qs, await answer.text()


async def test_a_person_of_the_organisation_is_signed_in(client: Client, gateway: SmallGateway) -> None:
    async with client.get("/portal/sign-in?next=/portal", headers=PAGE) as answer:
        assert "Sign in with Gemeente Waterrijk" in await answer.text()
    status, address, page = await go(client)
    assert (status, address) == (200, "/portal/inbox?lang=en")
    assert "E. Jansen, Gemeente Waterrijk" in page
    person = Person(Caller("waterrijk:e.jansen", Role.GOVERNMENT, MUNICIPALITY), "E. Jansen")
    assert await gateway.signed_in() == [person]


async def test_a_hub_names_the_party_and_a_role_of_several(
    client: Client, accounts: Accounts, gateway: SmallGateway
) -> None:
    accounts.claims |= {"role": ["reader", "supplier"], "party": SUPPLIER}
    assert (await go(client, "hub"))[0] == 200
    accounts.claims |= {"role": "operator"}
    assert (await go(client, "hub"))[0] == 200
    callers = [person.caller for person in await gateway.signed_in()]
    assert callers[-1] == Caller("hub:e.jansen", Role.OPERATOR, None)


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("waterrijk", {"nonce": "another"}),
        ("waterrijk", {"nonce": None}),
        ("waterrijk", {"aud": "another"}),
        ("waterrijk", {"aud": ["portal", "another"]}),
        ("waterrijk", {"azp": "another"}),
        ("waterrijk", {"iss": "https://another.example"}),
        ("waterrijk", {"exp": 1_700_000_000}),
        ("waterrijk", {"role": "operator"}),
        ("waterrijk", {"role": "supplier"}),
        ("waterrijk", {"role": ["government", "supplier"]}),
        ("waterrijk", {"role": None}),
        ("hub", {"role": "supplier"}),
        ("hub", {"role": "supplier", "party": MUNICIPALITY}),
        ("hub", {"role": "finance"}),
    ],
)
async def test_whom_it_may_not_name_is_not_signed_in(
    client: Client, accounts: Accounts, gateway: SmallGateway, provider: str, changes: dict[str, Any]
) -> None:
    accounts.changes = changes
    status, _, page = await go(client, provider)
    assert (status, "did not sign you in here" in page) == (422, True)
    assert await gateway.signed_in() == []


async def test_an_identity_signed_by_another_is_none(
    client: Client, accounts: Accounts, gateway: SmallGateway
) -> None:
    accounts.key = OTHER_KEY
    assert (await go(client))[0] == 422
    assert await gateway.signed_in() == []


async def test_an_answer_to_another_browser_signs_nobody_in(
    client: Client, accounts: Accounts, gateway: SmallGateway
) -> None:
    path = "/portal/sign-in/waterrijk"
    async with client.get(path, headers=PAGE, allow_redirects=False) as answer:
        location = answer.headers["Location"]
    async with client.session.get(location, allow_redirects=False) as answer:
        back = answer.headers["Location"].removeprefix(accounts.issuer)
    client.session.cookie_jar.clear()  # the browser of the victim, who follows the link of the attacker
    async with client.session.get(back, headers=PAGE) as answer:
        assert answer.status == 422
    await client.get(path, headers=PAGE, allow_redirects=False)  # and began to sign in before
    async with client.session.get(back, headers=PAGE) as answer:
        assert answer.status == 422
    assert await gateway.signed_in() == []
    assert len(accounts.asked) == 1  # the code was not even exchanged


async def test_a_provider_that_is_away_is_reported_to_a_person(client: Client, accounts: Accounts) -> None:
    await accounts.server.close()
    status, _, page = await go(client)
    assert (status, "cannot be reached now" in page) == (502, True)


def test_the_settings_of_a_provider(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("abc\n")
    text = (
        '[[providers]]\nid = "gemeente-x"\nname = "Gemeente X"\nissuer = "https://accounts.example"\n'
        f'client_id = "portal"\nclient_secret_file = "{tmp_path}/secret"\nparty = "gemeente-x"\n'
    )
    file = tmp_path / "meterpoort.toml"
    file.write_text(text)
    found = open_providers(load(file, {}).providers)["gemeente-x"]
    assert (found.secret, found.settings.party, "operator" in found.settings.roles) == ("abc", "gemeente-x", False)
    for wrong in (
        text.replace("https", "http"),
        text.replace('id = "gemeente-x"', 'id = "Gemeente"'),
        text + "colour = 1\n",
        text + 'roles = ["king"]\n',
    ):
        file.write_text(wrong)
        with pytest.raises(SettingsError):
            load(file, {})
