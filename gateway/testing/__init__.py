"""For the tests of people who build on the gateway.

`server` starts a whole gateway, for programs that use one; `fixtures` does so for pytest. The others are doubles
for code of the gateway: every port in memory, and no I/O.

Each double is a real implementation of its protocol and keeps its data in dictionaries, so tests need no patching.
`MemoryGateway` implements all ports of the HTTP API; its `services()` is what `gateway.api.build` takes:

    async def test_a_submission_is_accepted(aiohttp_client):
        gateway = MemoryGateway()
        client = await aiohttp_client(build(gateway.services()))
        headers = {"X-API-Key": "mp_supplier", "Content-Type": "application/xml"}
        async with client.post("/v1/messages", data=b"<Invoice/>", headers=headers) as response:
            assert response.status == 202
"""

from gateway.testing.billing import MemoryBillingStore, MemoryUsageCounts
from gateway.testing.digipoort import MemoryRecords, WusMemoryGateway
from gateway.testing.memory import MemoryGateway, MemoryStorage
from gateway.testing.meter import MemoryMeter
from gateway.testing.outbox import MemoryOutbox

__all__ = [
    "MemoryBillingStore",
    "MemoryGateway",
    "MemoryMeter",
    "MemoryOutbox",
    "MemoryRecords",
    "MemoryStorage",
    "MemoryUsageCounts",
    "WusMemoryGateway",
]
