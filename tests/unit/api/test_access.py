"""To whom it is not theirs, what exists looks as what does not: every operation, every role."""

import re
from dataclasses import replace

import pytest

from gateway.api.access import PARTIES
from gateway.api.resources import ROUTES
from gateway.api.services import Services
from gateway.messages.participants import Caller, Party, PartyKind
from gateway.metering.entry import UsageEntry, UsageKind
from tests.samples import invoice
from tests.unit.api.billed import billing_services, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.api.test_exports import AT
from tests.unit.small_gateway import MUNICIPALITY, SmallGateway

SUPPLIER = {"Authorization": "Bearer mp_supplier", "Content-Type": "application/xml", "Prefer": "wait=5"}
ABSENT = {
    "partyId": "nobody",
    "kenmerk": "01a00000-0000-7000-8000-000000000000",
    "position": "99",
    "billNumber": "GD20269999",
    "runId": "none",
    "keyId": "key-none",
}
"""What there is nothing of."""


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    """A meter with an entry of the municipality, and a stranger with a key of each role of parties."""
    await gateway.register.save(Party("stranger", "Stranger", PartyKind.COMPANY), "tests")
    for role in PARTIES:
        await gateway.add_key(f"mp_{role.value}_stranger", Caller(f"key-{role.value}-stranger", role, "stranger"))
    opened = await billing_services(gateway, used_meter())
    await opened.meter.record([UsageEntry("e1", MUNICIPALITY, UsageKind.DIGID_AUTHENTICATION, AT)])
    return replace(opened, limits=replace(opened.limits, body_idle_seconds_max=5))


async def test_a_stranger_cannot_tell_what_exists(client: Client) -> None:
    async with client.post("/v1/messages", data=invoice(1), headers=SUPPLIER) as answer:
        kenmerk = (await answer.json())["kenmerk"]
    present = {**ABSENT, "partyId": MUNICIPALITY, "kenmerk": kenmerk, "position": "1"}
    fixed = {"number": "1", "year": "2026", "startDay": "2026-01-01"}
    tried = 0
    for route in ROUTES:
        names = set(re.findall(r"{(\w+)}", route.path))
        if not names & {"partyId", "kenmerk", "position"} or route.roles is None:
            continue
        for role in PARTIES:
            headers = {"Authorization": f"Bearer mp_{role.value}_stranger"}
            answers = []
            for values in (present, ABSENT):
                values = {**values, **fixed}
                async with client.request(
                    route.method, route.path.format_map(values), json={}, headers=headers
                ) as got:
                    text = await got.text()
                for name in names & ABSENT.keys():
                    text = text.replace(values[name], name)
                answers.append((got.status, re.sub(r'"reference":"[^"]*"', "", text)))
                assert got.status in {400, 403, 404}, (route.path, role, got.status)
            assert answers[0] == answers[1], (route.method, route.path, role)
            tried += 1
    assert tried >= 60
