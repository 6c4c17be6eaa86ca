"""The calls, without I/O: a call is a generator of requests and pauses, which returns the result.

`Client` and `AsyncClient` carry them out. What is sent to a generator is the answer to its request; what is raised
in it is why there was none.
"""

import random
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict, TypeVar, Unpack

import httpx
import msgspec

from gateway.client.answers import Lease, Message, Status, Verdict
from gateway.client.errors import GatewayUnavailableError, NotSettledError, ProblemError

T = TypeVar("T")

_BUSY = {429, 503}
_GATEWAY_OF_PROXY = {502, 504}
_PAUSE_SECONDS_FIRST = 0.2
_PAUSE_SECONDS_MAX = 10.0
_POLL_SECONDS_MAX = 2.0
_WAIT_SECONDS_MAX = 30.0
"""So long one request waits for the outcome of a message; then the client asks now and then."""
_NOTHING: Mapping[str, Any] = {}


class Pause(NamedTuple):
    """Do nothing for so many seconds."""

    seconds: float


class Request(NamedTuple):
    """A request. `is_repeatable`: to send it twice has the effect of sending it once."""

    method: str
    path: str
    options: Mapping[str, Any]
    """Arguments of httpx's `request`."""
    is_repeatable: bool


Call = Generator[Request | Pause, httpx.Response, T]


class Attachment(NamedTuple):
    """A file that goes with a document, next to it."""

    filename: str
    content: bytes
    media_type: str = "application/pdf"


class SubmitOptions(TypedDict, total=False):
    """How to submit. `idempotency_key`: chosen by you, so that a program that starts again sends nothing twice;
    without one the client makes one for each call. `wait_seconds`: how long to wait until the message is settled.
    `recipient`, `on_behalf_of`: a party, as `0190:00000001812345678000`. The others are as the headers of the API.
    """

    attachments: Sequence[Attachment]
    idempotency_key: str
    wait_seconds: float
    recipient: str
    on_behalf_of: str
    profile: str
    berichtsoort: str
    aanleverkenmerk: str


