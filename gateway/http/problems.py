"""Problems: what is wrong with a request, as RFC 9457 problem details.

One tree. A class is one kind: a fixed slug (its page is `/problems/<slug>`), status and title; an instance is
one case, with a detail and typed extension members. A wrong *document* is not a problem but a verdict.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.i18n import Text, plural
from gateway.validator.finding import WrongValueError

Member = str | int | bool | list[dict[str, str]] | list[str]
"""What an extension member of a problem may hold."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `meaning` says what is the case, `remedy` what the caller can do."""

    slug: str
    status: int
    title: Text
    meaning: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: where it stands (`query`, `header`, `body`, `path`), its name, and why."""

    place: str
    name: str
    reason: Text

    @classmethod
    def of(cls, place: str, name: str, error: ValueError) -> "Fault":
        """The fault that an error tells of: in both languages, where it knows both."""
        reason = error.text if isinstance(error, WrongValueError) else Text(str(error), str(error))
        return cls(place, name, reason)

    def body(self, language: str) -> dict[str, str]:
        """One item of `errors`."""
        return {"in": self.place, "name": self.name, "reason": said(self.reason, language)}


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A request that cannot be answered as asked; becomes one `application/problem+json` answer."""

    kind: ClassVar[Kind]
    faults: tuple[Fault, ...] = ()
    """Everything that is wrong with the input, where that is the problem."""

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
            "title": said(self.kind.title, language),
            "status": self.kind.status,
            "detail": said(self.detail, language),
            **self.members,
        }
        if self.faults:
            body["errors"] = [fault.body(language) for fault in self.faults]
        return body


def said(text: Text, language: str) -> str:
    """The text in `nl`, or else in English. What it quotes of a header may be no UTF-8: that becomes `?`."""
    chosen = text.nl if language == "nl" else text.en
    return chosen if chosen.isascii() else chosen.encode("utf-8", "replace").decode()


MISSING = Text("is missing")
TWICE = Text("is given more than once")


class MalformedRequest(Problem):
    """The bytes that came in are not HTTP."""

    kind = Kind(
        "malformed-request",
        400,
        Text("Not a valid HTTP request"),
        Text("The request line, a header or the framing of the body does not follow RFC 9112."),
        Text("Use an HTTP client library, and look at what stands between you and the gateway."),
    )


