"""Problems: what is wrong with a request, as RFC 9457 problem details.

A class is one kind of problem, documented by its `kind`: slug (its page is `/problems/<slug>`), status, title,
meaning and remedy. An instance is one case, with a detail and extension members. The problems of HTTP are here;
those of the resources are in `gateway.api.problem_kinds`. An invalid *document* is no problem but gets a verdict.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.i18n import Text, plural, untranslated
from gateway.validator.finding import WrongValueError

Member = str | int | bool | list[dict[str, str]] | list[str]
"""What an extension member of a problem may hold."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `meaning` explains it, `remedy` is what the caller can do."""

    slug: str
    status: int
    title: Text
    meaning: Text
    remedy: Text


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

    kind: ClassVar[Kind]
    faults: tuple[Fault, ...] = ()
    """What is wrong with the input."""

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
            "type": f"{base_url}/problems/{self.kind.slug}",
            "title": printable(self.kind.title, language),
            "status": self.kind.status,
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
    kind = Kind(
        "malformed-request",
        400,
        Text("Not a valid HTTP request"),
        Text("The request line, a header or the framing of the body does not follow RFC 9112."),
        Text("Use an HTTP client library, and look at the proxies between you and the gateway."),
    )


class InvalidInput(Problem):
    kind = Kind(
        "invalid-input",
        400,
        Text("The input is not valid"),
        Text(
            "One or more query parameters, headers or members of the body are missing, unknown or wrong. `errors` "
            "lists all of them."
        ),
        Text("Correct everything that `errors` names and send the request again."),
    )

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
    kind = Kind(
        "malformed-multipart",
        400,
        Text("The multipart body is broken"),
        Text(
            "The body does not follow RFC 2046 and RFC 7578, or does not hold exactly one document. Nothing was "
            "stored."
        ),
        Text(
            "Send one part with the document (named `document` in multipart/form-data, the only XML "
            "part in multipart/mixed and multipart/related) and every attachment as a separate part."
        ),
    )


class DigestMismatch(Problem):
    kind = Kind(
        "digest-mismatch",
        400,
        Text("Content-Digest does not match"),
        Text(
            "The SHA-256 of the body as it arrived differs from the one in Content-Digest (RFC 9530). Nothing was "
            "stored."
        ),
        Text("Send the message again."),
    )


class Unauthenticated(Problem):
    kind = Kind(
        "unauthenticated",
        401,
        Text("An API key is needed"),
        Text("The request carries no API key, or one that the gateway does not know (any more)."),
        Text("Send `Authorization: Bearer <key>` or `X-API-Key: <key>`. The operator hands out keys."),
    )

    def __init__(self, detail: Text, *, from_browser: bool = False) -> None:
        """`from_browser`: let the browser ask for the key, as the password of Basic."""
        scheme = "Basic" if from_browser else "Bearer"
        super().__init__(detail, headers={"WWW-Authenticate": f'{scheme} realm="meterpoort"'})


class Forbidden(Problem):
    kind = Kind(
        "forbidden",
        403,
        Text("This key may not do that"),
        Text("The key works, but its role does not allow this request."),
        Text("Use a key with one of the roles that the documentation names for this request."),
    )


class UnknownAddress(Problem):
    kind = Kind(
        "unknown-address",
        404,
        Text("There is nothing at this address"),
        Text("The path is not one of this API. A slash at the end also makes another path."),
        Text("Look in /v1/openapi.json or /docs for the paths."),
    )

    def __init__(self) -> None:
        super().__init__(Text("No resource of this API has this path."))


class UnknownItem(Problem):
    kind = Kind(
        "unknown-item",
        404,
        Text("Not found"),
        Text(
            "What the path names does not exist, or this key may not know of it. The gateway does not say which."
        ),
        Text("Check the number, and whether the key belongs to a party of the message."),
    )

    def __init__(self, what: Text, name: str) -> None:
        super().__init__(Text("There is no {what} {name}.", what=what, name=name))


class MethodNotAllowed(Problem):
    kind = Kind(
        "method-not-allowed",
        405,
        Text("Method not allowed"),
        Text("The address exists, but not for this HTTP method."),
        Text("Use one of the methods in the Allow header."),
    )

    def __init__(self, method: str, allowed: list[str]) -> None:
        listed = ", ".join(allowed)
        super().__init__(
            Text("{method} is not possible here; {listed} is.", method=method, listed=listed),
            headers={"Allow": listed},
            allowed=allowed,
        )


class NotAcceptable(Problem):
    kind = Kind(
        "not-acceptable",
        406,
        Text("No acceptable form"),
        Text("The Accept header leaves out every form in which this can be given."),
        Text("Accept one of the forms in `offered`."),
    )

    def __init__(self, offered: list[str]) -> None:
        listed = ", ".join(offered)
        super().__init__(Text("This can be given as {listed}.", listed=listed), offered=offered)


