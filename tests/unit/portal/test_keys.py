"""The page of keys: one's own, replaced or revoked by a form that this gateway sent."""

import re

from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser
from tests.unit.small_gateway import SmallGateway

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
        [key_id, _] = re.findall(r'name="keyId" value="([^"]+)"', await answer.text())
    async with client.post("/portal/keys", data=f"keyId={key_id}&action=rotate", headers=headers) as answer:
        [made] = re.findall(r"eenmalig getoond: (mp_[^<…]+)<", await answer.text())
    async with client.post("/portal/keys", data=f"keyId={key_id}&action=revoke", headers=headers) as answer:
        assert answer.status == 200
    async with client.get("/portal/keys", headers=browser("mp_supplier")) as answer:
        assert answer.status == 401
    async with client.get("/portal/keys", headers=browser(made)) as answer:
        assert answer.status == 200


async def test_an_operator_makes_a_key_and_a_party_does_not(client: Client, gateway: SmallGateway) -> None:
    form = {
        "action": "make",
        "role": "supplier",
        "partyId": "drukkerij-inkt",
        "label": "ERP",
        "expiresOn": "2027-01-01",
    }
    async with client.post("/portal/keys", data=form, headers=browser("mp_operator", "en")) as answer:
        [made] = re.findall(r"it is shown this once: (mp_[^<]+)<", await answer.text())
    [facts] = [one for one in await gateway.register.api_keys() if made.startswith(one.prefix)]
    assert (facts.label, facts.party_id, str(facts.expires_at)) == (
        "ERP",
        "drukkerij-inkt",
        "2026-12-31 23:00:00+00:00",
    )
    before = len(await gateway.register.api_keys())
    async with client.post("/portal/keys", data=form, headers=browser("mp_other")) as answer:
        assert answer.status == 403
    async with client.post(
        "/portal/keys", data=form | {"role": "finance"}, headers=browser("mp_operator")
    ) as answer:
        assert answer.status == 400
    assert len(await gateway.register.api_keys()) == before
