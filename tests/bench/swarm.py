"""Many senders in one process: `python -m tests.bench.swarm ADDRESS KEY SENDERS SECONDS`.

Each submits on a kept connection: at once again after an acceptance, and on average a second after a refusal.
Prints as JSON what became of the submissions.
"""

import asyncio
import gc
import itertools
import json
import random
import sys
import time
from urllib.parse import urlsplit

import uvloop

from tests.bench.intake import numbered

FIRST_NUMBER = 1_000_000
FIRST_SECONDS = 2.0
"""What begins in these, when all connect at the same moment, does not count among the latencies."""
REFUSED_SECONDS = 1.0
ANSWER_SECONDS_MAX = 60.0


class Swarm:
    """Senders, and what became of what they sent."""

    def __init__(self, address: str, key: str, seconds: float) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname, parts.port
        self._head = (
            f"POST /v1/messages HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/xml\r\n"
            f"X-API-Key: {key}\r\nContent-Length: "
        )
        self._numbers = itertools.count(FIRST_NUMBER)
        self._counted_from = time.monotonic() + FIRST_SECONDS
        self._until = time.monotonic() + seconds
        self.seconds: list[float] = []
        """Of what was accepted."""
        self.accepted = 0
        self.refused = 0
        self.without_retry_after = 0
        self.unanswered = 0

    async def send(self) -> None:
        """What one sender does; a connection that is closed is made anew."""
        while time.monotonic() < self._until:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
                try:
                    await self._submit_on(reader, writer)
                finally:
                    writer.close()
            except (OSError, EOFError, TimeoutError):
                self.unanswered += 1

    async def _submit_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (began := time.monotonic()) < self._until:
            body = numbered(next(self._numbers))
            writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                answer = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(answer.split(b"content-length:")[1].split(b"\r\n")[0]))
            if answer.startswith(b"http/1.1 202"):
                self.accepted += 1
                if began >= self._counted_from:
                    self.seconds.append(time.monotonic() - began)
            else:
                self.refused += 1
                self.without_retry_after += b"retry-after:" not in answer
                await asyncio.sleep(random.uniform(0, 2 * REFUSED_SECONDS))
            if b"connection: close" in answer:
                return


async def _run(address: str, key: str, senders: int, seconds: float) -> Swarm:
    swarm = Swarm(address, key, seconds)
    await asyncio.gather(*(swarm.send() for _ in range(senders)))
    return swarm


if __name__ == "__main__":
    gc.disable()  # a pause of the sender would count as one of the gateway
    swarm = uvloop.run(_run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    names = ("seconds", "accepted", "refused", "without_retry_after", "unanswered")
    print(json.dumps({name: getattr(swarm, name) for name in names}))
