"""The page to try requests, and what it may do."""

import re

from tests.unit.api.openapi_watch import Client


async def test_the_page_has_what_it_needs_here(client: Client) -> None:
    async with client.get("/docs/try") as page:
        html, policy = await page.text(), page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(addresses) == 3
    for address in addresses:
        async with client.get(address) as answer:
            assert answer.status == 200
            assert len(await answer.read()) > 100
    assert not re.search(r"<script>|<style|\son\w+=", html), "the policy allows nothing in the page itself"


async def test_other_files_are_not_served(client: Client) -> None:
    for name in ("swagger-editor-bundle.js", "..%2F..%2Fsettings.py"):
        async with client.get(f"/docs/try/{name}") as answer:
            assert answer.status in {400, 404}


async def test_the_documentation_leads_to_it(client: Client) -> None:
    async with client.get("/docs", headers={"Accept": "text/html"}) as page:
        assert 'href="/docs/try"' in await page.text()
