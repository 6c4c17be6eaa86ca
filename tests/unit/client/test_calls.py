"""Retries and waiting, against a gateway that answers what the test says."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from gateway.api.openapi import openapi_document
from gateway.client import (
    Attachment,
    Client,
    GatewayUnavailableError,
    Lease,
    Message,
    NotSettledError,
    ProblemError,
    Status,
)
from gateway.client.calls import Calls, Pause, Request, Retries
from gateway.portal.pages import ROUTES

MESSAGE = {
    **dict.fromkeys(
        (
            "settledAt",
            "submitterId",
            "senderId",
            "recipientId",
            "recipient",
            "kind",
            "number",
            "issueDate",
            "amount",
        )
    ),
    **dict.fromkeys(("issueDate", "amount", "profile", "duplicateOf", "berichtsoort", "aanleverkenmerk")),
    "kenmerk": "k-1",
    "state": "received",
    "isSettled": False,
    "disposition": "pending",
    "channel": "http",
    "receivedAt": "2026-11-30T10:00:00Z",
    "sizeBytes": 10,
    "sha256": "00",
    "isTest": False,
}
SETTLED = MESSAGE | {"state": "delivered", "isSettled": True, "amount": "121.00"}
Answers = Iterator[httpx.Response | Exception]


class Script:
    """Answers in order, the requests that came, and the pauses between them."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers: Answers = iter(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.seconds = 0.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = next(self.answers)
        if isinstance(found, Exception):
            raise found
        return found

    def client(self, **more: Any) -> Client:
        client = Client("https://poort.example", "mp_key", transport=httpx.MockTransport(self.answer), **more)
        client.calls = Calls(client.calls.retries, now=lambda: self.seconds)
        return client

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Script]:
    """A script whose pauses take no time."""

    def make(*answers: httpx.Response | Exception) -> Script:
        made = Script(*answers)
        monkeypatch.setattr("gateway.client.client.time.sleep", made.sleep)
        return made

    return make


def problem(status: int, kind: str, **more: Any) -> httpx.Response:
    members = {"type": f"https://poort.example/problems/{kind}", "title": "T", "status": status, "detail": "D"}
    headers = more.pop("headers", {})
    return httpx.Response(status, json=members | more, headers=headers)


def test_a_submission_is_repeated_under_one_key(script: Callable[..., Script]) -> None:
    lost = httpx.ReadError("gone")
    busy = problem(503, "overloaded", headers={"Retry-After": "7"})
    steps = script(lost, busy, httpx.Response(201, json=SETTLED))
    assert steps.client().submit(b"<Invoice/>", wait_seconds=5).state == "delivered"
    keys = {request.headers["Idempotency-Key"] for request in steps.requests}
    assert len(steps.requests) == 3
    assert len(keys) == 1
    assert {request.headers["Prefer"] for request in steps.requests} == {"wait=5"}
    assert steps.pauses[0] <= 0.2
    assert steps.pauses[1] == 7


def test_two_submissions_have_two_keys(script: Callable[..., Script]) -> None:
    steps = script(httpx.Response(201, json=SETTLED), httpx.Response(201, json=SETTLED))
    client = steps.client()
    for _ in range(2):
        client.submit(b"<Invoice/>")
    assert len({request.headers["Idempotency-Key"] for request in steps.requests}) == 2


def test_a_refusal_is_not_repeated(script: Callable[..., Script]) -> None:
    errors = [{"in": "query", "name": "limit", "reason": "must be 1 or more"}]
    steps = script(problem(400, "invalid-input", errors=errors))
    with pytest.raises(ProblemError, match=r"400 T: D; limit must be 1 or more") as raised:
        steps.client().message("k-1")
    assert (raised.value.status, raised.value.kind, raised.value.errors) == (400, "invalid-input", errors)
    assert steps.pauses == []


def test_an_answer_of_a_proxy_is_an_error_too(script: Callable[..., Script]) -> None:
    steps = script(*[httpx.Response(502, text="<html>Bad gateway</html>")] * 2)
    with pytest.raises(ProblemError, match="502 Bad Gateway") as raised:
        steps.client(retries=Retries(2)).message("k-1")
    assert raised.value.kind == ""


def test_a_post_that_may_have_been_done_is_not_repeated(script: Callable[..., Script]) -> None:
    steps = script(httpx.ReadError("gone"))
    with pytest.raises(GatewayUnavailableError):
        steps.client().request("POST", "/v1/billing-runs", json={})
    assert len(steps.requests) == 1


@pytest.mark.parametrize("first", [httpx.ConnectError("refused"), problem(429, "too-many-requests")])
def test_a_post_that_was_not_done_is_repeated(
    script: Callable[..., Script], first: httpx.Response | Exception
) -> None:
    steps = script(first, httpx.Response(200, json={"runId": "r"}))
    assert steps.client().request("POST", "/v1/billing-runs", json={}) == {"runId": "r"}


