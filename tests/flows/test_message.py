"""One message all the way, from outside: what the sender is sent, what the recipient finds, what is metered."""

import random
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.client import ProblemError
from gateway.messages.participants import Party, PartyKind, Role
from gateway.store.ledger.tables import usage_entries
from gateway.store.messages import tables as t
from gateway.validator.model.identifiers import PartyIdentifier
from tests.flows.conftest import SUPPLIER, TOWN, House, numbered
from tests.waiting import WAIT_SECONDS_MAX

DELIVERED = ["105", "100", "110", "200", "301", "301", "405", "400"]


async def _codes(house: House, kenmerk: object) -> list[object]:
    statuses = await house.get("supplier", f"/v1/messages/{kenmerk}/statuses")
    items = statuses["items"]
    assert isinstance(items, list)
    return [item["statuscode"] for item in items]


async def _metered(house: House) -> list[tuple[str, str]]:
    async with house.gateway.engines.read.connect() as connection:
        rows = await connection.execute(select(usage_entries.c.party_id, usage_entries.c.kind))
        return [(row.party_id, row.kind) for row in rows]


async def test_a_valid_invoice_is_delivered_and_metered_once(house: House) -> None:
    answer = await house.send("supplier", numbered("A-1"))
    message = await answer.json()
    assert (answer.status, message["state"], message["disposition"]) == (201, "delivered", "billable")
    assert await _codes(house, message["kenmerk"]) == DELIVERED
    assert await _metered(house) == [("town", "delivered-to")]
    original = await house.session.get(
        f"/v1/messages/{message['kenmerk']}/document", headers=house.as_("supplier")
    )
    assert await original.read() == numbered("A-1")


async def test_the_same_number_in_the_same_year_is_a_duplicate(house: House) -> None:
    first = await (await house.send("supplier", numbered("A-1"))).json()
    second = await (await house.send("supplier", numbered("A-1") + b"<!-- again -->")).json()
    assert (second["state"], second["duplicateOf"]) == ("duplicate", first["kenmerk"])
    assert await _metered(house) == [("town", "delivered-to")]
    box = await house.get("town", "/v1/mailbox/messages")
    assert [item["kenmerk"] for item in _items(box)] == [first["kenmerk"]]


async def test_a_test_and_the_real_invoice_do_not_stop_each_other(house: House) -> None:
    made = await house.gateway.register.new_key(Role.SUPPLIER, "supplier", "test", is_test=True)
    house.keys["trying"] = made[1]
    senders = ("trying", "supplier", "trying", "supplier", "trying")
    numbers = ("A-1", "A-1", "A-1", "A-2", "A-2")
    sent = [
        await (await house.send(sender, numbered(number) + b"<!-- %d -->" % at)).json()
        for at, (sender, number) in enumerate(zip(senders, numbers, strict=True))
    ]
    found = [(message["state"], message["disposition"]) for message in sent]
    real, test = ("delivered", "billable"), ("delivered", "test")
    assert found == [test, real, ("duplicate", "duplicate"), real, test]
    assert sent[2]["duplicateOf"] == sent[0]["kenmerk"]
    assert await _metered(house) == [("town", "delivered-to")] * 2


async def test_the_key_of_a_test_is_not_that_of_the_real_message(house: House) -> None:
    made = await house.gateway.register.new_key(Role.SUPPLIER, "supplier", "test", is_test=True)
    house.keys["trying"] = made[1]
    sent = [await house.send(sender, numbered("A-1"), Idempotency_Key="k-1") for sender in ("trying", "supplier")]
    assert [answer.status for answer in sent] == [201, 201]
    assert [(await answer.json())["disposition"] for answer in sent] == ["test", "billable"]
    again = await house.send("trying", numbered("A-1"), Idempotency_Key="k-1")
    assert (await again.json())["kenmerk"] == (await sent[0].json())["kenmerk"]


async def test_a_number_of_any_length_is_distinguished_and_stops_nobody_else(house: House) -> None:
    """A database's index holds some thousands of bytes; an invoice number in XML may hold many more."""
    long = random.Random(1).randbytes(60_000).hex()
    first = await (await house.send("supplier", numbered(f"{long}-1"))).json()
    other = await (await house.send("supplier", numbered(f"{long}-2"))).json()
    again = await (await house.send("supplier", numbered(f"{long}-1") + b"<!-- again -->")).json()
    honest = await (await house.send("supplier", numbered("A-7"))).json()
    states = [message["state"] for message in (first, other, again, honest)]
    assert states == ["delivered", "delivered", "duplicate", "delivered"]
    assert again["duplicateOf"] == first["kenmerk"]
    assert [len(item["number"]) for item in _items(await house.get("town", "/v1/mailbox/messages"))] == [
        200,
        200,
        3,
    ]


async def test_a_refused_number_may_come_again(house: House) -> None:
    broken = numbered("A-2").replace(b"IssueDate>", b"InvoiceDate>")
    refused = await (await house.send("supplier", broken)).json()
    assert (refused["state"], refused["disposition"]) == ("refused", "refused")
    assert (await _codes(house, refused["kenmerk"]))[-1] == "311"
    good = await (await house.send("supplier", numbered("A-2"))).json()
    assert good["state"] == "delivered"


async def test_the_same_key_gets_the_first_answer_and_another_body_a_conflict(house: House) -> None:
    first = await (await house.send("supplier", numbered("A-3"), Idempotency_Key="k-1")).json()
    repeat = await house.send("supplier", numbered("A-3"), Idempotency_Key="k-1")
    assert (await repeat.json())["kenmerk"] == first["kenmerk"]
    conflict = await house.send("supplier", numbered("A-4"), Idempotency_Key="k-1")
    assert conflict.status == 409
    assert first["kenmerk"] in await conflict.text()
    of_another = await (await house.send("bridge", numbered("A-5"), Idempotency_Key="k-1")).json()
    assert of_another["kenmerk"] != first["kenmerk"]


