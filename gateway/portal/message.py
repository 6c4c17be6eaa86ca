"""One message for its parties: the document, the verdict, what happened, and what its recipient can do with it."""

from datetime import timedelta
from typing import Literal

import msgspec
from aiohttp import web

from gateway.api.access import JUDGES, PARTIES
from gateway.api.call import Call, message_not_found
from gateway.api.contents import readable_message, record_reading
from gateway.api.reports import message_values
from gateway.api.route import Returns, Routes
from gateway.api.viewers import see_other
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.forms import read_form
from gateway.http.pages import page_answer
from gateway.http.viewer import PageContext
from gateway.i18n import Text
from gateway.messages.message import MailboxEntry, Message
from gateway.messages.participants import Role
from gateway.portal.answers import BACK, PAGE, PAGES, form_with
from gateway.portal.portal import INBOX, MESSAGES, OUTBOX

routes = Routes("pages", problems=(problems.UnknownItem,))


class MailboxForm(msgspec.Struct, frozen=True, rename="camel"):
    """What its recipient does with a message."""

    action: Literal["take", "confirm", "release"]


@routes.get(
    "/portal/messages/{kenmerk}",
    Text("A message: the document, the verdict and what happened, for people"),
    PAGE,
    roles=JUDGES,
)
async def show_message_page(call: Call, kenmerk: str) -> web.StreamResponse:
    return await _page(call, kenmerk, "shown_message.html")


@routes.get(
    "/portal/messages/{kenmerk}/proof",
    Text("Proof of delivery: a page to print or keep, for people"),
    PAGE,
    roles=JUDGES,
)
async def show_proof_page(call: Call, kenmerk: str) -> web.StreamResponse:
    return await _page(call, kenmerk, "proof.html")


async def _page(call: Call, kenmerk: str, template: str) -> web.Response:
    message = await readable_message(call, kenmerk)
    await record_reading(call, message)
    verdict = await call.services.messages.report(message.kenmerk)
    context = PageContext.of(call.request)
    html = PAGES.render(
        template,
        context,
        waiting=await _waiting(call, message),
        is_sender=_is_sender(call, message),
        may_send=call.caller.role in PARTIES,
        back=_back(call, message),
        shown_at=call.services.clock(),
        **await message_values(call, message, verdict),
    )
    return page_answer(html, context)


def _is_sender(call: Call, message: Message) -> bool:
    return bool((call.visible_to or frozenset()) & {message.submitter_id, message.sender_id})


def _back(call: Call, message: Message) -> str:
    if call.caller.role is Role.OPERATOR:
        return MESSAGES
    return OUTBOX if _is_sender(call, message) else INBOX


async def _waiting(call: Call, message: Message) -> MailboxEntry | None:
    """How the message waits in a mailbox of the caller; None where it does not."""
    owners = call.visible_to or frozenset()
    return (await call.services.mailbox.waiting_among(owners, [message.kenmerk])).get(message.kenmerk)


@routes.post(
    "/portal/messages/{kenmerk}/mailbox",
    Text("Take a message from the mailbox, confirm it, or release it, in a form"),
    Returns("Back to the message.", status=303, media_types=(HTML,), headers=BACK),
    roles=PARTIES,
    raw_body=form_with("`action`"),
    problems=(problems.UnsupportedMediaType,),
)
async def change_mailbox_form(call: Call, kenmerk: str) -> web.StreamResponse:
    form = await read_form(call.request, call.services.limits, MailboxForm)
    message = await readable_message(call, kenmerk)
    owner, mailbox = message.recipient_id, call.services.mailbox
    if owner is None or owner not in (call.visible_to or frozenset()):
        raise message_not_found(kenmerk)
    if form.action == "take":
        await mailbox.take_one(owner, kenmerk, timedelta(seconds=call.services.leases.lease_seconds_default))
    elif form.action == "confirm":
        await mailbox.confirm(owner, kenmerk, None, call.actor)
    else:
        await mailbox.release(owner, kenmerk)
    return see_other(f"/portal/messages/{kenmerk}")  # the page says how it is, also when another was first
