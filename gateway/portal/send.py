"""Send a document from a page: choose it, see the verdict, confirm, and follow it."""

import base64
import secrets
from collections.abc import Sequence

from aiohttp import web

from gateway.api.access import PARTIES
from gateway.api.call import Call
from gateway.api.messages import receipt_of
from gateway.api.report_pages import Checked
from gateway.api.route import Body, Returns, Routes
from gateway.api.validations import ToJudge, ValidationQuery, in_memory, verdict_answer, verdict_on
from gateway.api.viewers import see_other
from gateway.channels.http.multipart import SentFile, read_files
from gateway.channels.http.submission import SUBMITTED_AS
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.forms import require_form_token
from gateway.http.pages import Pages
from gateway.http.problems import Fault
from gateway.http.viewer import FORM_TOKEN
from gateway.i18n import Text
from gateway.messages.participants import Party
from gateway.messages.submission import Submission
from gateway.portal.answers import PAGE
from gateway.portal.front import from_base64
from gateway.validator.model.identifiers import PartyIdentifier

routes = Routes("pages")
_PAGES = Pages("gateway.portal")
_FIELDS = ("file", "again", "key", "onBehalfOf", FORM_TOKEN)
_WAIT_SECONDS = 5.0


@routes.get(
    "/portal/send",
    Text("Send a document: choose a file, for people"),
    PAGE,
    roles=PARTIES,
    menu=Text("Send"),
)
async def show_send_page(call: Call) -> web.StreamResponse:
    return _PAGES.answer(
        "send.html",
        call.request,
        suppliers=await _suppliers(call),
        role=call.caller.role.value,
        limits=call.services.limits,
    )


async def _suppliers(call: Call) -> Sequence[Party]:
    """For whom the caller may send, besides itself."""
    others = (call.visible_to or frozenset()) - {call.caller.party_id}
    found = [await call.services.directory.party(party_id) for party_id in sorted(others)]
    return [party for party in found if party and party.identifiers]


@routes.post(
    "/portal/send",
    Text("Check the document of a form, and then send it"),
    Returns("The verdict, with the form to send the document.", media_types=(HTML,)),
    Returns("Sent: to the message.", status=303, media_types=(HTML,), headers={"Location": "The message."}),
    roles=PARTIES,
    raw_body=Body(
        media_types=("multipart/form-data",),
        description="The form of the page: `file`, `onBehalfOf`; or, to send what was checked, `again` and `key`.",
    ),
    problems=(problems.Overloaded, problems.MalformedMultipart, problems.UnsupportedMediaType),
)
async def send_form(call: Call) -> web.StreamResponse:
    async with in_memory(call, _receive) as fields:
        by = _text(fields, "onBehalfOf")
        if "again" in fields:
            return await _send(call, from_base64(fields["again"].data), by, _text(fields, "key"))
        if "file" not in fields:
            reason = Text("choose a file first: XML, or a PDF with XML inside it")
            raise problems.InvalidInput((Fault("body", "file", reason),))
        sent = fields["file"]
        to_judge = ToJudge(sent.data)
        again = base64.b64encode(sent.data).decode()
        about = Checked(sent.name or "", again, is_to_send=True, on_behalf_of=by, key=secrets.token_hex(16))
        return await verdict_answer(call, to_judge, await verdict_on(call, to_judge, ValidationQuery()), about)


async def _receive(call: Call) -> dict[str, SentFile]:
    """The fields by name. Raises Forbidden for a form that is not from a page of ours."""
    fields = {one.field: one for one in await read_files(call.request, call.services.limits, _FIELDS)}
    require_form_token(call.request, _text(fields, FORM_TOKEN))
    return fields


def _text(fields: dict[str, SentFile], name: str) -> str:
    return fields[name].data.decode("utf-8", "replace") if name in fields else ""


async def _send(call: Call, document: bytes, by: str, key: str) -> web.Response:
    """Submit the document; the same form sent twice is one message."""
    try:
        on_behalf_of = PartyIdentifier.parse(by) if by else None
    except ValueError as error:
        raise problems.InvalidInput((Fault.of("body", "onBehalfOf", error),)) from error
    sink = call.services.storage.sink()
    await sink.write(document)
    submission = Submission(
        call.caller,
        SUBMITTED_AS,
        await sink.close(),
        idempotency_key=f"portal-{key}" if key else None,
        on_behalf_of=on_behalf_of,
    )
    receipt = await receipt_of(call, submission)
    await call.services.intake.wait_until_settled(receipt.kenmerk, _WAIT_SECONDS)
    return see_other(f"/portal/messages/{receipt.kenmerk}")
