"""A complete gateway for a test, on SQLite and on PostgreSQL, with parties and their keys."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import ClientResponse

from gateway.client import AsyncClient
from gateway.main import Gateway, listen, open_gateway
from gateway.messages.message import Message
from gateway.messages.participants import Party, PartyKind, Role
from gateway.settings import BillingSettings, DatabaseSettings, HttpSettings, Settings
from gateway.store.ledger.audit import audit
from gateway.store.record.audit import audit_record
from gateway.validator.model.identifiers import PartyIdentifier
from tests.browser import Tab, opened_tab, running_browser
from tests.samples import invoice
from tests.waiting import WAIT_SECONDS_MAX

SUPPLIER = PartyIdentifier("0106", "90817263")
TOWN = PartyIdentifier("0190", "00000001812345678000")

ISSUER = BillingSettings(
    name="Gegevenscentrum Delta",
    kvk="90442211",
    oin="00000003904422110000",
    vat_number="NL861234571B01",
    street="Kanaalkade 40",
    postcode="2599 XK",
    city="Rijswaarde",
    iban="NL48MPRT0417164300",
    email="facturen@delta.example",
    phone="+31 70 555 0140",
    contact="Financiën",
)
"""Who sends the bills."""


@dataclass
class HeldClock:
    """A clock that a test sets."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class House:
    """A running gateway, with keys by party id."""

    gateway: Gateway
    address: str
    """Where it listens, as `http://127.0.0.1:8080`."""
    session: aiohttp.ClientSession
    clock: HeldClock
    keys: dict[str, str] = field(default_factory=dict)

    def as_(self, party_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[party_id]}"}

    def client(self, party_id: str) -> AsyncClient:
        """The client of this party's software."""
        return AsyncClient(self.address, self.keys[party_id])

    async def send(self, party_id: str, document: bytes, *, wait: bool = True, **headers: str) -> ClientResponse:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        more |= self.as_(party_id) | {"Content-Type": "application/xml"} | ({"Prefer": "wait=60"} if wait else {})
        answer = await self.session.post("/v1/messages", data=document, headers=more)
        await answer.read()
        return answer

    async def settled(self, kenmerk: str) -> Message:
        """The message, once it is settled: also when so many wait that the gateway lets nobody wait for it."""
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while True:
                message = await self.gateway.store.message(kenmerk, None)
                if message is not None and message.state.is_settled:
                    return message
                await asyncio.sleep(0.02)

    async def get(self, party_id: str, path: str) -> dict[str, object]:
        answer = await self.session.get(path, headers=self.as_(party_id))
        assert answer.status == 200, await answer.text()
        body: dict[str, object] = await answer.json()
        return body


def numbered(number: str, document: bytes | None = None) -> bytes:
    """Return the sample invoice with another number."""
    return (document or invoice(1)).replace(b"2026-0417", number.encode(), 1)


async def furnish(house: House) -> None:
    """Register two suppliers, an intermediary and a municipality, with their keys."""
    parties = (
        (Party("supplier", "Leverancier", PartyKind.COMPANY, (SUPPLIER,)), Role.SUPPLIER),
        (Party("other", "Andere", PartyKind.COMPANY, (PartyIdentifier("0106", "11223344"),)), Role.SUPPLIER),
        (
            Party("bridge", "Brug", PartyKind.COMPANY, (), frozenset({"supplier"})),
            Role.INTERMEDIARY,
        ),
        (Party("town", "Gemeente", PartyKind.NON_RIJK, (TOWN,)), Role.GOVERNMENT),
    )
    for party, role in parties:
        await house.gateway.register.save(party, "test")
        house.keys[party.party_id] = (await house.gateway.register.new_key(role, party.party_id, "test"))[1]
    for role in (Role.OPERATOR, Role.FINANCE):
        house.keys[role.value] = (await house.gateway.register.new_key(role, None, "test"))[1]


@asynccontextmanager
async def opened_house(settings: Settings) -> AsyncIterator[House]:
    """Run a gateway with these settings on a free port. At the end its meter and record are audited."""
    clock = HeldClock()
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(settings, clock=clock))
        address = await stack.enter_async_context(listen(gateway))
        session = await stack.enter_async_context(aiohttp.ClientSession(address))
        made = House(gateway, address, session, clock)
        await furnish(made)
        yield made
        assert (await audit(gateway.engines)).findings == ()
        assert (await asyncio.to_thread(audit_record, gateway.engines.url)).findings == ()


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on a free port, once on SQLite and once on PostgreSQL."""
    settings = Settings(
        data_directory=tmp_path, database=DatabaseSettings(url=database_url), http=HttpSettings(port=0)
    )
    async with opened_house(settings) as made:
        yield made


@pytest.fixture
async def portal(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on SQLite: what pages show does not depend on the database."""
    settings = Settings(data_directory=tmp_path, http=HttpSettings(port=0), billing=ISSUER)
    async with opened_house(settings) as made:
        yield made


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real browser, in which each tab is of somebody else."""
    with running_browser(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture
async def tab(browser: str) -> AsyncIterator[Tab]:
    """A tab of a real browser."""
    async with opened_tab(browser) as made:
        yield made


async def sign_in(tab: Tab, house: House, who: str, language: str = "nl") -> None:
    """Signs somebody in, who was nobody or somebody else before."""
    await tab.call("Network.clearBrowserCookies")
    await tab.open(f"{house.address}/portal/sign-in?lang={language}")
    await tab.fill("API-sleutel" if language == "nl" else "API key", house.keys[who])
    await tab.go("button", "Aanmelden" if language == "nl" else "Sign in")
