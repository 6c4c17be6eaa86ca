"""A real Chromium for tests of pages, over its DevTools protocol: one tab, whose size and colours change.

`deploy/test-system.sh` installs Chromium and axe-core; without them the tests are skipped.
"""

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.house.repository import ROOT

AXE = ROOT / "var/npm/node_modules/axe-core/axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
"""The rules of axe-core for WCAG 2.2 AA."""
needs_browser = pytest.mark.skipif(
    not CHROMIUM or not AXE.exists(),
    reason="NOT TESTED: no Chromium or no axe-core here; `make system` installs them",
)
_ANSWER_SECONDS_MAX = 60


@dataclass
class Tab:
    """A tab of the browser."""

    socket: aiohttp.ClientWebSocketResponse
    session_id: str
    faults: list[str] = field(default_factory=list)
    """What the console says is wrong, such as what the Content-Security-Policy refuses."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(100))
    _loads: int = 0

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        """Calls a method of the protocol, and collects the events before its answer."""
        number = next(self._numbers)
        await self.socket.send_json(
            {"id": number, "method": method, "params": params, "sessionId": self.session_id}
        )
        while True:
            message = await self._next()
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                result: dict[str, Any] = message["result"]
                return result

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json(timeout=_ANSWER_SECONDS_MAX)
        if message.get("method") == "Page.loadEventFired":
            self._loads += 1
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.faults.append(message["params"]["entry"]["text"])
        return message

    async def looks(self, width: int, *, is_dark: bool = False, height: int = 900) -> None:
        """Sets the size of the screen and the colours that the reader prefers."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def sends(self, headers: Mapping[str, str]) -> None:
        """Sends these headers with every request."""
        await self.call("Network.setExtraHTTPHeaders", headers=dict(headers))

    async def open(self, url: str) -> None:
        """Opens an address and waits until it is loaded."""
        before = self._loads
        await self.call("Page.navigate", url=url)
        await self.loaded(before)

    async def loaded(self, before: int) -> None:
        """Waits until one more page is loaded than before."""
        while self._loads <= before:
            await self._next()

    async def follow(self, script: str) -> None:
        """Runs a script that leads to another page, and waits for that."""
        before = self._loads
        await self.run(script)
        await self.loaded(before)

    async def run(self, script: str) -> Any:
        """The value of an expression, also of a promise."""
        found = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def choose(self, selector: str, files: Sequence[Path]) -> None:
        """Chooses files in a field, and waits for the page that this leads to."""
        before = self._loads
        await self.put(selector, files)
        await self.loaded(before)

    async def put(self, selector: str, files: Sequence[Path]) -> None:
        """Chooses files in a field."""
        root = (await self.call("DOM.getDocument"))["root"]["nodeId"]
        node = (await self.call("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        await self.call("DOM.setFileInputFiles", nodeId=node, files=[str(one) for one in files])

    async def barriers(self) -> list[str]:
        """What axe-core finds wrong by WCAG 2.2 AA."""
        await self.run(AXE.read_text("utf-8") + ";0")
        found = await self.run(
            f"axe.run(document, {json.dumps(WCAG)}).then(one => JSON.stringify(one.violations))"
        )
        return [f"{one['id']}: {node['html'][:200]}" for one in json.loads(found) for node in one["nodes"]]

    async def overflow(self) -> list[str]:
        """What makes the page wider than the screen."""
        if await self.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            return []
        wide = "one => one.getBoundingClientRect().right > document.documentElement.clientWidth"
        shown = "one => one.outerHTML.slice(0, 150)"
        found: list[str] = await self.run(f"[...document.body.querySelectorAll('*')].filter({wide}).map({shown})")
        return found

    async def picture(self, path: Path) -> None:
        """Saves the whole page as PNG."""
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


@asynccontextmanager
async def opened_tab(profile: Path) -> AsyncIterator[Tab]:
    """A tab of a browser that is started, and ended with the block."""
    process = await asyncio.create_subprocess_exec(
        *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(_ANSWER_SECONDS_MAX):
            async for line in process.stderr:
                if line.startswith(b"DevTools listening on "):
                    break
        address = line.decode().removeprefix("DevTools listening on ").strip()
        drained = asyncio.create_task(process.stderr.read())
        async with aiohttp.ClientSession() as client, client.ws_connect(address, max_msg_size=0) as socket:
            yield await _first_tab(socket)
        drained.cancel()
    finally:
        process.kill()
        await process.wait()


async def _first_tab(socket: aiohttp.ClientWebSocketResponse) -> Tab:
    await socket.send_json({"id": 1, "method": "Target.getTargets"})
    targets = (await socket.receive_json())["result"]["targetInfos"]
    [target_id] = [one["targetId"] for one in targets if one["type"] == "page"]
    params = {"targetId": target_id, "flatten": True}
    await socket.send_json({"id": 2, "method": "Target.attachToTarget", "params": params})
    session_id = ""
    while not session_id:
        session_id = (await socket.receive_json()).get("result", {}).get("sessionId", "")
    tab = Tab(socket, session_id)
    for domain in ("Page", "DOM", "Log", "Network"):
        await tab.call(f"{domain}.enable")
    return tab
