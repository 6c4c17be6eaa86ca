"""A real Chromium for tests of pages, over its DevTools protocol: tabs that a person uses by mouse and keyboard.

`deploy/test-system.sh` installs Chromium and axe-core; without them the tests are skipped. Elements are found as a
screen reader names them, by role and name: `await tab.click("button", "Sign in")`.
"""

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
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
_LISTENS = b"DevTools listening on "
_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "ArrowDown": (40, "")}
"""By name of the key: its code, and what it types."""


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
        session = {"sessionId": self.session_id} if self.session_id else {}
        await self.socket.send_json({"id": number, "method": method, "params": params} | session)
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

    async def looks(
        self, width: int, *, is_dark: bool = False, height: int = 900, media: str = "", scale: float = 1
    ) -> None:
        """Sets the size of the screen, the colours that the reader prefers, and `media`, as `print`."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme], media=media)

    @asynccontextmanager
    async def leaving(self) -> AsyncIterator[None]:
        """What is done in the block leads to another page: waits until that is loaded."""
        before = self._loads
        yield
        while self._loads <= before:
            await self._next()

    async def open(self, url: str) -> None:
        """Opens an address and waits until it is loaded."""
        async with self.leaving():
            await self.call("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """The value of an expression, also of a promise."""
        found = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def elements(self, role: str, name: str = "") -> list[dict[str, Any]]:
        """The elements with this role and this in their name, as the accessibility tree has them."""
        page = (await self.call("Runtime.evaluate", expression="document"))["result"]["objectId"]
        found = (await self.call("Accessibility.queryAXTree", objectId=page, role=role))["nodes"]
        return [one for one in found if not one["ignored"] and name in _name_of(one)]

    async def names(self, role: str) -> list[str]:
        """The names of all elements with this role."""
        return [_name_of(one) for one in await self.elements(role)]

    async def find(self, role: str, name: str) -> int:
        """The element with this role and name, or the only one with this in its name."""
        found = await self.elements(role, name)
        exact = [one for one in found if _name_of(one) == name] or found
        assert len(exact) == 1, (role, name, await self.names(role))
        number: int = exact[0]["backendDOMNodeId"]
        return number

    async def click(self, role: str, name: str) -> None:
        """Clicks in the middle of an element."""
        element = await self.find(role, name)
        await self.call("DOM.scrollIntoViewIfNeeded", backendNodeId=element)
        quad = (await self.call("DOM.getContentQuads", backendNodeId=element))["quads"][0]
        point = {"x": sum(quad[::2]) / 4, "y": sum(quad[1::2]) / 4, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, **point)

    async def go(self, role: str, name: str) -> None:
        """Clicks on what leads to another page."""
        async with self.leaving():
            await self.click(role, name)

    async def fill(self, name: str, text: str, role: str = "textbox") -> None:
        """Types text into the field with this label, in the place of what it holds."""
        await self.call("DOM.focus", backendNodeId=await self.find(role, name))
        await self.run("document.activeElement.select?.()")
        await self.type(text)

    async def pick(self, name: str, option: str) -> None:
        """Chooses in a list by typing the beginning of an option."""
        await self.call("DOM.focus", backendNodeId=await self.find("combobox", name))
        for letter in option:
            await self.call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    async def type(self, text: str) -> None:
        """Types where the focus is."""
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, *, shift: bool = False) -> None:
        """Presses a key of the keyboard."""
        code, text = _KEYS[key]
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        await self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **about)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    async def text(self, selector: str = "main") -> str:
        """What a part of the page shows."""
        found: str = await self.run(f"document.querySelector({json.dumps(selector)}).innerText")
        return found

    async def focused(self) -> str:
        """The text or label of what has the focus once the page is drawn; empty without."""
        one = "document.activeElement"
        await self.run("new Promise(requestAnimationFrame)")
        found: str = await self.run(f"{one} === document.body ? '' : ({one}.labels?.[0] ?? {one}).innerText")
        return found

    async def attach(self, name: str, *files: Path) -> None:
        """Chooses files in the field with this label."""
        field_ = await self.find("button", name)
        await self.call("DOM.setFileInputFiles", backendNodeId=field_, files=[str(one) for one in files])

    async def barriers(self, rules: Sequence[str] = ()) -> list[str]:
        """What axe-core finds wrong by WCAG 2.2 AA, or by these rules of it alone."""
        if not await self.run("!!window.axe"):
            await self.run(AXE.read_text("utf-8") + ";0")
        which = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else WCAG
        found = await self.run(
            f"axe.run(document, {json.dumps(which)}).then(one => JSON.stringify(one.violations))"
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

    async def picture(self, path: Path, **how: object) -> None:
        """Saves the whole page as PNG, or `how` else."""
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True, **how)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


def _name_of(node: dict[str, Any]) -> str:
    return " ".join(str(node.get("name", {}).get("value", "")).split())


@contextmanager
def running_browser(profile: Path) -> Iterator[str]:
    """A browser that is started, and ended with the block; its address."""
    command = (
        *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--lang=nl"),
        *("--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"),
    )
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith(_LISTENS))
        drained = Thread(target=process.stderr.read)
        drained.start()
        try:
            yield line.removeprefix(_LISTENS).decode().strip()
        finally:
            process.kill()
            drained.join()


@asynccontextmanager
async def opened_tab(address: str) -> AsyncIterator[Tab]:
    """A tab of somebody else than all other tabs, with its own cookies."""
    async with aiohttp.ClientSession() as client, client.ws_connect(address, max_msg_size=0) as socket:
        browser = Tab(socket, "")
        context = (await browser.call("Target.createBrowserContext"))["browserContextId"]
        about = {"url": "about:blank", "browserContextId": context}
        target = (await browser.call("Target.createTarget", **about))["targetId"]
        attached = await browser.call("Target.attachToTarget", targetId=target, flatten=True)
        tab = Tab(socket, attached["sessionId"])
        for domain in ("Page", "DOM", "Log", "Accessibility"):
            await tab.call(f"{domain}.enable")
        yield tab
        await browser.call("Target.disposeBrowserContext", browserContextId=context)
