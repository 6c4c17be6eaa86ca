"""Stored contents of which no byte is given out before all of them were compared with their SHA-256.

A small content is kept in memory. A large one is read twice: first whole, for its SHA-256 and the digest of each
of its blocks; then, when it is given out, each block is compared with its digest.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from gateway.messages.stored_errors import DamagedDocumentError
from gateway.messages.submission import StoredBytes

BLOCK_SIZE_BYTES = 1 << 18

Read = Callable[[StoredBytes, int, int], AsyncIterator[bytes]]
"""Reads a content from a byte to before another, in pieces."""


@dataclass(frozen=True, slots=True)
class HeldContent:
    """A small content. Implements `messages.ports.CheckedBytes`."""

    data: bytes

    @property
    def size_bytes(self) -> int:
        """Of the whole content."""
        return len(self.data)

    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`."""
        yield self.data[start:end]


@dataclass(frozen=True, slots=True)
class LargeContent:
    """A large content. Implements `messages.ports.CheckedBytes`."""

    where: StoredBytes
    read: Read
    report: Callable[[DamagedDocumentError], None]
    """Called with damage that came after the first pass."""
    digests: Sequence[bytes]

    @property
    def size_bytes(self) -> int:
        """Of the whole content."""
        return self.where.size_bytes

    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, in pieces. Raises DamagedDocumentError and what `read` raises."""
        size_bytes = self.where.size_bytes
        stop = size_bytes if end is None else min(end, size_bytes)
        number = start // BLOCK_SIZE_BYTES
        first = number * BLOCK_SIZE_BYTES
        until = min(-(-stop // BLOCK_SIZE_BYTES) * BLOCK_SIZE_BYTES, size_bytes)
        async for block in _blocks(self.read(self.where, first, until)):
            if hashlib.sha256(block).digest() != self.digests[number]:
                error = DamagedDocumentError(self.where)
                self.report(error)
                raise error
            yield block[max(start - first, 0) : stop - first]
            number, first = number + 1, first + BLOCK_SIZE_BYTES


async def check_large(
    where: StoredBytes, read: Read, report: Callable[[DamagedDocumentError], None]
) -> LargeContent:
    """A large content, after the first pass. Raises DamagedDocumentError and what `read` raises."""
    whole, digests, size_bytes = hashlib.sha256(), list[bytes](), 0
    async for block in _blocks(read(where, 0, where.size_bytes)):
        whole.update(block)
        digests.append(hashlib.sha256(block).digest())
        size_bytes += len(block)
    require_sound(where, size_bytes, whole.hexdigest())
    return LargeContent(where, read, report, digests)


def require_sound(where: StoredBytes, size_bytes: int, sha256: str) -> None:
    """Raises DamagedDocumentError where bytes that were read are not those that were accepted."""
    if size_bytes < where.size_bytes:
        raise DamagedDocumentError(where, "its object ends too soon")
    if sha256 != where.sha256:
        raise DamagedDocumentError(where)


async def _blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in blocks of one size; the last may be shorter."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        while len(held) >= BLOCK_SIZE_BYTES:
            yield bytes(held[:BLOCK_SIZE_BYTES])
            del held[:BLOCK_SIZE_BYTES]
    if held:
        yield bytes(held)
