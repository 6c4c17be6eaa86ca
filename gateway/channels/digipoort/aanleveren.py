"""Aanleveren: accepts a document, and answers with its kenmerk once it is stored and before it is judged."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from gateway.channels.digipoort.parties import WusCaller, belanghebbende_of, recipient_of
from gateway.channels.digipoort.records import row_of
from gateway.channels.digipoort.replay import BERICHTKENMERK_CHARACTERS_MAX
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.cut import Inhoud, ReadingLimits, inhoud_too_large
from gateway.channels.digipoort.wire.elements import Aanlevering, BerichtInhoud, aanlever_response
from gateway.channels.digipoort.wire.faults import RefusedError, TroubleError
from gateway.channels.digipoort.wire.names import GEEN_AUSP
from gateway.channels.proces import Proces
from gateway.i18n import Text
from gateway.messages.participants import Party
from gateway.messages.ports import ContentSink
from gateway.messages.submission import (
    Content,
    DetachedAttachment,
    OverloadedError,
    Receipt,
    Record,
    Submission,
)
from gateway.validator.model.document import Attachment

SUBMITTED_AS = "wus"
"""The `channel` of the messages that come in here."""


class Aanleveren:
    """The operation of the aanleverservice."""

    def __init__(self, services: WusServices, limits: ReadingLimits) -> None:
        self._services = services
        self._limits = limits

    async def accept_aanlevering(self, sent: Aanlevering, message_id: str, caller: WusCaller) -> str:
        """Submit the message; returns the body of the response. Raises KoppelvlakError."""
        self._require_within_limits(sent)
        _require_no_ausp(sent.autorisatie_adres)
        party = await belanghebbende_of(self._services.directory, caller, sent.belanghebbende)
        berichtkenmerk = message_id[:BERICHTKENMERK_CHARACTERS_MAX]

        def proces(kenmerk: str, received_at: datetime) -> Proces:
            return _proces(sent, kenmerk, received_at, caller.oin, berichtkenmerk)

        receipt = await self._store_all(sent, caller, party, lambda *received: row_of(proces(*received)))
        return aanlever_response(proces(receipt.kenmerk, receipt.received_at))

    async def _store_all(self, sent: Aanlevering, caller: WusCaller, party: Party, record: Record) -> Receipt:
        """Store the message with its contents, or nothing.

        Contents are deleted when the submission was not passed to the intake, or the intake says that nothing was
        stored. After any other error, cancellation included, the message may have been committed: its contents
        stay, and the reaper deletes them when no message refers to them.
        """
        sinks: list[ContentSink] = []
        try:
            submission = await self._submission(sent, caller, party, sinks, record)
        except BaseException:
            await _delete(sinks)
            raise
        try:
            return await self._services.intake.submit(submission)
        except OverloadedError as error:
            await _delete(sinks)
            raise TroubleError(Text("the service is busy")) from error

    async def _submission(
        self, sent: Aanlevering, caller: WusCaller, party: Party, sinks: list[ContentSink], record: Record
    ) -> Submission:
        recipient = await recipient_of(self._services.directory, sent.ontvanger)
        document = await self._store_content(sent.bericht.inhoud, sinks)
        attachments = [
            await self._attachment(number, one, sinks) for number, one in enumerate(sent.bijlagen, start=1)
        ]
        needs_mandate = party.party_id != caller.party.party_id and not caller.acts_for_all
        return Submission(
            caller=caller.as_caller,
            channel=SUBMITTED_AS,
            document=document,
            attachments=tuple(attachments),
            recipient=recipient,
            berichtsoort=sent.berichtsoort,
            aanleverkenmerk=sent.aanleverkenmerk,
            on_behalf_of=party.identifiers[0] if needs_mandate and party.identifiers else None,
            record=record,
        )

    async def _attachment(self, number: int, one: BerichtInhoud, sinks: list[ContentSink]) -> DetachedAttachment:
        content = await self._store_content(one.inhoud, sinks)
        about = Attachment(number, one.mime_type, one.bestandsnaam or None, content.size_bytes, content.sha256)
        return DetachedAttachment(about, content)

    async def _store_content(self, inhoud: Inhoud, sinks: list[ContentSink]) -> Content:
        """Decode into storage; in memory when it is small."""
        if inhoud.size_bytes <= self._limits.cut_bytes_min:
            data = b"".join(inhoud.octets())
            return Content(len(data), data)
        sinks.append(self._services.storage.sink())
        await _pour(inhoud.octets(), sinks[-1])
        return await sinks[-1].close()

    def _require_within_limits(self, sent: Aanlevering) -> None:
        limit = self._limits.inhoud_bytes_max
        for one in (sent.bericht, *sent.bijlagen):
            if one.inhoud.size_bytes > limit:
                raise inhoud_too_large(one.inhoud.size_bytes, limit)


async def _delete(sinks: Iterable[ContentSink]) -> None:
    for sink in sinks:
        await sink.abort()


async def _pour(octets: Iterator[bytes], sink: ContentSink) -> None:
    for piece in octets:
        await sink.write(piece)


def _require_no_ausp(address: str | None) -> None:
    """Mandates are in our own register; no other authorisation service is called."""
    if address is not None and address.rstrip("/") != GEEN_AUSP:
        raise RefusedError(
            Text(
                "the authorisation service {address} is not known here; use {geen_ausp}",
                address=repr(address[:80]),
                geen_ausp=GEEN_AUSP,
            )
        )


def _proces(sent: Aanlevering, kenmerk: str, received_at: datetime, oin: str, berichtkenmerk: str) -> Proces:
    return Proces(
        kenmerk=kenmerk,
        berichtsoort=sent.berichtsoort,
        berichtkenmerk=berichtkenmerk,
        tijdstempel_aangeleverd=received_at,
        belanghebbende=sent.belanghebbende,
        rol_belanghebbende=sent.rol_belanghebbende,
        aanleverkenmerk=sent.aanleverkenmerk,
        eerder_aanleverkenmerk=sent.eerder_aanleverkenmerk,
        identiteit_aanleveraar=oin,
        ontvanger=sent.ontvanger,
        rol_ontvanger=sent.rol_ontvanger,
        autorisatie_adres=sent.autorisatie_adres,
        mime_type=sent.bericht.mime_type,
        bestandsnaam=sent.bericht.bestandsnaam,
    )
