"""Writes XML in canonical form (Exclusive XML Canonicalization 1.0, without comments), and takes it apart.

Each part of a message that is to be signed carries its own namespace declarations, in canonical order, so that
its canonical form is exactly the bytes written: what is digested is what is sent. Long base64 is not in the text:
a token takes its place, in what is read and in what is written.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import TypeVar

from lxml import etree

Content = TypeVar("Content")
WHITE_SPACE = " \t\r\n"
"""What XML calls white space; `str.strip` and `str.split` take more."""
_TOKEN = re.compile(rb">(mpX[0-9a-f]{20}X)<")


def canonical(node: etree._Element, prefixes: list[str]) -> bytes:
    """The node's exclusive canonical form; `prefixes` are those of an InclusiveNamespaces PrefixList."""
    written: bytes = etree.tostring(
        node, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
    )
    return written


def text(value: str) -> str:
    """A value as canonical text content."""
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#xD;") if "\r" in escaped else escaped


def new_token() -> str:
    """A random token: 24 characters of base64, so that the schema holds it to the rules for base64."""
    return f"mpX{secrets.token_hex(10)}X"


def split_at_tokens(written: bytes, contents: Mapping[str, Content]) -> Iterator[bytes | Content]:
    """Canonical text in pieces, and each content where an element has its token as whole value."""
    end = 0
    for found in _TOKEN.finditer(written):
        token = found[1].decode()
        if token in contents:
            yield written[end : found.start(1)]
            yield contents[token]
            end = found.end(1)
    yield written[end:]
