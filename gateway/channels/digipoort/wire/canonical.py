"""Writes XML in canonical form (Exclusive XML Canonicalization 1.0, without comments).

Each part of a message that is to be signed carries its own namespace declarations, in canonical order, so that
its canonical form is exactly the bytes written: what is digested is what is sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


def text(value: str) -> str:
    """A value as canonical text content."""
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#xD;") if "\r" in escaped else escaped


def attribute(value: str) -> str:
    """A value as a canonical attribute value."""
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    for character, reference in (("\t", "&#x9;"), ("\n", "&#xA;"), ("\r", "&#xD;")):
        escaped = escaped.replace(character, reference)
    return escaped


@dataclass(frozen=True, slots=True)
class Binary:
    """A placeholder in written XML for content that is sent as base64."""

    token: str
    """Its name in the text: letters and digits that occur nowhere else in it."""
    size_bytes: int


def split_at(written: bytes, binaries: Sequence[Binary]) -> Iterator[bytes | Binary]:
    """The written text in pieces, each binary in its place.

    Raises ValueError when a token is not in it exactly once, in the order given.
    """
    for binary in binaries:
        before, found, written = written.partition(binary.token.encode())
        if not found or binary.token.encode() in written:
            raise ValueError("a binary is not in the text exactly once")
        yield before
        yield binary
    yield written
