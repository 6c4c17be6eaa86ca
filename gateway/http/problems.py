"""Problems: what is wrong with a request, as RFC 9457 problem details.

One tree. A class is one kind: a fixed slug (its page is `/problems/<slug>`), status and title; an instance is
one case, with a detail and typed extension members. A wrong *document* is not a problem but a verdict.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.i18n import Text
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


MISSING = Text("is missing", "ontbreekt")
TWICE = Text("is given more than once", "is meer dan eens gegeven")


class MalformedRequest(Problem):
    """The bytes that came in are not HTTP."""

    kind = Kind(
        "malformed-request",
        400,
        Text("Not a valid HTTP request", "Geen geldig HTTP-verzoek"),
        Text(
            "The request line, a header or the framing of the body does not follow RFC 9112.",
            "De verzoekregel, een header of de omlijsting van de inhoud volgt RFC 9112 niet.",
        ),
        Text(
            "Use an HTTP client library, and look at what stands between you and the gateway.",
            "Gebruik een bibliotheek voor HTTP en kijk wat er tussen u en de gateway staat.",
        ),
    )


class InvalidInput(Problem):
    """Parameters or body do not say what they should; every fault is listed."""

    kind = Kind(
        "invalid-input",
        400,
        Text("The input is not valid", "De invoer is niet geldig"),
        Text(
            "One or more query parameters, headers or members of the body are missing, unknown or wrong. "
            "`errors` lists all of them.",
            "Een of meer queryparameters, headers of velden ontbreken, zijn onbekend of onjuist. "
            "In `errors` staan ze allemaal.",
        ),
        Text(
            "Correct everything that `errors` names and send the request again.",
            "Herstel alles wat `errors` noemt en stuur het verzoek opnieuw.",
        ),
    )

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        count = len(faults)
        super().__init__(
            Text(
                f"{count} thing{'s' * (count != 1)} in the request must change.",
                f"{count} onderde{'len' if count != 1 else 'el'} van het verzoek moet{'en' * (count != 1)} "
                "anders.",
            )
        )
        self.faults = faults


class MalformedMultipart(Problem):
    """The multipart body cannot be taken apart."""

    kind = Kind(
        "malformed-multipart",
        400,
        Text("The multipart body is broken", "De multipart-inhoud is kapot"),
        Text(
            "The body does not follow RFC 2046 and RFC 7578, or does not hold exactly one document. "
            "Nothing was stored.",
            "De inhoud volgt RFC 2046 en RFC 7578 niet, of bevat niet precies één document. "
            "Er is niets opgeslagen.",
        ),
        Text(
            "Send one part with the document (named `document` in multipart/form-data, the only XML part in "
            "multipart/mixed and multipart/related) and every attachment as a part of its own.",
            "Stuur één deel met het document (in multipart/form-data heet het `document`, in multipart/mixed en "
            "multipart/related is het het enige XML-deel) en elke bijlage als een eigen deel.",
        ),
    )


class DigestMismatch(Problem):
    """The bytes that arrived are not the bytes that the Content-Digest header promised."""

    kind = Kind(
        "digest-mismatch",
        400,
        Text("Content-Digest does not match", "Content-Digest komt niet overeen"),
        Text(
            "The SHA-256 of the body as it arrived differs from the one in Content-Digest (RFC 9530). "
            "Nothing was stored.",
            "De SHA-256 van de ontvangen inhoud wijkt af van die in Content-Digest (RFC 9530). "
            "Er is niets opgeslagen.",
        ),
        Text("Send the message again.", "Stuur het bericht opnieuw."),
    )


class Unauthenticated(Problem):
    """No key, or one that does not work."""

    kind = Kind(
        "unauthenticated",
        401,
        Text("An API key is needed", "Er is een API-sleutel nodig"),
        Text(
            "The request carries no API key, or one that the gateway does not know (any more).",
            "Bij het verzoek zit geen API-sleutel, of een die de gateway niet (meer) kent.",
        ),
        Text(
            "Send `Authorization: Bearer <key>` or `X-API-Key: <key>`. The operator hands out keys.",
            "Stuur `Authorization: Bearer <sleutel>` of `X-API-Key: <sleutel>`. De beheerder geeft sleutels uit.",
        ),
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
        Text("This key may not do that", "Deze sleutel mag dat niet"),
        Text(
            "The key works, but its role does not allow this request.",
            "De sleutel werkt, maar de rol ervan staat dit verzoek niet toe.",
        ),
        Text(
            "Use a key with one of the roles that the documentation names for this request.",
            "Gebruik een sleutel met een rol die de documentatie bij dit verzoek noemt.",
        ),
    )


class UnknownAddress(Problem):
    """There is nothing at this path."""

    kind = Kind(
        "unknown-address",
        404,
        Text("There is nothing at this address", "Op dit adres staat niets"),
        Text(
            "The path is not one of this API. A slash at the end also makes another path.",
            "Het pad hoort niet bij deze API. Ook een schuine streep aan het eind maakt het een ander pad.",
        ),
        Text(
            "Look in /v1/openapi.json or /docs for the paths.", "Kijk in /v1/openapi.json of /docs voor de paden."
        ),
    )

    def __init__(self) -> None:
        super().__init__(
            Text("No resource of this API has this path.", "Geen onderdeel van deze API heeft dit pad.")
        )


class UnknownItem(Problem):
    """The path is right, what it names does not exist or is not yours to see."""

    kind = Kind(
        "unknown-item",
        404,
        Text("Not found", "Niet gevonden"),
        Text(
            "What the path names does not exist, or this key may not know of it. The gateway does not say which.",
            "Wat het pad noemt bestaat niet, of deze sleutel mag het niet weten. "
            "De gateway zegt niet welke van de twee.",
        ),
        Text(
            "Check the number, and whether the key belongs to a party of the message.",
            "Controleer het nummer, en of de sleutel hoort bij een partij van het bericht.",
        ),
    )

    def __init__(self, what: Text, name: str) -> None:
        super().__init__(Text(f"There is no {what.en} {name}.", f"Er is geen {what.nl} {name}."))


class MethodNotAllowed(Problem):
    """The address exists, the method does not apply to it."""

    kind = Kind(
        "method-not-allowed",
        405,
        Text("Method not allowed", "Methode niet toegestaan"),
        Text(
            "The address exists, but not for this HTTP method.", "Het adres bestaat, maar niet voor deze methode."
        ),
        Text("Use one of the methods in the Allow header.", "Gebruik een van de methoden in de header Allow."),
    )

    def __init__(self, method: str, allowed: list[str]) -> None:
        listed = ", ".join(allowed)
        super().__init__(
            Text(f"{method} is not possible here; {listed} is.", f"{method} kan hier niet; {listed} wel."),
            headers={"Allow": listed},
            allowed=allowed,
        )


class NotAcceptable(Problem):
    """None of the forms the caller accepts is offered."""

    kind = Kind(
        "not-acceptable",
        406,
        Text("No acceptable form", "Geen vorm die u accepteert"),
        Text(
            "The Accept header leaves out every form in which this can be given.",
            "De header Accept sluit elke vorm uit waarin dit gegeven kan worden.",
        ),
        Text("Accept one of the forms in `offered`.", "Accepteer een van de vormen in `offered`."),
    )

    def __init__(self, offered: list[str]) -> None:
        listed = ", ".join(offered)
        super().__init__(
            Text(f"This can be given as {listed}.", f"Dit kan gegeven worden als {listed}."), offered=offered
        )


class RequestTimeout(Problem):
    """The body did not arrive in time."""

    kind = Kind(
        "request-timeout",
        408,
        Text("The request took too long to arrive", "Het verzoek kwam te langzaam binnen"),
        Text(
            "The body stopped arriving, or came in so slowly that the gateway gave up. Nothing was stored.",
            "De inhoud kwam niet meer, of zo langzaam dat de gateway ermee stopte. Er is niets opgeslagen.",
        ),
        Text(
            "Send the message again, with the same Idempotency-Key.",
            "Stuur het bericht opnieuw, met dezelfde Idempotency-Key.",
        ),
    )

    def __init__(self, seconds: float, *, is_idle: bool) -> None:
        """`is_idle`: nothing came for so long; else the whole body took longer."""
        detail = Text(
            f"The body was not complete within {seconds:g} seconds.",
            f"De inhoud was niet binnen {seconds:g} seconden compleet.",
        )
        if is_idle:
            detail = Text(f"Nothing came for {seconds:g} seconds.", f"Er kwam {seconds:g} seconden niets.")
        super().__init__(detail, closes=True)


class IdempotencyConflict(Problem):
    """The same Idempotency-Key came before with another body."""

    kind = Kind(
        "idempotency-conflict",
        409,
        Text("Idempotency-Key used before", "Idempotency-Key is al gebruikt"),
        Text(
            "This key was sent before with another body. `firstKenmerk` names the message it belongs to. "
            "Nothing was stored.",
            "Deze sleutel is eerder met een andere inhoud gestuurd. `firstKenmerk` noemt het bericht waar hij bij "
            "hoort. Er is niets opgeslagen.",
        ),
        Text(
            "Use a new key for a new message, and the same key only to repeat the same bytes.",
            "Gebruik voor een nieuw bericht een nieuwe sleutel, en dezelfde alleen om hetzelfde te herhalen.",
        ),
    )

    def __init__(self, first_kenmerk: str) -> None:
        super().__init__(
            Text(
                f"This Idempotency-Key belongs to message {first_kenmerk}, which has another body.",
                f"Deze Idempotency-Key hoort bij bericht {first_kenmerk}, dat een andere inhoud heeft.",
            ),
            firstKenmerk=first_kenmerk,
        )


class UsageConflict(Problem):
    """A usage event was recorded before with other content."""

    kind = Kind(
        "usage-conflict",
        409,
        Text("Usage event recorded before", "Gebruiksmelding is al vastgelegd"),
        Text(
            "An event with this `source` and `id` stands in the meter with other content. Nothing of the request "
            "was recorded.",
            "Een melding met deze `source` en `id` staat met andere inhoud in de meter. Van het verzoek is niets "
            "vastgelegd.",
        ),
        Text(
            "Repeat an event only unchanged. To correct one, have it reversed and send another with a new id.",
            "Herhaal een melding alleen ongewijzigd. Om een melding te herstellen laat u die terugdraaien en "
            "stuurt u een andere met een nieuwe id.",
        ),
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
        Text("Not possible in this state", "Kan niet in deze toestand"),
        Text(
            "What was asked does not fit the state in which the message or party is now.",
            "Wat gevraagd is past niet bij de toestand waarin het bericht of de partij nu is.",
        ),
        Text("Fetch it again and look at its state.", "Haal het opnieuw op en kijk naar de toestand."),
    )


class LeaseLost(Problem):
    """The lease token is not the one that holds now."""

    kind = Kind(
        "lease-lost",
        409,
        Text("The lease is not yours any more", "De uitleen is verlopen"),
        Text(
            "The message was not confirmed within its lease, and lies in the mailbox again or "
            "was taken by another process.",
            "Het bericht is niet binnen de uitleentijd bevestigd, en ligt weer in de postbus of is door een ander "
            "proces meegenomen.",
        ),
        Text(
            "Take messages again. If you have the message safe already, confirm it with the new token.",
            "Haal opnieuw berichten op. Hebt u het bericht al veilig, bevestig het dan met het nieuwe token.",
        ),
    )

    def __init__(self, kenmerk: str) -> None:
        super().__init__(
            Text(
                f"The token is not that of the current lease on message {kenmerk}.",
                f"Het token is niet dat van de huidige uitleen van bericht {kenmerk}.",
            )
        )


class _TooLarge(Problem):
    """A size over its limit; both figures are given. The connection is closed: the rest was not read."""

    def __init__(self, what: Text, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(
            Text(
                f"{what.en} may hold {limit_bytes} bytes; {counted_bytes} bytes were counted.",
                f"{what.nl} {limit_bytes} bytes groot zijn; er zijn {counted_bytes} bytes geteld.",
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
        Text("The body is too large", "De inhoud is te groot"),
        Text(
            "The body is larger than any message within the limits can be. It was cut off as soon as that was "
            "certain; nothing was stored. `countedBytes` is what was announced or had come in by then.",
            "De inhoud is groter dan een bericht binnen de grenzen kan zijn. "
            "Het lezen is gestopt zodra dat vaststond; er is niets opgeslagen. "
            "`countedBytes` is wat was aangekondigd of tot dan binnenkwam.",
        ),
        Text(
            "Send a smaller document; attachments together may hold 20 MB (20 × 1024 × 1024 bytes).",
            "Stuur een kleiner document; de bijlagen mogen samen 20 MB zijn (20 × 1024 × 1024 bytes).",
        ),
    )

    def __init__(self, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(Text("The body", "De inhoud mag"), limit_bytes, counted_bytes)


class AttachmentsTooLarge(_TooLarge):
    """The attachments together are over the limit."""

    kind = Kind(
        "attachments-too-large",
        413,
        Text("The attachments are too large", "De bijlagen zijn te groot"),
        Text(
            "The limit holds for the decoded bytes of all attachments of a message together. Nothing was stored. "
            "`countedBytes` is what was counted when the gateway stopped reading.",
            "De grens geldt voor de gedecodeerde bytes van alle bijlagen van een bericht samen. Er is niets "
            "opgeslagen. `countedBytes` is wat geteld was toen de gateway stopte met lezen.",
        ),
        Text(
            "Leave an attachment out, or make it smaller.",
            "Laat een bijlage weg, of maak hem kleiner.",
        ),
    )

    def __init__(self, limit_bytes: int, counted_bytes: int) -> None:
        super().__init__(Text("The attachments together", "De bijlagen mogen samen"), limit_bytes, counted_bytes)


class UnsupportedMediaType(Problem):
    """The body is of a kind this request does not take."""

    kind = Kind(
        "unsupported-media-type",
        415,
        Text("Unsupported media type", "Mediatype wordt niet ondersteund"),
        Text(
            "The Content-Type of the body is not one that this request takes.",
            "Het Content-Type van de inhoud past niet bij dit verzoek.",
        ),
        Text("Send one of the types in `supported`.", "Stuur een van de typen in `supported`."),
    )

    def __init__(self, found: str, supported: list[str]) -> None:
        listed = ", ".join(supported)
        super().__init__(
            Text(
                f"The body is {found or 'of no stated type'}; this request takes {listed}.",
                f"De inhoud is {found or 'van een type dat niet genoemd is'}; dit verzoek vraagt {listed}.",
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
        Text("Unsupported content encoding", "Codering van de inhoud wordt niet ondersteund"),
        Text(
            "The gateway takes bodies as they are: a compressed body can hide any size.",
            "De gateway neemt inhoud zoals die is: in gecomprimeerde inhoud kan elke omvang schuilgaan.",
        ),
        Text("Send the body without Content-Encoding.", "Stuur de inhoud zonder Content-Encoding."),
    )

    def __init__(self, found: str) -> None:
        super().__init__(
            Text(f"Content-Encoding {found} is not taken.", f"Content-Encoding {found} wordt niet geaccepteerd."),
            headers={"Accept-Encoding": "identity"},
            closes=True,
        )


class NotJudged(Problem):
    """Judging the document failed technically."""

    kind = Kind(
        "not-judged",
        413,
        Text("The document could not be judged", "Het document kon niet worden beoordeeld"),
        Text(
            "Judging the document asks more time or memory than one document gets, or broke otherwise. "
            "Nothing is known of whether it is valid. The case is in the log.",
            "Het beoordelen vraagt meer tijd of geheugen dan één document krijgt, of liep anders vast. "
            "Of het document geldig is, is niet bekend. Het geval staat in het logboek.",
        ),
        Text(
            "Send a smaller document; give the operator the `reference` if the document is ordinary.",
            "Stuur een kleiner document; geef de beheerder de `reference` als het een gewoon document is.",
        ),
    )

    def __init__(self, reference: str) -> None:
        super().__init__(
            Text(
                f"The operator finds this case in the log as {reference}.",
                f"De beheerder vindt dit geval in het logboek als {reference}.",
            ),
            reference=reference,
        )


class ExpectationFailed(Problem):
    """Only `Expect: 100-continue` is understood."""

    kind = Kind(
        "expectation-failed",
        417,
        Text("Expectation failed", "Verwachting kan niet worden waargemaakt"),
        Text(
            "The Expect header asks for something other than 100-continue.",
            "De header Expect vraagt om iets anders dan 100-continue.",
        ),
        Text("Leave the header out.", "Laat de header weg."),
    )


class HeadersTooLarge(Problem):
    """The header section is too large."""

    kind = Kind(
        "headers-too-large",
        431,
        Text("Headers too large", "Headers te groot"),
        Text(
            "A line of the header section is longer, or there are more headers, than the gateway reads.",
            "Een regel van de headers is langer, of er zijn meer headers, dan de gateway leest.",
        ),
        Text("Send fewer or shorter headers.", "Stuur minder of kortere headers."),
    )


class GatewayFailed(Problem):
    """The gateway itself failed. The answer holds a reference and nothing else."""

    kind = Kind(
        "internal-error",
        500,
        Text("The gateway failed", "De gateway heeft gefaald"),
        Text(
            "Something went wrong inside the gateway. It is not your request's fault, and it is in the log.",
            "Er ging iets mis in de gateway. Dat ligt niet aan uw verzoek, en het staat in het logboek.",
        ),
        Text(
            "Try again with the same Idempotency-Key; give the operator the `reference` if it stays.",
            "Probeer het opnieuw met dezelfde Idempotency-Key; geef de beheerder de `reference` als het blijft.",
        ),
    )

    def __init__(self, reference: str) -> None:
        super().__init__(
            Text(
                f"The operator finds this case in the log as {reference}.",
                f"De beheerder vindt dit geval in het logboek als {reference}.",
            ),
            reference=reference,
        )


class Overloaded(Problem):
    """The gateway has all the work it can hold; nothing was stored."""

    kind = Kind(
        "overloaded",
        503,
        Text("The gateway is busy", "De gateway is druk"),
        Text(
            "As much work waits as the gateway may hold. Nothing of this request was stored.",
            "Er wacht zo veel werk als de gateway mag vasthouden. Van dit verzoek is niets opgeslagen.",
        ),
        Text(
            "Try again after the number of seconds in Retry-After, with the same Idempotency-Key.",
            "Probeer het opnieuw na het aantal seconden in Retry-After, met dezelfde Idempotency-Key.",
        ),
    )

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            Text(
                f"Try again in {retry_after_seconds} seconds.",
                f"Probeer het over {retry_after_seconds} seconden opnieuw.",
            ),
            headers={"Retry-After": str(retry_after_seconds)},
            closes=True,
        )


class NotReady(Problem):
    """A part the gateway needs does not work."""

    kind = Kind(
        "not-ready",
        503,
        Text("The gateway is not ready", "De gateway is niet gereed"),
        Text(
            "The gateway runs, but something it needs does not answer.",
            "De gateway draait, maar iets dat hij nodig heeft antwoordt niet.",
        ),
        Text("Send traffic elsewhere and look at `failing`.", "Stuur verkeer elders heen en kijk naar `failing`."),
    )

    def __init__(self, failing: list[str]) -> None:
        listed = ", ".join(failing)
        super().__init__(Text(f"Not working: {listed}.", f"Werkt niet: {listed}."), failing=failing)


class InputsMoved(Problem):
    """What a billing run was prepared on is no longer what is there."""

    kind = Kind(
        "inputs-moved",
        409,
        Text("The inputs have moved", "De gegevens zijn gewijzigd"),
        Text(
            "A count, forecast, tariff, debtor, policy or earlier bill changed since the run was prepared, or "
            "another run billed the same year. Nothing was approved or issued.",
            "Een telling, prognose, tarief, debiteur, keuze of eerdere factuur is gewijzigd sinds de run werd "
            "voorbereid, of een andere run factureerde hetzelfde jaar. Er is niets goedgekeurd of verstuurd.",
        ),
        Text(
            "Prepare the run again, look at what it gives, and have that approved.",
            "Bereid de run opnieuw voor, bekijk wat hij geeft en laat dat goedkeuren.",
        ),
    )


class OwnApproval(Problem):
    """Whoever prepared a run would approve it."""

    kind = Kind(
        "own-approval",
        403,
        Text("Somebody else has to approve", "Iemand anders moet goedkeuren"),
        Text(
            "The run was prepared with this very key, and approval is by another (`billing.approval_by_another`).",
            "De run is met deze zelfde sleutel voorbereid, en goedkeuren doet een ander "
            "(`billing.approval_by_another`).",
        ),
        Text(
            "Have the holder of another key of the role finance approve it.",
            "Laat de houder van een andere sleutel met de rol finance goedkeuren.",
        ),
    )


class ForecastLocked(Problem):
    """A forecast changed after its prepayment was issued."""

    kind = Kind(
        "forecast-locked",
        409,
        Text("The forecast can no longer change", "De prognose ligt vast"),
        Text(
            "The prepayment of that year was issued on the forecast that holds. Nothing was recorded.",
            "De vooruitbetaling van dat jaar is verstuurd op de prognose die geldt. Er is niets vastgelegd.",
        ),
        Text(
            "Leave it: the settlement is on actual use. The policy `late_forecast` says whether a higher one "
            "is taken.",
            "Laat het zo: de afrekening gaat over werkelijk gebruik. De keuze `late_forecast` zegt of een "
            "hogere mag.",
        ),
    )


class BillingStepRefused(Problem):
    """This step of the billing year cannot come now."""

    kind = Kind(
        "billing-step-refused",
        409,
        Text("This step cannot come now", "Deze stap kan nu niet"),
        Text(
            "The billing year is not so far yet, is further already, or knows no such step. Nothing was done.",
            "Het factuurjaar is nog niet zo ver, is al verder, of kent deze stap niet. Er is niets gedaan.",
        ),
        Text(
            "Look at the run or at the steps of the year, and do what comes first.",
            "Bekijk de run of de stappen van het jaar en doe wat eerst komt.",
        ),
    )


class TariffMissing(Problem):
    """No tariff for this service, year and basis."""

    kind = Kind(
        "tariff-missing",
        409,
        Text("There is no tariff", "Er is geen tarief"),
        Text(
            "The catalogue holds no price of this kind for every day of the year. Nothing was billed.",
            "De catalogus bevat geen prijs van deze soort voor elke dag van het jaar. Er is niets gefactureerd.",
        ),
        Text(
            "Add the tariff to the catalogue (how-to: add a tariff year), or try another year.",
            "Voeg het tarief toe aan de catalogus (handleiding: tariefjaar toevoegen), of kies een ander jaar.",
        ),
    )


class TariffsRefused(Problem):
    """A catalogue that contradicts itself."""

    kind = Kind(
        "tariffs-refused",
        400,
        Text("The tariffs cannot be used", "De tarieven zijn niet bruikbaar"),
        Text(
            "The tariffs that were sent along overlap, have a price that cannot be, or are not to be read.",
            "De meegestuurde tarieven overlappen, hebben een onmogelijke prijs of zijn niet te lezen.",
        ),
        Text(
            "Correct the tariff that is named.",
            "Herstel het tarief dat genoemd wordt.",
        ),
    )


class DebtorMissing(Problem):
    """A party with use or a forecast that is no debtor."""

    kind = Kind(
        "debtor-missing",
        409,
        Text("A party is not known as a debtor", "Een partij is niet als debiteur bekend"),
        Text(
            "A party has use, a forecast or a weight, and finance has not recorded whom to bill. Nothing was "
            "done.",
            "Een partij heeft gebruik, een prognose of een gewicht, en financiën heeft niet vastgelegd wie de "
            "factuur krijgt. Er is niets gedaan.",
        ),
        Text(
            "Record the debtor (`PUT /v1/debtors/{partyId}`) and ask again.",
            "Leg de debiteur vast (`PUT /v1/debtors/{partyId}`) en vraag het opnieuw.",
        ),
    )


class BillRejected(Problem):
    """Our own validator found fault with a bill."""

    kind = Kind(
        "bill-rejected",
        409,
        Text("A bill is not valid", "Een factuur is niet geldig"),
        Text(
            "Every bill is judged as any invoice before it gets a number. One of this run breaks a rule, so "
            "none was issued.",
            "Elke factuur wordt als iedere andere beoordeeld voordat hij een nummer krijgt. Een ervan voldoet "
            "niet, dus is er geen enkele verstuurd.",
        ),
        Text(
            "Correct what the rule names, often the address of the debtor, and prepare the run again.",
            "Herstel wat de regel noemt, vaak het adres van de debiteur, en bereid de run opnieuw voor.",
        ),
    )


class IssuerMissing(Problem):
    """The settings do not say who sends the bills."""

    kind = Kind(
        "issuer-missing",
        409,
        Text("Nobody is named who sends the bills", "Er is niet vastgelegd wie de facturen verstuurt"),
        Text(
            "The settings under `[billing]` are not complete, so this gateway makes no bills.",
            "De instellingen onder `[billing]` zijn niet volledig, dus maakt deze gateway geen facturen.",
        ),
        Text(
            "Fill in the settings that are named and restart the gateway.",
            "Vul de genoemde instellingen in en herstart de gateway.",
        ),
    )


class DistributionKeyRefused(Problem):
    """An amount that cannot be divided."""

    kind = Kind(
        "distribution-key-refused",
        400,
        Text("This cannot be divided", "Dit is niet te verdelen"),
        Text(
            "There is nothing to divide, nobody to divide it over, a weight below zero or a party twice.",
            "Er is niets te verdelen, niemand om over te verdelen, een gewicht onder nul of een partij dubbel.",
        ),
        Text(
            "Send an amount above zero in whole cents, and each party once, with a weight.",
            "Stuur een bedrag boven nul in hele centen, en elke partij één keer, met een gewicht.",
        ),
    )


class BadCount(Problem):
    """A count that nobody can have."""

    kind = Kind(
        "bad-count",
        400,
        Text("This count cannot be", "Dit aantal kan niet"),
        Text(
            "A number of units is below zero or beyond what anybody can use. Nothing was recorded.",
            "Een aantal is lager dan nul of hoger dan iemand kan gebruiken. Er is niets vastgelegd.",
        ),
        Text(
            "Look whether figures were doubled or a separator went missing.",
            "Kijk of er cijfers dubbel staan of een scheidingsteken ontbreekt.",
        ),
    )


def _leaves(root: type[Problem]) -> Iterator[type[Problem]]:
    for child in root.__subclasses__():
        if hasattr(child, "kind"):
            yield child
        yield from _leaves(child)


KINDS: dict[str, Kind] = {leaf.kind.slug: leaf.kind for leaf in _leaves(Problem)}
"""Every kind, by its slug."""
