"""The elements of koppelvlak 1.2 as values: requests read, answers written.

Reading is held to the schema; what the schema leaves open (numbers, times without a zone) is settled here.
Writing is canonical XML (`canonical.py`).
"""

import functools
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from gateway.channels.digipoort.wire.canonical import new_token, text
from gateway.channels.digipoort.wire.cut import Inhoud, InlineBase64
from gateway.channels.digipoort.wire.faults import MalformedError
from gateway.channels.digipoort.wire.names import KOPPELVLAK
from gateway.channels.digipoort.wire.wsdl import xsd
from gateway.channels.proces import Identiteit, Proces
from gateway.clock import AMSTERDAM
from gateway.i18n import Text


@dataclass(frozen=True, slots=True)
class BerichtInhoud:
    """One document or attachment as it came in."""

    mime_type: str
    bestandsnaam: str
    inhoud: Inhoud


@dataclass(frozen=True, slots=True)
class Aanlevering:
    """An `aanleverRequest`."""

    berichtsoort: str
    belanghebbende: Identiteit
    rol_belanghebbende: str
    bericht: BerichtInhoud
    bijlagen: tuple[BerichtInhoud, ...] = ()
    aanleverkenmerk: str | None = None
    eerder_aanleverkenmerk: str | None = None
    ontvanger: Identiteit | None = None
    rol_ontvanger: str | None = None
    autorisatie_adres: str | None = None


@dataclass(frozen=True, slots=True)
class Vraag:
    """What a status or collect operation asks. Times are in UTC; `vanaf` and `tot` are both inclusive."""

    kenmerk: str | None = None
    berichtsoort: str | None = None
    belanghebbende: Identiteit | None = None
    autorisatie_adres: str | None = None
    vanaf: datetime | None = None
    tot: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatusResultaat:
    """One status of one process."""

    kenmerk: str
    belanghebbende: Identiteit
    statuscode: str
    tijdstempel: datetime
    statusomschrijving: str
    foutcode: str | None = None
    foutbeschrijving: str | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True)
class SentInhoud:
    """A document or attachment on its way out; its token takes its place in the text that is written."""

    mime_type: str
    bestandsnaam: str
    size_bytes: int
    octets: Callable[[], AsyncIterator[bytes]]
    """Streams the content from the start, each time it is called."""
    token: str = field(default_factory=new_token)


@dataclass(frozen=True, slots=True)
class SentBericht:
    """A message on its way out."""

    proces: Proces
    bericht: SentInhoud
    bijlagen: tuple[SentInhoud, ...]

    @property
    def contents(self) -> tuple[SentInhoud, ...]:
        """The document and the attachments."""
        return (self.bericht, *self.bijlagen)


@functools.cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(xsd()))


def require_valid(request: etree._Element) -> None:
    """Hold an element to the koppelvlak's schema. Raises MalformedError with what is wrong first."""
    schema = _schema()
    if schema.validate(request):
        return
    first = schema.error_log[0].message if len(schema.error_log) else "not valid"
    message = re.sub(r"\{[^}]*\}", "", first)[:500]
    raise MalformedError(Text("Schema: {message}", message=message))


def read_aanlevering(element: etree._Element, cuts: Mapping[str, Inhoud]) -> Aanlevering:
    """Read an `aanleverRequest` that is valid by the schema; `cuts` are the contents that were cut out of it."""
    request = _ChildValues(element)
    value, bijlagen = request.value, request.child("berichtBijlagen")
    return Aanlevering(
        berichtsoort=value("berichtsoort") or "",
        belanghebbende=_identiteit(request, "identiteitBelanghebbende") or Identiteit("", ""),
        rol_belanghebbende=value("rolBelanghebbende") or "",
        bericht=read_bericht(request.child("berichtInhoud"), cuts),
        bijlagen=tuple(read_bericht(one, cuts) for one in (bijlagen if bijlagen is not None else ())),
        aanleverkenmerk=value("aanleverkenmerk"),
        eerder_aanleverkenmerk=value("eerderAanleverkenmerk"),
        ontvanger=_identiteit(request, "identiteitOntvanger"),
        rol_ontvanger=value("rolOntvanger"),
        autorisatie_adres=value("autorisatieAdres"),
    )


