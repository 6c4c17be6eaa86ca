"""Document storage: no byte leaves before all were compared, and a folder that is gone is not made again."""

import random
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path

import obstore
import pytest

from gateway.messages.stored_errors import DamagedDocumentError, MissingDocumentError, StoreUnavailableError
from gateway.messages.submission import StoredBytes
from gateway.store.documents.checked import BLOCK_SIZE_BYTES
from gateway.store.documents.storage import LOCAL_PIECE_SIZE_BYTES, Storage

SMALL_SIZE_BYTES_MAX = 1_000
SIZES = [1, 700, BLOCK_SIZE_BYTES, BLOCK_SIZE_BYTES + 1, LOCAL_PIECE_SIZE_BYTES + 17]


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    made = Storage((tmp_path / "documents").as_uri(), SMALL_SIZE_BYTES_MAX)
    yield made
    made.close()


def content(size_bytes: int) -> bytes:
    return random.Random(size_bytes).randbytes(size_bytes)


async def stored(storage: Storage, data: bytes) -> StoredBytes:
    """As a submission stores it: a small one in a pack, a large one as its own object."""
    sink = storage.sink()
    for at in range(0, len(data), 10_007):
        await sink.write(data[at : at + 10_007])
    made = await sink.close()
    if made.stored is not None:
        return made.stored
    key, offset = storage.pack_now([b"another", data, b"another"])
    storage.sync_pack()
    return StoredBytes(key, offset + len(b"another"), len(data), sha256(data).hexdigest())


async def take(storage: Storage, where: StoredBytes, start: int = 0, end: int | None = None) -> bytes:
    checked = await storage.check(where)
    return b"".join([piece async for piece in checked.stream(start, end)])