async def test_nobody_sends_for_another_without_a_mandate(house: House) -> None:
    stolen = await (await house.send("other", numbered("A-6"))).json()
    assert (stolen["state"], stolen["senderId"]) == ("refused", None), "whom it names has no part in it"
    journal = await house.gateway.store.journal(stolen["kenmerk"])
    assert (journal[-1].statuscode, journal[-1].detail) == ("210", "MP-SENDER-MANDATE")
    bridged = await (await house.send("bridge", numbered("A-6"))).json()
    assert (bridged["state"], bridged["senderId"]) == ("delivered", "supplier")


@pytest.mark.parametrize(
    ("sender", "principal", "rule"),
    [
        ("bridge", str(SUPPLIER), None),
        ("bridge", "0106:11223344", "MP-ON-BEHALF-OF"),
        ("bridge", str(TOWN), "MP-ON-BEHALF-OF"),
        ("supplier", str(SUPPLIER), None),
        ("supplier", "0106:11223344", "MP-ON-BEHALF-OF"),
        ("other", str(SUPPLIER), "MP-ON-BEHALF-OF"),
        ("other", "0106:11223344", "MP-ON-BEHALF-OF"),
        ("other", None, "MP-SENDER-MANDATE"),
    ],
)
async def test_for_whom_a_sender_says_it_acts_must_be_true(
    house: House, sender: str, principal: str | None, rule: str | None
) -> None:
    named = {"Meterpoort_On_Behalf_Of": principal} if principal else {}
    message = await (await house.send(sender, numbered("A-8"), wait=True, **named)).json()
    findings = message["report"]["findings"]
    assert [finding["rule"] for finding in findings] == ([rule] if rule else [])
    assert message["disposition"] == ("refused" if rule else "billable")
    if rule == "MP-ON-BEHALF-OF":
        assert findings[0]["found"] == str(PartyIdentifier.parse(principal or ""))
        assert findings[0]["message_nl"] != findings[0]["message"]
        assert findings[0]["advice_nl"]


async def test_three_ways_to_say_it_wrong_are_distinguished(house: House) -> None:
    """A party that is not registered, another than the document's, and one that gave no mandate."""
    wrong = {("bridge", "0106:99887766"), ("bridge", str(TOWN)), ("other", str(SUPPLIER))}
    messages = set()
    for sender, principal in sorted(wrong):
        answer = await house.send(sender, numbered("A-8"), Meterpoort_On_Behalf_Of=principal)
        messages.add((await answer.json())["report"]["findings"][0]["message"])
    assert len(messages) == 3


async def test_a_message_is_seen_by_its_own_parties_alone(house: House) -> None:
    message = await (await house.send("supplier", numbered("A-7"))).json()
    for party_id, status in (("supplier", 200), ("town", 200), ("operator", 200), ("other", 404)):
        path = f"/v1/messages/{message['kenmerk']}"
        answer = await house.session.get(path, headers=house.as_(party_id))
        assert answer.status == status, party_id


async def test_a_returned_message_is_delivered_after_a_replay(house: House) -> None:
    other_town = numbered("A-8").replace(TOWN.value.encode(), b"00000001807777778000")
    returned = await (await house.send("supplier", other_town)).json()
    assert (returned["state"], returned["disposition"]) == ("returned", "undeliverable")
    identifiers = (type(TOWN)("0190", "00000001807777778000"),)
    await house.gateway.register.save(Party("verweg", "Verweg", PartyKind.NON_RIJK, identifiers), "test")
    path = f"/v1/messages/{returned['kenmerk']}/replays"
    answer = await house.session.post(path, headers=house.as_("operator"))
    assert answer.status < 300, await answer.text()
    assert await house.gateway.intake.wait_until_settled(returned["kenmerk"], WAIT_SECONDS_MAX)
    after = await house.get("supplier", f"/v1/messages/{returned['kenmerk']}")
    assert (after["state"], after["disposition"]) == ("delivered", "billable")
    assert await _metered(house) == [("verweg", "delivered-to")]


async def test_an_unconfirmed_message_comes_back_after_its_lease(house: House) -> None:
    await house.send("supplier", numbered("A-9"))
    async with house.client("town") as town:
        [first] = [lease async for lease in town.mailbox()]
        house.clock.passes(hours=1)
        [again] = [lease async for lease in town.mailbox()]
        assert again.message.kenmerk == first.message.kenmerk
        with pytest.raises(ProblemError) as stale:
            await town.confirm(first)
        assert stale.value.status == 409
        for _ in range(2):  # confirming twice is harmless
            await town.confirm(again)
    assert _items(await house.get("town", "/v1/mailbox/messages")) == []


async def test_received_is_the_sum_of_the_dispositions(house: House) -> None:
    for number in ("B-1", "B-2", "B-1"):
        await house.send("supplier", numbered(number))
    await house.send("supplier", b"<not-an-invoice/>")
    await house.send("other", numbered("B-3"))
    async with house.gateway.engines.read.connect() as connection:
        query = select(t.messages.c.disposition, func.count()).group_by(t.messages.c.disposition)
        counted = {str(row[0]): int(row[1]) for row in await connection.execute(query)}
    assert counted == {"billable": 2, "duplicate": 1, "refused": 2}


def _items(page: dict[str, object]) -> list[dict[str, Any]]:
    items = page["items"]
    assert isinstance(items, list)
    return items
