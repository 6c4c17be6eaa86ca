"""What is remembered of strangers, and what is read from them, does not fill the memory."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from aiohttp import StreamReader

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(dict[K, V]):
    """When it is full, a new entry takes the room of the one that was added first."""

    def __init__(self, entries_max: int) -> None:
        super().__init__()
        self._entries_max = entries_max

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self._entries_max and key not in self:
            del self[next(iter(self))]
        super().__setitem__(key, value)


async def read_bounded(content: "StreamReader", bytes_max: int) -> bytes:
    """All that comes, in however many pieces; where that is too much, one byte more than `bytes_max`."""
    data = bytearray()
    while len(data) <= bytes_max and (piece := await content.read(bytes_max + 1 - len(data))):
        data += piece
    return bytes(data)
