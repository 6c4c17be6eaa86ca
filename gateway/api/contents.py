"""The document of a message and its attachments, and who may read them."""

import base64
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from urllib.parse import quote

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from gateway.api.access import JUDGES
from gateway.api.call import Call, message_not_found
from gateway.api.embedded import decoded_content
from gateway.api.problem_kinds import Forgotten, NotJudged
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema
from gateway.http import problems
from gateway.http.answers import CSV, OCTETS, PDF, XML, headers, stream_answer
from gateway.i18n import Text
from gateway.messages.contents import media_type_of
from gateway.messages.lifecycle import State
from gateway.messages.message import Message, StoredAttachment
from gateway.messages.participants import Role
from gateway.messages.retention import MessagePart
from gateway.pipeline.worker import JudgingError
from gateway.validator.media_types import document_name
from gateway.validator.model.document import Attachment
from gateway.validator.rendering.render import RenderingRequest

routes = Routes("messages", number="The number of the attachment, from 1.")
Number = Annotated[int, Meta(ge=1)]

_VIEWED = {PDF: PDF, "image/png": "image/png", "image/jpeg": "image/jpeg", CSV: "text/plain; charset=utf-8"}
"""What a browser may show, and as what; it must not guess another type (`nosniff`), so a web page never runs."""
_VIEW_POLICY = (
    "default-src 'none'; img-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)

BYTES = {
    "Content-Digest": "SHA-256 of the bytes (RFC 9530).",
    "ETag": "The same hash; with If-None-Match the answer is 304.",
    "Content-Disposition": "`attachment`; with `view=true` `inline`, for PDF, PNG, JPEG and CSV alone.",
}

_READABLE_BY_RECIPIENT = frozenset({State.DELIVERED, State.CONFIRMED})
_SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]")


