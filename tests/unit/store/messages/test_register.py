"""The register keeps parties and keys, and sees what another process changed; on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.messages.participants import KeyRequest, PartyKind, Role
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
    assert await register.holder(key_id) == caller
    assert await register.revoke_key(key_id, "operator")
    assert await register.revoke_key(key_id, "operator")  # again changes nothing
    assert not await register.revoke_key("key-0", "operator")
    assert await register.authenticate(key) is None
    assert await register.holder(key_id) is None


async def test_a_key_is_for_a_party_that_exists(database: MessageDatabase) -> None:
    with pytest.raises(ValueError, match="party"):
        await register_on(database).new_key(Role.SUPPLIER, "nobody", "operator")


async def test_a_key_expires(database: MessageDatabase) -> None:
    register, now = register_on(database), [NOW]
    await register.save(SUPPLIER, "operator")
    later = RegisterStore(database.engines, database.writer, lambda: now[0])
    wanted = KeyRequest(Role.SUPPLIER, "supplier", label="books", expires_at=NOW + timedelta(days=1))
    key_id, key = await register.make_key(wanted, "operator")
    assert await later.authenticate(key) is not None
    now[0] += timedelta(days=1)
    assert await later.authenticate(key) is None
    [found] = await later.api_keys()
    assert (found.key_id, found.label, found.works_at(now[0])) == (key_id, "books", False)
    assert key.startswith(found.prefix)
    assert len(found.prefix) == 11


async def test_a_key_is_rotated_with_an_overlap_and_never_gets_longer(database: MessageDatabase) -> None:
    register, now = register_on(database), [NOW]
    await register.save(SUPPLIER, "operator")
    later = RegisterStore(database.engines, database.writer, lambda: now[0])
    end = NOW + timedelta(days=9)
    wanted = KeyRequest(Role.SUPPLIER, "supplier", label="books", expires_at=end, is_test=True)
    old_id, old = await register.make_key(wanted, "operator")
    made = await register.rotate_key(old_id, NOW + timedelta(hours=1), "supplier")
    assert made is not None
    for key in (old, made[1]):
        assert await later.authenticate(key) is not None
    now[0] += timedelta(hours=1)
    assert await later.authenticate(old) is None
    caller = await later.authenticate(made[1])
    assert caller is not None
    assert (caller.role, caller.party_id, caller.is_test) == ("supplier", "supplier", True)
    assert {one.label: one.expires_at for one in await later.api_keys() if one.key_id == made[0]} == {"books": end}
    assert await later.rotate_key(old_id, NOW + timedelta(days=2), "supplier") is None  # it works no longer


async def test_the_last_use_is_written_once_an_hour(database: MessageDatabase) -> None:
    now = [NOW]
    register = RegisterStore(database.engines, database.writer, lambda: now[0])
    await register.save(SUPPLIER, "operator")
    _, key = await register.new_key(Role.SUPPLIER, "supplier", "operator")
    assert (await register.api_keys())[0].last_used_at is None
    for minutes, seen in ((0, 0), (59, 0), (60, 60), (61, 60)):
        now[0] = NOW + timedelta(minutes=minutes)
        assert await register.authenticate(key) is not None
        assert (await register.api_keys())[0].last_used_at == NOW + timedelta(minutes=seen)
