"""The verdict on a message."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from gateway.api import report_pages
from gateway.api.access import JUDGES, PARTIES
from gateway.api.call import Call
from gateway.api.contents import (
    attachment_resource,
    may_read_content,
    readable_message,
    record_reading,
    require_part,
    xml_of_message,
)
from gateway.api.messages import statuses_of
from gateway.api.names import OWN_NAMES, actor_names
from gateway.api.problem_kinds import Forgotten, NotJudged
from gateway.api.renderings import shown_files
from gateway.api.route import Returns, Routes
from gateway.api.words import DOCUMENTS, STATES, STEPS
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, HTML, JSON, PLAIN, raw_json_answer, text_answer
from gateway.http.pages import page_answer
from gateway.http.viewer import PageContext
from gateway.i18n import Text
from gateway.messages.message import Message, StoredAttachment
from gateway.messages.retention import MessagePart
from gateway.messages.stored_errors import DamagedDocumentError, StoreUnavailableError
from gateway.pipeline.worker import JudgingError
from gateway.validator.media_types import PDF, document_type
from gateway.validator.rendering.render import FRAGMENT, RenderingRequest
from gateway.validator.report.report import Report
from gateway.validator.report.source import SOURCE_BYTES_MAX

routes = Routes("messages")


@routes.get(
    "/v1/messages/{kenmerk}/report",
    Text("The verdict on the message"),
    Returns("The verdict, as JSON, page or plain text.", Report, media_types=(JSON, HTML, PLAIN)),
    roles=JUDGES,
    problems=(problems.NotAcceptable, Forgotten),
)
async def show_report(call: Call, kenmerk: str) -> web.StreamResponse:
    form = call.media_type((JSON, HTML, PLAIN))
    message = await readable_message(call, kenmerk)
    await record_reading(call, message)  # a report quotes the document
    verdict = await call.services.messages.report(message.kenmerk)
    if form == JSON:
        if verdict is None:
            await require_part(call, message, MessagePart.REPORT)
            raise problems.UnknownItem(Text("report (yet) on message"), message.kenmerk)
        return raw_json_answer(verdict, more=BY_ACCEPT)
    if form == HTML:
        values, context = await message_values(call, message, verdict), PageContext.of(call.request)
        html = await asyncio.to_thread(report_pages.PAGES.render, "message.html", context, **values)
        return page_answer(html, context)
    journal = await statuses_of(call, message)
    forgotten = await call.services.messages.forgotten(message.kenmerk)
    text = report_pages.message_text(message, journal, verdict, forgotten, call.language)
    return text_answer(text, call.language)


async def message_values(call: Call, message: Message, verdict: bytes | None) -> dict[str, object]:
    """What the templates of a message take: what it shows to the caller."""
    language, attachments, readable = call.language, [], b""
    document: bytes | None = None
    if may_read_content(call):
        held = await call.services.messages.attachments(message.kenmerk)
        attachments = [attachment_resource(message.kenmerk, one) for one in held]
        document = b""  # it is large or forgotten
        if message.has_contents and message.size_bytes <= SOURCE_BYTES_MAX:
            document, readable = await _contents(call, message, verdict, held)
    forgotten = await call.services.messages.forgotten(message.kenmerk)
    view = report_pages.verdict_view
    return {
        "message": message,
        "state": STATES[message.state].in_language(language),
        "kind": DOCUMENTS[message.kind].in_language(language) if message.kind else "",
        "steps": {step: text.in_language(language) for step, text in STEPS.items()},
        "journal": await statuses_of(call, message),
        "verdict": None if verdict is None else await asyncio.to_thread(view, verdict, document, language),
        "forgotten": [report_pages.forgotten_line(one, language) for one in forgotten],
        "attachments": attachments,
        "may_read": document is not None,
        "names": await _names(call, message),
        **await asyncio.to_thread(report_pages.readable_part, readable),
    }


async def _names(call: Call, message: Message) -> dict[str, str]:
    """The names of the parties and of those who acted, by id, as far as the caller may know them."""
    parties = {message.submitter_id, message.sender_id, message.recipient_id} - {None}
    found = [call.services.directory.by_id(party_id or "") for party_id in parties]
    own = {name: text.in_language(call.language) for name, text in OWN_NAMES.items()}
    actors = await actor_names(call) if call.caller.role not in PARTIES else {}
    return own | actors | {party.party_id: party.name for party in found if party}


async def _contents(
    call: Call, message: Message, verdict: bytes | None, held: Sequence[StoredAttachment]
) -> tuple[bytes, bytes]:
    """The source of the document, and the document as people read it; empty where it cannot be read."""
    request = RenderingRequest(FRAGMENT, call.language, verdict, tuple(shown_files(message.kenmerk, held)))
    source = readable = b""
    with suppress(DamagedDocumentError, StoreUnavailableError, JudgingError, NotJudged):  # the verdict can be read
        source = await call.services.storage.read(message.document)
        if document_type(source) == PDF:
            source = await xml_of_message(call, message)
        readable = await call.services.renderings.render(message.document, request)
    return source, readable
