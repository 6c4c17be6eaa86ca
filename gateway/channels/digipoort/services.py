"""What the endpoint needs of the gateway."""

from dataclasses import dataclass

from gateway.channels.digipoort.replay import ReplayGuard
from gateway.channels.digipoort.wire.answer import Signer
from gateway.channels.proces import ProcesRecords
from gateway.clock import Clock
from gateway.http.client_certificate import Identities
from gateway.messages.ports import Directory, DocumentStorage, Intake, Mailbox, Messages


@dataclass(frozen=True, slots=True)
class WusServices:
    """Everything that `WusEndpoint` uses."""

    intake: Intake
    storage: DocumentStorage
    messages: Messages
    mailbox: Mailbox
    directory: Directory
    records: ProcesRecords
    identities: Identities
    signer: Signer
    clock: Clock
    replays: ReplayGuard
