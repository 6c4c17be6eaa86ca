"""The register keeps parties and keys, and sees what another process changed; on both databases."""

from dataclasses import replace

import pytest

from gateway.messages.participants import PartyKind, Role
from gateway.store.messages.register import RegisterStore
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN
from tests.unit.store.messages.message_database import MessageDatabase


def register_on(database: MessageDatabase) -> RegisterStore:
    return RegisterStore(database.engines, database.writer, lambda: NOW)


async def test_a_party_is_read_back_and_replaced_whole(database: MessageDatabase) -> None:
    register, other = register_on(database), register_on(database)
    party = replace(SUPPLIER, mandates=frozenset({"b", "a"}), settings={"profile": "nlcius"})
    await register.save(party, "operator")
    await other.refresh()
    assert other.by_id("supplier") == party
    assert other.by_identifier(party.identifiers[0]) == party
    renamed = replace(party, name="New", kind=PartyKind.NON_RIJK, identifiers=TOWN.identifiers, settings={})
    await register.save(renamed, "operator")
    assert await register.parties() == (renamed,)
    assert register.by_identifier(party.identifiers[0]) is None


async def test_an_identifier_has_one_party(database: MessageDatabase) -> None:
    register = register_on(database)
    await register.save(SUPPLIER, "operator")
    with pytest.raises(ValueError, match="belongs to supplier"):
        await register.save(replace(TOWN, identifiers=SUPPLIER.identifiers), "operator")
    assert register.by_id("town") is None


async def test_a_key_works_until_it_is_revoked(database: MessageDatabase) -> None:
    register, other = register_on(database), register_on(database)
    await register.save(SUPPLIER, "operator")
    key_id, key = await register.new_key(Role.SUPPLIER, "supplier", "operator", is_test=True)
    caller = await other.authenticate(key)
    assert caller is not None
    assert (caller.key_id, caller.role, caller.party_id, caller.is_test) == (key_id, "supplier", "supplier", True)
    assert await register.authenticate(key + "x") is None
    assert await register.revoke_key(key_id, "operator")
    assert await register.revoke_key(key_id, "operator")  # again changes nothing
    assert not await register.revoke_key("key-0", "operator")
    assert await register.authenticate(key) is None


async def test_a_key_is_for_a_party_that_exists(database: MessageDatabase) -> None:
    with pytest.raises(ValueError, match="party"):
        await register_on(database).new_key(Role.SUPPLIER, "nobody", "operator")
