"""Judge a document without sending it: no key, nothing stored."""

import asyncio
import email.message
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from aiohttp import web

from gateway.api import report_pages
from gateway.api.call import Call
from gateway.api.problem_kinds import NotJudged
from gateway.api.route import Body, Returns, Routes
from gateway.channels.http.multipart import (
    DOCUMENT_TYPES,
    MULTIPART_TYPES,
    InMemory,
    SubmittedParts,
    read_parts,
)
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, HTML, JSON, OCTETS, PLAIN, raw_json_answer, text_answer
from gateway.http.body import announced_bytes, empty_body, whole
from gateway.http.pages import page_answer
from gateway.http.problems import Fault
from gateway.http.viewer import PageContext
from gateway.i18n import Language, Text
from gateway.messages.submission import Content
from gateway.pipeline.worker import JudgingError
from gateway.validator.media_types import HEAD_BYTES, PDF, document_type
from gateway.validator.model.document import DetachedPart
from gateway.validator.own_rules import check_profile
from gateway.validator.rendering.render import FRAGMENT, RenderingRequest
from gateway.validator.rendering.view import File
from gateway.validator.report.report import Report
from gateway.validator.report.source import SOURCE_BYTES_MAX

routes = Routes("validations")
VALIDATED_TYPES = (*DOCUMENT_TYPES, OCTETS, *MULTIPART_TYPES)
"""Bytes without a type, too: that is all that some clients can send."""
Received = TypeVar("Received")


class ValidationQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How to judge. `profile` names a rule set, else CustomizationID does; without `schema` no XML Schema."""

    profile: str | None = None
    schema: bool = True
    lang: Language | None = None


@dataclass(frozen=True, slots=True)
class ToJudge:
    """A document, and the attachments that came next to it."""

    document: bytes
    detached: Sequence[DetachedPart] = ()

    @property
    def files(self) -> tuple[File, ...]:
        """The attachments, to be named where the document is shown."""
        facts = [one.attachment for one in self.detached]
        return tuple([File(one.number, one.media_type, one.filename, one.size_bytes) for one in facts])


@routes.post(
    "/v1/validations",
    Text("Judge a document without sending it; nothing is stored"),
    Returns("The verdict; 200 also when the document is not valid.", Report, media_types=(JSON, HTML, PLAIN)),
    raw_body=Body(
        media_types=VALIDATED_TYPES,
        description="The document; or multipart with its attachments, as for `POST /v1/messages`.",
    ),
    problems=(
        *(problems.Overloaded, NotJudged, problems.NotAcceptable),
        *(problems.AttachmentsTooLarge, problems.MalformedMultipart, problems.DigestMismatch),
    ),
)
async def validate_document(call: Call, query: ValidationQuery) -> web.StreamResponse:
    _check_profile(query.profile)
    form = call.media_type((JSON, HTML, PLAIN))
    found = call.request.content_type
    if found not in VALIDATED_TYPES:
        raise problems.UnsupportedMediaType(
            call.request.headers.get("Content-Type", "")[:100], list(VALIDATED_TYPES)
        )
    async with in_memory(call, _receive) as to_judge:
        return await _answer(call, query, form, to_judge)


async def _receive(call: Call) -> ToJudge:
    limits = call.services.limits
    if call.request.content_type in MULTIPART_TYPES:
        return _content_of(await read_parts(call.request, InMemory(), limits))
    document = await whole(call.request, limits.body_bytes_max, limits)
    if not document:
        raise empty_body()
    return ToJudge(document)


def _content_of(parts: SubmittedParts) -> ToJudge:
    detached = [DetachedPart(one.attachment, _data(one.content)[:HEAD_BYTES]) for one in parts.attachments]
    return ToJudge(_data(parts.document), detached)


def _data(content: Content) -> bytes:
    return content.data or b""


@asynccontextmanager
async def in_memory(call: Call, receive: Callable[[Call], Awaitable[Received]]) -> AsyncIterator[Received]:
    """What a request brings, while there is room for it in memory. Raises Overloaded."""
    limits, room = call.services.limits, call.context.validation_limit
    announced = announced_bytes(call.request, limits.body_bytes_max)
    if announced is not None and announced <= limits.in_memory_bytes_max:
        received = await receive(call)  # as many as there are connections; a slow one takes no room from others
        with room.hold(announced):
            yield received
    else:
        with room.hold(limits.body_bytes_max if announced is None else announced):
            yield await receive(call)


async def _answer(call: Call, query: ValidationQuery, form: str, to_judge: ToJudge) -> web.StreamResponse:
    verdict = await verdict_on(call, to_judge, query)
    if form == HTML:
        return await verdict_answer(call, to_judge, verdict)
    if form == PLAIN:
        return text_answer(report_pages.verdict_text(verdict, call.language), call.language)
    return raw_json_answer(verdict, more=BY_ACCEPT)


async def verdict_answer(
    call: Call, to_judge: ToJudge, verdict: bytes, about: report_pages.Checked | None = None
) -> web.Response:
    """The page of a verdict: the report, the document to read, and its source."""
    readable, source, render = b"", to_judge.document, call.services.renderings.render
    if len(to_judge.document) <= SOURCE_BYTES_MAX:
        request = RenderingRequest(FRAGMENT, call.language, verdict, to_judge.files)
        with suppress(JudgingError):  # the verdict can be read without it
            readable = await render(to_judge.document, request)
            if document_type(source) == PDF:
                source = await render(to_judge.document, RenderingRequest("xml", call.language))
    context, shown = PageContext.of(call.request), report_pages.verdict_page
    html = await asyncio.to_thread(shown, verdict, source, readable, context, about)
    return page_answer(html, context)


def _file_of(call: Call) -> str:
    """What the report calls the document: its name in Content-Disposition, else `document.xml`."""
    header = email.message.Message()
    header["Content-Disposition"] = call.request.headers.get("Content-Disposition", "")
    return (header.get_filename() or "document.xml")[: call.services.limits.filename_characters_max]


def _check_profile(name: str | None) -> None:
    try:
        if name is not None:
            check_profile(name)
    except ValueError as error:
        raise problems.InvalidInput((Fault.of("query", "profile", error),)) from error


async def verdict_on(call: Call, to_judge: ToJudge, query: ValidationQuery) -> bytes:
    """The verdict as JSON. Raises NotJudged."""
    document = to_judge.document
    try:
        return await call.services.validation.judge(
            document,
            profile=query.profile,
            checks_schema=query.schema,
            detached=to_judge.detached,
            file=_file_of(call),
        )
    except JudgingError as error:
        raise not_judged(error, document) from error


def not_judged(error: JudgingError, document: bytes) -> NotJudged:
    """The problem for a document that cannot be judged, with a reference that the log has too."""
    return NotJudged.log_case("judging_failed", size_bytes=len(document), reason=str(error))
