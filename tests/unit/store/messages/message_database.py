"""The stores of messages on one database, without a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.messages.decision import Decision
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.message import Message
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import Arrival, Content, Receipt, Submission
from gateway.settings import MeterSettings
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines, open_engines
from gateway.store.messages.commit import Committer
from gateway.store.messages.messages import MessageStore
from gateway.store.schema import upgrade
from gateway.store.writer import Writer
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN


@dataclass
class MessageDatabase:
    """Stores, and what they said was committed."""

    engines: Engines
    writer: Writer
    store: MessageStore
    committer: Committer
    committed: list[Decision] = field(default_factory=list)

    async def accept(self, document: bytes = b"<a/>", key: str | None = None, *, is_test: bool = False) -> Receipt:
        """Accept a document of the supplier."""
        caller = Caller("key", Role.SUPPLIER, "supplier", is_test)
        submission = Submission(caller, "http", Content(len(document), document), idempotency_key=key)
        return await self.store.accept(Arrival(new_kenmerk(), NOW, submission))

    async def received(self) -> Message:
        """A message that is accepted and waits to be judged."""
        message = await self.store.unjudged_message((await self.accept()).kenmerk)
        assert message is not None
        return message


@asynccontextmanager
async def message_database(url: str, directory: Path) -> AsyncIterator[MessageDatabase]:
    """An empty database."""
    engines, storage = open_engines(url), Storage(directory.as_uri(), 1 << 18)
    upgrade(engines.write)
    writer = Writer(engines.write, 64)
    writer.start()
    committed: list[Decision] = []
    store = MessageStore(engines, writer, storage)
    parties = MemoryRegister(SUPPLIER, TOWN)
    committer = Committer(engines, writer, parties, MeterSettings(), observers=[committed.append])
    yield MessageDatabase(engines, writer, store, committer, committed)
    await writer.stop()
    storage.close()
    await engines.dispose()
