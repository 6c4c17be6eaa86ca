"""The verdict on a message."""

import asyncio
from contextlib import suppress

from aiohttp import web

from gateway.api import report_pages
from gateway.api.access import JUDGES
from gateway.api.call import Call
from gateway.api.contents import (
    AttachmentResource,
    attachment_resource,
    may_read_content,
    readable_message,
    record_reading,
    require_part,
    xml_of_message,
)
from gateway.api.messages import statuses_of
from gateway.api.problem_kinds import Forgotten, NotJudged
from gateway.api.route import Returns, Routes
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, HTML, JSON, PLAIN, raw_json_answer, text_answer
from gateway.http.pages import page_answer
from gateway.http.viewer import PageContext
from gateway.i18n import Text
from gateway.messages.message import Message
from gateway.messages.retention import MessagePart
from gateway.messages.stored_errors import DamagedDocumentError, StoreUnavailableError
from gateway.validator.media_types import PDF, document_type
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
    journal = await statuses_of(call, message)
    forgotten = await call.services.messages.forgotten(message.kenmerk)
    if form == HTML:
        to_read = await _to_read(call, message)
        page, context = report_pages.message_page, PageContext.of(call.request)
        html = await asyncio.to_thread(page, message, journal, verdict, forgotten, context, *to_read)
        return page_answer(html, context)
    text = report_pages.message_text(message, journal, verdict, forgotten, call.language)
    return text_answer(text, call.language)


async def _to_read(call: Call, message: Message) -> tuple[list[AttachmentResource], bytes | None]:
    """For the page: the attachments, and the document; the latter empty when it is large or forgotten, None for
    operators."""
    if not may_read_content(call):
        return [], None
    held = await call.services.messages.attachments(message.kenmerk)
    is_short = message.has_contents and message.size_bytes <= SOURCE_BYTES_MAX
    source = b""
    if is_short:
        with suppress(
            DamagedDocumentError, StoreUnavailableError, NotJudged
        ):  # the verdict can be read without the lines
            source = await call.services.storage.read(message.document)
            if document_type(source) == PDF:
                source = await xml_of_message(call, message)
    return [attachment_resource(message.kenmerk, one) for one in held], source
