"""Orders, order responses, despatch and receipt advices, application responses and time cards, as files.

Gemeente Zilverstrand orders from Groenbedrijf De Wilgenroos; neither exists.
"""

import re
from pathlib import Path

from gateway.validator.model.document import DocumentKind

_FOLDER = Path(__file__).parent

FILES: dict[DocumentKind, str] = {
    kind: name
    for kind in DocumentKind
    if (_FOLDER / (name := re.sub(r"(?<!^)(?=[A-Z])", "-", kind.value).lower() + ".xml")).is_file()
}
"""The file of each kind that has one: `order-response.xml`."""


def document(kind: DocumentKind) -> bytes:
    """The sample of this kind; every kind has one but invoices and credit notes, which have a builder."""
    return (_FOLDER / FILES[kind]).read_bytes()
