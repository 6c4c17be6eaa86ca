"""The six collect operations: the messages that wait for a recipient, as a list or with their contents.

"Nieuwe" are messages that were not listed, or not collected, with this OIN before. Once a message was sent to its
recipient to the last byte it is confirmed: it also leaves the mailbox of the HTTP API.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.channels.digipoort.parties import WusCaller
from gateway.channels.digipoort.processen import PROCESSEN_MAX, Processen, sent_bericht, within
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.elements import SentInhoud, Vraag, berichten_response, lijst_response
from gateway.channels.proces import COLLECTED, LISTED, HandOut, Proces
from gateway.messages.contents import Contents, check_contents
from gateway.messages.lifecycle import State
from gateway.messages.message import Message
from gateway.messages.stored_errors import DamagedDocumentError

BERICHTEN_MAX = 25
"""Messages with their contents in one answer."""
BERICHTEN_BYTES_MAX = 64 * 1024 * 1024
"""Contents in one answer; one message always fits."""
_COLLECTABLE = frozenset({State.DELIVERED, State.CONFIRMED})
Found = list[tuple[Message, Proces]]
Fitting = list[tuple[Message, Proces, Contents]]
Shown = TypeVar("Shown", tuple[Message, Proces], tuple[Message, Proces, Contents])


@dataclass(frozen=True, slots=True)
class Collected:
    """An answer with contents, and what is confirmed once it was sent."""

    body: str
    contents: tuple[SentInhoud, ...]
    kenmerken: tuple[str, ...]


class Ophalen:
    """The operations of the ophaalservice."""

    def __init__(self, services: WusServices, processen: Processen) -> None:
        self._services = services
        self._processen = processen

    async def answer(self, operation: str, vraag: Vraag, caller: WusCaller) -> str | Collected:
        """What an operation answers. Its name says whether it is asked for one message (`…Kenmerk`), for names
        alone (`…Lijst`), and for what was not handed out before (`getNieuwe…`)."""
        found = await (self._one if operation.endswith("Kenmerk") else self._find)(vraag, caller)
        only_new = operation.startswith("getNieuwe")
        if operation.endswith("Lijst"):
            new = await self._mark(found, caller, LISTED) if only_new else found
            return lijst_response(operation, [proces for _, proces in new])
        fitting = await self._that_fit(found)  # their contents are sound, so they can be sent
        return _collect(operation, await self._mark(fitting, caller, COLLECTED) if only_new else fitting)

    async def confirm(self, collected: Collected, caller: WusCaller) -> None:
        """The answer was sent: its messages are the recipient's now."""
        for kenmerk in collected.kenmerken:
            await self._services.mailbox.confirm(caller.party.party_id, kenmerk, None, caller.as_caller.key_id)

    async def _find(self, vraag: Vraag, caller: WusCaller) -> Found:
        scope = await self._processen.scope(vraag, caller, only_recipient=True)
        found = await self._services.records.find(scope, PROCESSEN_MAX)
        shown = [(message, await self._processen.complete(message, known)) for message, known in found]
        return [one for one in shown if one[0].state in _COLLECTABLE and within(one[0].received_at, vraag)]

    async def _one(self, vraag: Vraag, caller: WusCaller) -> Found:
        message, proces = await self._processen.one(vraag.kenmerk, caller)
        is_ready = message.recipient_id == caller.party.party_id and message.state in _COLLECTABLE
        is_there = is_ready and message.has_contents
        return [(message, proces)] if is_there and within(message.received_at, vraag) else []

    async def _mark(self, found: Sequence[Shown], caller: WusCaller, mark: int) -> Sequence[Shown]:
        """Mark as handed out; those that were not before."""
        marks = [HandOut(one[0].kenmerk, mark) for one in found]
        new = await self._services.records.hand_out(caller.oin, marks)
        return [one for one in found if HandOut(one[0].kenmerk, mark) in new]

    async def _that_fit(self, found: Found) -> Fitting:
        """The first messages that fit one answer; the caller asks for the others afterwards. One whose contents
        are damaged is left out, so that the others can be sent. Raises DamagedDocumentError when all are."""
        fitting: Fitting = []
        size_bytes = 0
        damage: DamagedDocumentError | None = None
        for message, proces in [one for one in found if one[0].has_contents][:BERICHTEN_MAX]:
            attachments = await self._services.messages.attachments(message.kenmerk)
            size_bytes += message.size_bytes + sum(one.stored.size_bytes for one in attachments if one.stored)
            if fitting and size_bytes > BERICHTEN_BYTES_MAX:
                break
            try:
                contents = await check_contents(self._services.storage, message.document, attachments)
                fitting.append((message, proces, contents))
            except DamagedDocumentError as error:
                damage = error
        if damage and not fitting:
            raise damage
        return fitting


def _collect(operation: str, found: Sequence[tuple[Message, Proces, Contents]]) -> Collected:
    berichten = [sent_bericht(proces, contents) for _, proces, contents in found]
    return Collected(
        berichten_response(operation, berichten),
        tuple(content for bericht in berichten for content in bericht.contents),
        tuple(message.kenmerk for message, *_ in found if message.state is State.DELIVERED),
    )
