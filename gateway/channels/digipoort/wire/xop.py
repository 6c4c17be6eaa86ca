"""XOP 1.0: puts contents that came as separate parts back in the place of their `xop:Include`.

Once expanded the message is as if the base64 had been in place, and that is what the signature covers. Apart
from `inhoud` only the token may come so, as Apache CXF sends it. A part may be missing, used twice, not used,
or included elsewhere: each is refused.
"""

from collections.abc import Mapping
from urllib.parse import unquote

import pybase64
from lxml import etree

from gateway.channels.digipoort.wire.canonical import WHITE_SPACE, new_token
from gateway.channels.digipoort.wire.cut import Inhoud
from gateway.channels.digipoort.wire.faults import MalformedError
from gateway.channels.digipoort.wire.names import KOPPELVLAK, WSSE, XOP
from gateway.i18n import Text

_INHOUD = f"{{{KOPPELVLAK}}}inhoud"
_SECURITY_TOKEN = f"{{{WSSE}}}BinarySecurityToken"
_SECURITY_TOKEN_BYTES_MAX = 16 * 1024  # no certificate is larger


def expand(root: etree._Element, parts: Mapping[str, Inhoud]) -> dict[str, Inhoud]:
    """Put a token in the place of every Include; returns the part for each token.

    The certificate of a BinarySecurityToken is put in its place as it is. Raises MalformedError.
    """
    left = dict(parts)
    tokens: dict[str, Inhoud] = {}
    for include in list(root.iter(f"{{{XOP}}}Include")):
        holder = _holder(include)
        name = content_id(include.get("href"))
        if name not in left:
            raise MalformedError(
                Text(
                    "xop:Include refers to the part {name}, which is missing or used before", name=repr(name[:80])
                ),
            )
        part = left.pop(name)
        holder.remove(include)
        if holder.tag == _SECURITY_TOKEN:
            holder.text = _certificate(part)
            continue
        token = new_token()
        tokens[token] = part
        holder.text = token
    if left:
        raise MalformedError(Text("the part {next} is used by no xop:Include", next=repr(next(iter(left))[:80])))
    return tokens


def content_id(href: str | None) -> str:
    """The Content-ID that a `cid:` URL means (RFC 2392): without angle brackets, percent signs decoded."""
    return unquote(href[4:]) if href and href.lower().startswith("cid:") else ""


def _holder(include: etree._Element) -> etree._Element:
    """The `inhoud` or token that holds an Include and nothing else."""
    holder = include.getparent()
    if holder is None or holder.tag not in (_INHOUD, _SECURITY_TOKEN) or len(holder) != 1 or len(include):
        raise MalformedError(Text("xop:Include is allowed in inhoud and BinarySecurityToken only"))
    if f"{holder.text or ''}{include.tail or ''}".strip(WHITE_SPACE):
        raise MalformedError(Text("there is other text next to xop:Include"))
    return holder


def _certificate(part: Inhoud) -> str:
    if part.size_bytes > _SECURITY_TOKEN_BYTES_MAX:
        raise MalformedError(Text("the token is too large"))
    return pybase64.b64encode_as_string(b"".join(part.octets()))