def flip(path: Path, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(bit // 8)
        [byte] = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


@pytest.mark.parametrize("size_bytes", SIZES)
async def test_contents_and_their_ranges_come_back(storage: Storage, size_bytes: int) -> None:
    data = content(size_bytes)
    where = await stored(storage, data)
    assert await storage.read(where) == data
    bounds = [0, 1, size_bytes // 2, BLOCK_SIZE_BYTES - 1, BLOCK_SIZE_BYTES, BLOCK_SIZE_BYTES + 1, size_bytes]
    for start in bounds:
        for end in (*bounds, None):
            assert await take(storage, where, start, end) == data[start:end]


@pytest.mark.parametrize("size_bytes", SIZES)
async def test_no_flipped_bit_leaves(storage: Storage, tmp_path: Path, size_bytes: int) -> None:
    """1,000 flips in all."""
    reported: list[DamagedDocumentError] = []
    storage.report_damage = reported.append
    where = await stored(storage, content(size_bytes))
    path = tmp_path / "documents" / where.key
    chosen = random.Random(size_bytes)
    for _ in range(200):
        bit = chosen.randrange(where.offset * 8, (where.offset + size_bytes) * 8)
        flip(path, bit)
        with pytest.raises(DamagedDocumentError, match="not those that were accepted"):
            await storage.read(where)
        with pytest.raises(DamagedDocumentError):
            await storage.check(where)
        flip(path, bit)
    assert len(reported) == 400
    assert {one.where for one in reported} == {where}
    assert await take(storage, where) == content(size_bytes)


async def test_what_changes_between_the_passes_is_not_given_out(storage: Storage, tmp_path: Path) -> None:
    data = content(SIZES[-1])
    where = await stored(storage, data)
    checked = await storage.check(where)
    flip(tmp_path / "documents" / where.key, 8 * (LOCAL_PIECE_SIZE_BYTES + 5))
    pieces = checked.stream()
    assert await anext(pieces) == data[:LOCAL_PIECE_SIZE_BYTES]
    with pytest.raises(DamagedDocumentError):
        await anext(pieces)


@pytest.mark.parametrize("size_bytes", SIZES)
async def test_an_object_that_is_cut_short_is_damaged_and_one_that_is_gone_missing(
    storage: Storage, tmp_path: Path, size_bytes: int
) -> None:
    where = await stored(storage, content(size_bytes))
    path = tmp_path / "documents" / where.key
    whole = path.read_bytes()
    for kept in (where.offset + size_bytes - 1, 0):
        path.write_bytes(whole[:kept])
        for read in (storage.read, storage.check):
            with pytest.raises(DamagedDocumentError) as damaged:
                await read(where)
            assert not isinstance(damaged.value, MissingDocumentError)
    path.unlink()
    for read in (storage.read, storage.check):
        with pytest.raises(MissingDocumentError):
            await read(where)


def removed(folder: Path) -> None:
    folder.rename(folder.with_name("away"))


def emptied(folder: Path) -> None:
    """As where a disk is mounted no more: the folder is there, and nothing is in it."""
    removed(folder)
    folder.mkdir()


@pytest.mark.parametrize("take_away", [removed, emptied])
async def test_a_folder_that_is_gone_is_an_outage_and_is_not_made_again(
    storage: Storage, tmp_path: Path, take_away: Callable[[Path], None]
) -> None:
    folder, reported = tmp_path / "documents", list[DamagedDocumentError]()
    storage.report_damage = reported.append
    small, large = await stored(storage, content(SIZES[0])), await stored(storage, content(SIZES[-1]))
    await storage.prove_writable()
    begun = storage.sink()
    await begun.write(content(2_000))
    take_away(folder)
    for attempt in (
        lambda: storage.read(small),
        lambda: storage.check(large),
        lambda: stored(storage, content(SIZES[0])),
        lambda: stored(storage, content(SIZES[-1])),
        storage.prove_writable,
        lambda: storage.put_stable("objects/a", b"a"),
        begun.close,
    ):
        with pytest.raises(StoreUnavailableError):
            await attempt()
    await begun.abort()
    assert list(folder.glob("*")) == []
    assert reported == []
    if folder.exists():
        folder.rmdir()
    folder.with_name("away").rename(folder)
    await storage.prove_writable()
    assert await storage.read(small) == content(SIZES[0])
    again = await stored(storage, content(SIZES[-1]))
    assert await take(storage, again) == await take(storage, large) == content(SIZES[-1])


async def test_a_folder_that_comes_back_while_it_is_read_was_an_outage(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await stored(storage, content(SIZES[0]))

    async def read_before_it_was_back(*_: object, **__: object) -> bytes:
        raise FileNotFoundError(where.key)

    with monkeypatch.context() as patch:
        patch.setattr(obstore, "get_range_async", read_before_it_was_back)
        with pytest.raises(StoreUnavailableError):
            await storage.read(where)
    assert await storage.read(where) == content(SIZES[0])


async def test_an_object_store_is_read_the_same_way() -> None:
    storage = Storage("memory:///", SMALL_SIZE_BYTES_MAX)
    for size_bytes in SIZES:
        data = content(size_bytes)
        where = await stored(storage, data)
        assert await take(storage, where) == data
        await storage.put_stable(where.key, bytes(where.offset + size_bytes))
        with pytest.raises(DamagedDocumentError):
            await storage.check(where)
        await storage.put_stable(where.key, b"")
        with pytest.raises(DamagedDocumentError, match="too soon"):
            await storage.check(where)
        await storage.delete(where.key)
        with pytest.raises(MissingDocumentError):
            await storage.check(where)
    await storage.prove_writable()
    storage.close()


@pytest.mark.parametrize("kind", ["file", "memory"])
async def test_only_what_is_erased_is_gone(tmp_path: Path, kind: str) -> None:
    storage = Storage((tmp_path / "documents").as_uri() if kind == "file" else "memory:///", SMALL_SIZE_BYTES_MAX)
    before, gone, after = content(300), content(400), content(500)
    key, offset = storage.pack_now([before, gone, after])
    storage.sync_pack()
    for _ in range(2):  # repeating it changes nothing
        await storage.erase(key, [(offset + 300, 400)])
    whole = before + bytes(400) + after
    assert await storage.read(StoredBytes(key, offset, 1_200, sha256(whole).hexdigest())) == whole
    with pytest.raises(DamagedDocumentError):
        await storage.read(StoredBytes(key, offset + 300, 400, sha256(gone).hexdigest()))
    storage.close()


async def test_nothing_is_erased_in_a_storage_that_is_away(storage: Storage, tmp_path: Path) -> None:
    where = await stored(storage, content(700))
    (tmp_path / "documents").rename(tmp_path / "away")
    with pytest.raises(StoreUnavailableError):
        await storage.erase(where.key, [(where.offset, where.size_bytes)])
