"""The links at the end of the demo: each opens the portal once, signed in as somebody of the demo."""

import re
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
        lines = await portal_links(house.gateway, house.address)
        links = [found.groups() for line in lines if (found := re.fullmatch(r"  (.+?):\s+(http\S+)", line))]
        assert len(links) == 5
        for name, link in links:
            jar = aiohttp.CookieJar(unsafe=True)  # of an address in digits
            async with aiohttp.ClientSession(headers={"Accept": "text/html"}, cookie_jar=jar) as browser:
                async with browser.get(link) as answer:
                    assert name.removesuffix(" of this gateway") in await answer.text()
                async with browser.get(link) as answer:
                    assert answer.status == 404
                async with browser.get(f"{house.address}/portal") as answer:
                    assert answer.url.path in HOMES.values()
