"""A clock that jumps under a running gateway (F13): nothing is lost, and each unit counts on its Amsterdam day.

At the end the house audits the meter.
"""

from collections import Counter
from datetime import UTC, datetime

from gateway.messages.lifecycle import after
from tests.flows.conftest import House, numbered

JUMPS = (
    ("2026-03-29T00:59:59", 2026, "2026-03"),  # before summer time begins
    ("2026-03-29T01:00:01", 2026, "2026-03"),
    ("2026-03-28T23:00:00", 2026, "2026-03"),  # two hours back
    ("2026-10-25T00:30:00", 2026, "2026-10"),  # 02:30 in Amsterdam, the first time
    ("2026-10-25T01:30:00", 2026, "2026-10"),  # and the second
    ("2026-12-31T22:59:59", 2026, "2026-12"),
    ("2026-12-31T23:00:00", 2027, "2027-01"),  # the new year in Amsterdam
    ("2026-12-31T21:00:00", 2026, "2026-12"),  # back into the old one
    ("2028-02-29T12:00:00", 2028, "2028-02"),
    ("2028-02-28T12:00:00", 2028, "2028-02"),
)
"""Where the clock jumps to, in UTC, and the Amsterdam year and month of a delivery then."""


async def test_the_clock_jumps_forth_and_back(house: House) -> None:
    kenmerken = []
    for number, (moment, *_) in enumerate(JUMPS):
        house.clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        answer = await house.send("supplier", numbered(f"J-{number}"))
        body = await answer.json()
        assert body["state"] == "delivered"
        kenmerken.append(body["kenmerk"])
        await house.gateway.meter.seal_due()
    assert kenmerken == sorted(kenmerken), "kenmerken are in the order in which they were given"
    lines = await house.gateway.meter.statement_lines()
    counted = {(line.year, line.month): line.quantity for line in lines}
    assert counted == Counter((year, month) for _, year, month in JUMPS)
    for kenmerk in kenmerken:
        state = None
        for entry in await house.gateway.store.journal(kenmerk):
            state = after(state, entry.step)
        assert state == "delivered"


async def test_a_lease_that_was_taken_before_the_clock_went_back_can_be_confirmed(house: House) -> None:
    kenmerk = (await (await house.send("supplier", numbered("J-90"))).json())["kenmerk"]
    headers = house.as_("town")
    async with house.session.post("/v1/mailbox/leases", json={"count": 1}, headers=headers) as answer:
        (lease,) = (await answer.json())["items"]
    house.clock.passes(hours=-2)
    address, body = f"/v1/mailbox/messages/{kenmerk}/confirmation", {"token": lease["token"]}
    async with house.session.put(address, json=body, headers=headers) as answer:
        assert answer.status == 200


async def test_seals_go_on_after_the_clock_went_back(house: House) -> None:
    await house.send("supplier", numbered("J-91"))
    house.clock.passes(hours=-24)
    assert await house.gateway.meter.seal_due() == ()
    await house.send("supplier", numbered("J-92"))
    house.clock.now = datetime(2027, 1, 1, tzinfo=UTC)
    assert len(await house.gateway.meter.seal_due()) == 1
