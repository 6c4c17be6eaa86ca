"""Many at once: one key a hundred times (F6), one key with many bodies (F7), many documents at once (F12)."""

import asyncio

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
