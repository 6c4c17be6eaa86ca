"""What the endpoint needs of the gateway."""

from dataclasses import dataclass

from gateway.channels.digipoort.records import ProcesStore
from gateway.channels.digipoort.replay import ReplayGuard
from gateway.channels.digipoort.wire.answer import Signer
from gateway.clock import Clock
from gateway.http.client_certificate import Identities
from gateway.messages.ports import Intake
from gateway.store.documents.storage import Storage
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.messages import MessageReader
from gateway.store.messages.register import RegisterStore


@dataclass(frozen=True, slots=True)
class WusServices:
    """Everything that `WusEndpoint` uses."""

    intake: Intake
    storage: Storage
    messages: MessageReader
    mailbox: MailboxStore
    directory: RegisterStore
    records: ProcesStore
    identities: Identities
    signer: Signer
    clock: Clock
    replays: ReplayGuard
