"""The six collect operations: the messages that wait for a recipient, as a list or with their contents.

"Nieuwe" are messages that were not listed, or not collected, with this OIN before. Once a message was sent to its
recipient to the last byte it is confirmed: it also leaves the mailbox of the HTTP API.
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gateway.channels.digipoort.options import WusOptions
from gateway.channels.digipoort.parties import Client, is_recipient
from gateway.channels.digipoort.proces import COLLECTED, LISTED, HandOut, Proces
from gateway.channels.digipoort.processen import Processen, within
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.canonical import Binary
from gateway.channels.digipoort.wire.elements import SentInhoud, Vraag, berichten_response, lijst_response
from gateway.messages.lifecycle import State
from gateway.messages.message import Message
from gateway.messages.submission import StoredBytes

_COLLECTABLE = frozenset({State.DELIVERED, State.CONFIRMED})
Found = list[tuple[Message, Proces]]


@dataclass(frozen=True, slots=True)
class Collected:
    """An answer with contents: its body, where the contents are stored, and what is confirmed once it was sent."""

    body: str
    binaries: tuple[Binary, ...]
    sources: dict[str, StoredBytes]
    kenmerken: tuple[str, ...]


class Ophalen:
    """The operations of the ophaalservice."""

    def __init__(self, services: WusServices, options: WusOptions, processen: Processen) -> None:
        self._services = services
        self._options = options
        self._processen = processen

    async def get_berichten_lijst(self, vraag: Vraag, client: Client) -> str:
        """Messages by name."""
        return lijst_response("getBerichtenLijst", [proces for _, proces in await self._find(vraag, client)])

    async def get_nieuwe_berichten_lijst(self, vraag: Vraag, client: Client) -> str:
        """Messages by name that were neither listed nor collected before."""
        found = await self._find(vraag, client)
        new = await self._only_new(found, client, LISTED)
        return lijst_response("getNieuweBerichtenLijst", [proces for _, proces in new])

    async def get_berichten(self, vraag: Vraag, client: Client) -> Collected:
        """Messages of a belanghebbende, with their contents."""
        found = await self._find(vraag, client)
        return await self._collect("getBerichten", await self._that_fit(found))

    async def get_nieuwe_berichten(self, vraag: Vraag, client: Client) -> Collected:
        """Messages of a belanghebbende that were not collected before."""
        found = await self._find(vraag, client)
        new = await self._not_marked(found, client)
        return await self._collect("getNieuweBerichten", await self._that_fit(new))

    async def get_berichten_kenmerk(self, vraag: Vraag, client: Client) -> Collected:
        """One message with its contents."""
        return await self._collect("getBerichtenKenmerk", await self._one(vraag, client))

    async def get_nieuwe_berichten_kenmerk(self, vraag: Vraag, client: Client) -> Collected:
        """One message with its contents, unless it was collected before."""
        new = await self._not_marked(await self._one(vraag, client), client)
        return await self._collect("getNieuweBerichtenKenmerk", new)

    async def octets(self, collected: Collected, binary: Binary) -> AsyncIterator[bytes]:
        """The content that a binary of this answer stands for."""
        async for piece in self._services.storage.stream(collected.sources[binary.token]):
            yield piece

    async def confirm(self, collected: Collected, client: Client) -> None:
        """The answer was sent: its messages are the recipient's now."""
        for kenmerk in collected.kenmerken:
            await self._services.mailbox.confirm(client.party.party_id, kenmerk, None, client.caller.key_id)

    async def _find(self, vraag: Vraag, client: Client) -> Found:
        scope = await self._processen.scope(vraag, client, only_recipient=True)
        found = await self._services.records.find(scope, self._options.processen_max)
        shown = [(message, await self._processen.complete(message, known)) for message, known in found]
        return [one for one in shown if one[0].state in _COLLECTABLE and within(one[0].received_at, vraag)]

    async def _one(self, vraag: Vraag, client: Client) -> Found:
        message, proces = await self._processen.one(vraag.kenmerk, client)
        is_ready = is_recipient(client, message) and message.state in _COLLECTABLE
        return [(message, proces)] if is_ready and within(message.received_at, vraag) else []

    async def _only_new(self, found: Found, client: Client, mark: int) -> Found:
        marks = [HandOut(message.kenmerk, mark) for message, _ in found]
        new = await self._services.records.hand_out(client.oin, marks)
        return [one for one in found if HandOut(one[0].kenmerk, mark) in new]

    async def _not_marked(self, found: Found, client: Client) -> Found:
        return await self._only_new(await self._that_fit(found), client, COLLECTED)

    async def _that_fit(self, found: Found) -> Found:
        """The first messages that fit one answer; the client asks for the others afterwards."""
        fitting: Found = []
        size_bytes = 0
        for message, proces in found[: self._options.berichten_max]:
            attachments = await self._services.messages.attachments(message.kenmerk)
            size_bytes += message.size_bytes + sum(one.stored.size_bytes for one in attachments if one.stored)
            if fitting and size_bytes > self._options.berichten_bytes_max:
                break
            fitting.append((message, proces))
        return fitting

    async def _collect(self, operation: str, found: Found) -> Collected:
        sources: dict[str, StoredBytes] = {}
        binaries: list[Binary] = []
        berichten: list[tuple[Proces, SentInhoud, Sequence[SentInhoud]]] = []
        for message, proces in found:
            stored = await self._services.messages.document(message.kenmerk)
            if stored is None:
                continue
            mime_type, name = proces.mime_type, proces.bestandsnaam or f"{message.kenmerk}.xml"
            bericht = _sent_inhoud(mime_type, name, stored, sources, binaries)
            bijlagen = [
                _sent_inhoud(
                    one.attachment.media_type, one.attachment.filename or "", one.stored, sources, binaries
                )
                for one in await self._services.messages.attachments(message.kenmerk)
                if one.stored is not None
            ]
            berichten.append((proces, bericht, bijlagen))
        body = berichten_response(operation, berichten)
        confirmed = tuple(message.kenmerk for message, _ in found if message.state is State.DELIVERED)
        return Collected(body, tuple(binaries), sources, confirmed)


def _sent_inhoud(
    mime_type: str, name: str, stored: StoredBytes, sources: dict[str, StoredBytes], binaries: list[Binary]
) -> SentInhoud:
    binary = Binary(f"mpX{secrets.token_hex(10)}X", stored.size_bytes)
    sources[binary.token] = stored
    binaries.append(binary)
    return SentInhoud(mime_type, name, binary)
