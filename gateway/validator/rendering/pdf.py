"""The view as PDF on A4: tagged (PDF/UA-1) and to be kept (PDF/A-2a) where its fonts have every character.

A long document has no tags (they are 7 kB a line) and is PDF/A-2b; what a line says more is running text, because
laying it out as a table takes half a megabyte of memory. Of more rows than a worker has memory for, the rest is
counted; the page and the text have all.
"""

from dataclasses import replace
from importlib.resources import files

import msgspec
import typst

import gateway
from gateway.i18n import Text
from gateway.typesetting import Standard, typeset
from gateway.validator.rendering.view import COMPLETE, ORIGINAL, Section, View


def bounded_section(section: Section, language: str) -> Section:
    """The section with as many rows as there is memory for, and how many there are more."""
    table = section.table
    if table is None or len(table.rows) <= ROWS_MAX:
        return section
    more = Text("{count:n} more rows are in the page and in the XML.", count=len(table.rows) - ROWS_MAX)
    shown = replace(table, rows=table.rows[:ROWS_MAX])
    return replace(section, table=shown, remark=f"{section.remark} {more.in_language(language)}".strip())


ROWS_MAX = 2_000
_TAGGED_ROWS_MAX = 400
_SHORT: tuple[Standard, ...] = ("a-2a", "ua-1")
_LONG: tuple[Standard, ...] = ("a-2b",)


def pdf_document(view: View) -> bytes:
    """The PDF of a document. Characters that no font of Typst has are boxes in it: then it is ordinary PDF."""
    words = {
        "original": ORIGINAL,
        "complete": COMPLETE,
        "judged_by": Text("Judged by"),
        "page": Text("page {number} of {pages}", number="{number}", pages="{pages}"),
    }
    is_long = sum(len(section.table.rows) for section in view.sections if section.table) > _TAGGED_ROWS_MAX
    content = {
        "view": replace(view, sections=[bounded_section(section, view.language) for section in view.sections]),
        "words": {name: text.in_language(view.language) for name, text in words.items()},
        "version": gateway.__version__,
        "is_long": is_long,
    }
    template = (files(__package__) / "templates" / "rendering.typ").read_bytes()
    encoded = msgspec.json.encode(content).decode()
    try:
        return typeset(template, encoded, *_LONG if is_long else _SHORT, tags=not is_long)
    except typst.TypstError:
        return typeset(template, encoded, tags=not is_long)