class MessageFilter(TypedDict, total=False):
    """Which messages to list; everything given must hold. `q`: words that are in the message."""

    state: str
    kind: str
    q: str
    sender_id: str
    recipient_id: str
    number: str
    received_from: str
    received_until: str


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent, the first time included; and how long to pause at most."""

    attempts_max: int = 6
    pause_seconds_max: float = _PAUSE_SECONDS_MAX


def ask(request: Request, retries: Retries) -> Call[httpx.Response]:
    """The answer to a request, which is sent again where that is safe. Raises ProblemError, also for a 503 of the
    last attempt, and GatewayUnavailableError where there was no answer."""
    pause = _PAUSE_SECONDS_FIRST
    for attempt in range(1, retries.attempts_max + 1):
        seconds = 0.0
        try:
            answer = yield request
        except httpx.TransportError as error:
            was_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            if attempt == retries.attempts_max or (was_sent and not request.is_repeatable):
                raise GatewayUnavailableError(f"{request.method} {request.path}: {error!r}") from error
        else:
            if answer.is_success:
                return answer
            if attempt == retries.attempts_max or not _may_repeat(request, answer.status_code):
                raise ProblemError.of(answer)
            seconds = _retry_after(answer)
        longest = max(seconds, pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads callers, hides nothing
        yield Pause(min(longest, retries.pause_seconds_max))
        pause *= 2
    raise ValueError("attempts_max must be 1 or more")


def _may_repeat(request: Request, status: int) -> bool:
    return status == 429 or (request.is_repeatable and status in _BUSY | _GATEWAY_OF_PROXY)


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of the API. `now`: seconds of a clock that only goes forward."""

    retries: Retries = Retries()
    now: Callable[[], float] = time.monotonic

    def request(self, method: str, path: str, /, **options: Any) -> Call[Any]:
        """Any other request: the JSON of its answer, None where it has none. `options` are those of httpx."""
        answer = yield from self._ask(method, path, options, is_repeatable=method != "POST")
        return msgspec.json.decode(answer.content) if answer.content else None

    def submit(self, document: bytes, **options: Unpack[SubmitOptions]) -> Call[Message]:
        """Submit a document. The message is on stable storage when this returns; with `wait_seconds` it is settled
        too where that took no longer, and has its verdict as `report`. Look at `is_settled` and `state`."""
        wait_seconds = options.get("wait_seconds", 0.0)
        until = self.now() + wait_seconds
        sent = _body(document, options.get("attachments", ()))
        sent["headers"] |= _submission_headers(options, min(wait_seconds, _WAIT_SECONDS_MAX))
        answer = yield from self._ask("POST", "/v1/messages", sent)
        if answer.status_code != httpx.codes.ACCEPTED:
            return msgspec.json.decode(answer.content, type=Message)
        kenmerk = str(answer.json()["kenmerk"])
        try:
            settled = yield from self.wait_until_settled(kenmerk, max(0.0, until - self.now()))
        except NotSettledError:
            return (yield from self.message(kenmerk))
        return msgspec.structs.replace(settled, report=(yield from self._verdict_or_none(kenmerk)))

    def wait_until_settled(self, kenmerk: str, wait_seconds: float = 60.0) -> Call[Message]:
        """The message once nothing happens to it any more. Raises NotSettledError."""
        until, pause = self.now() + wait_seconds, _PAUSE_SECONDS_FIRST
        while True:
            message = yield from self.message(kenmerk)
            if message.is_settled:
                return message
            left = until - self.now()
            if left <= 0:
                raise NotSettledError(kenmerk)
            yield Pause(min(pause, left))
            pause = min(2 * pause, _POLL_SECONDS_MAX)

    def message(self, kenmerk: str) -> Call[Message]:
        """One message as it is now."""
        return self._read(f"/v1/messages/{kenmerk}", Message)

    def page(self, path: str, wanted: Mapping[str, Any]) -> Call[tuple[list[Message], str | None]]:
        """One page of messages, and the path of the next."""
        options = {"params": {_camel_case(name): value for name, value in wanted.items()}} if wanted else {}
        answer = yield from self._ask("GET", path, options)
        page = msgspec.json.decode(answer.content, type=_Page)
        return page.items, page.links["next"]

    def statuses(self, kenmerk: str) -> Call[list[Status]]:
        """Every step in the life of a message, the oldest first."""
        answer = yield from self._ask("GET", f"/v1/messages/{kenmerk}/statuses")
        return msgspec.json.decode(answer.content, type=_Statuses).items

    def verdict(self, kenmerk: str) -> Call[Verdict]:
        """The verdict on a message."""
        return self._read(f"/v1/messages/{kenmerk}/report", Verdict)

    def document(self, kenmerk: str) -> Call[bytes]:
        """The document as it was submitted."""
        answer = yield from self._ask("GET", f"/v1/messages/{kenmerk}/document", {"headers": {"Accept": "*/*"}})
        return answer.content

    def validate(self, document: bytes, profile: str | None = None) -> Call[Verdict]:
        """Judge a document without sending it; this needs no key."""
        sent = _body(document, ()) | {"params": {"profile": profile} if profile else {}}
        answer = yield from self._ask("POST", "/v1/validations", sent)
        return msgspec.json.decode(answer.content, type=Verdict)

    def lease(self, count: int, seconds: float | None, party_id: str | None) -> Call[list[Lease]]:
        """What was taken. A lease that was taken and not heard of ends by itself, so it may be asked again."""
        body = {"count": count} | ({} if seconds is None else {"seconds": seconds})
        answer = yield from self._ask("POST", "/v1/mailbox/leases", {"json": body} | _for_party(party_id))
        return msgspec.json.decode(answer.content, type=_Leases).items

    def confirm(self, lease: Lease, party_id: str | None = None) -> Call[None]:
        """Say that you have the message: it leaves the mailbox. `party_id`: as for `mailbox`."""
        path = f"/v1/mailbox/messages/{lease.message.kenmerk}/confirmation"
        yield from self._ask("PUT", path, {"json": {"token": lease.token}} | _for_party(party_id))

    def _ask(
        self, method: str, path: str, options: Mapping[str, Any] = _NOTHING, *, is_repeatable: bool = True
    ) -> Call[httpx.Response]:
        return ask(Request(method, path, options, is_repeatable), self.retries)

    def _read(self, path: str, kind: type[T]) -> Call[T]:
        answer = yield from self._ask("GET", path)
        return msgspec.json.decode(answer.content, type=kind)

    def _verdict_or_none(self, kenmerk: str) -> Call[Verdict | None]:
        try:
            return (yield from self.verdict(kenmerk))
        except ProblemError:  # refused before it was judged
            return None


class _Page(msgspec.Struct):
    items: list[Message]
    links: dict[str, str | None]


class _Statuses(msgspec.Struct):
    items: list[Status]


class _Leases(msgspec.Struct):
    items: list[Lease]


_HEADERS = {
    "recipient": "Meterpoort-Recipient",
    "on_behalf_of": "Meterpoort-On-Behalf-Of",
    "profile": "Meterpoort-Profile",
    "berichtsoort": "Meterpoort-Berichtsoort",
    "aanleverkenmerk": "Meterpoort-Aanleverkenmerk",
}


def _submission_headers(options: SubmitOptions, wait_seconds: float) -> dict[str, str]:
    key = options.get("idempotency_key") or str(uuid.uuid4())
    headers = {"Idempotency-Key": f'"{key}"'}
    if wait_seconds > 0:
        headers["Prefer"] = f"wait={wait_seconds:g}"
    return headers | {header: str(options[name]) for name, header in _HEADERS.items() if name in options}  # type: ignore[literal-required]


def _body(document: bytes, attachments: Sequence[Attachment]) -> dict[str, Any]:
    end = "pdf" if document.startswith(b"%PDF-") else "xml"
    media_type = f"application/{end}"
    if not attachments:
        return {"content": document, "headers": {"Content-Type": media_type}}
    parts: list[tuple[str, tuple[str, bytes, str]]] = [("document", (f"document.{end}", document, media_type))]
    return {"files": parts + [("attachment", tuple(one)) for one in attachments], "headers": {}}


def _for_party(party_id: str | None) -> dict[str, Any]:
    return {"params": {"partyId": party_id}} if party_id else {}


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))
