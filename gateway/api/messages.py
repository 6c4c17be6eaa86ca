"""Messages: hand one in, follow it, read what it says."""

import base64
import re
import string
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

import msgspec
from aiohttp import hdrs, web

from gateway.api import report_pages as report
from gateway.api.access import PARTIES
from gateway.api.desk import Call, unknown, unknown_message
from gateway.api.lists import bad_cursor, link_header, next_page, page_limit
from gateway.api.shapes import (
    Attachments,
    AttachmentShape,
    MessagePage,
    Moment,
    PageLinks,
    Statuses,
    StatusShape,
    accepted,
    attachment_shape,
    message_shape,
    status_shape,
)
from gateway.http import problems
from gateway.http.answers import (
    BY_ACCEPT,
    HTML,
    JSON,
    PLAIN,
    headers,
    json_answer,
    raw_json_answer,
    text_answer,
)
from gateway.http.negotiation import preferred_wait_seconds
from gateway.http.pages import page_answer
from gateway.i18n import Text
from gateway.messages.lifecycle import State
from gateway.messages.message import JournalEntry, Message, MessageFilter, StoredAttachment
from gateway.messages.participants import Role
from gateway.messages.submission import (
    IdempotencyConflictError,
    OverloadedError,
    Receipt,
    StoredBytes,
    Submission,
)
from gateway.validator.model.document import DocumentKind

_READABLE_BY_RECIPIENT = frozenset({State.DELIVERED, State.CONFIRMED})
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/="))
_SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]")


class MessageQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which messages to list; everything given must hold."""

    state: list[State] = []
    kind: list[DocumentKind] = []
    sender_id: str | None = None
    recipient_id: str | None = None
    number: str | None = None
    received_from: Moment | None = None
    received_until: Moment | None = None
    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


class ReadQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How to read it: the language of texts, when not by Accept-Language."""

    lang: report.Language | None = None


async def submit(call: Call) -> web.StreamResponse:
    """Take a document in; answer once it is on stable storage, or with the verdict when asked to wait."""
    submission = await call.desk.intake.submission(call.request, call.caller)
    receipt = await _handed_in(call, submission)
    more: dict[str, str] = {hdrs.LOCATION: f"/v1/messages/{receipt.kenmerk}"}
    if receipt.is_repeat:
        more["Idempotency-Replayed"] = "true"
    wait = preferred_wait_seconds(call.request.headers.get("Prefer"), call.doors.wait_seconds_max)
    if wait:
        more["Preference-Applied"] = f"wait={wait:g}"
        if await call.doors.intake.wait_until_settled(receipt.kenmerk, wait):
            return await _verdict(call, receipt, more)
    return json_answer(accepted(receipt), 202, more)


async def _handed_in(call: Call, submission: Submission) -> Receipt:
    try:
        return await call.doors.intake.submit(submission)
    except IdempotencyConflictError as conflict:
        raise problems.IdempotencyConflict(conflict.first_kenmerk) from conflict
    except OverloadedError as overload:
        raise problems.Overloaded(overload.retry_after_seconds) from overload


async def _verdict(call: Call, receipt: Receipt, more: dict[str, str]) -> web.Response:
    messages = call.doors.messages
    message = await messages.message(receipt.kenmerk, None)
    if message is None:
        raise unknown_message(receipt.kenmerk)
    shape = message_shape(message, await messages.report(receipt.kenmerk))
    return json_answer(shape, 200 if receipt.is_repeat else 201, more)


async def list_messages(call: Call) -> web.StreamResponse:
    """One page of the messages that the caller may see, newest first."""
    query = call.query(MessageQuery)
    wanted = MessageFilter(
        visible_to=call.visible_to,
        states=frozenset(query.state),
        kinds=frozenset(query.kind),
        sender_id=query.sender_id,
        recipient_id=query.recipient_id,
        number=query.number,
        received_from=query.received_from,
        received_until=query.received_until,
    )
    limit = page_limit(call, query.limit)
    try:
        page = await call.doors.messages.page(wanted, query.cursor, limit)
    except ValueError as error:
        raise bad_cursor() from error
    following = next_page(call, page.next_cursor)
    body = MessagePage(items=[message_shape(item) for item in page.items], links=PageLinks(next=following))
    return json_answer(body, more=link_header(following))


async def show(call: Call) -> web.StreamResponse:
    """One message."""
    return json_answer(message_shape(await call.message()))


async def statuses(call: Call) -> web.StreamResponse:
    """Every step in the life of a message."""
    message = await call.message()
    return json_answer(Statuses(items=await _journal(call, message)))


async def _journal(call: Call, message: Message) -> list[StatusShape]:
    journal = await call.doors.messages.journal(message.kenmerk)
    return [status_shape(entry, _actor(call, message, entry)) for entry in journal]


def _actor(call: Call, message: Message, entry: JournalEntry) -> str:
    """Parties do not learn which operator acted."""
    known = {"gateway", message.submitter_id, message.sender_id, message.recipient_id}
    return entry.actor if call.caller.role not in PARTIES or entry.actor in known else "operator"


