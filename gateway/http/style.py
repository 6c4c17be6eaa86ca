"""The one style sheet of all pages: inside the page, allowed by its hash, so that a page asks for nothing else.

Follows the habits of the NL Design System: large readable text, clear focus, colours with at least 4.5 : 1
contrast, no meaning by colour alone. Dark where the reader's system is dark.
"""

from importlib.resources import files

from gateway.validator.rendering.html import style_below
from gateway.validator.report.style import COLOURS, REPORT


def _own(name: str) -> str:
    return (files("gateway.http") / "templates" / name).read_text("utf-8")


STYLE = f"\n{COLOURS}{_own('page.css')}{REPORT}"
READABLE = style_below(".readable") + _own("readable.css")
"""For pages with a document to read."""
