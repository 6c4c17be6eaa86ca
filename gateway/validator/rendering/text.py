"""The view as plain text, for a terminal or a mail."""

import textwrap
from collections.abc import Iterator, Sequence

from gateway.validator.rendering.view import (
    ORIGINAL,
    FindingNote,
    Section,
    ShownItem,
    ShownRow,
    Table,
    Value,
    View,
)
from gateway.validator.report.text import printable

_WIDTH = 100
_LABEL_WIDTH = 26
_COLUMN_WIDTH_MAX = 42


def plain_text(view: View) -> str:
    """The text of a document, one line after the other."""
    return "\n".join(line.rstrip() for line in _lines(view)) + "\n"


def _lines(view: View) -> Iterator[str]:
    yield printable(f"{view.kind.upper()} {view.number}")
    yield ORIGINAL.in_language(view.language)
    yield ""
    if view.amount:
        amount = " ".join(map(_value, view.amount.values))
        yield f"{view.amount_label:<{_LABEL_WIDTH}}{amount}  {printable(view.currency)}"
    yield from _items(view.facts)
    yield ""
    yield f"{view.verdict}  {', '.join(view.judged_by)}"
    yield from view.not_judged
    for note in view.notes:
        yield from _folded_lines(f"{_note(note)} {note.advice}", "  ")
    for section in view.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield section.title.upper()
    if section.remark:
        yield from _folded_lines(section.remark, "")
    for card in section.cards:
        if card.title:
            yield f"- {printable(card.title)}"
        for note in card.notes:
            yield from _folded_lines(_note(note), "  ")
        yield from _items(card.items)
    if section.table and section.style == "rest":
        for row in section.table.rows:
            yield from _folded_lines(": ".join(_value(value) for cell in row.cells for value in cell.values), "  ")
    elif section.table:
        yield from _table(section.table)


def _items(items: Sequence[ShownItem], indent: str = "  ") -> Iterator[str]:
    wide = max([_LABEL_WIDTH, *(len(indent) + len(item.label) + 2 for item in items)])
    for item in items:
        label = f"{indent}{printable(item.label)}"
        first, *more = textwrap.wrap(", ".join(map(_value, item.values)), _WIDTH - _LABEL_WIDTH) or [""]
        yield f"{label:<{wide}}{first}"
        yield from (f"{'':<{wide}}{line}" for line in more)
        for note in item.notes:
            yield from _folded_lines(_note(note), " " * _LABEL_WIDTH)


def _table(table: Table) -> Iterator[str]:
    texts = [[" ".join(map(_value, cell.values)) for cell in row.cells] for row in table.rows]
    widths = [
        min(_COLUMN_WIDTH_MAX, max(len(line[nth]) for line in [table.labels, *texts]))
        for nth in range(len(table.labels))
    ]
    yield _columns(table.labels, widths, table.numbers)[0]
    for row, cells in zip(table.rows, texts, strict=True):
        yield from _columns(cells, widths, table.numbers)
        yield from _more(row)


def _columns(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> list[str]:
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    return [
        "  "
        + "  ".join(
            f"{lines[nth] if nth < len(lines) else '':{'>' if is_number else '<'}{width}}"
            for lines, width, is_number in zip(wrapped, widths, numbers, strict=True)
        )
        for nth in range(max(map(len, wrapped)))
    ]


def _more(row: ShownRow) -> Iterator[str]:
    for note in [*row.notes, *(note for cell in row.cells for note in cell.notes)]:
        yield from _folded_lines(_note(note), "      ")
    yield from _items(row.details, "      ")


def _note(note: FindingNote) -> str:
    return printable(f"{'✗' if note.finding.flag == 'fatal' else '!'} {note.finding.rule}: {note.message}")


def _value(value: Value) -> str:
    return printable(" ".join(filter(None, (value.prefix, value.text, value.code and f"({value.code})"))))


def _folded_lines(text: str, indent: str) -> list[str]:
    return textwrap.wrap(printable(text), _WIDTH, initial_indent=indent, subsequent_indent=indent)
