"""How far long work is."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called during long work with what is done and the whole, in whatever is worked on."""


def unseen(_done: int, _whole: int) -> None:
    """Progress that nobody looks at."""
