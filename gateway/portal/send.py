"""Send a document from a page: choose it, see the verdict, confirm, and follow it."""

import base64
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
from gateway.http.problems import Fault
from gateway.http.viewer import FORM_TOKEN
from gateway.i18n import Text
from gateway.messages.participants import Party
from gateway.messages.submission import Content, DetachedAttachment, Submission
from gateway.portal.answers import PAGE, PAGES
from gateway.portal.front import from_base64
from gateway.validator.media_types import HEAD_BYTES
from gateway.validator.model.document import Attachment, DetachedPart
from gateway.validator.model.identifiers import PartyIdentifier

routes = Routes("pages")
_FIELDS = ("file", "attachment", "again", "attached", "key", "onBehalfOf", FORM_TOKEN)
_WAIT_SECONDS = 5.0


@routes.get(
    "/portal/send",
    Text("Send a document: choose a file, for people"),
    PAGE,
    roles=PARTIES,
    menu=Text("Send"),
)
async def show_send_page(call: Call) -> web.StreamResponse:
    return PAGES.answer(
        "send.html",
        call.request,
        suppliers=await suppliers_of(call),
        role=call.caller.role.value,
        limits=call.services.limits,
    )


async def suppliers_of(call: Call) -> Sequence[Party]:
    """For whom the caller may send, besides itself."""
    others = (call.visible_to or frozenset()) - {call.caller.party_id}
    found = [call.services.directory.by_id(party_id) for party_id in sorted(others)]
    return [party for party in found if party and party.identifiers]


@routes.post(
    "/portal/send",
    Text("Check the document of a form, and then send it"),
    Returns("The verdict, with the form to send the document.", media_types=(HTML,)),
    Returns("Sent: to the message.", status=303, media_types=(HTML,), headers={"Location": "The message."}),
    roles=PARTIES,
    raw_body=Body(
        media_types=("multipart/form-data",),
        description="The form of the page: `file`, each `attachment`, `onBehalfOf`; or, to send what was checked, "
        "`again`, each `attached`, and `key`.",
    ),
    problems=(
        *(problems.Overloaded, problems.MalformedMultipart, problems.UnsupportedMediaType),
        problems.AttachmentsTooLarge,
    ),
)
async def send_form(call: Call) -> web.StreamResponse:
    async with in_memory(call, _receive) as form:
        if form.again:
            return await _send(call, form)
        if form.document is None:
            reason = Text("choose a file first: XML, or a PDF with XML inside it")
            raise problems.InvalidInput((Fault("body", "file", reason),))
        _require_room(call, form)
        detached = [DetachedPart(facts, one.data[:HEAD_BYTES]) for facts, one in form.attachments_with_facts]
        to_judge = ToJudge(form.document.data, detached)
        about = Checked(
            form.document.name or "",
            base64.b64encode(form.document.data).decode(),
            is_to_send=True,
            on_behalf_of=form.on_behalf_of,
            key=secrets.token_hex(16),
            attached=[(one.name or "", _field_of(one)) for one in form.attachments],
        )
        return await verdict_answer(call, to_judge, await verdict_on(call, to_judge, ValidationQuery()), about)


@dataclass(frozen=True, slots=True)
class SendForm:
    """What the form of the page brings. `again`: what was checked is to be sent; `key`: once."""

    document: SentFile | None
    attachments: Sequence[SentFile]
    on_behalf_of: str = ""
    key: str = ""
    again: bool = False

    @property
    def attachments_with_facts(self) -> Iterator[tuple[Attachment, SentFile]]:
        """The attachments, numbered as they came."""
        for number, one in enumerate(self.attachments, 1):
            sha256 = hashlib.sha256(one.data).hexdigest()
            yield Attachment(number, one.media_type, one.name, len(one.data), sha256), one


async def _receive(call: Call) -> SendForm:
    """Raises Forbidden for a form that is not from a page of ours."""
    found = await read_files(call.request, call.services.limits, _FIELDS)
    texts = {one.field: one.data.decode("utf-8", "replace") for one in found if one.name is None}
    require_form_token(call.request, texts.get(FORM_TOKEN, ""))
    files = {one.field: one for one in found}
    attachments = [one for one in found if one.field == "attachment"]
    attachments += [_file_of(one.data) for one in found if one.field == "attached"]
    document = files.get("file")
    if "again" in files:
        document = SentFile("file", None, from_base64(files["again"].data))
    return SendForm(document, attachments, texts.get("onBehalfOf", ""), texts.get("key", ""), "again" in files)


def _require_room(call: Call, form: SendForm) -> None:
    """What is chosen comes back in a form, which is larger. Raises AttachmentsTooLarge and BodyTooLarge."""
    limits, sizes = call.services.limits, [len(one.data) for one in form.attachments]
    if sum(sizes) > limits.attachments_bytes_max:
        raise problems.AttachmentsTooLarge(limits.attachments_bytes_max, sum(sizes))
    if form.document and len(form.document.data) + sum(sizes) > limits.body_bytes_max // 2:
        raise problems.BodyTooLarge(limits.body_bytes_max // 2, len(form.document.data) + sum(sizes))


def _field_of(one: SentFile) -> str:
    """An attachment as a field of a form: its media type, its name and its bytes."""
    name = base64.b64encode((one.name or "").encode()).decode()
    return f"{one.media_type};{name};{base64.b64encode(one.data).decode()}"


def _file_of(text: bytes) -> SentFile:
    """What `_field_of` made. Raises InvalidInput."""
    media_type, name, data = [*text.split(b";"), b"", b""][:3]
    name_text = from_base64(name).decode("utf-8", "replace")
    return SentFile("attachment", name_text or None, from_base64(data), media_type.decode("ascii", "replace"))


async def _send(call: Call, form: SendForm) -> web.Response:
    """Submit the document; the same form sent twice is one message."""
    try:
        on_behalf_of = PartyIdentifier.parse(form.on_behalf_of) if form.on_behalf_of else None
    except ValueError as error:
        raise problems.InvalidInput((Fault.of("body", "onBehalfOf", error),)) from error
    attachments = [
        DetachedAttachment(facts, await _content(call, one.data)) for facts, one in form.attachments_with_facts
    ]
    submission = Submission(
        call.caller,
        SUBMITTED_AS,
        await _content(call, form.document.data if form.document else b""),
        tuple(attachments),
        idempotency_key=f"portal-{form.key}" if form.key else None,
        on_behalf_of=on_behalf_of,
    )
    receipt = await receipt_of(call, submission)
    await call.services.intake.wait_until_settled(receipt.kenmerk, _WAIT_SECONDS)
    return see_other(f"/portal/messages/{receipt.kenmerk}")


async def _content(call: Call, data: bytes) -> Content:
    sink = call.services.storage.sink()
    await sink.write(data)
    return await sink.close()
