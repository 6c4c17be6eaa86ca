"""The page of a rule, where reports link to."""

import re

import pytest

from tests.unit.api.openapi_watch import Client
from tests.unit.api.test_validations import XML

WRONG = b"<Invoice>\n  <wrong/>\n</Invoice>"


@pytest.mark.parametrize(
    ("rule", "language", "words"),
    [
        ("BR-CO-15", "en", ["BT-112", "in force from 30 March 2026", "Holds", "Breaks"]),
        ("br-co-15", "nl", ["geldig vanaf 30 maart 2026", "Klopt", "Fout"]),
        ("UBL-CR-646", "nl", ["cac:SubInvoiceLine"]),
        ("UBL-CR-629", "nl", ["Het schema keurt"]),
        ("BR-DEC-13", "en", ["No document can break this rule."]),
        ("MP-XSD-VALUE", "nl", ["De waarde past niet bij het type"]),
    ],
)
async def test_a_rule_has_its_page(client: Client, rule: str, language: str, words: list[str]) -> None:
    headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": language}
    async with client.get(f"/rules/{rule}", headers=headers) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert f"<h1>{rule.upper()}</h1>" in page
    assert [word for word in words if word not in page] == []


async def test_the_first_page_leads_to_the_sets_and_these_to_their_rules(client: Client) -> None:
    headers = {"Accept": "text/html"}
    for address, word in (
        ("/", 'href="/rules?lang=en"'),
        ("/rules", 'href="/rules?set=nlcius&amp;lang=en"'),
        ("/rules?set=nlcius", 'href="/rules/BR-NL-8?lang=en"'),
        ("/rules?set=nlcius-cii", 'href="/rules/BR-NL-1?set=nlcius-cii&amp;lang=en"'),
        ("/rules/BR-NL-1", 'href="/rules/BR-NL-1?set=nlcius-cii&amp;lang=en"'),
        ("/rules/BR-NL-1?set=nlcius-cii", "ram:SellerTradeParty"),
        ("/rules?set=meterpoort&lang=nl", "De waarde past niet bij het type"),
        ("/rules/BR-CO-15", "&lt;cbc:TaxInclusiveAmount currencyID=&#34;EUR&#34;&gt;2468.80"),
    ):
        async with client.get(address, headers=headers) as answer:
            assert answer.status == 200
            assert word in await answer.text()


async def test_the_sets_are_json_for_programs(client: Client) -> None:
    headers = {"Accept": "application/json"}
    async with client.get("/rules", headers=headers) as answer:
        sets = (await answer.json())["items"]
    assert {one["set"]: len(one["rules"]) for one in sets}["en16931"] == 0
    async with client.get("/rules?set=en16931", headers=headers) as answer:
        [one] = (await answer.json())["items"]
    assert (one["count"], len(one["rules"])) == (979, 979)
    async with client.get("/rules?set=nothing", headers=headers) as answer:
        assert answer.status == 404


async def test_a_rule_is_json_for_programs(client: Client) -> None:
    async with client.get("/rules/BR-CO-15", headers={"Accept": "application/json"}) as answer:
        rule = await answer.json()
    assert (rule["rule"], rule["set"], rule["validFrom"], rule["flag"]) == (
        *("BR-CO-15", "en16931", "2026-03-30", "fatal"),
    )
    assert {"BT-112": "2468.80"} in [case["change"] for case in rule["breaks"]]
    assert (">2468.30<" in rule["example"]["right"], ">2468.80<" in rule["example"]["wrong"]) == (True, True)


async def test_an_unknown_rule_is_a_problem(client: Client) -> None:
    async with client.get("/rules/BR-CO-15%3Cb%3E", headers={"Accept": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["type"].rpartition("/")[2]) == (404, "unknown-item")


async def test_a_report_links_each_rule_to_its_page(client: Client) -> None:
    headers = XML | {"Accept": "text/html"}
    async with client.post("/v1/validations", data=WRONG, headers=headers) as answer:
        page = await answer.text()
    assert set(re.findall(r'href="(/rules/[^"]+)"', page)) == {"/rules/MP-TEST-1"}