class InvalidInput(Problem):
    """Parameters or body do not say what they should; every fault is listed."""

    kind = Kind(
        "invalid-input",
        400,
        Text("The input is not valid"),
        Text(
            "One or more query parameters, headers or members of the body are missing, unknown or "
            "wrong. `errors` lists all of them."
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
    """The multipart body cannot be taken apart."""

    kind = Kind(
        "malformed-multipart",
        400,
        Text("The multipart body is broken"),
        Text(
            "The body does not follow RFC 2046 and RFC 7578, or does not hold exactly one document. "
            "Nothing was stored."
        ),
        Text(
            "Send one part with the document (named `document` in multipart/form-data, the only XML "
            "part in multipart/mixed and multipart/related) and every attachment as a part of its "
            "own."
        ),
    )


class DigestMismatch(Problem):
    """The bytes that arrived are not the bytes that the Content-Digest header promised."""

    kind = Kind(
        "digest-mismatch",
        400,
        Text("Content-Digest does not match"),
        Text(
            "The SHA-256 of the body as it arrived differs from the one in Content-Digest (RFC "
            "9530). Nothing was stored."
        ),
        Text("Send the message again."),
    )


class Unauthenticated(Problem):
    """No key, or one that does not work."""

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
    """The key is good, its role may not do this."""

    kind = Kind(
        "forbidden",
        403,
        Text("This key may not do that"),
        Text("The key works, but its role does not allow this request."),
        Text("Use a key with one of the roles that the documentation names for this request."),
    )


class UnknownAddress(Problem):
    """There is nothing at this path."""

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
    """The path is right, what it names does not exist or is not yours to see."""

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
    """The address exists, the method does not apply to it."""

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
    """None of the forms the caller accepts is offered."""

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
    """The body did not arrive in time."""

    kind = Kind(
        "request-timeout",
        408,
        Text("The request took too long to arrive"),
        Text("The body stopped arriving, or came in so slowly that the gateway gave up. Nothing was stored."),
        Text("Send the message again, with the same Idempotency-Key."),
    )

    def __init__(self, seconds: float, *, is_idle: bool) -> None:
        """`is_idle`: nothing came for so long; else the whole body took longer."""
        detail = Text("The body was not complete within {seconds} seconds.", seconds=format(seconds, "g"))
        if is_idle:
            detail = Text("Nothing came for {seconds} seconds.", seconds=format(seconds, "g"))
        super().__init__(detail, closes=True)


class IdempotencyConflict(Problem):
    """The same Idempotency-Key came before with another body."""

    kind = Kind(
        "idempotency-conflict",
        409,
        Text("Idempotency-Key used before"),
        Text(
            "This key was sent before with another body. `firstKenmerk` names the message it belongs "
            "to. Nothing was stored."
        ),
        Text("Use a new key for a new message, and the same key only to repeat the same bytes."),
    )

    def __init__(self, first_kenmerk: str) -> None:
        super().__init__(
            Text(
                "This Idempotency-Key belongs to message {first_kenmerk}, which has another body.",
                first_kenmerk=first_kenmerk,
            ),
            firstKenmerk=first_kenmerk,
        )


class UsageConflict(Problem):
    """A usage event was recorded before with other content."""

    kind = Kind(
        "usage-conflict",
        409,
        Text("Usage event recorded before"),
        Text(
            "An event with this `source` and `id` stands in the meter with other content. Nothing of "
            "the request was recorded."
        ),
        Text("Repeat an event only unchanged. To correct one, have it reversed and send another with a new id."),
    )

    def __init__(self, source: str, event_id: str, differences: str) -> None:
        super().__init__(
            Text(differences + ".", f"Melding {event_id!r} van {source} is al met andere inhoud vastgelegd."),
            source=source,
            eventId=event_id,
        )


class StateConflict(Problem):
    """What is asked does not fit the state the thing is in."""

    kind = Kind(
        "state-conflict",
        409,
        Text("Not possible in this state"),
        Text("What was asked does not fit the state in which the message or party is now."),
        Text("Fetch it again and look at its state."),
    )


class LeaseLost(Problem):
    """The lease token is not the one that holds now."""

    kind = Kind(
        "lease-lost",
        409,
        Text("The lease is not yours any more"),
        Text(
            "The message was not confirmed within its lease, and lies in the mailbox again or was "
            "taken by another process."
        ),
        Text("Take messages again. If you have the message safe already, confirm it with the new token."),
    )

    def __init__(self, kenmerk: str) -> None:
        super().__init__(Text("The token is not that of the current lease on message {kenmerk}.", kenmerk=kenmerk))


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
    """The body cannot be within the limit."""

    kind = Kind(
        "body-too-large",
        413,
        Text("The body is too large"),
        Text(
            "The body is larger than any message within the limits can be. It was cut off as soon as "
            "that was certain; nothing was stored. `countedBytes` is what was announced or had come "
            "in by then."
        ),
        Text("Send a smaller document; attachments together may hold 20 MB (20 × 1024 × 1024 bytes)."),
    )

    def __init__(self, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(Text("The body"), limit_bytes, counted_bytes)


class AttachmentsTooLarge(_TooLarge):
    """The attachments together are over the limit."""

    kind = Kind(
        "attachments-too-large",
        413,
        Text("The attachments are too large"),
        Text(
            "The limit holds for the decoded bytes of all attachments of a message together. Nothing "
            "was stored. `countedBytes` is what was counted when the gateway stopped reading."
        ),
        Text("Leave an attachment out, or make it smaller."),
    )

    def __init__(self, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(Text("The attachments together"), limit_bytes, counted_bytes)


class UnsupportedMediaType(Problem):
    """The body is of a kind this request does not take."""

    kind = Kind(
        "unsupported-media-type",
        415,
        Text("Unsupported media type"),
        Text("The Content-Type of the body is not one that this request takes."),
        Text("Send one of the types in `supported`."),
    )

    def __init__(self, found: str, supported: list[str]) -> None:
        listed = ", ".join(supported)
        super().__init__(
            Text(
                "The body is {found}; this request takes {listed}.",
                found=found or Text("of no stated type"),
                listed=listed,
            ),
            headers={"Accept": listed},
            closes=True,
            supported=supported,
        )


class UnsupportedContentEncoding(Problem):
    """Compressed bodies are not taken."""

    kind = Kind(
        "unsupported-content-encoding",
        415,
        Text("Unsupported content encoding"),
        Text("The gateway takes bodies as they are: a compressed body can hide any size."),
        Text("Send the body without Content-Encoding."),
    )

    def __init__(self, found: str) -> None:
        super().__init__(
            Text("Content-Encoding {found} is not taken.", found=found),
            headers={"Accept-Encoding": "identity"},
            closes=True,
        )


class NotJudged(Problem):
    """Judging the document failed technically."""

    kind = Kind(
        "not-judged",
        413,
        Text("The document could not be judged"),
        Text(
            "Judging the document asks more time or memory than one document gets, or broke "
            "otherwise. Nothing is known of whether it is valid. The case is in the log."
        ),
        Text("Send a smaller document; give the operator the `reference` if the document is ordinary."),
    )

    def __init__(self, reference: str) -> None:
        super().__init__(
            Text("The operator finds this case in the log as {reference}.", reference=reference),
            reference=reference,
        )


class ExpectationFailed(Problem):
    """Only `Expect: 100-continue` is understood."""

    kind = Kind(
        "expectation-failed",
        417,
        Text("Expectation failed"),
        Text("The Expect header asks for something other than 100-continue."),
        Text("Leave the header out."),
    )


class HeadersTooLarge(Problem):
    """The header section is too large."""

    kind = Kind(
        "headers-too-large",
        431,
        Text("Headers too large"),
        Text("A line of the header section is longer, or there are more headers, than the gateway reads."),
        Text("Send fewer or shorter headers."),
    )


class GatewayFailed(Problem):
    """The gateway itself failed. The answer holds a reference and nothing else."""

    kind = Kind(
        "internal-error",
        500,
        Text("The gateway failed"),
        Text("Something went wrong inside the gateway. It is not your request's fault, and it is in the log."),
        Text("Try again with the same Idempotency-Key; give the operator the `reference` if it stays."),
    )

    def __init__(self, reference: str) -> None:
        super().__init__(
            Text("The operator finds this case in the log as {reference}.", reference=reference),
            reference=reference,
        )


class Overloaded(Problem):
    """The gateway has all the work it can hold; nothing was stored."""

    kind = Kind(
        "overloaded",
        503,
        Text("The gateway is busy"),
        Text("As much work waits as the gateway may hold. Nothing of this request was stored."),
        Text("Try again after the number of seconds in Retry-After, with the same Idempotency-Key."),
    )

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            Text("Try again in {retry_after_seconds} seconds.", retry_after_seconds=retry_after_seconds),
            headers={"Retry-After": str(retry_after_seconds)},
            closes=True,
        )


class NotReady(Problem):
    """A part the gateway needs does not work."""

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


class InputsMoved(Problem):
    """What a billing run was prepared on is no longer what is there."""

    kind = Kind(
        "inputs-moved",
        409,
        Text("The inputs have moved"),
        Text(
            "A count, forecast, tariff, debtor, policy or earlier bill changed since the run was "
            "prepared, or another run billed the same year. Nothing was approved or issued."
        ),
        Text("Prepare the run again, look at what it gives, and have that approved."),
    )


class OwnApproval(Problem):
    """Whoever prepared a run would approve it."""

    kind = Kind(
        "own-approval",
        403,
        Text("Somebody else has to approve"),
        Text(
            "The run was prepared with this very key, and approval is by another (`billing.approval_by_another`)."
        ),
        Text("Have the holder of another key of the role finance approve it."),
    )


class ForecastLocked(Problem):
    """A forecast changed after its prepayment was issued."""

    kind = Kind(
        "forecast-locked",
        409,
        Text("The forecast can no longer change"),
        Text("The prepayment of that year was issued on the forecast that holds. Nothing was recorded."),
        Text(
            "Leave it: the settlement is on actual use. The policy `late_forecast` says whether a "
            "higher one is taken."
        ),
    )


class BillingStepRefused(Problem):
    """This step of the billing year cannot come now."""

    kind = Kind(
        "billing-step-refused",
        409,
        Text("This step cannot come now"),
        Text("The billing year is not so far yet, is further already, or knows no such step. Nothing was done."),
        Text("Look at the run or at the steps of the year, and do what comes first."),
    )


class TariffMissing(Problem):
    """No tariff for this service, year and basis."""

    kind = Kind(
        "tariff-missing",
        409,
        Text("There is no tariff"),
        Text("The catalogue holds no price of this kind for every day of the year. Nothing was billed."),
        Text("Add the tariff to the catalogue (how-to: add a tariff year), or try another year."),
    )


class TariffsRefused(Problem):
    """A catalogue that contradicts itself."""

    kind = Kind(
        "tariffs-refused",
        400,
        Text("The tariffs cannot be used"),
        Text("The tariffs that were sent along overlap, have a price that cannot be, or are not to be read."),
        Text("Correct the tariff that is named."),
    )


class DebtorMissing(Problem):
    """A party with use or a forecast that is no debtor."""

    kind = Kind(
        "debtor-missing",
        409,
        Text("A party is not known as a debtor"),
        Text(
            "A party has use, a forecast or a weight, and finance has not recorded whom to bill. Nothing was done."
        ),
        Text("Record the debtor (`PUT /v1/debtors/{partyId}`) and ask again."),
    )


class BillRejected(Problem):
    """Our own validator found fault with a bill."""

    kind = Kind(
        "bill-rejected",
        409,
        Text("A bill is not valid"),
        Text(
            "Every bill is judged as any invoice before it gets a number. One of this run breaks a "
            "rule, so none was issued."
        ),
        Text("Correct what the rule names, often the address of the debtor, and prepare the run again."),
    )


class IssuerMissing(Problem):
    """The settings do not say who sends the bills."""

    kind = Kind(
        "issuer-missing",
        409,
        Text("Nobody is named who sends the bills"),
        Text("The settings under `[billing]` are not complete, so this gateway makes no bills."),
        Text("Fill in the settings that are named and restart the gateway."),
    )


class DistributionKeyRefused(Problem):
    """An amount that cannot be divided."""

    kind = Kind(
        "distribution-key-refused",
        400,
        Text("This cannot be divided"),
        Text("There is nothing to divide, nobody to divide it over, a weight below zero or a party twice."),
        Text("Send an amount above zero in whole cents, and each party once, with a weight."),
    )


class BadCount(Problem):
    """A count that nobody can have."""

    kind = Kind(
        "bad-count",
        400,
        Text("This count cannot be"),
        Text("A number of units is below zero or beyond what anybody can use. Nothing was recorded."),
        Text("Look whether figures were doubled or a separator went missing."),
    )


def _leaves(root: type[Problem]) -> Iterator[type[Problem]]:
    for child in root.__subclasses__():
        if hasattr(child, "kind"):
            yield child
        yield from _leaves(child)


KINDS: dict[str, Kind] = {leaf.kind.slug: leaf.kind for leaf in _leaves(Problem)}
"""Every kind, by its slug."""
