"""A document as HTML, PDF, plain text or JSON, for the command line, the API and the worker processes."""

import msgspec

from gateway.json_text import indented_json
from gateway.validator.rendering.view import File
from gateway.validator.report.report import Report
from gateway.validator.xml.parsing import DEFAULT_LIMITS, Limits
from gateway.validator.xml.pdf import xml_of

FORMS = ("text", "html", "pdf", "json", "xml")
"""`json` is a `view.View`, `xml` the XML of the document: itself, or what a PDF carries."""
FRAGMENT = "fragment"
"""A form for pages of this gateway: the document as a part of one."""


class RenderingRequest(msgspec.Struct, frozen=True, array_like=True):
    """How a document is to be shown: its form and language, the verdict on it as JSON, its attachments, and what
    the page leads to (words and address)."""

    form: str
    language: str
    report: bytes | None = None
    files: tuple[File, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def render(document: bytes, request: RenderingRequest, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The document in one of FORMS, or as FRAGMENT; text and HTML are UTF-8. Raises nothing on any bytes,
    KeyError for a form that does not exist."""
    if request.form == "xml":
        return xml_of(document, limits.document_bytes_max)
    from gateway.validator.rendering.rendering import (
        ShownDocument,
        view_of,
    )  # who only judges need not wait for it

    report = msgspec.json.decode(request.report, type=Report) if request.report else None
    view = view_of(ShownDocument(document, report, request.files), request.language, limits)
    if request.form == "pdf":
        from gateway.validator.rendering.pdf import pdf_document  # Typst takes a while to load

        return pdf_document(view)
    if request.form == "html":
        from gateway.validator.rendering.html import html_page

        return html_page(view, request.links).encode("utf-8", "replace")
    if request.form == FRAGMENT:
        from gateway.validator.rendering.html import html_fragment

        return html_fragment(view).encode("utf-8", "replace")
    if request.form == "json":
        return indented_json(view)
    if request.form != "text":
        raise KeyError(request.form)
    from gateway.validator.rendering.text import plain_text

    return plain_text(view).encode("utf-8", "replace")
