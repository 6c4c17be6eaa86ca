"""The first page: files are checked at once, without a key, and nothing is kept of them."""

import base64
import re

import aiohttp
import pytest

from gateway.api.report_pages import verdict_page
from gateway.http.viewer import PageContext
from gateway.portal.examples import EXAMPLES, Trial
from gateway.validator.judge import judge
from gateway.validator.rendering.render import FRAGMENT, RenderingRequest, render
from gateway.validator.report.report import encode_report
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import SmallGateway
from tests.unit.validator.test_unpack import zipped

WRONG = b"<Invoice>\n  <wrong/>\n</Invoice>"


async def checked(client: Client, *files: tuple[str | None, bytes], language: str = "en") -> tuple[int, str]:
    """Status and page when these files are sent with the form."""
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    for name, data in files:
        form.add_field("file", data if name is not None else data.decode(), filename=name)
    async with client.post(
        f"/?lang={language}", data=form, headers={"Accept": "text/html"}, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text()


async def test_a_file_gets_its_verdict_and_nothing_is_kept(client: Client, gateway: SmallGateway) -> None:
    status, page = await checked(client, ("factuur.xml", WRONG), language="nl")
    assert status == 200
    assert "factuur.xml" in page
    assert "mag hier niet staan" in page
    assert 'class="readable"' in page
    assert (gateway.rows, gateway.storage.objects, gateway.storage.open_sinks) == ({}, set(), 0)


def test_every_finding_leads_to_the_source_and_to_the_document() -> None:
    for example in EXAMPLES:
        verdict = encode_report(judge(example.document))
        readable = render(example.document, RenderingRequest(FRAGMENT, "nl", verdict))
        page = verdict_page(verdict, example.document, readable, PageContext("nl", "/", "/", None, False))
        ids, links = re.findall(r' id="([^"]+)"', page), set(re.findall(r'href="#([^"]+)"', page))
        assert len(ids) == len(set(ids))
        assert links <= set(ids)
        assert any(link.startswith("r") for link in links) == bool(example.rule)
        assert ("n1" in links) == bool(example.rule)


async def test_the_page_can_be_asked_for_in_the_other_language(client: Client) -> None:
    _, page = await checked(client, ("f.xml", WRONG))
    [again] = re.findall(r'name="file" value="([^"]+)"', page)
    assert base64.b64decode(again) == WRONG
    status, page = await checked(client, (None, again.encode()), language="nl")
    assert (status, "mag hier niet staan" in page) == (200, True)
    status, _ = await checked(client, (None, b"no base64"))
    assert status == 400


@pytest.mark.parametrize(
    "files",
    [
        [("a.zip", zipped(right=b"<Invoice/>", wrong=WRONG))],
        [("right", b"<Invoice/>"), ("wrong", WRONG)],
    ],
    ids=["zip", "files"],
)
async def test_of_several_documents_each_has_its_verdict(client: Client, files: list[tuple[str, bytes]]) -> None:
    status, page = await checked(client, *files)
    assert status == 200
    assert "1 of 2 documents are not valid." in page
    rows = re.findall(r"<tr><td.*?</tr>", page, re.DOTALL)
    assert [("right" in row, "Not valid" in row) for row in rows] == [(True, False), (False, True)]
    assert page.count('class="findings"') == 1


async def test_without_a_file_the_page_says_what_to_do(client: Client) -> None:
    status, page = await checked(client, ("", b""))
    assert (status, "choose a file first" in page) == (400, True)


async def test_scripts_are_only_those_of_the_first_page(client: Client) -> None:
    async with client.get("/") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    [script] = re.findall(r"<script([^>]*)>", page)
    [address] = re.findall(r'src="([^"]+)"', script)
    async with client.get(address) as answer:
        assert (answer.status, answer.content_type) == (200, "text/javascript")
    assert "onclick" not in page


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
async def test_an_example_is_as_right_or_wrong_as_it_says(client: Client, one: Trial) -> None:
    rules = [finding.rule for finding in judge(one.document).findings]
    assert (one.rule in rules) if one.rule else (rules == [])
    async with client.get(f"/examples/{one.name}?lang=nl") as answer:
        assert answer.status == 200
