"""Sending from a page: the verdict first, then one message, however often the form is sent."""

import io
import re
from collections.abc import Mapping, Sequence

import aiohttp
import pytest

from gateway.messages.lifecycle import State
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser
from tests.unit.portal.test_sign_in import PAGE, sign_in, token_on
from tests.unit.small_gateway import SOFTWARE, SUPPLIER, SmallGateway

RIGHT, WRONG = b"<Invoice/>", b"<Invoice><wrong/></Invoice>"


async def post(
    client: Client,
    by: str,
    fields: Sequence[tuple[str, str]] = (),
    document: bytes = b"",
    attachments: Mapping[str, bytes] = {},
) -> tuple[int, str]:
    """Send the form; the status, and the page or where it leads."""
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    if document:
        form.add_field("file", io.BytesIO(document), filename="factuur.xml")
    for name, data in attachments.items():
        form.add_field("attachment", io.BytesIO(data), filename=name, content_type="application/pdf")
    for name, value in fields:
        form.add_field(name, value)
    headers = browser(by, "en") if by else PAGE
    async with client.post("/portal/send", data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


def hidden(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="(again|key|onBehalfOf|attached)" value="([^"]*)">', page)


async def test_nothing_is_sent_before_it_is_confirmed_and_then_once(client: Client, gateway: SmallGateway) -> None:
    status, page = await post(client, "mp_supplier", [], RIGHT)
    assert (status, "has not been sent yet" in page, gateway.rows) == (200, True, {})
    fields = hidden(page)
    status, where = await post(client, "mp_supplier", fields)
    [(kenmerk, row)] = gateway.rows.items()
    assert (status, where) == (303, f"/portal/messages/{kenmerk}")
    assert await gateway.storage.read(row.message.document) == RIGHT
    assert await post(client, "mp_supplier", fields) == (303, where)
    assert len(gateway.rows) == 1
    async with client.get("/portal/outbox", headers=browser("mp_supplier")) as answer:
        assert kenmerk in await answer.text()
    async with client.get("/portal/inbox", headers=browser("mp_supplier")) as answer:
        assert kenmerk not in await answer.text()


async def test_what_would_be_refused_cannot_be_sent_by_accident(client: Client, gateway: SmallGateway) -> None:
    status, page = await post(client, "mp_supplier", [], WRONG)
    assert (status, "Send now" in page, "MP-TEST-1" in page, gateway.rows) == (200, False, True, {})


async def test_an_intermediary_says_for_whom(client: Client, gateway: SmallGateway) -> None:
    async with client.get("/portal/send", headers=browser("mp_intermediary")) as answer:
        assert '<option value="0106:12345678">Bakkerij De Korst' in await answer.text()
    _, page = await post(client, "mp_intermediary", [("onBehalfOf", "0106:12345678")], RIGHT)
    await post(client, "mp_intermediary", hidden(page))
    [row] = gateway.rows.values()
    assert (row.message.state, row.message.sender_id) == (State.DELIVERED, SUPPLIER)
    for sender, is_shown in ((SUPPLIER, True), (SOFTWARE, False)):
        async with client.get(f"/portal/outbox?sender={sender}", headers=browser("mp_intermediary")) as answer:
            page = await answer.text()
        assert (row.message.kenmerk in page) == is_shown
        assert f'<option value="{SUPPLIER}"{" selected" if is_shown else ""}>Bakkerij De Korst B.V.' in page


async def test_attachments_are_sent_with_the_document(client: Client, gateway: SmallGateway) -> None:
    sent = {"bon één;2.pdf": b"%PDF-1.7 a", "b.pdf": b"%PDF-1.7 b"}
    _, page = await post(client, "mp_supplier", [], RIGHT, sent)
    assert "bon één;2.pdf, b.pdf" in page
    await post(client, "mp_supplier", hidden(page))
    [kenmerk] = gateway.rows
    found = await gateway.services().messages.attachments(kenmerk)
    names = [(one.attachment.filename, one.attachment.media_type) for one in found]
    assert names == [(name, "application/pdf") for name in sent]
    assert [await gateway.storage.read(one.stored) for one in found if one.stored] == list(sent.values())


async def test_more_than_may_be_sent_is_refused_at_once(client: Client, gateway: SmallGateway) -> None:
    most = gateway.services().limits.attachments_bytes_max
    status, page = await post(client, "mp_supplier", [], RIGHT, {"a.pdf": b"%PDF" + bytes(most)})
    assert (status, f"{most:,}" in page, gateway.rows) == (413, True, {})


@pytest.mark.parametrize(
    "fields",
    [
        [("key", "x")],
        [("again", "?")],
        [("again", "PGE+"), ("onBehalfOf", "x")],
        [("again", "PGE+"), ("attached", "application/pdf;?;?")],
    ],
)
async def test_a_wrong_form_is_refused(
    client: Client, gateway: SmallGateway, fields: list[tuple[str, str]]
) -> None:
    found, _ = await post(client, "mp_supplier", fields)
    assert (found, gateway.rows) == (400, {})


async def test_only_a_form_of_ours_is_accepted(client: Client, gateway: SmallGateway) -> None:
    await sign_in(client, "mp_supplier")
    assert (await post(client, "", [("again", "PEludm9pY2UvPg==")]))[0] == 403
    token = await token_on(client, "/portal/send")
    assert (await post(client, "", [("again", "PEludm9pY2UvPg=="), ("formToken", token)]))[0] == 303
    assert len(gateway.rows) == 1
