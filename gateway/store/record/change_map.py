"""What an audit knows of each change in the record."""

import mmap
from collections.abc import Iterator, Sequence

from gateway.store.record.chain import chain_of, empty_chain, ordinal_of

_DIGEST_BYTES = 16
"""As much of each digest is compared: who finds two that agree in it may as well forge the whole."""
_ORDINALS_MAX = 1 << 33
"""In a chain; somebody could have moved its end."""
_NOTHING = bytes(_DIGEST_BYTES)
SUPERSEDED, CLAIMED = 1, 2
"""A later change is about the same subject; a subject says that this is its newest."""


class ChangeMap:
    """Of each change its digest and its marks, in memory that the system gives where something is known."""

    def __init__(self, ends: Sequence[int]) -> None:
        """`ends`: the last position of each chain."""
        self.ends = ends
        self._first = [0]
        for end in ends:
            self._first.append(self._first[-1] + min(ordinal_of(end), _ORDINALS_MAX))
        self.size = self._first[-1]
        self._bytes = mmap.mmap(-1, self.size * (_DIGEST_BYTES + 1) + 1)
        self._marks_from = self.size * _DIGEST_BYTES

    def keep(self, first: int, digests: Sequence[bytes]) -> None:
        """Keep the digests of changes from a position on."""
        begin, end = self.index_of(first), self.index_of(first + len(digests) - 1)
        if begin is not None and end is not None:
            own = b"".join([digest[:_DIGEST_BYTES].ljust(_DIGEST_BYTES) for digest in digests])
            self._bytes[begin * _DIGEST_BYTES : (end + 1) * _DIGEST_BYTES] = own

    def supersede(self, position: int) -> None:
        """A later change is about the same subject as this one."""
        if position and (index := self.index_of(position)) is not None:
            self._bytes[self._marks_from + index] = SUPERSEDED

    def claim(self, position: object, digest: bytes) -> str | None:
        """A subject with this digest has its newest change there. What is wrong with that, or None."""
        index = self.index_of(position) if isinstance(position, int) else None
        if index is None:
            return _NEVER
        recorded = self._bytes[index * _DIGEST_BYTES : (index + 1) * _DIGEST_BYTES]
        marks = self._bytes[self._marks_from + index]
        self._bytes[self._marks_from + index] = marks | CLAIMED
        if recorded == _NOTHING:
            return _NEVER
        if marks & SUPERSEDED:
            return "it was put back to what it was before"
        return None if recorded == digest[:_DIGEST_BYTES] else "it is not what was recorded: somebody changed it"

    def find_unclaimed(self) -> Iterator[int]:
        """The positions of changes that are the newest of a subject that is not there."""
        for chain, (begin, end) in enumerate(zip(self._first, self._first[1:], strict=False)):
            index = begin - 1
            while (index := self._bytes.find(b"\0", self._marks_from + index + 1, self._marks_from + end)) != -1:
                index -= self._marks_from
                if self._bytes[index * _DIGEST_BYTES : (index + 1) * _DIGEST_BYTES] != _NOTHING:
                    yield empty_chain(chain).position + 1 + index - begin

    def index_of(self, position: int) -> int | None:
        """Where a change is kept; None for one that cannot be."""
        chain, ordinal = chain_of(position), ordinal_of(position)
        if not 0 <= chain < len(self.ends) or not 0 < ordinal <= self._first[chain + 1] - self._first[chain]:
            return None
        return self._first[chain] + ordinal - 1


_NEVER = "nothing was recorded of it: somebody added it"
