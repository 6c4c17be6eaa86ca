"""The page of a rule, where reports link to."""

import re

import pytest

from tests.unit.api.openapi_watch import Client
from tests.unit.api.test_validations import XML

WRONG = b"<Invoice>\n  <wrong/>\n</Invoice>"


@pytest.mark.parametrize(
    ("rule", "language", "words"),
    [
        ("BR-CO-15", "en", ["BT-112", "in force from 2026-03-30", "Holds", "Breaks"]),
        ("br-co-15", "nl", ["geldig vanaf 2026-03-30", "Klopt", "Fout"]),
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


async def test_a_rule_is_json_for_programs(client: Client) -> None:
    async with client.get("/rules/BR-CO-15", headers={"Accept": "application/json"}) as answer:
        rule = await answer.json()
    assert (rule["rule"], rule["set"], rule["validFrom"], rule["flag"]) == (
        *("BR-CO-15", "en16931", "2026-03-30", "fatal"),
    )
    assert {"BT-112": "2468.80"} in [case["change"] for case in rule["breaks"]]


async def test_an_unknown_rule_is_a_problem(client: Client) -> None:
    async with client.get("/rules/BR-CO-15%3Cb%3E", headers={"Accept": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["type"].rpartition("/")[2]) == (404, "unknown-item")


async def test_a_report_links_each_rule_to_its_page(client: Client) -> None:
    headers = XML | {"Accept": "text/html"}
    async with client.post("/v1/validations", data=WRONG, headers=headers) as answer:
        page = await answer.text()
    assert set(re.findall(r'href="(/rules/[^"]+)"', page)) == {"/rules/MP-TEST-1"}
