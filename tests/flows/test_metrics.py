"""The metrics tell what happened, as the store has it: nothing is left out and nothing counted twice."""

from collections import Counter

from gateway.jobs.send_bills import send_bills
from gateway.messages.decision import park
from gateway.messages.message import MessageFilter
from gateway.messages.participants import Party, PartyKind
from gateway.store.messages.commit import write_decisions
from gateway.validator.model.identifiers import PartyIdentifier
from tests.flows.conftest import TOWN, House, numbered
from tests.flows.test_bill import settled
from tests.waiting import WAIT_SECONDS_MAX, until

VILLAGE = PartyIdentifier("0190", "00000001801234566000")


async def total(house: House, name: str, **labels: str) -> float:
    """The sum of a counter's series with these labels, as a scrape sees it."""
    headers = house.as_("operator") | {"Accept": "text/plain"}
    async with house.session.get("/metrics", headers=headers) as answer:
        lines = (await answer.text()).splitlines()
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    found = [
        line for line in lines if line.startswith(f"meterpoort_{name}") and all(one in line for one in wanted)
    ]
    return sum(float(line.rpartition(" ")[2]) for line in found)


async def test_received_and_reopened_are_the_sum_of_the_dispositions(house: House) -> None:
    billing, bill = await settled(house)  # two invoices are delivered, and a bill is issued
    own = await send_bills([bill], billing.store, house.gateway.intake, house.gateway.register.by_identifier)
    assert await house.gateway.intake.wait_until_settled(own[bill.number] or "", WAIT_SECONDS_MAX)
    to_village = numbered("A-4").replace(TOWN.value.encode(), VILLAGE.value.encode())
    for document in (numbered("A-1"), numbered("A-1") + b"<!-- again -->", b"<a/>", to_village):
        await house.send("supplier", document)
    returned = (await house.gateway.store.page(MessageFilter(), None, 1)).items[0]
    village = Party("village", "Dorp", PartyKind.NON_RIJK, (VILLAGE,), settings={"delivery": "webhook"})
    await house.gateway.register.save(village, "test")  # without an address: its mailbox, by way of the outbox
    assert await house.gateway.operations.replay(returned.kenmerk, "operator")
    await _delivered(house, returned.kenmerk)
    assert [await total(house, "messages_received_total", channel=name) for name in ("http", "internal")] == [6, 1]
    assert await total(house, "reopened_total") == 1
    held = (await house.gateway.store.page(MessageFilter(), None, 100)).items
    stored = Counter(message.disposition.value for message in held)
    counted = {name: await total(house, "dispositions_total", disposition=name) for name in stored}
    assert counted == stored
    assert await total(house, "dispositions_total") == 6 + 1 + 1
    assert await total(house, "metered_units_total") == stored["billable"]


async def _delivered(house: House, kenmerk: str) -> None:
    async def is_delivered() -> bool:
        message = await house.gateway.store.message(kenmerk, None)
        return message is not None and message.state == "delivered"

    await until(is_delivered)


async def test_a_duplicate_is_not_a_refusal(house: House) -> None:
    for document in (numbered("A-1"), numbered("A-1") + b"<!-- again -->"):
        await house.send("supplier", document)
    assert await total(house, "refusals_total") == 0
    await house.send("supplier", b"<a/>")
    assert await total(house, "refusals_total") == 1


async def test_a_parked_message_that_is_returned_is_settled_once(house: House) -> None:
    await house.gateway.queue.stop()
    answer = await house.send("supplier", numbered("A-1"), wait=False)
    kenmerk = (await answer.json())["kenmerk"]
    message = await house.gateway.store.message(kenmerk, None)
    assert message is not None
    parked = park(message, "it died", house.clock())
    await house.gateway.writer.call(lambda connection: write_decisions(connection, [parked]))
    assert await house.gateway.operations.return_to_sender(kenmerk, "operator", "too large")
    assert await total(house, "dispositions_total", disposition="undeliverable") == 1
    assert not await house.gateway.operations.return_to_sender(kenmerk, "operator", "too large")
    assert await total(house, "dispositions_total") == 1


async def test_how_long_recipients_take_to_confirm_is_measured_once(house: House) -> None:
    kenmerk = (await (await house.send("supplier", numbered("A-1"))).json())["kenmerk"]
    house.clock.passes(seconds=70)
    for _ in range(2):
        headers = house.as_("town")
        async with house.session.put(f"/v1/mailbox/messages/{kenmerk}/confirmation", headers=headers) as answer:
            assert answer.status == 200
    assert await total(house, "confirmed_after_seconds_count") == 1
    assert await total(house, "confirmed_after_seconds_sum") == 70
