"""The document as rows to show next to its findings: numbered, cut to what can be read, and bounded.

A line that is too long to read (a document written without line breaks) is broken before a tag; base64 of
attachments is folded and counts for nothing. Of a long document only what is near a finding is kept, or its
beginning.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gateway.validator.media_types import PDF, document_type

SOURCE_BYTES_MAX = 10 * 1024 * 1024
"""Of a larger document no source is shown."""
_WHOLE_ROWS_MAX = 2_000
_ROWS_MAX = 6_000
_PIECES_MAX = 500_000
_NEAR_ROWS = 4
_LINE_CHARACTERS_MAX = 200
_ROW_CHARACTERS_MAX = 400

_LINE_END = re.compile(r"\r\n|\r|\n")
_TAG = re.compile(r"<[^/!?]")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{100}")
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/=]*")
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/=]{40,}\s*")
_ENCODING = re.compile(rb"""\A<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True, slots=True)
class Row:
    """A piece of a line. `line` and `column` count from 1; `left_out` rows before it are not shown."""

    line: int
    column: int
    text: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """The rows to show, and how many lines or pieces of lines come after them unshown."""

    rows: tuple[Row, ...] = ()
    left_out: int = 0


def source_of(document: bytes, marks: Collection[tuple[int, int]]) -> Source:
    """What to show when findings are at these lines and columns; nothing where the text cannot be read."""
    if not 0 < len(document) <= SOURCE_BYTES_MAX or (text := _decode(document)) is None:
        return Source()
    lines = _LINE_END.split(text)
    columns: dict[int, list[int]] = {}
    for at, column in marks:
        columns.setdefault(at, []).append(column)
    read = [number for number, line in enumerate(lines, 1) if not _BASE64_LINE.fullmatch(line)]
    marked = {nth for nth, number in enumerate(read, 1) if number in columns}
    near = _near(marked, len(read))
    rows: list[Row] = []
    left_out, last = 0, 0
    for nth, number in enumerate(read, 1):
        left_out, last = left_out + number - last - 1, number
        if nth not in near or len(rows) >= _ROWS_MAX:
            left_out += 1
            continue
        line = lines[number - 1]
        pieces = _pieces(line, columns.get(number, ()))
        for column, piece, skipped in pieces:
            rows.append(Row(number, column, _shorten(piece), left_out + skipped))
            left_out = 0
    return Source(tuple(rows), left_out + len(lines) - last)


def _near(marked: Collection[int], count: int) -> Collection[int]:
    """Of so many, numbered from 1, the ones to show: all, or where that is too much those near a marked one; the
    first ones where none is marked."""
    if count <= _WHOLE_ROWS_MAX or not marked:
        return range(1, min(count, _WHOLE_ROWS_MAX) + 1)
    return {at for index in marked for at in range(index - _NEAR_ROWS, index + _NEAR_ROWS + 1) if 0 < at <= count}


def row_at(rows: Sequence[Row], line: int, column: int) -> int | None:
    """Which row holds a place: the last that begins before it."""
    index = bisect_right(rows, (line, column), key=lambda row: (row.line, row.column)) - 1
    return index if index >= 0 and rows[index].line == line else None


def _decode(document: bytes) -> str | None:
    if document_type(document) == PDF:
        return None
    declared = _ENCODING.match(document)
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    if document.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif document.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    try:
        return document.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _pieces(line: str, columns: Collection[int]) -> Iterator[tuple[int, str, int]]:
    """The line, or what is between its tags where it is long: each with its first column, and how many
    pieces before it are not shown."""
    if len(line) <= _LINE_CHARACTERS_MAX:
        yield 1, line, 0
        return
    tags = [found.start() for found in islice(_TAG.finditer(line), _PIECES_MAX)]
    blank = len(line) - len(line.lstrip())
    starts = [0, *(start for start in tags if start > blank)]
    near = _near({bisect_right(starts, column - 1) for column in columns}, len(starts))
    before = 0
    for nth in sorted(near):
        end = starts[nth] if nth < len(starts) else len(line)
        yield starts[nth - 1] + 1, line[starts[nth - 1] : end], nth - before - 1
        before = nth


def _shorten(text: str) -> str:
    """What is shown of a row: base64 counted instead of shown, and cut; only what is shown is looked at."""
    if found := _BASE64.search(text[: _ROW_CHARACTERS_MAX + 100]):
        start = found.start()
        end = run.end() if (run := _BASE64_RUN.match(text, start)) else start
        text = f"{text[:start]}[{end - start} × base64]{text[end:]}"
    more = len(text) - _ROW_CHARACTERS_MAX
    return text if more <= 0 else f"{text[:_ROW_CHARACTERS_MAX]}… [+{more}]"
