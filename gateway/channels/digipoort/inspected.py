"""A request as a sandbox shows it to its sender: as it came, and how far it got. Secrets are left out."""

import re
from collections.abc import Iterator
from datetime import datetime

from aiohttp import web

from gateway.channels.digipoort.request import Progress
from gateway.channels.digipoort.wire.checks import RequestCheck
from gateway.channels.digipoort.wire.cut import SpooledOctets
from gateway.channels.digipoort.wire.elements import read_bericht
from gateway.channels.digipoort.wire.faults import MalformedError
from gateway.channels.digipoort.wire.names import KOPPELVLAK
from gateway.channels.inspection import CheckOutcome, Inspection, SentContent

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_PASSWORD = re.compile(r"(<(?:[\w.-]+:)?Password\b[^>]*>)[^<]+")
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]+")
_BERICHTEN = tuple(f"{{{KOPPELVLAK}}}{name}" for name in ("berichtInhoud", "bijlage"))


def inspection_of(
    request: web.BaseRequest, progress: Progress, status: int, number: int, party_id: str, at: datetime
) -> Inspection:
    """The request of this party, once it was answered with this status."""
    refusal = progress.refusal
    beginning = _NO_TEXT.sub("\ufffd", progress.beginning.decode("utf-8", "replace"))
    return Inspection(
        number=number,
        party_id=party_id,
        at=at,
        operation=progress.operation.name,
        request_line=f"{request.method} {request.raw_path} HTTP/{request.version.major}.{request.version.minor}",
        status=status,
        refusal=refusal.text if refusal else None,
        headers=tuple(_headers(request)),
        body=_PASSWORD.sub(r"\1…", beginning),
        body_bytes=progress.body_bytes,
        contents=tuple(_contents(progress)),
        checks=tuple(_checks(progress)),
        parts=progress.parts,
    )


def _headers(request: web.BaseRequest) -> Iterator[tuple[str, str | None]]:
    for name, value in request.raw_headers:
        shown = name.decode("latin-1")
        yield shown, None if shown.lower() in _SECRET_HEADERS else value.decode("latin-1")


def _checks(progress: Progress) -> Iterator[CheckOutcome]:
    every = list(RequestCheck)
    reached = every.index(progress.check)
    for position, check in enumerate(every):
        is_passed = position < reached or not progress.refusal
        yield CheckOutcome(check.value, is_passed if position <= reached else None)


def _contents(progress: Progress) -> Iterator[SentContent]:
    if progress.envelope is None:
        return
    for element in progress.envelope.request.iter(*_BERICHTEN):
        try:
            sent = read_bericht(element, progress.envelope.cuts)
            size_bytes = sent.inhoud.size_bytes
        except MalformedError:  # the checks say so
            continue
        yield SentContent(sent.bestandsnaam, sent.mime_type, size_bytes, isinstance(sent.inhoud, SpooledOctets))
