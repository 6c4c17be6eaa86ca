"""The first page: check a document at once, without a key and without storing anything."""

import asyncio
import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePath

import msgspec
from aiohttp import web

from gateway.api.call import Call
from gateway.api.report_pages import RULES_URL, Checked
from gateway.api.route import Body, Returns, Routes
from gateway.api.validations import ToJudge, ValidationQuery, in_memory, not_judged, verdict_answer, verdict_on
from gateway.channels.http.multipart import SentFile, read_files
from gateway.http import problems
from gateway.http.answers import API_VERSION, HTML, headers
from gateway.http.base_url import base_url_of
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.pipeline.worker import JudgingError
from gateway.portal.answers import PAGE, PAGES
from gateway.portal.examples import EXAMPLES
from gateway.validator.report.html import ReportView, report_view
from gateway.validator.report.report import Report
from gateway.validator.unpack import FILES_MAX, FoundDocument, is_packed

routes = Routes("pages", name="The name of the example.")
_SCRIPT_PATH = "/scripts/drop"
_SHOWN_MAX = 20
"""Of so many documents that are not valid the findings are shown."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One of several documents that were checked together."""

    name: str
    view: ReportView


@routes.get("/", Text("Check a document, and where to find what"), PAGE)
async def show_front(call: Call) -> web.StreamResponse:
    return PAGES.answer(
        "front.html",
        call.request,
        is_scripted=True,
        examples=EXAMPLES,
        base=base_url_of(call.request, call.services.base_url.public_url),
        version=call.services.gateway_version,
        api_version=API_VERSION,
        limits=call.services.limits,
        script=_SCRIPT_PATH,
    )


@routes.post(
    "/",
    Text("Check the documents of a form; nothing is stored"),
    Returns("The verdict as a page; of several documents a list.", media_types=(HTML,)),
    raw_body=Body(
        media_types=("multipart/form-data",),
        description="Each `file` is XML, a PDF with XML inside it, or a ZIP of many.",
    ),
    problems=(problems.Overloaded, problems.MalformedMultipart, problems.UnsupportedMediaType),
)
async def check_files(call: Call) -> web.StreamResponse:
    async with in_memory(call, _receive) as sent:
        found = [document for one in sent for document in await _documents(call, one)]
        if len(found) != 1:
            return await _list_of(call, found)
        return await _page_of(call, found[0])


@routes.get(
    "/examples/{name}",
    Text("The verdict on an example, right or wrong"),
    Returns("The verdict as a page.", media_types=(HTML,)),
    problems=(problems.UnknownItem,),
)
async def show_example(call: Call, name: str) -> web.StreamResponse:
    example = next((one for one in EXAMPLES if one.name == name), None)
    if example is None:
        raise problems.UnknownItem(Text("example"), name)
    to_judge = ToJudge(example.document)
    about = Checked(Text("Example: {title}", title=example.title).in_language(call.language))
    return await verdict_answer(call, to_judge, await verdict_on(call, to_judge, ValidationQuery()), about)


@routes.get(
    _SCRIPT_PATH,
    Text("The script of the first page: a file that is dropped is checked at once"),
    Returns("JavaScript.", media_types=("text/javascript",)),
)
async def show_script(_call: Call) -> web.StreamResponse:
    script = (files(__package__) / "templates" / "drop.js").read_bytes()
    return web.Response(body=script, headers=headers("text/javascript; charset=utf-8"))


async def _receive(call: Call) -> list[SentFile]:
    sent = await read_files(call.request, call.services.limits)
    if not sent:
        reason = Text("choose a file first: an XML document, a PDF with one inside it, or a ZIP of many")
        raise problems.InvalidInput((Fault("body", "file", reason),))
    return sent


async def _documents(call: Call, sent: SentFile) -> Sequence[FoundDocument]:
    """The documents in a file. Raises NotJudged."""
    name, data = (sent.name, sent.data) if sent.name else ("", from_base64(sent.data))
    if not is_packed(data):
        return (FoundDocument(name, data),)
    try:
        unpacked = await call.services.validation.unpack(name, data)
    except JudgingError as error:
        raise not_judged(error, data) from error
    if unpacked.left_out:
        reason = Text("has more than {most:n} files, or is too large when it is unpacked", most=FILES_MAX)
        raise problems.InvalidInput((Fault("body", name, reason),))
    return unpacked.documents


def from_base64(text: bytes) -> bytes:
    """A document that a page of ours sends again. Raises InvalidInput."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise problems.InvalidInput((Fault("body", "file", Text("is not base64")),)) from error


async def _page_of(call: Call, found: FoundDocument) -> web.Response:
    to_judge = ToJudge(found.document)
    is_small = len(found.document) <= call.services.limits.in_memory_bytes_max
    about = Checked(found.name, base64.b64encode(found.document).decode() if is_small else "")
    return await verdict_answer(call, to_judge, await verdict_on(call, to_judge, ValidationQuery()), about)


async def _list_of(call: Call, found: Sequence[FoundDocument]) -> web.Response:
    """The page of several documents: each with its verdict, and what to change in those that are not valid."""
    reports = [
        msgspec.json.decode(await verdict_on(call, ToJudge(one.document), ValidationQuery()), type=Report)
        for one in found
    ]
    rows = await asyncio.to_thread(lambda: list(_rows(found, reports, call.language)))
    return PAGES.answer("checked.html", call.request, rows=rows)


def _rows(found: Sequence[FoundDocument], reports: Sequence[Report], language: str) -> Iterator[CheckedFile]:
    shown = 0
    for number, (one, report) in enumerate(zip(found, reports, strict=True), 1):
        shown += not report.valid
        document = one.document if not report.valid and shown <= _SHOWN_MAX else None
        name = PurePath(one.name).as_posix() or str(number)
        yield CheckedFile(name, report_view(report, document, language, f"d{number}-", RULES_URL))
