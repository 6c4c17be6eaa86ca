"""A minimal client of the gateway's HTTP API."""

from typing import Any

import aiohttp

Json = dict[str, Any]


class ProblemError(Exception):
    """The gateway responded with a problem."""


class ApiClient:
    """Sends requests with one API key."""

    def __init__(self, session: aiohttp.ClientSession, key: str) -> None:
        self._session = session
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str, query: dict[str, str] | None = None) -> Json:
        """GET a resource. Raises ProblemError, as the other methods do."""
        return await self._request("GET", path, params=query or {})

    async def post(self, path: str, body: Json) -> Json:
        """POST a JSON body."""
        return await self._request("POST", path, json=body)

    async def put(self, path: str, body: Json) -> Json:
        """PUT a JSON body."""
        return await self._request("PUT", path, json=body)

    async def submit(self, document: bytes, wait_seconds: int = 30) -> Json:
        """Submit a document and wait for its outcome."""
        headers = {"Content-Type": "application/xml", "Prefer": f"wait={wait_seconds}"}
        return await self._request("POST", "/v1/messages", data=document, headers=headers)

    async def _request(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Json:
        async with self._session.request(
            method, path, headers={**self._headers, **(headers or {})}, **more
        ) as got:
            body: Json = await got.json(content_type=None) or {}
            if got.status >= 400:
                raise ProblemError(f"{method} {path}: {got.status} {body.get('title')}: {body.get('detail')}")
            return body
