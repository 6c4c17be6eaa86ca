"""Refusals are problems: of the right kind, with its page, in the language of the caller."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateway.http.problems import all_kinds
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import SmallGateway

XML = {"Content-Type": "application/xml"}
SUPPLIER = {"Authorization": "Bearer mp_supplier"}
OPERATOR = {"Authorization": "Bearer mp_operator"}

REFUSALS = [
    ("GET", "/nowhere", {}, b"", 404, "unknown-address"),
    ("GET", "/v1/messages/", SUPPLIER, b"", 404, "unknown-address"),
    ("GET", "/v1/messages//", SUPPLIER, b"", 404, "unknown-address"),
    ("GET", "/v1/messages", {}, b"", 401, "unauthenticated"),
    ("GET", "/v1/messages", {"Authorization": "Bearer mp_unknown"}, b"", 401, "unauthenticated"),
    ("GET", "/v1/messages", {"Authorization": "Bearer "}, b"", 401, "unauthenticated"),
    ("GET", "/v1/messages", {"Authorization": "Basic !!!"}, b"", 401, "unauthenticated"),
    ("GET", "/v1/messages", {"Authorization": "Bearer " + "k" * 5000}, b"", 401, "unauthenticated"),
    ("GET", "/v1/parties", SUPPLIER, b"", 403, "forbidden"),
    ("POST", "/v1/messages", OPERATOR | XML, b"<a/>", 403, "forbidden"),
    ("PATCH", "/v1/messages", SUPPLIER, b"", 405, "method-not-allowed"),
    ("DELETE", "/v1/messages/x", SUPPLIER, b"", 405, "method-not-allowed"),
    ("GET", "/v1/messages/01890000-0000-7000-8000-000000000000", SUPPLIER, b"", 404, "unknown-item"),
    ("GET", "/v1/messages/%00", SUPPLIER, b"", 404, "unknown-item"),
    ("GET", "/problems/none-such", {}, b"", 404, "unknown-item"),
    ("GET", "/problems", {"Accept": "image/png"}, b"", 406, "not-acceptable"),
    (
        "POST",
        "/v1/messages",
        SUPPLIER | {"Content-Type": "application/zip"},
        b"%PDF",
        415,
        "unsupported-media-type",
    ),
    ("POST", "/v1/messages", SUPPLIER | {"Content-Type": "x"}, b"<a/>", 415, "unsupported-media-type"),
    ("POST", "/v1/messages", SUPPLIER | XML, b"", 400, "invalid-input"),
    ("POST", "/v1/validations", XML, b"", 400, "invalid-input"),
    ("POST", "/v1/validations", {"Content-Type": "text/plain"}, b"x", 415, "unsupported-media-type"),
    ("POST", "/v1/validations?profile=none-such", XML, b"<a/>", 400, "invalid-input"),
    ("POST", "/v1/messages", SUPPLIER | XML | {"Meterpoort-Profile": "none-such"}, b"<a/>", 400, "invalid-input"),
    ("POST", "/v1/validations?schema=perhaps", XML, b"<a/>", 400, "invalid-input"),
    ("POST", "/v1/keys", OPERATOR | {"Content-Type": "application/json"}, b"{", 400, "invalid-input"),
    ("POST", "/v1/keys", OPERATOR | {"Content-Type": "application/json"}, b"[]", 400, "invalid-input"),
    ("POST", "/v1/keys", OPERATOR | {"Content-Type": "application/json"}, b"[" * 60000, 400, "invalid-input"),
    ("POST", "/v1/keys", OPERATOR | {"Content-Type": "application/json"}, b" " * 70000, 413, "body-too-large"),
    ("POST", "/v1/keys", OPERATOR | {"Content-Type": "text/csv"}, b"", 415, "unsupported-media-type"),
]


@pytest.mark.parametrize(("method", "path", "headers", "body", "status", "slug"), REFUSALS)
async def test_refusals(
    client: Client, method: str, path: str, headers: dict[str, str], body: bytes, status: int, slug: str
) -> None:
    async with client.request(method, path, headers=headers, data=body or None) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["status"]) == (status, status)
    assert problem["type"].endswith(f"/problems/{slug}")
    assert problem["title"] == all_kinds()[slug].title.en
    assert problem["detail"]


async def test_a_problem_speaks_dutch_to_the_dutch(client: Client) -> None:
    async with client.get("/nowhere", headers={"Accept-Language": "nl-NL,nl;q=0.9,en;q=0.5"}) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert problem["title"] == all_kinds()["unknown-address"].title.nl
    assert answer.headers["Content-Language"] == "nl"


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("slug", all_kinds())
async def test_every_kind_has_its_page(client: Client, slug: str, language: str) -> None:
    headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": language}
    async with client.get(f"/problems/{slug}", headers=headers) as page:
        text = await page.text()
    title = all_kinds()[slug].title
    assert (page.status, f"<h1>{title.nl if language == 'nl' else title.en}</h1>" in text) == (200, True)


async def test_a_kind_is_json_for_programs(client: Client) -> None:
    async with client.get("/problems/forbidden", headers={"Accept": "application/json"}) as answer:
        kind = await answer.json()
    assert (kind["status"], kind["title"]["nl"]) == (403, all_kinds()["forbidden"].title.nl)


async def test_a_person_with_a_browser_gets_a_page(client: Client) -> None:
    async with client.get(
        "/v1/messages", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    ) as answer:
        assert answer.content_type == "text/html"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_failure_shows_a_reference_and_nothing_else(
    client: Client, gateway: SmallGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(gateway.store, "_engines")  # a broken program: every look at a message fails
    async with client.get("/v1/messages", headers=SUPPLIER) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, set(problem)) == (500, {"type", "title", "status", "detail", "reference"})
    assert "_engines" not in str(problem)
    logged = capsys.readouterr()
    assert problem["reference"] in logged.out + logged.err


async def test_the_log_of_a_failure_names_the_message_and_the_next_request_does_not(
    client: Client, gateway: SmallGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(gateway.store, "_engines")  # a broken program: every look at a message fails
    monkeypatch.delattr(gateway.mailbox, "_committer")
    with capture_logs([merge_contextvars]) as lines:
        for path in ("/v1/messages/m-1", "/v1/messages", "/v1/mailbox/messages/m-2/confirmation"):
            method, key = ("PUT", "mp_municipality") if "mailbox" in path else ("GET", "mp_supplier")
            async with client.request(method, path, headers={"X-API-Key": key}) as answer:
                assert answer.status == 500
    assert [line.get("kenmerk") for line in lines] == ["m-1", None, "m-2"]


async def test_all_that_is_wrong_is_reported_together(client: Client) -> None:
    """NL GOV API Design Rules, /core/error-handling/all-errors."""
    wrong = {"state": "lost", "limit": "0", "receivedFrom": "yesterday", "colour": "blue", "number": "1"}
    async with client.get("/v1/messages", params=wrong, headers=SUPPLIER) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 400
    assert {error["name"] for error in problem["errors"]} == {"state", "limit", "receivedFrom", "colour"}


async def test_all_that_is_wrong_in_headers_is_reported_together(client: Client) -> None:
    headers = {
        **SUPPLIER,
        **XML,
        "Meterpoort-Recipient": "9999",
        "Meterpoort-On-Behalf-Of": "0106:12",
        "Idempotency-Key": "é",
        "Meterpoort-Profile": "x" * 81,
    }
    async with client.post("/v1/messages", data=b"<a/>", headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert {error["name"] for error in problem["errors"]} == set(headers) - {"Authorization", "Content-Type"}


async def test_all_that_is_wrong_in_a_body_is_reported_together(client: Client) -> None:
    body = {"kind": "province", "identifiers": ["0190:1", 7], "colour": "blue", "mandates": ["UPPER"]}
    async with client.put("/v1/parties/gemeente-nieuw", json=body, headers=OPERATOR) as answer:
        problem = await answer.json(content_type="application/problem+json")
    names = {error["name"] for error in problem["errors"]}
    assert names == {"name", "kind", "identifiers[1]", "colour", "mandates[0]"}


async def test_a_full_gateway_says_when_to_come_back(client: Client, gateway: SmallGateway) -> None:
    gateway.is_full = True
    async with client.post("/v1/messages", data=b"<a/>", headers=SUPPLIER | XML) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


async def test_a_full_gateway_says_so_before_the_body_comes(client: Client, gateway: SmallGateway) -> None:
    gateway.is_full = True

    async def body() -> AsyncIterator[bytes]:
        yield b"<a>"
        await asyncio.Event().wait()

    async with client.post("/v1/messages", data=body(), headers=SUPPLIER | XML) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
