"""The ports of the Digipoort channel in memory, on `MemoryGateway`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.channels.digipoort.records import ProcesRecord
from gateway.channels.proces import HandOut, Proces, Scope, berichtsoort_of
from gateway.messages.message import Message
from gateway.messages.participants import Party, PartyKind
from gateway.messages.submission import Receipt, Submission
from gateway.testing.memory import MemoryGateway
from gateway.validator.model.identifiers import PartyIdentifier

LEVERANCIER, SOFTWAREHUIS, GEMEENTE = "van-dijk", "factuurstroom", "waterkant"

PARTIES = (
    Party(LEVERANCIER, "Van Dijk Kantoormeubelen B.V.", PartyKind.COMPANY, (PartyIdentifier("0106", "27418562"),)),
    Party(
        SOFTWAREHUIS,
        "Factuurstroom Software B.V.",
        PartyKind.COMPANY,
        (PartyIdentifier("0106", "61502793"),),
        mandates=frozenset({LEVERANCIER}),
    ),
    Party(GEMEENTE, "Gemeente Waterkant", PartyKind.NON_RIJK, (PartyIdentifier("0190", "00000099000000001000"),)),
)


@dataclass
class MemoryRecords:
    """Implements `ProcesRecords`; the messages are those of the gateway."""

    gateway: "WusMemoryGateway"
    known: dict[str, Proces]
    handed_out: set[tuple[str, HandOut]] = field(default_factory=set)

    async def berichtkenmerken_since(self, moment: datetime) -> tuple[tuple[str, str], ...]:
        """Messages since a time."""
        lately = [one for one in self.known.values() if one.tijdstempel_aangeleverd >= moment]
        return tuple((one.identiteit_aanleveraar or "", one.berichtkenmerk) for one in lately)

    async def proces(self, kenmerk: str) -> Proces | None:
        """The proces of a message."""
        return self.known.get(kenmerk)

    async def find(self, scope: Scope, limit: int) -> tuple[tuple[Message, Proces | None], ...]:
        """In scope."""
        found = [
            (row.message, self.known.get(kenmerk))
            for kenmerk, row in sorted(self.gateway.rows.items())
            if self._is_in(scope, row.message)
        ]
        return tuple(found[:limit])

    async def find_news(self, scope: Scope, oin: str, limit: int) -> tuple[tuple[Message, Proces | None], ...]:
        """With something new."""
        found = await self.find(scope, 10_000)
        return tuple(one for one in found if self._has_news(one[0], oin))[:limit]

    def _has_news(self, message: Message, oin: str) -> bool:
        journal = self.gateway.rows[message.kenmerk].journal
        marks = {(oin, HandOut(message.kenmerk, at)) for at, entry in enumerate(journal) if entry.statuscode}
        return not marks <= self.handed_out

    async def berichtsoorten(self, scope: Scope) -> tuple[str, ...]:
        """Each once."""
        return tuple(sorted({berichtsoort_of(message) for message, _ in await self.find(scope, 10_000)}))

    async def hand_out(self, oin: str, what: Sequence[HandOut]) -> frozenset[HandOut]:
        """Mark."""
        new = frozenset(one for one in what if (oin, one) not in self.handed_out)
        self.handed_out |= {(oin, one) for one in new}
        return new

    def _is_in(self, scope: Scope, message: Message) -> bool:
        parties = (message.recipient_id,) if scope.only_recipient else _parties(message)
        known = self.known.get(message.kenmerk)
        is_wanted = scope.belanghebbende is None or (
            (known.belanghebbende.nummer, known.belanghebbende.type.upper())
            == (scope.belanghebbende.nummer, scope.belanghebbende.type.upper())
            if known
            else scope.belanghebbende_party_id in {message.sender_id, message.submitter_id}
        )
        berichtsoort = scope.berichtsoort
        return (
            bool(scope.visible_to & set(parties))
            and is_wanted
            and (berichtsoort is None or berichtsoort_of(message).upper() == berichtsoort.upper())
        )


def _parties(message: Message) -> tuple[str | None, ...]:
    return message.submitter_id, message.sender_id, message.recipient_id


@dataclass
class WusMemoryGateway(MemoryGateway):
    """Its clock runs, and it keeps what a request of Digipoort says."""

    known: dict[str, Party] = field(default_factory=lambda: {party.party_id: party for party in PARTIES})
    recipient_id: str = GEMEENTE
    processen: dict[str, Proces] = field(default_factory=dict)

    @property
    def clock(self) -> datetime:
        """Now."""
        return datetime.now(UTC)

    async def submit(self, submission: Submission) -> Receipt:
        """Intake."""
        self.now = self.clock
        receipt = await super().submit(submission)
        record = submission.record and submission.record(receipt.kenmerk, receipt.received_at)
        if isinstance(record, ProcesRecord):
            self.processen[receipt.kenmerk] = record.proces
        return receipt
