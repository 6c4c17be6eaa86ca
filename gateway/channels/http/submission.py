"""Reads a POST as one `Submission`."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

import msgspec
from aiohttp import web

from gateway.channels.http.multipart import DOCUMENT_TYPES, MULTIPART_TYPES, SubmittedParts, read_parts
from gateway.http import problems
from gateway.http.body import Digest, announced_bytes, empty_body, pieces, whole
from gateway.http.limits import ConcurrencyLimit, RequestLimits
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.participants import Caller
from gateway.messages.submission import Content, Submission
from gateway.store.documents.storage import Storage
from gateway.validator.finding import WrongValueError
from gateway.validator.model.identifiers import PartyIdentifier

T = TypeVar("T")

SUBMITTED_AS = "http"
"""The `channel` of the messages that come in here."""

SUBMISSION_TYPES = [*DOCUMENT_TYPES, *MULTIPART_TYPES]

_IDEMPOTENCY_KEY = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,255}")
_QUOTED_KEY = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
_PLAIN_VALUE = re.compile(r"[\x20-\x7e\xa0-\uffff]{1,80}")


class SubmissionHeaders(msgspec.Struct, frozen=True):
    """What the headers of a submission say."""

    idempotency_key: str | None = None
    recipient: PartyIdentifier | None = None
    on_behalf_of: PartyIdentifier | None = None
    profile: str | None = None
    berichtsoort: str | None = None
    aanleverkenmerk: str | None = None


class HttpIntake:
    """Reads submissions; one for the whole gateway, since it counts the large bodies under way."""

    def __init__(
        self, storage: Storage, limits: RequestLimits, check_profile: Callable[[str], object] = str
    ) -> None:
        """`check_profile` raises ValueError for an unknown profile."""
        self._check_profile = check_profile
        self._storage = storage
        self._limits = limits
        self._large_bodies = ConcurrencyLimit(limits.large_bodies_max, limits.retry_after_seconds)

    async def submission(self, request: web.BaseRequest, caller: Caller) -> Submission:
        """Read the request to its end. Raises problems; then nothing stays in storage."""
        headers = read_submission_headers(request, self._check_profile)
        parts = await self._parts(request, caller)
        return Submission(
            caller, SUBMITTED_AS, parts.document, parts.attachments, **msgspec.structs.asdict(headers)
        )

    async def _parts(self, request: web.BaseRequest, caller: Caller) -> SubmittedParts:
        media_type = request.content_type
        if media_type not in SUBMISSION_TYPES:
            raise problems.UnsupportedMediaType(request.headers.get("Content-Type", "")[:100], SUBMISSION_TYPES)
        length = announced_bytes(request, self._limits.body_bytes_max)
        is_small = length is not None and length <= self._limits.in_memory_bytes_max
        if is_small and media_type in DOCUMENT_TYPES:
            return SubmittedParts(await self._small_document(request), ())
        with nullcontext() if is_small else self._large_bodies.hold(caller=caller.key_id):
            if media_type in DOCUMENT_TYPES:
                return SubmittedParts(await self._large_document(request), ())
            return await read_parts(request, self._storage, self._limits)

    async def _small_document(self, request: web.BaseRequest) -> Content:
        data = await whole(request, self._limits.in_memory_bytes_max, self._limits)
        _refuse_empty(len(data))
        if "Content-Digest" in request.headers:
            digest = Digest(request)
            digest.update(data)
            digest.check()
        return Content(len(data), data)

    async def _large_document(self, request: web.BaseRequest) -> Content:
        sink, digest, size_bytes = self._storage.sink(), Digest(request), 0
        try:
            async for chunk in pieces(request, self._limits.body_bytes_max, self._limits):
                size_bytes += len(chunk)
                digest.update(chunk)
                await sink.write(chunk)
            _refuse_empty(size_bytes)
            digest.check()
            return await sink.close()
        except BaseException:  # whatever ended it, cancellation included: leave nothing behind
            await sink.abort()
            raise


def _refuse_empty(size_bytes: int) -> None:
    if not size_bytes:
        raise empty_body()


def read_submission_headers(
    request: web.BaseRequest, check_profile: Callable[[str], object] = str
) -> SubmissionHeaders:
    """The headers of a submission. Raises InvalidInput with every fault together."""
    faults: list[Fault] = []

    def profile(value: str) -> str:
        check_profile(value)
        return value

    envelope = SubmissionHeaders(
        idempotency_key=_read(request, "Idempotency-Key", read_idempotency_key, faults),
        recipient=_read(request, "Meterpoort-Recipient", PartyIdentifier.parse, faults),
        on_behalf_of=_read(request, "Meterpoort-On-Behalf-Of", PartyIdentifier.parse, faults),
        profile=_read(request, "Meterpoort-Profile", profile, faults),
        berichtsoort=_read(request, "Meterpoort-Berichtsoort", _plain, faults),
        aanleverkenmerk=_read(request, "Meterpoort-Aanleverkenmerk", _plain, faults),
    )
    if faults:
        raise problems.InvalidInput(tuple(faults))
    return envelope


def read_idempotency_key(value: str) -> str:
    """The key of an Idempotency-Key header: a string of RFC 9651 in quotes, as the draft of the header
    (draft-ietf-httpapi-idempotency-key-header) asks, or the same bare. Raises ValueError.
    """
    value = value.strip()
    if quoted := _QUOTED_KEY.fullmatch(value):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if _IDEMPOTENCY_KEY.fullmatch(value):
        return value
    raise WrongValueError(Text("must be 1 to 255 printable ASCII characters, best in double quotes"))


def _plain(value: str) -> str:
    if not _PLAIN_VALUE.fullmatch(value):
        raise WrongValueError(Text("must be 1 to 80 printable characters"))
    return value


def _read(request: web.BaseRequest, name: str, parse: Callable[[str], T], faults: list[Fault]) -> T | None:
    if name not in request.headers:
        return None
    values = request.headers.getall(name)
    try:
        if len(values) > 1:
            raise WrongValueError(problems.TWICE)
        if not values[0].isprintable():  # also bytes that are no UTF-8, which no database takes
            raise WrongValueError(Text("must be printable text in UTF-8"))
        return parse(values[0])
    except ValueError as error:
        faults.append(Fault.of("header", name, error))
        return None
