"""What an operator does at the command line with messages and deliveries: find them, help those that are stuck."""

from dataclasses import dataclass

from gateway.admin.stores import ACTOR, Stores, with_stores
from gateway.clock import utc_now
from gateway.messages.finding import close_parties, words_of
from gateway.messages.lifecycle import State
from gateway.messages.message import JournalEntry, Message, MessageFilter
from gateway.messages.ports import PendingDelivery
from gateway.settings import Settings
from gateway.store.messages.messages import MessageReader
from gateway.store.messages.outbox import OutboxStore


@dataclass(frozen=True, slots=True)
class FoundMessages:
    """Messages, newest first; names of parties by id; where nothing was found, names that may have been meant."""

    messages: tuple[Message, ...]
    names: dict[str, str]
    close: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """A message, its steps, and its verdict as JSON."""

    message: Message
    journal: tuple[JournalEntry, ...]
    report: bytes | None


def find_messages(settings: Settings, text: str, states: tuple[str, ...], limit: int) -> FoundMessages:
    """The newest messages in these states that have every word of the text; without words or states all."""

    async def work(stores: Stores) -> FoundMessages:
        parties = await stores.register.parties()
        wanted = MessageFilter(states=frozenset(map(State, states)), words=words_of(text, parties))
        page = await MessageReader(stores.engines).page(wanted, None, limit)
        close = () if page.items or not text else close_parties(text, parties)
        names = {party.party_id: party.name for party in parties}
        return FoundMessages(page.items, names, tuple(party.name for party in close))

    return with_stores(settings, work)


def life_of(settings: Settings, kenmerk: str) -> Life | None:
    """A message with its steps and verdict, or None."""

    async def work(stores: Stores) -> Life | None:
        messages = MessageReader(stores.engines)
        message = await messages.message(kenmerk, None)
        if message is None:
            return None
        return Life(message, await messages.journal(kenmerk), await messages.report(kenmerk))

    return with_stores(settings, work)


def replay_message(settings: Settings, kenmerk: str) -> bool:
    """Have a message offered again; False when it is neither parked nor returned."""
    from gateway.store.messages.operations import record_replay  # here, so that other commands start fast

    return with_stores(settings, lambda stores: record_replay(stores.writer, kenmerk, ACTOR, utc_now()))


def pending_deliveries(settings: Settings) -> tuple[PendingDelivery, ...]:
    """Every recipient for whom messages wait to be pushed."""
    return with_stores(settings, lambda stores: _outbox(stores).pending())


def resume_delivery(settings: Settings, party_id: str) -> bool:
    """End a recipient's pause; False when it has none."""
    return with_stores(settings, lambda stores: _outbox(stores).resume(party_id, ACTOR))


def _outbox(stores: Stores) -> OutboxStore:
    return OutboxStore(stores.engines, stores.writer, stores.register, utc_now)
