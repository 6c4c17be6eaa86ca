"""The row of a proces: written in the transaction of its message."""

from sqlalchemy import Connection

from gateway.messages.proces import Proces
from gateway.metering.calendar import microseconds
from gateway.store.digipoort.tables import processen
from gateway.store.round_trip import Change
from gateway.store.statements import insertion, place_of

_COLUMNS = (
    "kenmerk",
    "berichtsoort",
    "berichtkenmerk",
    "tijdstempel_aangeleverd",
    "belanghebbende_nummer",
    "belanghebbende_type",
    "rol_belanghebbende",
    "aanleverkenmerk",
    "eerder_aanleverkenmerk",
    "identiteit_aanleveraar",
    "ontvanger_nummer",
    "ontvanger_type",
    "rol_ontvanger",
    "autorisatie_adres",
    "mime_type",
    "bestandsnaam",
)


def keeping(connection: Connection, every: list[Proces]) -> Change:
    """What writes them."""
    return insertion(processen, _COLUMNS, place_of(connection)), [_row(proces) for proces in every]


def _row(proces: Proces) -> tuple[object, ...]:
    ontvanger = proces.ontvanger
    return (
        proces.kenmerk,
        proces.berichtsoort,
        proces.berichtkenmerk,
        microseconds(proces.tijdstempel_aangeleverd),
        proces.belanghebbende.nummer,
        proces.belanghebbende.type,
        proces.rol_belanghebbende,
        proces.aanleverkenmerk,
        proces.eerder_aanleverkenmerk,
        proces.identiteit_aanleveraar,
        ontvanger.nummer if ontvanger else None,
        ontvanger.type if ontvanger else None,
        proces.rol_ontvanger,
        proces.autorisatie_adres,
        proces.mime_type,
        proces.bestandsnaam,
    )
