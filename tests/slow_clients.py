"""Clients that send too slowly, for tests and benchmarks."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

POST = b"POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: 5000\r\n\r\n"
"""The head of a request whose body never comes in whole; without a key."""
PAUSE_SECONDS = 0.45


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the gateway at an address such as `http://127.0.0.1:8080`."""
    parts = urlsplit(address)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def send_slowly(address: str) -> None:
    """Send bodies that never end, a byte at a time, each on a new connection when the last one was closed."""
    while True:
        with suppress(OSError):
            reader, writer = await connect(address)
            try:
                writer.write(POST)
                while not reader.at_eof():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(PAUSE_SECONDS)
            finally:
                writer.transport.abort()
        await asyncio.sleep(0.1)
