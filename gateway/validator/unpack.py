"""The documents in a file that a person has: a ZIP of many.

A file of any other kind is itself the document, also a PDF with an invoice in it. A ZIP can ask for more memory or
time than it is worth, so files that strangers send are to be unpacked in a worker process.
"""

import io
from zipfile import BadZipFile, ZipFile

import msgspec

FILES_MAX = 200
_UNPACKED_BYTES_MAX = 64 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_UNREADABLE = (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
"""What a ZIP that is damaged, encrypted, or packed in a way that is not known raises."""


class FoundDocument(msgspec.Struct, frozen=True, array_like=True):
    """A document, and the name of its file."""

    name: str
    document: bytes


class Unpacked(msgspec.Struct, frozen=True, array_like=True):
    """What is in a file: the documents, and how many files more it has than are looked at."""

    documents: tuple[FoundDocument, ...]
    left_out: int = 0


def is_packed(data: bytes) -> bool:
    """Whether the file may hold documents."""
    return data.startswith(_ZIP)


def unpack(name: str, data: bytes) -> Unpacked:
    """The documents in a file. What cannot be unpacked is itself the document: its verdict says what it is."""
    if not is_packed(data):
        return Unpacked((FoundDocument(name, data),))
    try:
        return _in_zip(data)
    except _UNREADABLE:
        return Unpacked((FoundDocument(name, data),))


def _in_zip(data: bytes) -> Unpacked:
    found: list[FoundDocument] = []
    room = _UNPACKED_BYTES_MAX
    with ZipFile(io.BytesIO(data)) as archive:
        names = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
        for nth, member in enumerate(names):
            if nth == FILES_MAX or member.file_size > room:
                return Unpacked(tuple(found), len(names) - nth)
            content = archive.read(member)
            room -= len(content)
            found.append(FoundDocument(member.filename, content))
    return Unpacked(tuple(found))


def _is_hidden(path: str) -> bool:
    """What systems add to a ZIP by themselves."""
    return any(part.startswith((".", "__MACOSX")) for part in path.split("/"))
