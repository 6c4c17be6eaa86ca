"""Many at once: one key (F6), one key with many bodies (F7), many documents (F12), rules that change (F14)."""

import asyncio
from dataclasses import replace

from aiohttp import ClientResponse

from gateway.messages.lifecycle import State
from tests.flows.conftest import House, numbered

REPEATS = 100
DOCUMENTS = 200


async def submit(house: House, document: bytes, **headers: str) -> ClientResponse:
    """Submit until it is not refused for the crowd, as a client does."""
    while True:
        answer = await house.send("supplier", document, wait=False, **headers)
        if answer.status != 503:
            return answer
        await asyncio.sleep(0.05)


async def test_one_key_a_hundred_times_at_once_is_one_message(house: House) -> None:
    document = numbered("M-1")
    answers = await asyncio.gather(*(submit(house, document, Idempotency_Key="one") for _ in range(REPEATS)))
    assert len({(await answer.json())["kenmerk"] for answer in answers}) == 1
    assert {answer.status for answer in answers} <= {200, 202}
    kenmerk = (await answers[0].json())["kenmerk"]
    await house.settled(kenmerk)
    statement = await house.gateway.meter.statement_lines()
    assert sum(line.quantity for line in statement) == 1


async def test_one_key_with_many_bodies_names_the_first(house: House) -> None:
    documents = [numbered(f"M-{number}") for number in range(50)]
    answers = await asyncio.gather(*(submit(house, one, Idempotency_Key="one") for one in documents))
    (accepted,) = [await answer.json() for answer in answers if answer.status < 300]
    conflicts = [await answer.json(content_type=None) for answer in answers if answer.status == 409]
    assert len(conflicts) == len(documents) - 1
    assert all(accepted["kenmerk"] in str(conflict) for conflict in conflicts)
    await house.settled(accepted["kenmerk"])


async def test_many_documents_at_once_are_not_mixed_up(house: House) -> None:
    documents = {f"M-{number}": numbered(f"M-{number}") for number in range(DOCUMENTS)}
    answers = await asyncio.gather(*(submit(house, one) for one in documents.values()))
    for (number, document), answer in zip(documents.items(), answers, strict=True):
        message = await house.settled((await answer.json())["kenmerk"])
        assert (message.state, message.number) == (State.DELIVERED, number)
        shown = await house.session.get(f"/v1/messages/{message.kenmerk}/document", headers=house.as_("town"))
        assert await shown.read() == document


async def test_rules_that_change_during_load_are_named_for_each_document(house: House) -> None:
    """F14: a recipient asks for more while documents come. The report of each names what it was judged by."""
    town = house.gateway.register.by_id("town")
    assert town is not None

    async def send(numbers: range) -> list[str]:
        answers = await asyncio.gather(*(submit(house, numbered(f"R-{number}")) for number in numbers))
        return [(await answer.json())["kenmerk"] for answer in answers]

    before = await send(range(10))
    for kenmerk in before:
        await house.settled(kenmerk)
    more = replace(town, settings=town.settings | {"profile": "basisfactuur-rijk"})
    during, _ = await asyncio.gather(send(range(10, 30)), house.gateway.register.save(more, "test"))
    after = await send(range(30, 40))
    named = [await _rule_sets(house, kenmerk) for kenmerk in (*before, *during, *after)]
    european = ["EN 16931"]
    assert [sets for sets in named if sets not in (european, [*european, "Basisfactuur Rijk"])] == []
    assert named[:10] == [european] * 10
    assert named[30:] == [[*european, "Basisfactuur Rijk"]] * 10


async def _rule_sets(house: House, kenmerk: str) -> list[str]:
    """The names of the sets in a report, each with its reason. What it found is of those sets alone."""
    message = await house.settled(kenmerk)
    report = await house.get("supplier", f"/v1/messages/{kenmerk}/report")
    sets = report["rule_sets"]
    assert isinstance(sets, list)
    assert all(one["why"] for one in sets)
    names = [one["name"] for one in sets]
    assert (message.profile == "basisfactuur-rijk") == ("Basisfactuur Rijk" in names)
    return names