async def show_report(call: Call) -> web.StreamResponse:
    """The verdict, as JSON, page or plain text."""
    form = call.form((JSON, HTML, PLAIN))
    message = await _readable(call)
    verdict = await call.doors.messages.report(message.kenmerk)
    if form == JSON:
        if verdict is None:
            raise unknown(Text("report (yet) on message"), message.kenmerk)
        return raw_json_answer(verdict, more=BY_ACCEPT)
    journal = await _journal(call, message)
    if form == HTML:
        html = report.message_page(message, journal, verdict, call.language, *await _to_read(call, message))
        return page_answer(html, call.language)
    return text_answer(report.message_text(message, journal, verdict, call.language), call.language)


async def _to_read(call: Call, message: Message) -> tuple[list[AttachmentShape], bytes | None]:
    """For the page: the attachments, and the document; the latter empty when it is large, None for operators."""
    if not _may_read_content(call):
        return [], None
    held = await call.doors.messages.attachments(message.kenmerk)
    stored = await call.doors.messages.document(message.kenmerk)
    is_short = stored is not None and stored.size_bytes <= report.EXCERPT_BYTES_MAX
    source = await call.doors.storage.read(stored) if stored is not None and is_short else b""
    return [attachment_shape(message.kenmerk, one) for one in held], source


async def document(call: Call) -> web.StreamResponse:
    """The original bytes."""
    message = await _content(call)
    stored = await call.doors.messages.document(message.kenmerk)
    if stored is None:
        raise unknown(Text("document of message"), message.kenmerk)
    more = {"Content-Disposition": f'attachment; filename="{message.kenmerk}.xml"'}
    return await _send(call, stored, stored.sha256, "application/xml", more)


async def list_attachments(call: Call) -> web.StreamResponse:
    """Every attachment, without its content."""
    message = await _content(call)
    held = await call.doors.messages.attachments(message.kenmerk)
    return json_answer(Attachments(items=[attachment_shape(message.kenmerk, one) for one in held]))


async def attachment(call: Call) -> web.StreamResponse:
    """The content of one attachment, decoded."""
    message = await _content(call)
    number = call.named("number")
    for held in await call.doors.messages.attachments(message.kenmerk):
        if str(held.attachment.number) == number:
            return await _send_attachment(call, message, held)
    raise unknown(Text("attachment"), number)


async def _readable(call: Call) -> Message:
    """The message, unless the caller is only its recipient and it was not delivered: what was refused or
    stopped on its way stays between the sender and the gateway."""
    message = await call.message()
    visible = call.visible_to
    senders = {message.submitter_id, message.sender_id}
    if visible is None or visible & senders or message.state in _READABLE_BY_RECIPIENT:
        return message
    raise unknown_message(message.kenmerk)


def _may_read_content(call: Call) -> bool:
    return call.caller.role is not Role.OPERATOR or call.doors.operators_read_content


async def _content(call: Call) -> Message:
    """The message, if the caller may read its content."""
    if not _may_read_content(call):
        raise problems.Forbidden(
            Text(
                "Operators of this gateway do not read documents; they work with reports and statuses.",
            )
        )
    return await _readable(call)


async def _send_attachment(call: Call, message: Message, held: StoredAttachment) -> web.StreamResponse:
    facts = held.attachment
    more = {"Content-Disposition": disposition(facts.filename, facts.number)}
    if held.stored is not None:
        return await _send(call, held.stored, facts.sha256, facts.media_type, more)
    whole = await call.doors.messages.document(message.kenmerk)
    if whole is None or facts.start is None or facts.end is None:
        raise unknown(Text("attachment"), str(facts.number))
    encoded = call.doors.storage.stream(whole, facts.start, facts.end)
    return await _stream(call, _from_base64(encoded), facts.size_bytes, facts.sha256, facts.media_type, more)


def disposition(filename: str | None, number: int) -> str:
    """Content-Disposition (RFC 6266): always a download; the name in ASCII and as it is."""
    name = filename or f"attachment-{number}"
    return f"attachment; filename=\"{_SAFE_NAME.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _from_base64(encoded: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = b""
    async for piece in encoded:
        text = held + piece.translate(None, _NOT_BASE64)
        whole = len(text) - len(text) % 4
        held = text[whole:]
        yield base64.b64decode(text[:whole])
    if held:
        yield base64.b64decode(held)


async def _send(
    call: Call, stored: StoredBytes, sha256: str, media_type: str, more: dict[str, str]
) -> web.StreamResponse:
    return await _stream(call, call.doors.storage.stream(stored), stored.size_bytes, sha256, media_type, more)


async def _stream(
    call: Call, pieces: AsyncIterator[bytes], size_bytes: int, sha256: str, media_type: str, more: dict[str, str]
) -> web.StreamResponse:
    """Send bytes as they come from storage, with their digest (RFC 9530) and ETag."""
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    every = headers(media_type, {"Content-Digest": f"sha-256=:{digest}:", hdrs.ETAG: f'"{sha256}"', **more})
    if call.request.headers.get(hdrs.IF_NONE_MATCH, "").find(f'"{sha256}"') >= 0:
        del every[hdrs.CONTENT_TYPE]
        return web.Response(status=304, headers=every)
    answer = web.StreamResponse(headers=every)
    answer.content_length = size_bytes
    await answer.prepare(call.request)
    if call.request.method != hdrs.METH_HEAD:
        async for piece in pieces:
            await answer.write(piece)
    await answer.write_eof()
    return answer
