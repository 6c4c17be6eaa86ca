"""The document of a message as people read it."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from aiohttp import hdrs, web

from gateway.api.access import JUDGES
from gateway.api.call import Call
from gateway.api.contents import message_with_content, not_rendered, require_part, view_address
from gateway.api.problem_kinds import Forgotten, NotJudged
from gateway.api.route import Returns, Routes
from gateway.http import problems
from gateway.http.answers import HTML, PDF, PLAIN, XML, headers, text_answer
from gateway.http.pages import page_answer
from gateway.http.viewer import PageContext
from gateway.i18n import Language, Text
from gateway.messages.message import StoredAttachment
from gateway.messages.retention import MessagePart
from gateway.pipeline.worker import JudgingError
from gateway.validator.rendering.html import content_security_policy
from gateway.validator.rendering.render import RenderingRequest
from gateway.validator.rendering.view import File

routes = Routes("messages")

_FORMS = {HTML: "html", PDF: "pdf", PLAIN: "text", XML: "xml"}


class RenderingQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How to show it. Without `format` the Accept header chooses, without `lang` Accept-Language. `xml` is
    the XML of the document: itself, or what it carries as a PDF."""

    format: Literal["html", "pdf", "text", "xml"] | None = None
    lang: Language | None = None


@routes.get(
    "/v1/messages/{kenmerk}/rendering",
    Text("The document as people read it, with the findings next to what they are about"),
    Returns(
        "A page, a PDF or plain text, in Dutch or English; or the XML that a PDF carries.",
        media_types=(HTML, PDF, PLAIN, XML),
    ),
    roles=JUDGES,
    problems=(
        problems.NotAcceptable,
        problems.DocumentDamaged,
        problems.DocumentMissing,
        Forgotten,
        NotJudged,
    ),
)
async def show_rendering(call: Call, kenmerk: str, query: RenderingQuery) -> web.StreamResponse:
    form = query.format or _FORMS[call.media_type(tuple(_FORMS))]
    message = await message_with_content(call, kenmerk)
    await require_part(call, message, MessagePart.CONTENTS)
    held = await call.services.messages.attachments(message.kenmerk)
    request = RenderingRequest(
        form,
        call.language,
        await call.services.messages.report(message.kenmerk),
        tuple(shown_files(message.kenmerk, held)),
        tuple(_links(message.kenmerk, call.language)),
    )
    try:
        shown = await call.services.renderings.render(message.document, request)
    except JudgingError as error:
        raise not_rendered(message, error) from error
    return _answer(call, form, shown, message.kenmerk)


def _answer(call: Call, form: str, shown: bytes, kenmerk: str) -> web.Response:
    language = call.language
    if form == "html":
        policy = f"{content_security_policy()}; frame-ancestors 'none'"
        return page_answer(shown.decode(), PageContext.of(call.request), more={"Content-Security-Policy": policy})
    if form == "text":
        return text_answer(shown.decode(), language)
    if form == "xml":
        name = f'attachment; filename="{kenmerk}.xml"'  # in a browser XML can look like a page of ours
        return web.Response(
            body=shown, headers=headers(XML, {hdrs.CONTENT_DISPOSITION: name, hdrs.VARY: "Accept"})
        )
    more: dict[str, str] = {
        hdrs.CONTENT_DISPOSITION: f'inline; filename="{kenmerk}.pdf"',
        hdrs.CONTENT_LANGUAGE: language,
        hdrs.VARY: "Accept, Accept-Language",
    }
    return web.Response(body=shown, headers=headers(PDF, more))


def shown_files(kenmerk: str, held: Sequence[StoredAttachment]) -> list[File]:
    """The attachments of a message, to be named where its document is shown."""
    own = f"/v1/messages/{kenmerk}/attachments"
    return [
        File(
            one.attachment.number,
            one.attachment.media_type,
            one.attachment.filename,
            one.attachment.size_bytes,
            f"{own}/{one.attachment.number}",
            view_address(kenmerk, one.attachment),
        )
        for one in held
    ]


def _links(kenmerk: str, language: str) -> list[tuple[str, str]]:
    """What the page leads to."""
    own, other = f"/v1/messages/{kenmerk}", "en" if language == "nl" else "nl"
    links = (
        (Text("PDF"), f"{own}/rendering?format=pdf&lang={language}"),
        (Text("The document as it came in"), f"{own}/document"),
        (Text("Report and status"), f"{own}/report?lang={language}"),
    )
    words = [(text.in_language(language), href) for text, href in links]
    return [*words, ({"nl": "Nederlands", "en": "English"}[other], f"{own}/rendering?format=html&lang={other}")]
