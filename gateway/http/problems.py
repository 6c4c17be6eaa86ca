"""Problems: what is wrong with a request, as RFC 9457 problem details.

A class is one kind of problem, with its status, title, meaning and remedy; its page is `/problems/<slug>`. An
instance is one case, with a detail and extension members. The problems of HTTP are here; those of the resources
are in `gateway.api.problem_kinds`. An invalid *document* is no problem but gets a verdict.
"""

import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import structlog

from gateway.i18n import Text, plural, untranslated
from gateway.validator.finding import WrongValueError

log = structlog.get_logger()

Member = str | int | bool | list[dict[str, str]] | list[str]
"""What an extension member of a problem may hold."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: in which part (`query`, `header`, `body`, `path`), its name, and why."""

    location: str
    name: str
    reason: Text

    @classmethod
    def of(cls, location: str, name: str, error: ValueError) -> "Fault":
        """The fault that an error describes."""
        reason = error.text if isinstance(error, WrongValueError) else untranslated(str(error))
        return cls(location, name, reason)

    def body(self, language: str) -> dict[str, str]:
        """One item of `errors`."""
        return {"in": self.location, "name": self.name, "reason": printable(self.reason, language)}


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A request that cannot be fulfilled; the answer is `application/problem+json`."""

    slug: ClassVar[str]
    """The name of the class in words: `invalid-input`."""
    status: ClassVar[int]
    title: ClassVar[Text]
    meaning: ClassVar[Text]
    remedy: ClassVar[Text]
    """What the caller can do."""
    faults: tuple[Fault, ...] = ()
    """What is wrong with the input."""

    def __init_subclass__(cls) -> None:
        cls.slug = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __init__(
        self, detail: Text, *, headers: Mapping[str, str] | None = None, closes: bool = False, **members: Member
    ) -> None:
        """`headers` go with the answer; `closes`: the connection cannot be used after it."""
        super().__init__(detail.en)
        self.detail = detail
        self.headers = dict(headers or {})
        self.closes = closes
        self.members = members

    def body(self, language: str, base_url: str) -> dict[str, Member]:
        """The members of the problem document, in `nl` or `en`; `base_url` has no slash at its end."""
        body: dict[str, Member] = {
            "type": f"{base_url}/problems/{self.slug}",
            "title": printable(self.title, language),
            "status": self.status,
            "detail": printable(self.detail, language),
            **self.members,
        }
        if self.faults:
            body["errors"] = [fault.body(language) for fault in self.faults]
        return body


def printable(text: Text, language: str) -> str:
    """The text in `nl`, or else in English. Bytes that it quotes of a header and that are not UTF-8 become `?`."""
    chosen = text.in_language(language)
    return chosen if chosen.isascii() else chosen.encode("utf-8", "replace").decode()


MISSING = Text("is missing")
TWICE = Text("is given more than once")


class MalformedRequest(Problem):
    status = 400
    title = Text("Not a valid HTTP request")
    meaning = Text("The request line, a header or the framing of the body does not follow RFC 9112.")
    remedy = Text("Use an HTTP client library, and look at the proxies between you and the gateway.")


class InvalidInput(Problem):
    status = 400
    title = Text("The input is not valid")
    meaning = Text(
        "One or more query parameters, headers or members of the body are missing, unknown or wrong. `errors` "
        "lists all of them."
    )
    remedy = Text("Correct everything that `errors` names and send the request again.")

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(
            plural(
                "{count} thing in the request must change.",
                "{count} things in the request must change.",
                count=len(faults),
            )
        )
        self.faults = faults


class MalformedMultipart(Problem):
    status = 400
    title = Text("The multipart body is broken")
    meaning = Text(
        "The body does not follow RFC 2046 and RFC 7578, or does not hold exactly one document. Nothing was "
        "stored."
    )
    remedy = Text(
        "Send one part with the document (named `document` in multipart/form-data, the only XML "
        "part in multipart/mixed and multipart/related) and every attachment as a separate part."
    )


class DigestMismatch(Problem):
    status = 400
    title = Text("Content-Digest does not match")
    meaning = Text(
        "The SHA-256 of the body as it arrived differs from the one in Content-Digest (RFC 9530). Nothing was "
        "stored."
    )
    remedy = Text("Send the message again.")


class Unauthenticated(Problem):
    status = 401
    title = Text("An API key is needed")
    meaning = Text("The request carries no API key, or one that the gateway does not know (any more).")
    remedy = Text(
        "Send `Authorization: Bearer <key>` or `X-API-Key: <key>`; in a browser, sign in. The operator hands out "
        "keys."
    )

    def __init__(self, detail: Text) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="meterpoort"'})


class Forbidden(Problem):
    status = 403
    title = Text("This key may not do that")
    meaning = Text("The key works, but its role does not allow this request.")
    remedy = Text("Use a key with one of the roles that the documentation names for this request.")


class UnknownAddress(Problem):
    status = 404
    title = Text("There is nothing at this address")
    meaning = Text("The path is not one of this API. A slash at the end also makes another path.")
    remedy = Text("Look in /v1/openapi.json or /docs for the paths.")

    def __init__(self) -> None:
        super().__init__(Text("No resource of this API has this path."))


class UnknownItem(Problem):
    status = 404
    title = Text("Not found")
    meaning = Text(
        "What the path names does not exist, or this key may not know of it. The gateway does not say which."
    )
    remedy = Text("Check the number, and whether the key belongs to a party of the message.")

    def __init__(self, what: Text, name: str) -> None:
        super().__init__(Text("There is no {what} {name}.", what=what, name=name[:64]))


class MethodNotAllowed(Problem):
    status = 405
    title = Text("Method not allowed")
    meaning = Text("The address exists, but not for this HTTP method.")
    remedy = Text("Use one of the methods in the Allow header.")

    def __init__(self, method: str, allowed: list[str]) -> None:
        listed = ", ".join(allowed)
        super().__init__(
            Text("{method} is not possible here; {listed} is.", method=method, listed=listed),
            headers={"Allow": listed},
            allowed=allowed,
        )


class NotAcceptable(Problem):
    status = 406
    title = Text("No acceptable form")
    meaning = Text("The Accept header leaves out every form in which this can be given.")
    remedy = Text("Accept one of the forms in `offered`.")

    def __init__(self, offered: list[str]) -> None:
        listed = ", ".join(offered)
        super().__init__(Text("This can be given as {listed}.", listed=listed), offered=offered)


class RequestTimeout(Problem):
    status = 408
    title = Text("The request took too long to arrive")
    meaning = Text("The body stopped arriving, or came in so slowly that the gateway gave up. Nothing was stored.")
    remedy = Text("Send the message again, with the same Idempotency-Key.")

    def __init__(self, bytes_per_second_min: int, seconds_max: float) -> None:
        detail = Text(
            "A body must come at {rate} bytes a second or more, and within {seconds} seconds.",
            rate=bytes_per_second_min,
            seconds=format(seconds_max, "g"),
        )
        super().__init__(detail, closes=True)


class _TooLarge(Problem):
    """A size over its limit; both figures are given. The connection is closed: the rest was not read."""

    what: ClassVar[Text]

    def __init__(self, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(
            Text(
                "{what} may hold {limit_bytes:n} bytes; {counted_bytes:n} bytes were counted.",
                what=self.what,
                limit_bytes=limit_bytes,
                counted_bytes=counted_bytes,
            ),
            closes=True,
            limitBytes=limit_bytes,
            countedBytes=counted_bytes,
        )


class BodyTooLarge(_TooLarge):
    status = 413
    title = Text("The body is too large")
    meaning = Text(
        "The body is larger than any message within the limits can be. It was cut off as soon as that was "
        "certain; nothing was stored. `countedBytes` is what was announced or had come in by then."
    )
    remedy = Text("Send a smaller document; attachments together may hold 20 MB (20 × 1024 × 1024 bytes).")
    what = Text("The body")


class AttachmentsTooLarge(_TooLarge):
    status = 413
    title = Text("The attachments are too large")
    meaning = Text(
        "The limit holds for the decoded bytes of all attachments of a message together. Nothing was stored. "
        "`countedBytes` is what was counted when the gateway stopped reading."
    )
    remedy = Text("Leave an attachment out, or make it smaller.")
    what = Text("The attachments together")


class _TryAgain(Problem):
    """The same request works later, after this number of seconds."""

    def __init__(self, retry_after_seconds: int, *, closes: bool = True) -> None:
        super().__init__(
            Text("Try again in {retry_after_seconds} seconds.", retry_after_seconds=retry_after_seconds),
            headers={"Retry-After": str(retry_after_seconds)},
            closes=closes,
        )


class TooManyRequests(_TryAgain):
    status = 429
    title = Text("Too many requests at once")
    meaning = Text("This key has as many connections as one key may have. Nothing of this request was stored.")
    remedy = Text("Send fewer requests at the same time. Try again after the number of seconds in Retry-After.")


class TooManyTries(_TryAgain):
    status = 429
    title = Text("Too many tries")
    meaning = Text("From this address somebody tried to sign in too often with what does not work.")
    remedy = Text("Wait for the number of seconds in Retry-After, and try again.")


class UnsupportedMediaType(Problem):
    status = 415
    title = Text("Unsupported media type")
    meaning = Text("The Content-Type of the body is not one that this request accepts.")
    remedy = Text("Send one of the types in `supported`.")

    def __init__(self, found: str, supported: list[str]) -> None:
        listed = ", ".join(supported)
        super().__init__(
            Text(
                "The body is {found}; this request accepts {listed}.",
                found=found or Text("of no stated type"),
                listed=listed,
            ),
            headers={"Accept": listed},
            closes=True,
            supported=supported,
        )


class UnsupportedContentEncoding(Problem):
    status = 415
    title = Text("Unsupported content encoding")
    meaning = Text("The gateway does not decompress bodies: a compressed body can hide any size.")
    remedy = Text("Send the body without Content-Encoding.")

    def __init__(self, found: str) -> None:
        super().__init__(
            Text("Content-Encoding {found} is not accepted.", found=found),
            headers={"Accept-Encoding": "identity"},
            closes=True,
        )


class ExpectationFailed(Problem):
    status = 417
    title = Text("Expectation failed")
    meaning = Text("The Expect header asks for something other than 100-continue.")
    remedy = Text("Leave the header out.")


class HeadersTooLarge(Problem):
    status = 431
    title = Text("Headers too large")
    meaning = Text("A line of the header section is longer, or there are more headers, than the gateway reads.")
    remedy = Text("Send fewer or shorter headers.")


class LoggedProblem(Problem):
    """A case that the operator finds in the log by its reference."""

    log_level: ClassVar[int] = logging.ERROR

    def __init__(self, reference: str) -> None:
        detail = Text("The operator finds this case in the log as {reference}.", reference=reference)
        super().__init__(detail, reference=reference)

    @classmethod
    def log_case(cls, event: str, **facts: object) -> Self:
        """Log a new case as this event with these facts, and return it."""
        reference = str(uuid.uuid4())
        log.log(cls.log_level, event, reference=reference, **facts)
        return cls(reference)


class InternalError(LoggedProblem):
    status = 500
    title = Text("The gateway failed")
    meaning = Text(
        "Something went wrong inside the gateway. It is not your request's fault, and it is in the log."
    )
    remedy = Text("Try again with the same Idempotency-Key; give the operator the `reference` if it stays.")


class DocumentDamaged(LoggedProblem):
    status = 500
    title = Text("The stored content is damaged")
    meaning = Text(
        "The stored bytes are not those that were accepted: their SHA-256 differs. None of them was sent, and the "
        "operator was alerted."
    )
    remedy = Text("Ask the operator to put the content back from a backup; give the `reference`.")


class DocumentMissing(LoggedProblem):
    status = 500
    title = Text("The stored content is missing")
    meaning = Text("The message is known, and its bytes are not in document storage. The operator was alerted.")
    remedy = Text("Ask the operator to put the content back from a backup; give the `reference`.")


class StoreUnavailable(_TryAgain):
    status = 503
    title = Text("Storage is not available")
    meaning = Text(
        "Document storage or the database is away, full, read-only or too slow at the moment. Nothing was stored, "
        "or it is not known: the same Idempotency-Key finds out."
    )
    remedy = Text("Try again after the number of seconds in Retry-After, with the same Idempotency-Key.")


class Overloaded(_TryAgain):
    status = 503
    title = Text("The gateway is busy")
    meaning = Text("More requests come than can be handled soon. Nothing of this request was stored.")
    remedy = Text("Try again after the number of seconds in Retry-After, with the same Idempotency-Key.")


class NotReady(Problem):
    status = 503
    title = Text("The gateway is not ready")
    meaning = Text("The gateway runs, but something it needs does not answer.")
    remedy = Text("Send traffic elsewhere and look at `failing`.")

    def __init__(self, failing: list[str]) -> None:
        listed = ", ".join(failing)
        super().__init__(Text("Not working: {listed}.", listed=listed), failing=failing)


def all_kinds() -> dict[str, type[Problem]]:
    """Every kind, by its slug, in the order of status and slug; of the modules that were imported."""
    return {kind.slug: kind for kind in sorted(_concrete(Problem), key=lambda kind: (kind.status, kind.slug))}


def _concrete(root: type[Problem]) -> Iterator[type[Problem]]:
    for child in root.__subclasses__():
        if hasattr(child, "status"):
            yield child
        yield from _concrete(child)
