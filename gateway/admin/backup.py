"""Backups: a copy of database and documents while the gateway runs, and putting it back.

The database is copied first and the documents after it: a document is stored before its message, so that the copy
has the bytes of every message in it. A restore goes the other way round.
"""

import os
import shutil
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.engine import URL, make_url

from gateway import __version__
from gateway.admin.stores import CommandRefusedError
from gateway.clock import utc_now
from gateway.json_text import indented_json
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.progress import Progress
from gateway.settings import DATABASE_FILE, Settings
from gateway.store.documents.storage import Storage
from gateway.store.engine import copy_sqlite

_MANIFEST = "backup.json"
_DOCUMENTS = "documents"
_DUMP = "meterpoort.dump"


class Backup(msgspec.Struct, frozen=True):
    """What a backup holds. It is written last: without it a backup is not complete."""

    made_at: datetime
    version: str
    database: str
    """The file with the database."""
    objects: int
    size_bytes: int
    """Of all objects together."""


def back_up(settings: Settings, folder: Path, progress: Progress) -> Backup:
    """Copy the database and then the documents to a new folder, next to a running gateway.

    Raises CommandRefusedError for a folder that holds something, where `pg_dump` is absent or fails, and where
    document storage cannot be read.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CommandRefusedError(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    made_at, url = utc_now(), make_url(settings.database_url())
    if url.get_backend_name() == "sqlite":
        database = DATABASE_FILE
        copy_sqlite(Path(url.database or ""), folder / database, progress)
    else:
        database = _DUMP
        _run_postgresql("pg_dump", url, "--format=custom", f"--file={folder / _DUMP}")
    objects, size_bytes = _copy_objects(settings.storage_url(), _documents_url(folder), progress)
    backup = Backup(made_at, __version__, database, objects, size_bytes)
    (folder / _MANIFEST).write_bytes(indented_json(backup))
    return backup


def restore(settings: Settings, folder: Path, progress: Progress) -> Backup:
    """Put a backup back: the documents, then the database, which must not be there yet.

    Raises CommandRefusedError for a folder that holds no complete backup, another kind of database than that of
    the settings, or a database that is there; and where `pg_restore` or document storage fails.
    """
    try:
        backup = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Backup)
    except (OSError, msgspec.DecodeError) as error:
        raise CommandRefusedError(f"{folder} holds no complete backup: {error}") from error
    url = make_url(settings.database_url())
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite != (backup.database == DATABASE_FILE):
        raise CommandRefusedError(f"the backup is of another kind of database than {url.get_backend_name()}")
    target = Path(url.database or "")
    if is_sqlite and target.exists():
        raise CommandRefusedError(f"{target} exists: a backup is put where no gateway is")
    _copy_objects(_documents_url(folder), settings.storage_url(), progress)
    if is_sqlite:
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_sqlite(folder / backup.database, target, progress)
    else:
        _run_postgresql("pg_restore", url, "--exit-on-error", "--no-owner", str(folder / _DUMP))
    return backup


def _documents_url(folder: Path) -> str:
    return (folder / _DOCUMENTS).absolute().as_uri()


def _run_postgresql(program: str, url: URL, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database. No other user sees the password in its environment."""
    if shutil.which(program) is None:
        raise CommandRefusedError(
            f"{program} is not installed here (Debian: apt install postgresql-client). On another machine run: "
            f"{program} {' '.join(arguments)}"
        )
    address = url.set(drivername="postgresql", password=None).render_as_string()
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(  # noqa: S603  # the arguments are ours
        [program, f"--dbname={address}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandRefusedError(f"{program} failed: {done.stderr.strip()}")


def _copy_objects(source_url: str, target_url: str, progress: Progress) -> tuple[int, int]:
    """Copy every object; how many there are, and their bytes."""
    try:
        with (
            closing(Storage(source_url, 0, is_made=False)) as source,
            closing(Storage(target_url, 0)) as target,
        ):
            return source.copy_all_to(target, progress)
    except StoreUnavailableError as error:
        raise CommandRefusedError(f"document storage cannot be used: {error}") from error
