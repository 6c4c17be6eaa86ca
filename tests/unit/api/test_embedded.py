"""Embedded attachments are decoded as the XML says, however the document is cut into pieces."""

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest

from gateway.api.embedded import decoded_content
from gateway.http.transfer import TransferError
from gateway.validator.attachments import decode_base64

CONTENT = bytes(range(256)) * 3
BASE64 = b64encode(CONTENT)
FORMS = {
    "plain": BASE64,
    "lines": b"\r\n".join(BASE64[at : at + 76] for at in range(0, len(BASE64), 76)),
    "lines by reference": b"&#13;\n".join(BASE64[at : at + 76] for at in range(0, len(BASE64), 76)),
    "characters by reference": b"".join(b"&#x%x;" % one if one % 3 else b"&#%d;" % one for one in BASE64),
    "comments": b"<!-- one & two -->" + BASE64[:101] + b"<!-- AAAA -->" + BASE64[101:],
    "a comment and references": BASE64[:99] + b"&#%d;" % BASE64[99] + BASE64[100:500] + b"<!---->" + BASE64[500:],
}


async def pieces(text: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1009, 10_000])
@pytest.mark.parametrize("form", FORMS)
async def test_the_content_does_not_depend_on_the_pieces(form: str, size: int) -> None:
    found = b"".join([one async for one in decoded_content(pieces(FORMS[form], size))])
    assert found == CONTENT
    assert found == b"".join(decode_base64(FORMS[form], 0, len(FORMS[form])))  # what was judged


async def test_what_is_not_base64_is_an_error() -> None:
    with pytest.raises(TransferError):
        [one async for one in decoded_content(pieces(b"AAA", 2))]