class AttachmentResource(Schema):
    """One attachment. `isEmbedded`: it is part of the document, else it was sent separately."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str
    is_embedded: bool
    href: str


@dataclass(frozen=True, slots=True)
class _Download:
    """A document or attachment as it is sent."""

    media_type: str
    size_bytes: int
    sha256: str
    disposition: str
    policy: str = ""
    """The Content-Security-Policy, where it is another than that of every answer."""


class AttachmentQuery(msgspec.Struct, frozen=True):
    """`view`: to be looked at in a browser, and not saved; only for media types that run nothing."""

    view: bool = False


class Attachments(Schema):
    """Every attachment of a message, in order."""

    items: list[AttachmentResource]


@routes.get(
    "/v1/messages/{kenmerk}/document",
    Text("The original bytes of the document"),
    Returns(
        "The document, as XML or PDF; by Accept also as bytes without a type.",
        media_types=(XML, PDF, OCTETS),
        headers=BYTES,
    ),
    Returns("You have it already.", status=304, media_types=(), headers=BYTES),
    roles=JUDGES,
    problems=(problems.DocumentDamaged, problems.DocumentMissing, problems.NotAcceptable, Forgotten),
)
async def show_document(call: Call, kenmerk: str) -> web.StreamResponse:
    call.media_type((XML, PDF, OCTETS))
    message = await message_with_content(call, kenmerk)
    await require_part(call, message, MessagePart.CONTENTS)
    content = await call.services.storage.check(message.document)
    kind = await media_type_of(content)
    name = f'attachment; filename="{document_name(message.kenmerk, kind)}"'
    download = _Download(call.media_type((kind, OCTETS)), message.size_bytes, message.sha256, name)
    return await _send(call, download, content.stream)


@routes.get(
    "/v1/messages/{kenmerk}/attachments",
    Text("The attachments, embedded and detached"),
    Returns("The attachments, without their content."),
    roles=JUDGES,
)
async def list_attachments(call: Call, kenmerk: str) -> Attachments:
    message = await message_with_content(call, kenmerk)
    held = await call.services.messages.attachments(message.kenmerk)
    return Attachments(items=[attachment_resource(message.kenmerk, one) for one in held])


@routes.get(
    "/v1/messages/{kenmerk}/attachments/{number}",
    Text("The content of one attachment, decoded"),
    Returns("The content, in the attachment's own media type.", media_types=(OCTETS, "*/*"), headers=BYTES),
    Returns("You have it already.", status=304, media_types=(), headers=BYTES),
    roles=JUDGES,
    problems=(problems.DocumentDamaged, problems.DocumentMissing, Forgotten, NotJudged),
)
async def show_attachment(call: Call, kenmerk: str, number: Number, query: AttachmentQuery) -> web.StreamResponse:
    message = await message_with_content(call, kenmerk)
    await require_part(call, message, MessagePart.CONTENTS)
    for held in await call.services.messages.attachments(message.kenmerk):
        if held.attachment.number == number:
            return await _send_attachment(call, message, held, is_viewed=query.view)
    raise problems.UnknownItem(Text("attachment"), str(number))


async def readable_message(call: Call, kenmerk: str) -> Message:
    """The message, unless the caller is only its recipient and it was not delivered: what was refused or
    stopped on its way stays between the sender and the gateway."""
    message = await call.message(kenmerk)
    visible = call.visible_to
    senders = {message.submitter_id, message.sender_id}
    if visible is None or visible & senders or message.state in _READABLE_BY_RECIPIENT:
        return message
    raise message_not_found(message.kenmerk)


def may_read_content(call: Call) -> bool:
    """Whether the caller may read documents, of the messages that it may see."""
    return call.caller.role is not Role.OPERATOR or call.services.http.operators_read_documents


async def message_with_content(call: Call, kenmerk: str) -> Message:
    """The message, if the caller may read its content."""
    if not may_read_content(call):
        raise problems.Forbidden(
            Text("Operators of this gateway do not read documents; they work with reports and statuses.")
        )
    message = await readable_message(call, kenmerk)
    await record_reading(call, message)
    return message


async def record_reading(call: Call, message: Message) -> None:
    """Record which operator reads which part of a message, before it is sent; parties read what is their own."""
    if call.caller.role is Role.OPERATOR:
        part = call.request.path.rpartition(message.kenmerk)[2].strip("/")
        await call.services.directory.record_reading(message.kenmerk, part, call.caller.key_id)


async def require_part(call: Call, message: Message, part: MessagePart) -> None:
    """Raises Forgotten when this part of the message was forgotten."""
    if part is MessagePart.CONTENTS and message.has_contents:
        return
    forgotten = [one for one in await call.services.messages.forgotten(message.kenmerk) if one.part is part]
    if forgotten:
        raise Forgotten(message.kenmerk, forgotten[-1])


def view_address(kenmerk: str, facts: Attachment) -> str:
    """Where a browser shows an attachment; empty where it may not."""
    return f"/v1/messages/{kenmerk}/attachments/{facts.number}?view=true" if facts.media_type in _VIEWED else ""


async def _send_attachment(
    call: Call, message: Message, held: StoredAttachment, *, is_viewed: bool
) -> web.StreamResponse:
    facts = held.attachment
    name, media_type, policy = disposition(facts.filename, facts.number), facts.media_type, ""
    if is_viewed and media_type in _VIEWED:
        name, media_type, policy = name.replace("attachment", "inline", 1), _VIEWED[media_type], _VIEW_POLICY
    download = _Download(media_type, facts.size_bytes, facts.sha256, name, policy)
    content = await call.services.storage.check(held.stored or message.document)
    if held.stored is not None:
        return await _send(call, download, content.stream)
    if facts.start is None or facts.end is None:
        raise problems.UnknownItem(Text("attachment"), str(facts.number))
    encoded = partial(content.stream, facts.start, facts.end)
    if await media_type_of(content) == PDF:
        xml = await xml_of_message(call, message)
        encoded = partial(_one_piece, xml[facts.start : facts.end])
    return await _send(call, download, lambda: decoded_content(encoded()))


async def xml_of_message(call: Call, message: Message) -> bytes:
    """The XML of a message: its document, or what that carries as a PDF. Raises NotJudged and what reading it
    raises."""
    try:
        return await call.services.renderings.render(message.document, RenderingRequest("xml", call.language))
    except JudgingError as error:
        raise not_rendered(message, error) from error


def not_rendered(message: Message, error: JudgingError) -> NotJudged:
    """The problem that a document could not be shown, which is logged with its reason."""
    return NotJudged.log_case("rendering_failed", size_bytes=message.size_bytes, reason=str(error))


async def _one_piece(data: bytes) -> AsyncIterator[bytes]:
    yield data


def disposition(filename: str | None, number: int) -> str:
    """Content-Disposition (RFC 6266): always a download; the name in ASCII and as it is."""
    name = filename or f"attachment-{number}"
    return f"attachment; filename=\"{_SAFE_NAME.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _send(call: Call, download: _Download, pieces: Callable[[], AsyncIterator[bytes]]) -> web.StreamResponse:
    """Send the pieces, with their digest (RFC 9530) and ETag; they were compared with their SHA-256 before."""
    sha256 = download.sha256
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    more = {
        "Content-Digest": f"sha-256=:{digest}:",
        hdrs.ETAG: f'"{sha256}"',
        "Content-Disposition": download.disposition,
    }
    if download.policy:
        more["Content-Security-Policy"] = download.policy
    every = headers(download.media_type, more)
    if call.request.headers.get(hdrs.IF_NONE_MATCH, "").find(f'"{sha256}"') >= 0:
        del every[hdrs.CONTENT_TYPE]
        return web.Response(status=304, headers=every)
    return await stream_answer(call.request, pieces(), download.size_bytes, every)


def attachment_resource(kenmerk: str, held: StoredAttachment) -> AttachmentResource:
    """An attachment in the list."""
    facts = held.attachment
    return AttachmentResource.of(
        facts, is_embedded=facts.start is not None, href=f"/v1/messages/{kenmerk}/attachments/{facts.number}"
    )
