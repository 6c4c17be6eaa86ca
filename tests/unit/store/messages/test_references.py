"""Which objects in storage are in use: those that messages name, and those that are not of messages."""

from gateway.messages.kenmerk import new_kenmerk
from gateway.store.messages.references import ObjectReferences
from tests.unit.store.messages.message_database import MessageDatabase


async def test_named_and_foreign_objects_are_in_use_and_others_are_not(database: MessageDatabase) -> None:
    message = await database.received()
    orphan = f"objects/2026-11-23/{new_kenmerk()}"
    foreign = {f"exports/2026/{new_kenmerk()}", "packs/2026/figures.csv"}
    keys = {message.document.key, orphan, *foreign}
    assert await ObjectReferences(database.engines).find_used(keys) == {message.document.key, *foreign}
    assert await ObjectReferences(database.engines).find_used(foreign) == foreign