def read_vraag(request: etree._Element) -> Vraag:
    """Read a request of the status or collect service that is valid by the schema."""
    children = _ChildValues(request)
    value = children.value
    return Vraag(
        kenmerk=value("kenmerk"),
        berichtsoort=value("berichtsoort"),
        belanghebbende=_identiteit(children, "identiteitBelanghebbende"),
        autorisatie_adres=value("autorisatieAdres"),
        vanaf=_moment(value("tijdstempelVanaf")),
        tot=_moment(value("tijdstempelTot")),
    )


class _ChildValues:
    """An element's children by name; the schema allows each once."""

    def __init__(self, element: etree._Element) -> None:
        self._by_name = {child.tag: child for child in element}

    def child(self, name: str) -> etree._Element | None:
        return self._by_name.get(f"{{{KOPPELVLAK}}}{name}")

    def value(self, name: str) -> str | None:
        """Whitespace collapsed, as the schema says; an empty one counts as absent."""
        found = self.child(name)
        text = found.text if found is not None else None
        return " ".join(text.split()) or None if text else None


def _identiteit(request: _ChildValues, name: str) -> Identiteit | None:
    found = request.child(name)
    if found is None:
        return None
    value = _ChildValues(found).value
    return Identiteit(value("nummer") or "", value("type") or "")


def read_bericht(element: etree._Element | None, cuts: Mapping[str, Inhoud]) -> BerichtInhoud:
    """A document or attachment in a request. Raises MalformedError where it has no inhoud."""
    if element is None:
        raise MalformedError(Text("berichtInhoud is missing"))
    children = _ChildValues(element)
    value, inhoud = children.value, children.child("inhoud")
    if inhoud is None:
        raise MalformedError(Text("inhoud is missing"))
    written = inhoud.text or ""
    content = cuts.get(written) or InlineBase64(written.encode())
    return BerichtInhoud(value("mimeType") or "", value("bestandsnaam") or "", content)


def _moment(value: str | None) -> datetime | None:
    """An xsd:dateTime; without a zone it is the time in Amsterdam, as client programs mean it."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedError(Text("{value} is not a time we can use", value=repr(value[:40]))) from error


# -- writing --------------------------------------------------------------------------------------


def tijdstempel(moment: datetime) -> str:
    """UTC in milliseconds with Z, as Digipoort writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def aanlever_response(proces: Proces) -> str:
    """An `aanleverResponse`: what was sent, echoed, with the kenmerk it got."""
    names = (
        "kenmerk berichtsoort aanleverkenmerk eerderAanleverkenmerk tijdstempelAangeleverd "
        "identiteitBelanghebbende rolBelanghebbende identiteitOntvanger rolOntvanger autorisatieAdres"
    )
    return _root("aanleverResponse", _of_proces(proces, names))


def berichtsoorten_response(berichtsoorten: Iterable[str]) -> str:
    """A `getBerichtsoortenResponse`."""
    return _return_element("getBerichtsoorten", (_one("berichtsoort", one) for one in berichtsoorten))


def processen_response(processen: Iterable[Proces]) -> str:
    """A `getProcessenResponse`."""
    names = "kenmerk berichtsoort identiteitBelanghebbende identiteitOntvanger"
    return _return_element(
        "getProcessen", (_group("ProcesResultaat", _of_proces(one, names)) for one in processen)
    )


def statussen_response(operation: str, statussen: Iterable[StatusResultaat]) -> str:
    """The answer of every operation that gives statuses."""
    return _return_element(operation, (_status_resultaat(one) for one in statussen))


def lijst_response(operation: str, processen: Iterable[Proces]) -> str:
    """The answer of the operations that list messages without their contents."""
    names = "berichtsoort identiteitBelanghebbende kenmerk"
    return _return_element(
        operation, (_group("BerichtLijstResultaat", _of_proces(one, names)) for one in processen)
    )


def berichten_response(operation: str, berichten: Iterable[SentBericht]) -> str:
    """The answer of the operations that hand out messages."""
    return _return_element(operation, (_group("BerichtResultaat", _bericht_fields(one)) for one in berichten))


