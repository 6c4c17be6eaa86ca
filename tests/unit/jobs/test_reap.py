"""The reaper: leftovers go, and nothing else ever does."""

import random
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.jobs import reap
from gateway.jobs.reap import DOUBT_OBJECTS_MIN, Reaper, ReaperPass

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stored:
    key: str
    age_hours: float


class MemoryStorage:
    def __init__(self, objects: Collection[Stored]) -> None:
        self.kept = {stored.key: stored for stored in objects}

    async def keys_older_than(self, age: timedelta) -> AsyncIterator[str]:
        for stored in list(self.kept.values()):
            if timedelta(hours=stored.age_hours) > age:
                yield stored.key

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class MemoryReferences:
    def __init__(self, keys: Collection[str]) -> None:
        self.keys = frozenset(keys)
        self.largest_question = 0

    async def find_used(self, keys: Collection[str]) -> frozenset[str]:
        self.largest_question = max(self.largest_question, len(keys))
        return self.keys.intersection(keys)


class NamedMeanwhile(MemoryReferences):
    """A message is written between the pass's first look and the removal."""

    async def find_used(self, keys: Collection[str]) -> frozenset[str]:
        answer = await super().find_used(keys)
        self.keys |= frozenset(keys)
        return answer


def a_reaper(storage: MemoryStorage, references: MemoryReferences, share: float = 0.5) -> Reaper:
    return Reaper(storage, references, A_DAY, share)


objects = st.lists(
    st.builds(Stored, st.uuids().map(str), st.floats(-48, 96)), max_size=150, unique_by=lambda one: one.key
)


@given(objects, st.randoms(use_true_random=False))
async def test_nothing_young_or_named_ever_goes(given_objects: list[Stored], choice: random.Random) -> None:
    named = {one.key for one in given_objects if choice.random() < 0.7}
    storage = MemoryStorage(given_objects)
    done = await a_reaper(storage, MemoryReferences(named)).reap()
    gone = [one for one in given_objects if one.key not in storage.kept]
    leftovers = [one for one in given_objects if one.key not in named and timedelta(hours=one.age_hours) > A_DAY]
    assert gone == ([] if done.held else leftovers)
    assert (done.removed, done.orphans) == (len(gone), len(leftovers))


@pytest.mark.parametrize(
    ("orphans", "named", "held"), [(100, 0, False), (101, 0, True), (101, 100, True), (101, 101, False)]
)
async def test_too_much_to_remove_removes_nothing(orphans: int, named: int, held: bool) -> None:
    everything = [Stored(f"orphan-{n}", 30) for n in range(orphans)] + [
        Stored(f"named-{n}", 30) for n in range(named)
    ]
    storage = MemoryStorage(everything)
    done = await a_reaper(storage, MemoryReferences([f"named-{n}" for n in range(named)])).reap()
    assert done.held is held
    assert len(storage.kept) == (orphans + named if held else named)


async def test_the_wrong_store_is_doubted_however_large_the_storage_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reap, "ORPHANS_MAX", 1_000)
    storage = MemoryStorage([Stored(str(n), 30) for n in range(5_000)])
    done = await a_reaper(storage, MemoryReferences([])).reap()
    assert done == ReaperPass(asked=1_000, orphans=1_000, removed=0, held=True)


async def test_what_a_message_names_meanwhile_stays() -> None:
    storage = MemoryStorage([Stored("late", 30)])
    done = await a_reaper(storage, NamedMeanwhile([])).reap()
    assert (done.orphans, done.removed, list(storage.kept)) == (1, 0, ["late"])


async def test_questions_to_the_store_are_bounded() -> None:
    references = MemoryReferences([])
    await a_reaper(MemoryStorage([Stored(str(n), 30) for n in range(1_700)]), references, share=1).reap()
    assert references.largest_question == reap.BATCH_OBJECTS


async def test_a_second_pass_finds_nothing() -> None:
    storage = MemoryStorage([Stored(str(n), 30) for n in range(DOUBT_OBJECTS_MIN)])
    passing = a_reaper(storage, MemoryReferences([]))
    assert (await passing.reap()).removed == DOUBT_OBJECTS_MIN
    assert await passing.reap() == ReaperPass(0, 0, 0, held=False)
