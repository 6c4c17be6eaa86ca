"""The links at the end of the demo: each opens the portal once, signed in as somebody of the demo."""

import json
import subprocess
import sys
from pathlib import Path

import aiohttp

from gateway.cli.demo import portal_links
from gateway.demo.cast import CAST
from gateway.messages.participants import Party, PartyKind, Role
from gateway.portal.portal import HOMES
from gateway.settings import HttpSettings, Settings
from tests.flows.conftest import opened_house


async def test_each_link_signs_in_once(tmp_path: Path) -> None:
    async with opened_house(Settings(data_directory=tmp_path, http=HttpSettings(port=0))) as house:
        for player in CAST:
            await house.gateway.register.save(Party(player.party_id, player.name, PartyKind(player.kind)), "demo")
            await house.gateway.register.new_key(Role(player.role), player.party_id, "demo")
        links = await portal_links(house.gateway, house.address)
        assert len(links) == 5
        for one in links:
            jar = aiohttp.CookieJar(unsafe=True)  # of an address in digits
            async with aiohttp.ClientSession(headers={"Accept": "text/html"}, cookie_jar=jar) as browser:
                async with browser.get(one.href) as answer:
                    assert one.name.removesuffix(" of this gateway") in await answer.text()
                async with browser.get(one.href) as answer:
                    assert answer.status == 404
                async with browser.get(f"{house.address}/portal") as answer:
                    assert answer.url.path in HOMES.values()


def test_the_demo_tells_programs_what_happened(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "gateway", "demo", "--format", "json", "--data", str(tmp_path)]
    report = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    outcomes = {one["title"]: one["outcome"] for one in report["documents"]}
    assert outcomes["a correct invoice"] == "delivered"
    assert outcomes["the first invoice again"] == "duplicate"
    assert {one["used"] for one in report["usage"]} == {4, 1}
    assert (report["fetched"], report["portal"], report["operatorKey"]) == (2, [], None)
