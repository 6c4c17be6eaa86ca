"""A small S3 on this machine: objects in a dictionary, over HTTP, until it goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import md5

from aiohttp import web


@dataclass
class S3:
    """The objects of every bucket, and a switch."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    is_away: bool = False
    """Every request is answered 503, as S3 does in trouble."""
    is_hanging: bool = False
    """No request is answered."""

    async def answer(self, request: web.Request) -> web.Response:
        """PUT, GET with a range, HEAD and DELETE of an object; the list of a bucket."""
        data = await request.read()
        while self.is_hanging:  # noqa: ASYNC110 - the tests switch it on and off
            await asyncio.sleep(0.05)
        if self.is_away:
            return web.Response(status=503, text="<Error><Code>ServiceUnavailable</Code></Error>")
        name = request.path
        if request.query.get("list-type") == "2":
            return self._list(name.strip("/"), request.query.get("prefix", ""))
        if request.method == "PUT":
            self.objects[name] = data
        elif request.method == "DELETE":
            self.objects.pop(name, None)
            return web.Response(status=204)
        elif name not in self.objects:
            return web.Response(status=404)
        found = self.objects[name]
        headers = {"ETag": f'"{md5(found).hexdigest()}"', "Last-Modified": "Mon, 23 Nov 2026 12:00:00 GMT"}  # noqa: S324
        if request.method == "PUT":
            return web.Response(headers=headers)
        part = request.http_range
        if part.start is None:
            return web.Response(body=found, headers=headers)
        stop = min(part.stop or len(found), len(found))
        headers["Content-Range"] = f"bytes {part.start}-{stop - 1}/{len(found)}"
        return web.Response(status=206, body=found[part.start : stop], headers=headers)

    def _list(self, bucket: str, prefix: str) -> web.Response:
        """ListObjectsV2, all at once."""
        found = [
            f"<Contents><Key>{name.removeprefix(f'/{bucket}/')}</Key><Size>{len(content)}</Size>"
            "<LastModified>2026-11-23T12:00:00.000Z</LastModified></Contents>"
            for name, content in sorted(self.objects.items())
            if name.startswith(f"/{bucket}/{prefix}")
        ]
        text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(found)}</ListBucketResult>"
        return web.Response(text=text, content_type="application/xml")


@asynccontextmanager
async def s3_server() -> AsyncIterator[S3]:
    """One that runs until the block ends."""
    s3, app = S3(), web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/{name:.*}", s3.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    s3.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield s3
    await runner.cleanup()
