"""The verdict as a page and as plain text, from the JSON of the report."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from markupsafe import Markup

from gateway.api.message_resources import StatusResource
from gateway.api.words import PARTS, STATES, STEPS
from gateway.clock import billing_date
from gateway.http.pages import Pages
from gateway.http.viewer import PageContext
from gateway.i18n import Text
from gateway.messages.message import Message
from gateway.messages.retention import ForgottenPart
from gateway.validator.report.html import ReportView, report_view
from gateway.validator.report.report import JudgedDocument, Report, render

PAGES = Pages("gateway.api")

RULES_URL = "/rules/"
"""The pages of the rules are below this path."""
_PLACED = re.compile(rb' id="n([0-9]+)"')


@dataclass(frozen=True, slots=True)
class Checked:
    """What a page says of a file that was checked: its name; and the document in base64, to be checked again in
    the other language, empty where it is too large or the page has its own address."""

    name: str
    again: str = ""
    is_to_send: bool = False
    """Whether its sender is asked to confirm it; `key`: so that confirming twice sends it once."""
    on_behalf_of: str = ""
    key: str = ""
    attached: Sequence[tuple[str, str]] = ()
    """The names of attachments that are sent with it, and each as the form sends it again."""


def verdict_page(
    verdict: bytes, document: bytes, readable: bytes, context: PageContext, about: Checked | None = None
) -> str:
    """The verdict on a document that was only checked; `readable` is the document as people read it, empty where
    it cannot be shown."""
    return PAGES.render(
        "verdict.html",
        context,
        verdict=verdict_view(verdict, document, context.language),
        about=about,
        **readable_part(readable),
    )


def readable_part(readable: bytes) -> dict[str, object]:
    """What templates take of a document to read: itself, and which findings are next to a term in it."""
    placed = {int(number) for number in _PLACED.findall(readable)}
    return {"readable": Markup(readable.decode()), "placed": placed}  # noqa: S704 - escaped where it is made


def verdict_text(verdict: bytes, language: str) -> str:
    """The verdict as plain text, one finding a paragraph."""
    return render([JudgedDocument(_read(verdict))], "text", language=language) + "\n"


def message_text(
    message: Message,
    journal: Sequence[StatusResource],
    verdict: bytes | None,
    forgotten: Sequence[ForgottenPart],
    language: str,
) -> str:
    """A message and its verdict as plain text."""
    lines = [f"{message.kenmerk}  {STATES[message.state].in_language(language)}", ""]
    lines += [
        f"{entry.at:%Y-%m-%d %H:%M:%SZ}  {entry.statuscode:<4} {STEPS[entry.step].in_language(language)}"
        for entry in journal
    ]
    if forgotten:
        lines += ["", *(forgotten_line(one, language) for one in forgotten)]
    if verdict is not None:
        lines += ["", verdict_text(verdict, language).removesuffix("\n")]
    return "\n".join(lines) + "\n"


def forgotten_line(one: ForgottenPart, language: str) -> str:
    """What was forgotten, when and by which rule."""
    line = Text(
        "Forgotten on {day:date}: {part} ({rule}).",
        day=billing_date(one.at),
        part=PARTS[one.part],
        rule=one.rule,
    )
    return line.in_language(language)


def verdict_view(verdict: bytes, document: bytes | None, language: str) -> ReportView:
    """The verdict as templates show it; `document` is its source, where that is shown."""
    return report_view(_read(verdict), document, language, rules_url=RULES_URL)


def _read(verdict: bytes) -> Report:
    return msgspec.json.decode(verdict, type=Report)