def aflever_request(sent: SentBericht) -> str:
    """An `afleverRequest`: a message offered at the recipient's own service."""
    return _root("afleverRequest", _bericht_fields(sent, with_earlier=False))


def _status_resultaat(one: StatusResultaat) -> str:
    fout = _one("foutcode", one.foutcode) + _one("foutbeschrijving", one.foutbeschrijving or "", always=True)
    return _group(
        "StatusResultaat",
        _one("kenmerk", one.kenmerk),
        _party("identiteitBelanghebbende", one.belanghebbende),
        _one("statuscode", one.statuscode, always=True),
        _one("tijdstempelStatus", tijdstempel(one.tijdstempel)),
        _one("statusomschrijving", one.statusomschrijving[:80], always=True),
        _group("statusFoutcode", fout) if one.foutcode else "",
        _one("statusdetails", one.details),
    )


def _bericht_fields(sent: SentBericht, *, with_earlier: bool = True) -> str:
    names = (
        f"kenmerk berichtsoort berichtkenmerk aanleverkenmerk {'eerderAanleverkenmerk ' if with_earlier else ''}"
        "tijdstempelAangeleverd identiteitBelanghebbende rolBelanghebbende identiteitAanleveraar "
        "identiteitOntvanger rolOntvanger"
    )
    bijlagen = "".join(_inhoud("bijlage", one) for one in sent.bijlagen)
    fields = _of_proces(sent.proces, names) + _inhoud("berichtInhoud", sent.bericht)
    return fields + (_group("berichtBijlagen", bijlagen) if bijlagen else "")


def _of_proces(proces: Proces, names: str) -> str:
    """What is known of a proces under these names, with spaces between them, in this order."""
    written = {
        "kenmerk": _one("kenmerk", proces.kenmerk),
        "berichtsoort": _one("berichtsoort", proces.berichtsoort, always=True),
        "berichtkenmerk": _one("berichtkenmerk", proces.berichtkenmerk, always=True),
        "aanleverkenmerk": _one("aanleverkenmerk", proces.aanleverkenmerk),
        "eerderAanleverkenmerk": _one("eerderAanleverkenmerk", proces.eerder_aanleverkenmerk),
        "tijdstempelAangeleverd": _one("tijdstempelAangeleverd", tijdstempel(proces.tijdstempel_aangeleverd)),
        "identiteitBelanghebbende": _party("identiteitBelanghebbende", proces.belanghebbende),
        "rolBelanghebbende": _one("rolBelanghebbende", proces.rol_belanghebbende, always=True),
        "identiteitAanleveraar": _one("identiteitAanleveraar", proces.identiteit_aanleveraar),
        "identiteitOntvanger": _party("identiteitOntvanger", proces.ontvanger),
        "rolOntvanger": _one("rolOntvanger", proces.rol_ontvanger),
        "autorisatieAdres": _one("autorisatieAdres", proces.autorisatie_adres),
    }
    return "".join(written[name] for name in names.split())


def _inhoud(element: str, one: SentInhoud) -> str:
    return _group(
        element,
        _one("mimeType", one.mime_type, always=True),
        _one("bestandsnaam", one.bestandsnaam[:80], always=True),
        f"<k:inhoud>{one.token}</k:inhoud>",
    )


def _root(element: str, *parts: str) -> str:
    return f'<k:{element} xmlns:k="{KOPPELVLAK}">{"".join(parts)}</k:{element}>'


def _return_element(operation: str, results: Iterable[str]) -> str:
    return _root(f"{operation}Response", _group(f"{operation}Return", *results))


def _group(element: str, *parts: str) -> str:
    return f"<k:{element}>{''.join(parts)}</k:{element}>"


def _one(element: str, value: str | None, *, always: bool = False) -> str:
    return f"<k:{element}>{text(value or '')}</k:{element}>" if value or always else ""


def _party(element: str, one: Identiteit | None) -> str:
    if one is None:
        return ""
    return _group(element, _one("nummer", one.nummer, always=True), _one("type", one.type, always=True))
