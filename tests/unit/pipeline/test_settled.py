"""Who waits for a message hears when it is settled, and not before."""

import asyncio

from gateway.messages.decision import decide, park
from gateway.pipeline.settled import SettledMessages
from gateway.settings import MeterSettings
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, PUSHED_TOWN, SUPPLIER, VALID, received


async def never() -> bool:
    return False


async def always() -> bool:
    return True


async def test_a_message_that_is_settled_already_is_not_waited_for() -> None:
    assert await SettledMessages().wait("k-1", always, 5)


async def test_everybody_who_waits_hears_of_it() -> None:
    settled = SettledMessages()
    waiting = [asyncio.create_task(settled.wait("k-1", never, 5)) for _ in range(2)]
    other = asyncio.create_task(settled.wait("k-2", never, 0.05))
    await asyncio.sleep(0)
    settled.message_committed(park(received(), "it died", NOW))
    assert await asyncio.gather(*waiting) == [True, True]
    assert not await other


async def test_a_message_that_is_to_be_pushed_is_not_settled() -> None:
    settled = SettledMessages()
    waiting = asyncio.create_task(settled.wait("k-1", never, 0.05))
    await asyncio.sleep(0)
    register = MemoryRegister(SUPPLIER, PUSHED_TOWN)
    settled.message_committed(decide(received(), VALID, register, {}, MeterSettings(), NOW))
    assert not await waiting


async def test_what_is_committed_while_the_state_is_read_is_not_missed() -> None:
    settled = SettledMessages()

    async def committed_meanwhile() -> bool:
        settled.message_committed(park(received(), "it died", NOW))
        return False

    assert await settled.wait("k-1", committed_meanwhile, 5)