def test_a_gateway_that_stays_away_is_given_up(script: Callable[..., Script]) -> None:
    steps = script(*[httpx.ConnectError("refused")] * 4)
    with pytest.raises(GatewayUnavailableError, match="GET /v1/messages/k-1"):
        steps.client(retries=Retries(4, pause_seconds_max=0.3)).message("k-1")
    assert len(steps.requests) == 4
    assert max(steps.pauses) <= 0.3


def test_it_asks_until_the_message_is_settled(script: Callable[..., Script]) -> None:
    accepted = httpx.Response(202, json={"kenmerk": "k-1"})
    report = {"valid": True, "findings": []}
    under_way, done = httpx.Response(200, json=MESSAGE), httpx.Response(200, json=SETTLED)
    steps = script(accepted, under_way, under_way, done, httpx.Response(200, json=report))
    message = steps.client().submit(b"<Invoice/>", wait_seconds=60)
    assert message.is_settled
    assert message.report is not None
    assert steps.requests[0].headers["Prefer"] == "wait=30"
    assert steps.pauses == [0.2, 0.4]


def test_it_waits_no_longer_than_it_may(script: Callable[..., Script]) -> None:
    steps = script(*[httpx.Response(200, json=MESSAGE)] * 9)
    with pytest.raises(NotSettledError) as raised:
        steps.client().wait_until_settled("k-1", wait_seconds=3)
    assert raised.value.kenmerk == "k-1"
    assert sum(steps.pauses) == pytest.approx(3)


def test_a_submission_that_takes_longer_returns_what_is_known(script: Callable[..., Script]) -> None:
    under_way = httpx.Response(200, json=MESSAGE)
    steps = script(httpx.Response(202, json={"kenmerk": "k-1"}), under_way, under_way)
    message = steps.client().submit(b"<Invoice/>")
    assert (message.kenmerk, message.is_settled, message.report) == ("k-1", False, None)
    assert "Prefer" not in steps.requests[0].headers


def test_options_become_headers_and_attachments_parts(script: Callable[..., Script]) -> None:
    steps = script(httpx.Response(201, json=SETTLED))
    steps.client().submit(
        b"<Invoice/>",
        attachments=[Attachment("bon.pdf", b"%PDF-1.7")],
        idempotency_key="2026-0417",
        on_behalf_of="0106:27418562",
    )
    [request] = steps.requests
    assert request.headers["Idempotency-Key"] == '"2026-0417"'
    assert request.headers["Meterpoort-On-Behalf-Of"] == "0106:27418562"
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    for part in (b'name="document"', b'name="attachment"; filename="bon.pdf"', b"application/pdf", b"%PDF-1.7"):
        assert part in request.content


def test_pages_follow_each_other(script: Callable[..., Script]) -> None:
    def page(kenmerk: str, following: str | None) -> httpx.Response:
        return httpx.Response(200, json={"items": [MESSAGE | {"kenmerk": kenmerk}], "links": {"next": following}})

    steps = script(page("k-2", "/v1/messages?cursor=2&state=returned"), page("k-1", None))
    found = steps.client().messages(state="returned", sender_id="vandijk")
    assert [message.kenmerk for message in found] == ["k-2", "k-1"]
    assert [str(request.url.query, "ascii") for request in steps.requests] == [
        "state=returned&senderId=vandijk",
        "cursor=2&state=returned",
    ]


def test_what_is_new_in_an_answer_is_ignored(script: Callable[..., Script]) -> None:
    steps = script(httpx.Response(200, json=SETTLED | {"state": "archived", "new": {"a": 1}}))
    assert steps.client().message("k-1").state == "archived"


def test_the_key_is_sent_and_not_shown(script: Callable[..., Script]) -> None:
    steps = script(problem(403, "forbidden"))
    with pytest.raises(ProblemError) as raised:
        steps.client().message("k-1")
    assert steps.requests[0].headers["Authorization"] == "Bearer mp_key"
    assert "mp_key" not in str(raised.value) + repr(raised.value)


def test_a_call_does_no_io() -> None:
    """It says what to do; the caller may use another HTTP library."""
    call = Calls().message("k-1")
    first = next(call)
    assert isinstance(first, Request)
    assert isinstance(call.throw(httpx.ConnectError("refused")), Pause)
    assert isinstance(next(call), Request)
    with pytest.raises(StopIteration) as end:
        call.send(httpx.Response(200, content=json.dumps(SETTLED)))
    assert end.value.value.amount == 121


@pytest.mark.parametrize(("kind", "component"), [(Message, "Message"), (Status, "Status"), (Lease, "Lease")])
def test_answers_have_the_members_of_the_api(kind: type[msgspec.Struct], component: str) -> None:
    schema = openapi_document(ROUTES)["components"]["schemas"][component]
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    assert names == set(schema["properties"]) - {"links", "forgotten"}
