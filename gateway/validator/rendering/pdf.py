"""The view as PDF on A4: tagged (PDF/UA-1) and to be kept (PDF/A-2a) where its fonts have every character."""

from importlib.resources import files

import msgspec
import typst

import gateway
from gateway.i18n import Text
from gateway.typesetting import typeset
from gateway.validator.rendering.view import COMPLETE, ORIGINAL, View


def pdf_document(view: View) -> bytes:
    """The PDF of a document. Characters that no font of Typst has are boxes in it: then it is ordinary PDF."""
    words = {
        "original": ORIGINAL,
        "complete": COMPLETE,
        "judged_by": Text("Judged by"),
        "page": Text("page {number} of {pages}", number="{number}", pages="{pages}"),
    }
    content = {
        "view": view,
        "words": {name: text.in_language(view.language) for name, text in words.items()},
        "version": gateway.__version__,
    }
    template = (files(__package__) / "templates" / "rendering.typ").read_bytes()
    encoded = msgspec.json.encode(content).decode()
    try:
        return typeset(template, encoded, "a-2a", "ua-1")
    except typst.TypstError:
        return typeset(template, encoded)
