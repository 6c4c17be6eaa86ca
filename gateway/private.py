"""The data directory and what is in it are for the gateway's own user alone, whatever umask it is started with."""

import os
from collections.abc import Iterator
from pathlib import Path

UMASK = 0o077
"""Set at the start of every command that works on a gateway: new files are 0600, new directories 0700."""
_OTHERS = 0o077


def keep_private(folder: Path) -> None:
    """Take the access of others from a directory, made where it is missing, and from all that is in it.

    A directory that is closed to others is not walked through: they reach nothing in it. What belongs to another
    user stays as it is, and the log says so. Raises OSError when the directory cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & _OTHERS:
        for path in (*_inside(folder), folder):  # the directory itself last: a walk that was cut short is repeated
            _close(path)


def _inside(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _close(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        if mode & _OTHERS and not path.is_symlink():
            path.chmod(mode & ~_OTHERS & 0o7777)
    except FileNotFoundError:
        return  # another process removed it meanwhile
    except PermissionError:
        import structlog  # here, so that commands start fast

        structlog.get_logger(__name__).warning("file_open_to_others", path=str(path))
