"""The document as rows to show beside its findings: numbered, cut to what can be read, and bounded.

A line that is too long to read (a document written without line breaks) is broken before a tag; base64 of
attachments is left out. Of a long document only what stands near a finding is kept.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

SOURCE_BYTES_MAX = 10 * 1024 * 1024
"""Of a larger document no source is shown."""
_ROWS_MAX = 2_000
_NEAR_ROWS = 4
_LINE_CHARACTERS_MAX = 200
_ROW_CHARACTERS_MAX = 400

_TAG = re.compile(r"(?=<[^/!?])")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{100,}")
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/=]{40,}\s*")
_ENCODING = re.compile(rb"""\A<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True, slots=True)
class Row:
    """A piece of a line. `line` and `column` count from 1; `left_out` rows before it are not shown."""

    line: int
    column: int
    text: str
    left_out: int = 0


def rows_of(document: bytes, marks: Collection[tuple[int, int]]) -> list[Row]:
    """The rows to show when findings stand at these lines and columns; none where the text cannot be read."""
    if len(document) > SOURCE_BYTES_MAX or (text := _decoded(document)) is None:
        return []
    rows = list(_rows(text))
    return _kept(rows, {index for mark in marks if (index := row_at(rows, *mark)) is not None})


def row_at(rows: Sequence[Row], line: int, column: int) -> int | None:
    """Which row holds a place: the last that begins before it."""
    index = bisect_right(rows, (line, column), key=lambda row: (row.line, row.column)) - 1
    return index if index >= 0 and rows[index].line == line else None


def _decoded(document: bytes) -> str | None:
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


def _rows(text: str) -> Iterator[Row]:
    skipped = 0
    for number, line in enumerate(text.split("\n"), 1):
        if _BASE64_LINE.fullmatch(line):
            skipped += 1
            continue
        for column, piece in _pieces(line.rstrip("\r")):
            yield Row(number, column, _shortened(piece), skipped)
            skipped = 0


def _pieces(line: str) -> Iterator[tuple[int, str]]:
    """The line, or what stands between its tags where it is long, each with its first column."""
    if len(line) <= _LINE_CHARACTERS_MAX:
        yield 1, line
        return
    column, before = 1, ""
    for piece in _TAG.split(line):
        if piece.strip():
            yield column, before + piece
            column += len(before + piece)
            before = ""
        else:
            before += piece


def _shortened(text: str) -> str:
    text = _BASE64.sub(lambda match: f"[{len(match[0])} × base64]", text)
    return text if len(text) <= _ROW_CHARACTERS_MAX else f"{text[:_ROW_CHARACTERS_MAX]}…"


def _kept(rows: list[Row], marked: Collection[int]) -> list[Row]:
    if len(rows) <= _ROWS_MAX:
        return rows
    near = {at for index in marked for at in range(index - _NEAR_ROWS, index + _NEAR_ROWS + 1)}
    kept: list[Row] = []
    left_out = 0
    for index, row in enumerate(rows):
        left_out += row.left_out
        if index in near and len(kept) < _ROWS_MAX:
            kept.append(Row(row.line, row.column, row.text, left_out))
            left_out = 0
        else:
            left_out += 1
    return kept
