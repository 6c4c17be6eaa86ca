"""Judge a document without sending it: no key, nothing stored."""

import asyncio
import uuid

import msgspec
import structlog
from aiohttp import web

from gateway.api import report_pages
from gateway.api.call import Call
from gateway.api.problem_kinds import NotJudged
from gateway.api.route import Body, Returns, Routes
from gateway.channels.http.multipart import XML_TYPES
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, HTML, JSON, OCTETS, PLAIN, raw_json_answer, text_answer
from gateway.http.body import announced_bytes, empty_body, whole
from gateway.http.pages import page_answer
from gateway.http.problems import Fault
from gateway.http.viewer import PageContext
from gateway.i18n import Text
from gateway.pipeline.worker import JudgingError
from gateway.validator.own_rules import check_profile
from gateway.validator.report.report import Language, Report

routes = Routes("validations")
DOCUMENT_TYPES = (*XML_TYPES, OCTETS)
"""Bytes without a type, too: that is all that some clients can send."""
log = structlog.get_logger()


class ValidationQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How to judge. `profile` names a rule set, else CustomizationID does; without `schema` no XML Schema."""

    profile: str | None = None
    schema: bool = True
    lang: Language | None = None


@routes.post(
    "/v1/validations",
    Text("Judge a document without sending it; nothing is stored"),
    Returns("The verdict; 200 also when the document is not valid.", Report, media_types=(JSON, HTML, PLAIN)),
    raw_body=Body(media_types=DOCUMENT_TYPES, description="The document."),
    problems=(problems.Overloaded, NotJudged, problems.NotAcceptable),
)
async def validate_document(call: Call, query: ValidationQuery) -> web.StreamResponse:
    _check_profile(query.profile)
    form = call.media_type((JSON, HTML, PLAIN))
    request, limits = call.request, call.services.limits
    if request.content_type not in DOCUMENT_TYPES:
        raise problems.UnsupportedMediaType(request.headers.get("Content-Type", "")[:100], list(DOCUMENT_TYPES))
    announced = announced_bytes(request, limits.body_bytes_max)
    room = call.context.validation_limit
    if announced is not None and announced <= limits.in_memory_bytes_max:
        document = await _receive(call)  # as many as there are connections; a slow one takes no room from others
        with room.hold(announced):
            return await _answer(call, query, form, document)
    with room.hold(limits.body_bytes_max if announced is None else announced):
        return await _answer(call, query, form, await _receive(call))


async def _receive(call: Call) -> bytes:
    document = await whole(call.request, call.services.limits.body_bytes_max, call.services.limits)
    if not document:
        raise empty_body()
    return document


async def _answer(call: Call, query: ValidationQuery, form: str, document: bytes) -> web.StreamResponse:
    verdict = await _judge(call, document, query)
    if form == HTML:
        context = PageContext.of(call.request)
        html = await asyncio.to_thread(report_pages.verdict_page, verdict, document, context)
        return page_answer(html, context)
    if form == PLAIN:
        return text_answer(report_pages.verdict_text(verdict, call.language), call.language)
    return raw_json_answer(verdict, more=BY_ACCEPT)


def _check_profile(name: str | None) -> None:
    try:
        if name is not None:
            check_profile(name)
    except ValueError as error:
        raise problems.InvalidInput((Fault.of("query", "profile", error),)) from error


async def _judge(call: Call, document: bytes, query: ValidationQuery) -> bytes:
    try:
        return await call.services.validation.judge(document, profile=query.profile, checks_schema=query.schema)
    except JudgingError as error:
        reference = str(uuid.uuid4())
        log.warning("judging_failed", reference=reference, size_bytes=len(document), reason=str(error))
        raise NotJudged(reference) from error
