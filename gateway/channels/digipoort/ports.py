"""What this door needs of the other rooms."""

from dataclasses import dataclass, field

from gateway.channels.digipoort.proces import ProcesRecords
from gateway.channels.digipoort.seen import SeenInMemory, SeenRecords
from gateway.channels.digipoort.wire.answer import Signer
from gateway.clock import Clock
from gateway.http.client_certificate import Identities
from gateway.messages.ports import Directory, DocumentStorage, Intake, Mailbox, Messages


@dataclass(frozen=True, slots=True)
class WusPorts:
    """Everything that `WusDoor` needs, handed in by `app`."""

    intake: Intake
    storage: DocumentStorage
    messages: Messages
    mailbox: Mailbox
    directory: Directory
    records: ProcesRecords
    identities: Identities
    signer: Signer
    clock: Clock
    seen: SeenRecords = field(default_factory=SeenInMemory)
