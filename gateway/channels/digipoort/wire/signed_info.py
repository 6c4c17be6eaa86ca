"""SignedInfo read from its canonical form: the very bytes that the signature covers, and nothing beside them.

Most clients write it without parameters. Then its canonical form is one fixed text with few values in it, and one
expression a reference says all: no tree is walked. What has another form is left to the reader of the tree.
"""

import binascii
import functools
import re
from dataclasses import dataclass

from gateway.channels.digipoort.wire.names import DSIG, EXC_C14N

_PREFIX = re.compile(rb"<((?:[A-Za-z_][A-Za-z0-9_.-]*:)?)SignedInfo ")


PlainReference = tuple[str, str, bytes]
"""The Id that a reference names, its digest's algorithm, its digest."""


@dataclass(frozen=True, slots=True)
class PlainSignedInfo:
    """A SignedInfo whose canonicalizations are all exclusive and without parameters."""

    signature_uri: str
    references: list[PlainReference]


def read_plain(canonical: bytes) -> PlainSignedInfo | None:
    """Read the exclusive canonical form of a SignedInfo; None when it holds anything but the usual."""
    prefix = _PREFIX.match(canonical)
    if prefix is None:
        return None
    head, reference, end = _forms(prefix[1])
    opened = head.match(canonical)
    if opened is None:
        return None
    found: list[PlainReference] = []
    at = opened.end()
    while one := reference.match(canonical, at):
        try:
            digest = binascii.a2b_base64(one[3], strict_mode=True)
        except binascii.Error:
            return None
        found.append((one[1].decode(), one[2].decode(), digest))
        at = one.end()
    if not found or end.fullmatch(canonical, at) is None:
        return None
    return PlainSignedInfo(opened[1].decode(), found)


@functools.lru_cache(32)
def _forms(prefix: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    """The start, one reference and the end, for a client that writes this prefix before the names of XML-DSig."""
    name = re.escape(prefix)
    declared = b":" + name[:-1] if name else b""
    dsig, exclusive = re.escape(DSIG.encode()), re.escape(EXC_C14N.encode())
    value = rb'"([^"&<>\x00-\x1f\x80-\xff]+)"'

    def empty(element: bytes, algorithm: bytes) -> bytes:
        return rb"\s*<%b%b Algorithm=%b></%b%b>\s*" % (name, element, algorithm, name, element)

    transform = empty(b"Transform", b'"%b"' % exclusive)
    head = rb'<%bSignedInfo xmlns%b="%b">' % (name, declared, dsig)
    head += empty(b"CanonicalizationMethod", b'"%b"' % exclusive) + empty(b"SignatureMethod", value)
    reference = rb'<%bReference(?: Id="[^"&<>\x00-\x1f\x80-\xff]*")? URI="#([^"&<>\x00-\x1f\x80-\xff]+)">' % name
    reference += rb"\s*<%bTransforms>%b</%bTransforms>" % (name, transform, name) + empty(b"DigestMethod", value)
    reference += rb"<%bDigestValue>([A-Za-z0-9+/=]+)</%bDigestValue>\s*</%bReference>\s*" % (name, name, name)
    end = rb"</%bSignedInfo>" % name
    return re.compile(head), re.compile(reference), re.compile(end)
