"""Messages: submit one, list them, follow one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.access import PARTIES, READERS
from gateway.api.call import Call, message_not_found
from gateway.api.lists import bad_cursor, page_answer, page_limit
from gateway.api.message_resources import (
    ForgottenResource,
    MessageLinks,
    MessageResource,
    StatusResource,
    links_of,
    message_resource,
    status_resource,
)
from gateway.api.problem_kinds import IdempotencyConflict
from gateway.api.route import LOCATION, NEXT_PAGE, Body, Returns, Routes
from gateway.api.schema import Moment, PageLinks, Schema, Timestamp
from gateway.api.search import close_names, named_parties, require_known
from gateway.channels.http.submission import SUBMISSION_TYPES
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.negotiation import preferred_wait_seconds
from gateway.http.problems import Fault
from gateway.http.reasons import IDENTIFIER, NO_MOMENT
from gateway.i18n import Text
from gateway.messages.finding import moment, words_of
from gateway.messages.lifecycle import State
from gateway.messages.message import JournalEntry, Message, MessageFilter
from gateway.messages.submission import IdempotencyConflictError, OverloadedError, Receipt, Submission
from gateway.validator.model.document import DocumentKind

routes = Routes("messages")

_PLAIN = r"^[\x20-\x7e\xa0-\uffff]{1,80}$"
SUBMISSION_HEADERS = {
    "Idempotency-Key": Annotated[
        str,
        Meta(
            pattern=r"""^("([ !#-\[\]-~]|\\["\\]){1,255}"|[!#-\[\]-~]{1,255})$""",
            description="Your own key for this message: a repeat with the same key and body gets the first "
            "answer.",
        ),
    ],
    "Prefer": Annotated[
        str,
        Meta(description="`wait=10`: answer with the verdict if there is one within so many seconds (RFC 7240)."),
    ],
    "Content-Digest": Annotated[
        str, Meta(description="`sha-256=:…:` over the body (RFC 9530): checked before anything is stored.")
    ],
    "Meterpoort-Recipient": Annotated[
        str,
        Meta(
            pattern=IDENTIFIER,
            description="Recipient, `scheme:value`, when it is not the one that the document names.",
        ),
    ],
    "Meterpoort-On-Behalf-Of": Annotated[
        str,
        Meta(
            pattern=IDENTIFIER,
            description="The party you send for, `scheme:value`: the document must be from it, and it must have "
            "given you a mandate, else the message is refused (MP-ON-BEHALF-OF).",
        ),
    ],
    "Meterpoort-Profile": Annotated[
        str,
        Meta(
            min_length=1,
            description="Rule set to add to the one that CustomizationID names; it takes no rule away.",
        ),
    ],
    "Meterpoort-Berichtsoort": Annotated[
        str, Meta(pattern=_PLAIN, description="Digipoort's berichtsoort; returned unchanged.")
    ],
    "Meterpoort-Aanleverkenmerk": Annotated[
        str, Meta(pattern=_PLAIN, description="Your own number for this submission; returned unchanged.")
    ],
}

SUBMISSION_ANSWER = {
    **LOCATION,
    "Preference-Applied": "The wait that was honoured.",
    "Idempotency-Replayed": "`true` when this repeats the answer to an earlier request with the same key.",
}


Q = (
    "Words that are all in the message: part of its number or kenmerk, the name, id or identifier of a party, "
    "the total with VAT (`1210` or `1.210,00`), the day of the document or of receipt (`2026-11-02`, `2-11-2026`)."
)
NamedParty = Annotated[str, Meta(max_length=200, description="A party, by id, name or identifier.")]
MessageCursor = Annotated[str, Meta(max_length=36)]


class Accepted(Schema):
    """The gateway holds the message on stable storage."""

    kenmerk: str
    received_at: Timestamp
    links: MessageLinks


class MessagePage(Schema):
    """One page of messages."""

    items: list[MessageResource]
    links: PageLinks
    did_you_mean: list[str] | UnsetType = UNSET
    """Names of parties like a word that was searched for; only when nothing was found."""


class Statuses(Schema):
    """Every step, oldest first."""

    items: list[StatusResource]


class MessageQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which messages to list; everything given must hold."""

    state: list[State] = msgspec.field(default_factory=list)
    kind: list[DocumentKind] = msgspec.field(default_factory=list)
    q: Annotated[str, Meta(max_length=200, description=Q)] | None = None
    sender_id: NamedParty | None = None
    recipient_id: NamedParty | None = None
    number: Annotated[str, Meta(max_length=200, description="The whole number.")] | None = None
    received_from: Moment | None = None
    received_until: Moment | None = None
    cursor: MessageCursor | None = None
    limit: Annotated[int, Meta(ge=1)] | None = None


@routes.post(
    "/v1/messages",
    Text("Submit a document, with or without detached attachments"),
    Returns(
        "Settled within the wait: the message with its verdict.",
        MessageResource,
        status=201,
        headers=SUBMISSION_ANSWER,
    ),
    Returns("As 201, for a repeat with the same key and body.", MessageResource, headers=SUBMISSION_ANSWER),
    Returns("On stable storage; the verdict follows.", Accepted, status=202, headers=SUBMISSION_ANSWER),
    raw_body=Body(
        media_types=tuple(SUBMISSION_TYPES),
        description="The document as XML, or as a PDF with CII in it (Factur-X); or multipart with one document "
        "(in form-data the part `document`, else the only XML part, or where there is none a PDF as the "
        "first part) and each attachment as its own part (in form-data named `attachment`).",
    ),
    roles=PARTIES,
    headers=SUBMISSION_HEADERS,
    problems=(
        problems.Overloaded,
        problems.AttachmentsTooLarge,
        problems.MalformedMultipart,
        problems.DigestMismatch,
        IdempotencyConflict,
    ),
)
async def submit_message(call: Call) -> web.StreamResponse:
    """Accept a document; answer once it is on stable storage, or with the verdict when asked to wait."""
    with _intake_problems():
        call.services.intake.require_room()
    receipt = await receipt_of(call, await call.context.submissions.submission(call.request, call.caller))
    more: dict[str, str] = {hdrs.LOCATION: f"/v1/messages/{receipt.kenmerk}"}
    if receipt.is_repeat:
        more["Idempotency-Replayed"] = "true"
    wait = preferred_wait_seconds(call.request.headers.get("Prefer"), call.services.http.wait_seconds_max)
    if wait:
        more["Preference-Applied"] = f"wait={wait:g}"
        if await call.services.intake.wait_until_settled(receipt.kenmerk, wait):
            return await _verdict(call, receipt, more)
    return json_answer(Accepted.of(receipt, links=links_of(receipt.kenmerk)), 202, more)


@contextmanager
def _intake_problems() -> Iterator[None]:
    """What an intake raises, as problems."""
    try:
        yield
    except IdempotencyConflictError as conflict:
        raise IdempotencyConflict(conflict.first_kenmerk) from conflict
    except OverloadedError as overload:
        raise problems.Overloaded(overload.retry_after_seconds, closes=False) from overload


async def receipt_of(call: Call, submission: Submission) -> Receipt:
    """Submit: the receipt, once it is on stable storage. Raises IdempotencyConflict and Overloaded."""
    with _intake_problems():
        return await call.services.intake.submit(submission)


async def _verdict(call: Call, receipt: Receipt, more: dict[str, str]) -> web.Response:
    messages = call.services.messages
    message = await messages.message(receipt.kenmerk, None)
    if message is None:
        raise message_not_found(receipt.kenmerk)
    shape = message_resource(message, await messages.report(receipt.kenmerk))
    return json_answer(shape, 200 if receipt.is_repeat else 201, more)


@routes.get(
    "/v1/messages",
    Text("List messages, newest first"),
    Returns("One page.", MessagePage, headers=NEXT_PAGE),
    roles=READERS,
)
async def list_messages(call: Call, query: MessageQuery) -> web.StreamResponse:
    faults: list[Fault] = []
    received_from = _moment(query.received_from, "receivedFrom", faults)
    received_until = _moment(query.received_until, "receivedUntil", faults)
    if faults:
        raise problems.InvalidInput(tuple(faults))
    named = {"senderId": query.sender_id, "recipientId": query.recipient_id}
    party_ids = await named_parties(call, named)
    wanted = MessageFilter(
        visible_to=call.visible_to,
        states=frozenset(query.state),
        kinds=frozenset(query.kind),
        sender_id=party_ids.get("senderId"),
        recipient_id=party_ids.get("recipientId"),
        number=query.number.strip() if query.number else None,
        words=words_of(query.q or "", await call.services.directory.parties()),
        received_from=received_from,
        received_until=received_until,
    )
    limit = page_limit(call, query.limit)
    try:
        page = await call.services.messages.page(wanted, query.cursor, limit)
    except ValueError as error:
        raise bad_cursor() from error
    items = [message_resource(item) for item in page.items]
    more: dict[str, object] = {}
    if not items and not query.cursor:
        await require_known(call, named, party_ids)
        more = {"did_you_mean": await close_names(call, query.q)} if query.q else {}
    return page_answer(call, page.next_cursor, MessagePage, items=items, **more)


def _moment(text: str | None, name: str, faults: list[Fault]) -> datetime | None:
    try:
        return moment(text, is_end=name == "receivedUntil") if text else None
    except ValueError:
        faults.append(Fault("query", name, NO_MOMENT))
        return None


@routes.get(
    "/v1/messages/{kenmerk}",
    Text("One message: where it is and what is known of it"),
    Returns("The message."),
    roles=READERS,
)
async def show_message(call: Call, kenmerk: str) -> MessageResource:
    resource = message_resource(await call.message(kenmerk))
    forgotten = await call.services.messages.forgotten(resource.kenmerk)
    if forgotten:
        resource.forgotten = [ForgottenResource.of(one) for one in forgotten]
    return resource


@routes.get(
    "/v1/messages/{kenmerk}/statuses",
    Text("Every step in the life of the message, oldest first"),
    Returns("The steps, with Digipoort's codes."),
    roles=READERS,
)
async def list_statuses(call: Call, kenmerk: str) -> Statuses:
    return Statuses(items=await statuses_of(call, await call.message(kenmerk)))


async def statuses_of(call: Call, message: Message) -> list[StatusResource]:
    """The steps, with their actors as the caller may know them."""
    journal = await call.services.messages.journal(message.kenmerk)
    return [status_resource(entry, _actor(call, message, entry)) for entry in journal]


def _actor(call: Call, message: Message, entry: JournalEntry) -> str:
    """Parties do not learn which operator acted."""
    known = {"gateway", message.submitter_id, message.sender_id, message.recipient_id}
    return entry.actor if call.caller.role not in PARTIES or entry.actor in known else "operator"
