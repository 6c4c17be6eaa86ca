"""Writes PDF with Typst: the same input gives the same bytes, on every machine."""

from functools import cache
from typing import Literal

import typst

Standard = Literal["a-2a", "a-2b", "a-3a", "ua-1"]
"""PDF/A-2a, PDF/A-2b and PDF/A-3a (ISO 19005), PDF/UA-1 (ISO 14289)."""


def typeset(template: bytes, content: str, *standards: Standard, tags: bool = True) -> bytes:
    """A Typst template with its content, JSON under `sys.inputs.content`, as PDF by these standards, with tags or
    without. Raises typst.TypstError where the content cannot be written so."""
    written = typst.compile(
        template,
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"content": content},
        pdf_standards=list(standards),
        pdf_tags=tags,
        timestamp=0,
    )
    if not isinstance(written, bytes):
        raise TypeError("Typst wrote no document")
    return written


@cache
def _fonts() -> typst.Fonts:
    """Those that come with Typst, so that every machine writes the same."""
    return typst.Fonts(include_system_fonts=False)
