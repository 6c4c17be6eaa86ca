"""The view as a page: one file without scripts and without anything from elsewhere. It prints to A4."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup, escape

import gateway
from gateway.i18n import Text
from gateway.validator.rendering.view import (
    COMPLETE,
    ORIGINAL,
    FindingNote,
    ShownItem,
    ShownRow,
    Table,
    Value,
    View,
)
from gateway.validator.report.html import template_environment, translator

_OPEN_ROWS_MAX = 20
"""In a longer table the details of rows are closed on a screen; in print they are open."""

_environment = template_environment(jinja2.PackageLoader("gateway.validator.rendering"))


@cache
def _style() -> str:
    return (files(__package__) / "templates" / "rendering.css").read_text("utf-8")


@cache
def content_security_policy() -> str:
    """Nothing but the page itself and its own style, by its hash."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'none'; base-uri 'none'"


@cache
def style_below(selector: str) -> str:
    """The style for a document that is a part of another page, in the element that this selects."""
    return f"{selector}{{{_style().replace(':root{', '&{').replace('body{', '&>div{')}}}\n"


def html_fragment(view: View) -> str:
    """The document without the verdict, to be a part of another page, in the element that `style_below` selects.
    A finding, next to its term or at the top, has the id `n` and its number, and leads to `f` and its number."""
    return _environment.get_template("fragment.html").render(
        view=view, t=translator(view.language), marked=_Markup(view.language)
    )


def html_page(view: View, links: Sequence[tuple[str, str]] = ()) -> str:
    """The page of a document; `links` are what it leads to, words and address."""
    return _environment.get_template("rendering.html").render(
        view=view,
        links=links,
        t=translator(view.language),
        marked=_Markup(view.language),
        style=Markup(_style()),  # noqa: S704 - our own
        policy=content_security_policy(),
        original=ORIGINAL.in_language(view.language),
        complete=COMPLETE.in_language(view.language),
        version=gateway.__version__,
    )


class _Markup:
    """Writes the parts of a page; every text of the document is escaped here."""

    def __init__(self, language: str) -> None:
        self._details = Text("More of this line").in_language(language)
        self._anchors: set[int] = set()

    def item(self, item: ShownItem) -> Markup:
        """A label and its values."""
        name = f' title="{escape(item.name)}"' if item.name and item.name != item.label else ""
        values = "<i> · </i>".join(map(_value, item.values))
        kind = ' class="long"' if item.is_long else ""
        return Markup(  # noqa: S704 - escaped here
            f"<dt{_terms(item)}{name}>{escape(item.label)}</dt><dd{kind}>{values}{self.notes(item.notes)}</dd>"
        )

    def values(self, item: ShownItem) -> Markup:
        """Values without their label."""
        return Markup(" ".join(map(_value, item.values)))  # noqa: S704 - escaped there

    def notes(self, notes: Sequence[FindingNote]) -> Markup:
        """Findings, next to what they are about."""
        return Markup("".join(map(self._note, notes)))  # noqa: S704 - escaped there

    def _note(self, note: FindingNote) -> str:
        sign = "✗" if note.finding.flag == "fatal" else "!"
        anchor = "" if note.number in self._anchors else f' id="n{note.number}"'
        self._anchors.add(note.number)
        return (
            f'<span class="note {note.finding.flag}"{anchor}><b>{sign} <a href="#f{note.number}">'
            f"{escape(note.finding.rule)}</a></b> {escape(note.message)}</span>"
        )

    def rows(self, table: Table) -> Markup:
        """The body of a table."""
        is_open = len(table.rows) <= _OPEN_ROWS_MAX
        return Markup("\n".join(self._row(nth, row, is_open=is_open) for nth, row in enumerate(table.rows, 1)))  # noqa: S704 - escaped there

    def _row(self, nth: int, row: ShownRow, *, is_open: bool) -> str:
        cells = "".join([self._cell(cell) for cell in row.cells])
        more = "".join(self._more(nth, row, is_open=is_open)) if row.details or row.notes else ""
        return f"<tbody><tr>{cells}</tr>{more}</tbody>"

    def _cell(self, cell: ShownItem) -> str:
        kind = ' class="n"' if cell.is_number else ""
        notes = self.notes(cell.notes) if cell.notes else ""
        return f"<td{kind}{_terms(cell)}>{' '.join([_value(value) for value in cell.values])}{notes}</td>"

    def _more(self, nth: int, row: ShownRow, *, is_open: bool) -> Iterator[str]:
        yield f'<tr class="more"><td colspan="{len(row.cells)}">{self.notes(row.notes)}'
        if row.details:
            yield "<details open>" if is_open else "<details>"
            yield f'<summary>{self._details}<span class="hidden"> {nth}</span></summary><dl>'
            for item in row.details:
                yield f"<div>{self.item(item)}</div>"
            yield "</dl></details>"
        yield "</td></tr>"


def _terms(item: ShownItem) -> str:
    return f' data-t="{" ".join(item.terms)}"' if item.terms else ""


def _value(value: Value) -> str:
    text: str = escape(value.text)
    if value.raw:
        raw = escape(value.raw)
        text = f'<data value="{raw}" title="{raw}">{text}</data>'
    elif value.link:
        text = f'<a href="{escape(value.link)}">{text}</a>'
    if value.prefix:
        text = f'<span class="p">{escape(value.prefix)}</span> {text}'
    return f"<span>{text} <small>({escape(value.code)})</small></span>" if value.code else f"<span>{text}</span>"
