"""A dictionary of at most so many entries: what is remembered of strangers does not fill the memory."""

from typing import TypeVar

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
