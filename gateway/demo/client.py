"""A client of the gateway's HTTP API, as short as it can be."""

from typing import Any

import aiohttp

Json = dict[str, Any]


class RefusedError(Exception):
    """The gateway answered with a problem."""


class Client:
    """Speaks for the holder of one key."""

    def __init__(self, session: aiohttp.ClientSession, key: str) -> None:
        self._session = session
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str, query: dict[str, str] | None = None) -> Json:
        """Read. Raises RefusedError with the problem's words."""
        return await self._ask("GET", path, params=query or {})

    async def post(self, path: str, body: Json) -> Json:
        """Make something."""
        return await self._ask("POST", path, json=body)

    async def put(self, path: str, body: Json) -> Json:
        """Put something in place."""
        return await self._ask("PUT", path, json=body)

    async def submit(self, document: bytes, wait_seconds: int = 30) -> Json:
        """Hand in a document and wait for what becomes of it."""
        headers = {"Content-Type": "application/xml", "Prefer": f"wait={wait_seconds}"}
        return await self._ask("POST", "/v1/messages", data=document, headers=headers)

    async def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Json:
        async with self._session.request(
            method, path, headers={**self._headers, **(headers or {})}, **more
        ) as got:
            body: Json = await got.json(content_type=None) or {}
            if got.status >= 400:
                raise RefusedError(f"{method} {path}: {got.status} {body.get('title')}: {body.get('detail')}")
            return body
