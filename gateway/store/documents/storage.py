"""Bytes of documents and attachments: a directory by default, S3 and others by URL, through obstore.

Small contents share an object (a pack): on a directory those of some minutes, else those of messages that share a
commit. A large content has its own object, streamed while it is received. No byte is ever changed. What
`put_stable` and `Sink.close` return, and what was packed before `sync_pack` returns, is on stable storage: on a
directory the file and the directories above it are synced, which obstore leaves to its caller; an object store
answers only when the object is kept.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.ports import ContentSink
from gateway.messages.submission import Content, StoredBytes
from gateway.store.documents.packs import Packs

LOCAL_PIECE_SIZE_BYTES = 1 << 20
"""What one streaming upload buffers on a directory: fifty at once stay under 100 MB."""
REMOTE_PIECE_SIZE_BYTES = 5 << 20
"""S3 takes no smaller part."""
READ_SIZE_BYTES = 1 << 18


class Storage:
    """Document storage at one URL: `file:///…`, `s3://bucket/prefix`, `memory:///`."""

    def __init__(self, url: str, small_size_bytes_max: int) -> None:
        self._root = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
        self._store: ObjectStore = LocalStore(self._root, mkdir=True) if self._root else from_url(url)
        self.small_size_bytes_max = small_size_bytes_max
        """Contents up to here stay in memory until their message is stored."""
        self._synced: set[Path] = set()
        self._packs = Packs(self._root, _new_pack_key, self._sync_folders) if self._root else None
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="storage")

    async def put_stable(self, key: str, data: bytes | Path) -> None:
        """Write an object, of bytes or from a file, and return when it is on stable storage."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._put_now, key, data)

    def _put_now(self, key: str, data: bytes | Path) -> None:
        obstore.put(self._store, key, data)
        self._sync(key)

    def pack_now(self, pieces: Sequence[bytes]) -> tuple[str, int]:
        """Store small contents one after another; the object, and where in it the first begins. They are on stable
        storage after `sync_pack`, and can be read at once.

        For one thread at a time. Raises OSError or obstore's errors; then none of them is stored.
        """
        if self._packs is not None:
            return self._packs.add(pieces)
        key = _new_pack_key()
        obstore.put(self._store, key, b"".join(pieces))
        return key, 0

    def sync_pack(self) -> None:
        """Bring what was packed last to stable storage. By the same thread. Raises OSError."""
        if self._packs is not None:
            self._packs.sync()

    async def holds(self, key: str) -> bool:
        """Whether there is an object of this key."""
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def sink(self) -> ContentSink:
        """Takes one content while it streams in."""
        return Sink(self)

    async def open(self, key: str) -> "obstore.AsyncWritableFile":
        """A new object, written piece by piece."""
        size = LOCAL_PIECE_SIZE_BYTES if self._root else REMOTE_PIECE_SIZE_BYTES
        return obstore.open_writer_async(self._store, key, buffer_size=size, max_concurrency=1)

    async def sync(self, key: str) -> None:
        """Bring an object that was written piece by piece to stable storage."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._sync, key)

    async def read(self, where: StoredBytes) -> bytes:
        """All the bytes. Raises FileNotFoundError when the object is gone."""
        if where.size_bytes == 0:
            return b""
        return bytes(
            await obstore.get_range_async(self._store, where.key, start=where.offset, length=where.size_bytes)
        )

    def file_of(self, where: StoredBytes) -> tuple[str, int, int] | None:
        """Path, offset and size in bytes where another process on this machine can read them; else None."""
        return (f"{self._root}/{where.key}", where.offset, where.size_bytes) if self._root else None

    async def stream(self, where: StoredBytes, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, in pieces. Raises FileNotFoundError when the object is gone."""
        stop = where.size_bytes if end is None else min(end, where.size_bytes)
        if stop <= start:
            return
        span = (where.offset + start, where.offset + stop)
        result = await obstore.get_async(self._store, where.key, options={"range": span})
        async for piece in result.stream(min_chunk_size=READ_SIZE_BYTES):
            yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Remove an object that no message names."""
        await obstore.delete_async(self._store, key)

    async def keys_older_than(self, age: timedelta) -> AsyncIterator[str]:
        """Objects last written longer ago than `age`, for the reaper."""
        oldest = datetime.now(UTC) - age
        async for batch in obstore.list(self._store):
            for found in batch:
                if found["last_modified"] < oldest:
                    yield found["path"]

    async def prove_writable(self) -> None:
        """Write, read and remove a small object. Raises OSError or obstore's errors when that fails."""
        key = f"checks/{new_kenmerk()}"
        await self.put_stable(key, b"ready")
        await obstore.get_range_async(self._store, key, start=0, length=5)
        await self.delete(key)

    def close(self) -> None:
        """End the threads and close the pack."""
        self._threads.shutdown(wait=False)
        if self._packs is not None:
            self._packs.close()

    def _sync(self, key: str) -> None:
        if self._root is None:
            return
        _sync_path(self._root / key)
        self._sync_folders(key)

    def _sync_folders(self, key: str) -> None:
        """Bring the name of a new object to stable storage: its folder, and those above that are new too."""
        if self._root is None:
            return
        path = self._root / key
        _sync_path(path.parent)
        for above in (path.parent, *path.parent.parents):
            if above in self._synced or above == self._root.parent.parent:
                break
            _sync_path(above.parent)
            self._synced.add(above)


class Sink:
    """Collects one content: small ones in memory, large ones straight to storage; hashes as it goes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._hash = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._key = ""
        self._writer: obstore.AsyncWritableFile | None = None

    async def write(self, chunk: bytes) -> None:
        """Add bytes."""
        self._size_bytes += len(chunk)
        if self._writer is not None:
            self._hash.update(chunk)
            await self._writer.write(chunk)
            return
        self._pieces.append(chunk)
        if self._size_bytes > self._storage.small_size_bytes_max:
            await self._begin_object()

    async def close(self) -> Content:
        """All is written: the content, in memory when small, else on stable storage."""
        if self._writer is None:
            return Content(self._size_bytes, self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))
        await self._writer.close()
        self._writer = None
        await self._storage.sync(self._key)
        where = StoredBytes(self._key, 0, self._size_bytes, self._hash.hexdigest())
        return Content(self._size_bytes, stored=where)

    async def abort(self) -> None:
        """Forget what was written; also after `close`, when the message was not stored after all."""
        self._pieces.clear()
        if self._writer is not None:
            writer, self._writer = self._writer, None
            await writer.close()
        if self._key:
            await self._storage.delete(self._key)
            self._key = ""

    async def _begin_object(self) -> None:
        self._key = new_key("objects")
        self._writer = await self._storage.open(self._key)
        for piece in self._pieces:
            self._hash.update(piece)
            await self._writer.write(piece)
        self._pieces.clear()


def new_key(kind: str) -> str:
    """A new object's key: kind, day, and a name that follows time."""
    return f"{kind}/{datetime.now(UTC):%Y-%m-%d}/{new_kenmerk()}"


def _new_pack_key() -> str:
    return new_key("packs")


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