class RequestTimeout(Problem):
    kind = Kind(
        "request-timeout",
        408,
        Text("The request took too long to arrive"),
        Text("The body stopped arriving, or came in so slowly that the gateway gave up. Nothing was stored."),
        Text("Send the message again, with the same Idempotency-Key."),
    )

    def __init__(self, seconds: float, *, is_idle: bool) -> None:
        """`is_idle`: nothing came for so long; else the whole body took longer."""
        detail = Text(
            "The body was not complete within {seconds} seconds.",
            seconds=format(seconds, "g"),
        )
        if is_idle:
            detail = Text("Nothing came for {seconds} seconds.", seconds=format(seconds, "g"))
        super().__init__(detail, closes=True)


class _TooLarge(Problem):
    """A size over its limit; both figures are given. The connection is closed: the rest was not read."""

    def __init__(self, what: Text, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(
            Text(
                "{what} may hold {limit_bytes} bytes; {counted_bytes} bytes were counted.",
                what=what,
                limit_bytes=limit_bytes,
                counted_bytes=counted_bytes,
            ),
            closes=True,
            limitBytes=limit_bytes,
            countedBytes=counted_bytes,
        )


class BodyTooLarge(_TooLarge):
    kind = Kind(
        "body-too-large",
        413,
        Text("The body is too large"),
        Text(
            "The body is larger than any message within the limits can be. It was cut off as soon as that was "
            "certain; nothing was stored. `countedBytes` is what was announced or had come in by then."
        ),
        Text("Send a smaller document; attachments together may hold 20 MB (20 × 1024 × 1024 bytes)."),
    )

    def __init__(self, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(Text("The body"), limit_bytes, counted_bytes)


class AttachmentsTooLarge(_TooLarge):
    kind = Kind(
        "attachments-too-large",
        413,
        Text("The attachments are too large"),
        Text(
            "The limit holds for the decoded bytes of all attachments of a message together. Nothing was stored. "
            "`countedBytes` is what was counted when the gateway stopped reading."
        ),
        Text("Leave an attachment out, or make it smaller."),
    )

    def __init__(self, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(Text("The attachments together"), limit_bytes, counted_bytes)


class UnsupportedMediaType(Problem):
    kind = Kind(
        "unsupported-media-type",
        415,
        Text("Unsupported media type"),
        Text("The Content-Type of the body is not one that this request accepts."),
        Text("Send one of the types in `supported`."),
    )

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
    kind = Kind(
        "unsupported-content-encoding",
        415,
        Text("Unsupported content encoding"),
        Text("The gateway does not decompress bodies: a compressed body can hide any size."),
        Text("Send the body without Content-Encoding."),
    )

    def __init__(self, found: str) -> None:
        super().__init__(
            Text("Content-Encoding {found} is not accepted.", found=found),
            headers={"Accept-Encoding": "identity"},
            closes=True,
        )


class ExpectationFailed(Problem):
    kind = Kind(
        "expectation-failed",
        417,
        Text("Expectation failed"),
        Text("The Expect header asks for something other than 100-continue."),
        Text("Leave the header out."),
    )


class HeadersTooLarge(Problem):
    kind = Kind(
        "headers-too-large",
        431,
        Text("Headers too large"),
        Text("A line of the header section is longer, or there are more headers, than the gateway reads."),
        Text("Send fewer or shorter headers."),
    )


class GatewayFailed(Problem):
    kind = Kind(
        "internal-error",
        500,
        Text("The gateway failed"),
        Text("Something went wrong inside the gateway. It is not your request's fault, and it is in the log."),
        Text("Try again with the same Idempotency-Key; give the operator the `reference` if it stays."),
    )

    def __init__(self, reference: str) -> None:
        super().__init__(
            Text(
                "The operator finds this case in the log as {reference}.",
                reference=reference,
            ),
            reference=reference,
        )


class Overloaded(Problem):
    kind = Kind(
        "overloaded",
        503,
        Text("The gateway is busy"),
        Text("The queue is full. Nothing of this request was stored."),
        Text("Try again after the number of seconds in Retry-After, with the same Idempotency-Key."),
    )

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            Text(
                "Try again in {retry_after_seconds} seconds.",
                retry_after_seconds=retry_after_seconds,
            ),
            headers={"Retry-After": str(retry_after_seconds)},
            closes=True,
        )


class NotReady(Problem):
    kind = Kind(
        "not-ready",
        503,
        Text("The gateway is not ready"),
        Text("The gateway runs, but something it needs does not answer."),
        Text("Send traffic elsewhere and look at `failing`."),
    )

    def __init__(self, failing: list[str]) -> None:
        listed = ", ".join(failing)
        super().__init__(Text("Not working: {listed}.", listed=listed), failing=failing)


def all_kinds() -> dict[str, Kind]:
    """Every kind, by its slug, in the order of status and slug; of the modules that were imported."""
    kinds = (problem.kind for problem in _concrete(Problem))
    return {kind.slug: kind for kind in sorted(kinds, key=lambda kind: (kind.status, kind.slug))}


def _concrete(root: type[Problem]) -> Iterator[type[Problem]]:
    for child in root.__subclasses__():
        if hasattr(child, "kind"):
            yield child
        yield from _concrete(child)
