"""Decodes the base64 of an embedded attachment while the document streams from storage.

The document was judged before, so the content is valid base64. In XML its characters may be written as references
(some programs end each line in `&#13;`), and comments may be between them.
"""

import re
from collections.abc import AsyncIterator

from lxml import etree

from gateway.http.transfer import Base64Decoder

_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]+)|([0-9]+));")
_REFERENCE_BYTES_MAX = 64


async def decoded_content(encoded: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content, in pieces. Raises TransferError if it is not base64."""
    decoder, held = Base64Decoder(), b""
    async for piece in encoded:
        text = held + piece
        if b"<" in text:
            rest = [one async for one in encoded]
            yield decoder.feed(_without_markup(b"".join((text, *rest))))
            held = b""
            break
        end = _end_of_references(text)
        held = text[end:]
        yield decoder.feed(_REFERENCE.sub(_character, text[:end]))
    yield decoder.feed(held)
    yield decoder.finish()


def _end_of_references(text: bytes) -> int:
    """Where a reference begins that is cut off by the end of the text, or else the end."""
    start = text.rfind(b"&", -_REFERENCE_BYTES_MAX)
    return start if start >= 0 and b";" not in text[start:] else len(text)


def _character(reference: re.Match[bytes]) -> bytes:
    return chr(int(reference[1], 16) if reference[1] else int(reference[2])).encode()


def _without_markup(text: bytes) -> bytes:
    """The text without comments and processing instructions, references resolved."""
    parser = etree.XMLParser(encoding="utf-8", huge_tree=True, resolve_entities=False, no_network=True)
    return str(etree.fromstring(b"<a>" + text + b"</a>", parser).xpath("string()")).encode()
