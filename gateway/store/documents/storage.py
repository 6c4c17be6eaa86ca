"""Bytes of documents and attachments: a directory by default, S3 and others by URL, through obstore.

Small contents share an object (a pack): on a directory those of some minutes, else those of messages that share a
commit. A large content has its own object, streamed while it is received. No byte is changed before it is
forgotten. What `put_stable` and `Sink.close` return, and what was packed before `sync_pack` returns, is on stable
storage: on a directory the file and the directories above it are synced, which obstore leaves to its caller; an
object store answers only when the object is kept.

This is the one place that reads documents: no byte is given out before all the bytes of its content were compared
with the SHA-256 that was recorded when they were accepted. A worker that reads a file by itself does the same. A
folder that disappears is not made again: that is an outage, and what is there when it ends is used.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.ports import CheckedBytes, ContentSink
from gateway.messages.stored_errors import DamagedDocumentError, MissingDocumentError, StoreUnavailableError
from gateway.messages.submission import Content, StoredBytes
from gateway.progress import Progress
from gateway.store.documents.checked import BLOCK_SIZE_BYTES, HeldContent, check_large, require_sound
from gateway.store.documents.packs import PACKS, Packs, erase_in_file

LOCAL_PIECE_SIZE_BYTES = 1 << 20
"""What one streaming upload buffers on a directory: fifty at once stay under 100 MB."""
REMOTE_PIECE_SIZE_BYTES = 5 << 20
"""S3 takes no smaller part."""
RETRIES_MAX = 2
RETRYING_MAX = timedelta(seconds=3)
REQUEST_MAX = timedelta(seconds=10)
"""So long one request may take, for at most 16 MiB; then the storage counts as away."""
"""A request that fails is soon an outage: what is to be written meanwhile waits behind it. obstore itself tries
for three minutes."""
TROUBLE = (OSError, BaseError)
"""What the operating system and obstore raise."""

_COPIED_BYTES_MAX = 32 * 1024 * 1024
"""An object that is copied is in memory up to here, else in a file."""


class Storage:
    """Document storage at one URL: `file:///…`, `s3://bucket/prefix`, `memory:///`."""

    def __init__(
        self, url: str, small_size_bytes_max: int, *, has_packs: bool = True, is_made: bool = True
    ) -> None:
        """`has_packs`: false for a storage of other files, which has no folder for packs; `is_made`: false to use
        a storage that is there, and make nothing. Raises StoreUnavailableError where it is not."""
        self._root = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
        with _unavailable_when_it_fails():
            self._store: ObjectStore = LocalStore(self._root, mkdir=is_made) if self._root else _remote(url)
        self.small_size_bytes_max = small_size_bytes_max
        """Contents up to here stay in memory until their message is stored."""
        self._synced: set[Path] = set()
        self._packs = (
            Packs(self._root, _new_name, self._sync_folders) if self._root and has_packs and is_made else None
        )
        self._folder = self._root / PACKS if self._root and has_packs else self._root
        """What is there while the storage is: a disk that is away leaves an empty folder in its place."""
        self._require_present()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="storage")
        self.report_damage: Callable[[DamagedDocumentError], None] = lambda _error: None
        """Called with every content that is found damaged or missing."""

    async def put_stable(self, key: str, data: bytes | Path) -> None:
        """Write an object, of bytes or from a file, and return when it is on stable storage."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._put_now, key, data)

    def _put_now(self, key: str, data: bytes | Path) -> None:
        with self._writing():
            obstore.put(self._store, key, data)
            self._sync(key)

    def pack_now(self, pieces: Sequence[bytes]) -> tuple[str, int]:
        """Store small contents one after another; the object, and where in it the first begins. They are on stable
        storage after `sync_pack`, and can be read at once.

        For one thread at a time. Raises StoreUnavailableError; then none of them is stored.
        """
        with _unavailable_when_it_fails():
            if self._packs is not None:
                return self._packs.add(pieces)
            key = f"{PACKS}/{_new_name()}"
            obstore.put(self._store, key, b"".join(pieces))
            return key, 0

    def sync_pack(self) -> None:
        """Bring what was packed last to stable storage. By the same thread. Raises StoreUnavailableError, also
        where the pack is not at its path any more."""
        with _unavailable_when_it_fails():
            if self._packs is not None:
                self._packs.sync()

    async def holds(self, key: str) -> bool:
        """Whether there is an object of this key. Raises StoreUnavailableError."""
        with _unavailable_when_it_fails():
            return await self._has(key)

    def sink(self) -> ContentSink:
        """Takes one content while it streams in."""
        return Sink(self)

    async def open(self, key: str) -> "obstore.AsyncWritableFile":
        """A new object, written piece by piece."""
        size = LOCAL_PIECE_SIZE_BYTES if self._root else REMOTE_PIECE_SIZE_BYTES
        return obstore.open_writer_async(self._store, key, buffer_size=size, max_concurrency=1)

    async def sync(self, key: str) -> None:
        """Bring an object that was written piece by piece to stable storage. Raises StoreUnavailableError."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._sync_now, key)

    def _sync_now(self, key: str) -> None:
        with self._writing():
            self._sync(key)

    async def read(self, where: StoredBytes) -> bytes:
        """All the bytes, compared with their SHA-256.

        Raises DamagedDocumentError, MissingDocumentError and StoreUnavailableError.
        """
        with self._reporting_damage():
            data = await self._range(where, 0, where.size_bytes) if where.size_bytes else b""
            require_sound(where, hashlib.sha256(data).hexdigest())
        return data

    async def check(self, where: StoredBytes) -> CheckedBytes:
        """The content, after all of it was read and compared with its SHA-256. Raises what `read` raises."""
        if where.size_bytes <= BLOCK_SIZE_BYTES:
            return HeldContent(await self.read(where))
        with self._reporting_damage():
            return await check_large(where, self._bytes, self.report_damage)

    def file_of(self, where: StoredBytes) -> tuple[str, int, int] | None:
        """Path, offset and size in bytes where another process on this machine can read them; else None."""
        return (f"{self._root}/{where.key}", where.offset, where.size_bytes) if self._root else None

    async def _range(self, where: StoredBytes, start: int, stop: int) -> bytes:
        try:
            span = {"start": where.offset + start, "end": where.offset + stop}
            data = bytes(await obstore.get_range_async(self._store, where.key, **span))
        except TROUBLE as error:
            raise await self._explain(where, error) from error
        if len(data) < stop - start:
            raise DamagedDocumentError(where, "its object ends too soon")
        return data

    async def _bytes(self, where: StoredBytes, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes as they are stored, in pieces, not compared with anything. Ranges: a stream of obstore's on a
        directory costs ten times as much."""
        size = LOCAL_PIECE_SIZE_BYTES if self._root else REMOTE_PIECE_SIZE_BYTES
        for first in range(start, stop, size):
            yield await self._range(where, first, min(first + size, stop))

    async def _explain(self, where: StoredBytes, error: Exception) -> Exception:
        """Why bytes could not be read: they are missing, end too soon, or the storage is away."""
        try:
            if not isinstance(error, FileNotFoundError):
                found = await obstore.head_async(self._store, where.key)
                if found["size"] < where.offset + where.size_bytes:
                    return DamagedDocumentError(where, "its object ends too soon")
                return StoreUnavailableError(_first_line(error))
            await (self.require_present() if self._root else self.prove_writable())
            is_back = await self._has(where.key)
        except (*TROUBLE, StoreUnavailableError) as trouble:
            return StoreUnavailableError(_first_line(trouble))
        return StoreUnavailableError("it was away and is back") if is_back else MissingDocumentError(where)

    async def _has(self, key: str) -> bool:
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def _reporting_damage(self) -> Iterator[None]:
        try:
            yield
        except DamagedDocumentError as error:
            self.report_damage(error)
            raise

    async def delete(self, key: str) -> None:
        """Remove an object that no message names; one that is gone is no error. Raises StoreUnavailableError."""
        with _unavailable_when_it_fails(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def erase(self, key: str, spans: Sequence[tuple[int, int]]) -> None:
        """Overwrite parts of an object, each an offset and a size in bytes, with zeros; what is between them stays
        as it is. Can be repeated. Raises StoreUnavailableError."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._erase_now, key, spans)

    def _erase_now(self, key: str, spans: Sequence[tuple[int, int]]) -> None:
        with self._writing():
            if self._root is not None:
                erase_in_file(self._root / key, spans)
                return
            data = bytearray(obstore.get(self._store, key).bytes())
            for offset, size_bytes in spans:
                data[offset : offset + size_bytes] = bytes(size_bytes)
            obstore.put(self._store, key, bytes(data))

    async def keys_older_than(self, age: timedelta) -> AsyncIterator[str]:
        """Objects last written longer ago than `age`, for the reaper."""
        oldest = datetime.now(UTC) - age
        async for batch in obstore.list(self._store):
            for found in batch:
                if found["last_modified"] < oldest:
                    yield found["path"]

    def copy_all_to(self, target: "Storage", progress: Progress) -> tuple[int, int]:
        """Copy every object that is there now; how many, and their bytes. Raises StoreUnavailableError."""
        with _unavailable_when_it_fails():
            found = [one for batch in obstore.list(self._store) for one in batch]
            size_bytes = 0
            for number, one in enumerate(found, 1):
                content = obstore.get(self._store, one["path"])
                size_bytes += content.meta["size"]
                with SpooledTemporaryFile(_COPIED_BYTES_MAX) as file:
                    file.writelines(map(bytes, content.stream()))
                    file.seek(0)
                    obstore.put(target._store, one["path"], file)
                progress(number, len(found))
        for one in found:
            target._sync(one["path"])
        return len(found), size_bytes

    async def prove_writable(self) -> None:
        """Write a small object where documents are, read it back and remove it. Raises StoreUnavailableError."""
        key, data = f"checks/{new_kenmerk()}", os.urandom(16)
        await self.put_stable(key, data)
        with _unavailable_when_it_fails():
            if bytes(await obstore.get_range_async(self._store, key, start=0, length=len(data))) != data:
                raise StoreUnavailableError("what was written to document storage was not read back")
            await self.delete(key)

    def close(self) -> None:
        """End the threads and close the pack."""
        self._threads.shutdown(wait=False)
        if self._packs is not None:
            self._packs.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Raises StoreUnavailableError when it fails, and when the storage is not there before or afterwards:
        obstore makes a folder that is gone again."""
        with _unavailable_when_it_fails():
            self._require_present()
            yield
            self._require_present()

    async def require_present(self) -> None:
        """Raises StoreUnavailableError when the folder of the documents is not there."""
        with _unavailable_when_it_fails():
            await asyncio.get_running_loop().run_in_executor(self._threads, self._require_present)

    def _require_present(self) -> None:
        """Raises StoreUnavailableError when the folder that was there at the start is not there now: removed,
        moved, or the disk that was mounted there is gone."""
        if self._folder is not None and not self._folder.is_dir():
            raise StoreUnavailableError("the folder of document storage is not there")

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
        names: list[Path] = []
        for above in (path.parent, *path.parent.parents):
            if above in self._synced or above == self._root.parent.parent:
                break
            _sync_path(above.parent)
            names.append(above)
        self._synced.update(names)  # all at once: another thread relies on every folder above the one it finds


class Sink:
    """Collects one content: small ones in memory, large ones straight to storage; hashes as it goes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._hash = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._buffered_bytes = 0
        self._key = ""
        self._writer: obstore.AsyncWritableFile | None = None

    async def write(self, chunk: bytes) -> None:
        """Add bytes."""
        self._size_bytes += len(chunk)
        if self._writer is not None:
            await self._write(self._writer, chunk)
            return
        self._pieces.append(chunk)
        if self._size_bytes > self._storage.small_size_bytes_max:
            await self._begin_object()

    async def close(self) -> Content:
        """All is written: the content, in memory when small, else on stable storage."""
        if self._writer is None:
            return Content(self._size_bytes, self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))
        await self._storage.require_present()
        with _unavailable_when_it_fails():
            await self._writer.close()
        self._writer = None
        await self._storage.sync(self._key)
        where = StoredBytes(self._key, 0, self._size_bytes, self._hash.hexdigest())
        return Content(self._size_bytes, stored=where)

    async def abort(self) -> None:
        """Forget what was written; also after `close`, when the message was not stored after all. What storage in
        trouble cannot remove is left to the reaper."""
        self._pieces.clear()
        writer, self._writer = self._writer, None
        key, self._key = self._key, ""
        with suppress(StoreUnavailableError, *TROUBLE):
            if key:
                await self._storage.require_present()
            if writer is not None:
                await writer.close()
            if key:
                await self._storage.delete(key)

    async def _begin_object(self) -> None:
        self._key = new_key("objects")
        self._writer = await self._storage.open(self._key)
        for piece in self._pieces:
            await self._write(self._writer, piece)
        self._pieces.clear()

    async def _write(self, writer: "obstore.AsyncWritableFile", piece: bytes) -> None:
        """obstore makes the object when its buffer is full, and a folder that is gone with it."""
        self._hash.update(piece)
        self._buffered_bytes += len(piece)
        if self._buffered_bytes >= LOCAL_PIECE_SIZE_BYTES:
            await self._storage.require_present()
            self._buffered_bytes = 0
        with _unavailable_when_it_fails():
            await writer.write(piece)


def _remote(url: str) -> ObjectStore:
    if url.startswith("memory:"):
        return from_url(url)
    allows_http = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"  # options leave out what this says
    return from_url(
        url,
        retry_config={"max_retries": RETRIES_MAX, "retry_timeout": RETRYING_MAX},
        client_options={"timeout": REQUEST_MAX, "connect_timeout": REQUEST_MAX / 2, "allow_http": allows_http},
    )


def new_key(kind: str) -> str:
    """A new object's key: kind, day, and a name that follows time."""
    return f"{kind}/{_new_name()}"


def _new_name() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}/{new_kenmerk()}"


@contextmanager
def _unavailable_when_it_fails() -> Iterator[None]:
    """Raises StoreUnavailableError for what the operating system and obstore raise."""
    try:
        yield
    except TROUBLE as error:
        raise StoreUnavailableError(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    """obstore adds pages about its state."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
