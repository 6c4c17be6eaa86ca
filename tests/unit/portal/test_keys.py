"""The page of keys: one's own, replaced or revoked by a form that this gateway sent."""

import re

from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_a_party_sees_its_own_keys(client: Client) -> None:
    async with client.get("/portal/keys", headers=browser("mp_supplier")) as answer:
        page = await answer.text()
    assert "mp_supplier…" in page
    assert "mp_other" not in page
    async with client.get("/portal/keys", headers=browser("mp_operator")) as answer:
        assert "mp_other…" in await answer.text()


async def test_a_key_is_replaced_and_revoked_by_form(client: Client) -> None:
    headers = browser("mp_supplier") | FORM
    async with client.get("/portal/keys", headers=browser("mp_supplier")) as answer:
        [key_id] = re.findall(r'name="keyId" value="([^"]+)"', await answer.text())
    async with client.post("/portal/keys", data=f"keyId={key_id}&action=rotate", headers=headers) as answer:
        [made] = re.findall(r"<code>(mp_[^<…]+)</code>", await answer.text())
    async with client.post("/portal/keys", data=f"keyId={key_id}&action=revoke", headers=headers) as answer:
        assert answer.status == 200
    async with client.get("/portal/keys", headers=browser("mp_supplier")) as answer:
        assert answer.status == 401
    async with client.get("/portal/keys", headers=browser(made)) as answer:
        assert answer.status == 200
