"""Processen and their statuses as the interface shows them, for messages of every channel."""

from datetime import datetime

from gateway.channels.digipoort.parties import WusCaller, find_party, identiteit_named, identiteit_of
from gateway.channels.digipoort.records import ProcesStore
from gateway.channels.digipoort.wire.elements import SentBericht, SentInhoud, StatusResultaat, Vraag
from gateway.channels.digipoort.wire.faults import RefusedError
from gateway.channels.proces import Proces, Scope, berichtsoort_of
from gateway.i18n import Text
from gateway.messages.contents import Contents
from gateway.messages.lifecycle import Foutcode
from gateway.messages.message import JournalEntry, Message
from gateway.messages.ports import CheckedBytes
from gateway.store.messages.messages import MessageReader
from gateway.store.messages.register import RegisterStore
from gateway.validator.media_types import document_name

FOUTBESCHRIJVINGEN = {
    Foutcode.VAS400: Text("A technical problem occurred in the validation."),
    Foutcode.VAS500: Text("The content of the message does not meet the requirements."),
    Foutcode.AFS400: Text("A technical fault occurred in the delivery service."),
    Foutcode.AFS600: Text("The maximum number of delivery attempts is reached."),
    Foutcode.AFO100: Text("The recipient did not accept the message, or is not known."),
}
_ROL = "Bedrijf"
PROCESSEN_MAX = 500
"""Processen or messages in one list."""


class Processen:
    """Finds processen for a caller."""

    def __init__(self, messages: MessageReader, directory: RegisterStore, records: ProcesStore) -> None:
        self._messages = messages
        self._directory = directory
        self._records = records

    async def proces_of(self, message: Message) -> Proces:
        """What was submitted with the message; for one of another channel, as far as the message says it."""
        return await self.complete(message, await self._records.proces(message.kenmerk))

    async def one(self, kenmerk: str | None, caller: WusCaller) -> tuple[Message, Proces]:
        """The message with this kenmerk. Raises RefusedError when there is none that this caller may see."""
        message = await self._messages.message(kenmerk or "", caller.visible_to)
        if message is None:
            raise RefusedError(Text("the kenmerk {kenmerk} is not known for this OIN", kenmerk=repr(kenmerk)))
        return message, await self.proces_of(message)

    async def scope(self, vraag: Vraag, caller: WusCaller, *, only_recipient: bool = False) -> Scope:
        """Which messages the question is about."""
        party = vraag.belanghebbende and await find_party(self._directory, vraag.belanghebbende)
        return Scope(
            visible_to=frozenset({caller.party.party_id}) if only_recipient else caller.visible_to,
            berichtsoort=vraag.berichtsoort,
            belanghebbende=vraag.belanghebbende,
            belanghebbende_party_id=party.party_id if party else None,
            only_recipient=only_recipient,
        )

    async def complete(self, message: Message, known: Proces | None) -> Proces:
        """What is known of the proces, or what the message says of it when nothing was submitted with it."""
        if known is not None:
            return known
        directory = self._directory
        sender = directory.by_id(message.sender_id or message.submitter_id or "")
        recipient = directory.by_id(message.recipient_id) if message.recipient_id else None
        submitter = directory.by_id(message.submitter_id) if message.submitter_id else None
        return Proces(
            kenmerk=message.kenmerk,
            berichtsoort=berichtsoort_of(message),
            berichtkenmerk=message.kenmerk,
            tijdstempel_aangeleverd=message.received_at,
            belanghebbende=identiteit_of(sender),
            rol_belanghebbende=_ROL,
            aanleverkenmerk=message.aanleverkenmerk,
            identiteit_aanleveraar=identiteit_of(submitter).nummer or None,
            ontvanger=identiteit_of(recipient) if recipient else identiteit_named(message.recipient),
        )

    async def statussen(self, proces: Proces) -> list[tuple[int, StatusResultaat]]:
        """Every status that Digipoort has a code for, with its position in the journal, oldest first."""
        journal = await self._messages.journal(proces.kenmerk)
        return [(at, _status(proces, entry)) for at, entry in enumerate(journal) if entry.statuscode]


def sent_bericht(proces: Proces, contents: Contents) -> SentBericht:
    """The message with its contents, as it is sent."""

    def inhoud(mime_type: str, bestandsnaam: str, content: CheckedBytes) -> SentInhoud:
        return SentInhoud(mime_type, bestandsnaam, content.size_bytes, content.stream)

    bijlagen = [inhoud(about.media_type, about.filename or "", content) for about, content in contents.attachments]
    media_type = proces.mime_type or contents.media_type
    bestandsnaam = proces.bestandsnaam or document_name(proces.kenmerk, media_type)
    bericht = inhoud(media_type, bestandsnaam, contents.document)
    return SentBericht(proces, bericht, tuple(bijlagen))


def within(moment: datetime, vraag: Vraag) -> bool:
    """Whether a moment lies in the window of the question; a missing `tot` means now, a missing `vanaf` ever."""
    # The interface gives milliseconds, our journal knows microseconds: compare what the caller saw.
    seen = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return (vraag.vanaf is None or seen >= vraag.vanaf) and (vraag.tot is None or seen <= vraag.tot)


def _status(proces: Proces, entry: JournalEntry) -> StatusResultaat:
    described = FOUTBESCHRIJVINGEN.get(Foutcode(entry.foutcode)) if entry.foutcode in set(Foutcode) else None
    return StatusResultaat(
        kenmerk=proces.kenmerk,
        belanghebbende=proces.belanghebbende,
        statuscode=entry.statuscode,
        tijdstempel=entry.at,
        statusomschrijving=entry.statusomschrijving,
        foutcode=entry.foutcode,
        foutbeschrijving=described.nl if described else entry.detail,
        details=entry.detail,
    )
