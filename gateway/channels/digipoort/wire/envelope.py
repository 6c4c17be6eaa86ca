"""A SOAP 1.1 envelope, read safely and strictly: one Header, one Body, one element in it.

No DOCTYPE, no comment, no processing instruction, every Id once. Only a fault may come without Header. Nothing is
trusted until its signature was verified; `signature.py` does that on this same tree.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from gateway.channels.digipoort.wire.canonical import WHITE_SPACE
from gateway.channels.digipoort.wire.cut import Inhoud, ReadingLimits, too_many_parts
from gateway.channels.digipoort.wire.faults import AddressingError, MalformedError, MustUnderstandError
from gateway.channels.digipoort.wire.names import (
    ANONYMOUS,
    KOPPELVLAK,
    NONE,
    SOAP,
    WSA,
    WSA_HEADERS,
    WSSE,
    WSU,
)
from gateway.channels.digipoort.wire.xop import expand
from gateway.i18n import Text

_HEADER, _BODY, _FAULT = f"{{{SOAP}}}Header", f"{{{SOAP}}}Body", f"{{{SOAP}}}Fault"
_WSU_ID = f"{{{WSU}}}Id"
_IDS = etree.XPath("//@wsu:Id | //@Id | //@ID | //@id | //@xml:id", namespaces={"wsu": WSU})
_TOKENS = etree.XPath("//text()[starts-with(., 'mpX')]")
_INHOUD = f"{{{KOPPELVLAK}}}inhoud"
_MUST_UNDERSTAND, _ACTOR = f"{{{SOAP}}}mustUnderstand", f"{{{SOAP}}}actor"
_FOR_US = (None, "", "http://schemas.xmlsoap.org/soap/actor/next")
_UNDERSTOOD = {f"{{{WSSE}}}Security", *(f"{{{WSA}}}{name}" for name in WSA_HEADERS)}
_NAMESPACE_NAME = re.compile(rb"""xmlns(?::[^=\s]{1,64})?\s*=\s*["']([^"'<]*)""")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
ADDRESS_CHARACTERS_MAX = 1024
_NO_PARTS: Mapping[str, Inhoud] = {}
_DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True, slots=True)
class Addressing:
    """The WS-Addressing headers as plain values."""

    to: str
    action: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The parts of the message, as nodes of one tree."""

    root: etree._Element
    body: etree._Element
    request: etree._Element
    """The only element in the Body."""
    ids: Mapping[str, etree._Element]
    """By wsu:Id."""
    blocks: Mapping[str, list[etree._Element]]
    """The header blocks by their full name."""
    cuts: Mapping[str, Inhoud]
    """By the tokens in their places."""

    def header_blocks(self, namespace: str, name: str) -> Sequence[etree._Element]:
        """The header blocks of this name: direct children of Header only."""
        return self.blocks.get(f"{{{namespace}}}{name}", ())


def read_envelope(
    skeleton: bytes, cuts: Mapping[str, Inhoud], limits: ReadingLimits, parts: Mapping[str, Inhoud] = _NO_PARTS
) -> Envelope:
    """Parse and take apart; `parts` are those of an MTOM message, by Content-ID. Raises MalformedError."""
    root = parse(skeleton, limits)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise MalformedError(Text("the root is not a SOAP 1.1 Envelope"))
    ids = _ids(root)
    header, body = _header_and_body(root)
    if cuts:
        _require_in_inhoud(root, cuts)
    blocks: dict[str, list[etree._Element]] = {}
    for block in header:
        blocks.setdefault(str(block.tag), []).append(block)
    return Envelope(root, body, body[0], ids, blocks, {**cuts, **expand(root, parts)})


def _header_and_body(root: etree._Element) -> tuple[Sequence[etree._Element], etree._Element]:
    """The header blocks, and the Body with its one element."""
    *headers, body = list(root) or [root]
    if body.tag != _BODY or [one.tag for one in headers] not in ([_HEADER], []):
        raise MalformedError(Text("an Envelope holds one Header and then one Body"))
    if len(body) != 1 or _has_text(body):
        raise MalformedError(Text("the Body must hold exactly one element"))
    if not headers and body[0].tag != _FAULT:
        raise MalformedError(Text("an Envelope holds one Header and then one Body"))
    return list(headers[0]) if headers else (), body


def require_understood(envelope: Envelope) -> None:
    """Every header block that must be understood is one we know (SOAP 1.1, section 4.2.3). Raises
    MustUnderstandError."""
    for tag in envelope.blocks.keys() - _UNDERSTOOD:
        for block in envelope.blocks[tag]:
            if block.get(_MUST_UNDERSTAND) in ("1", "true") and block.get(_ACTOR) in _FOR_US:
                raise MustUnderstandError(
                    Text("the header block {name} is not known here", name=repr(etree.QName(block).localname[:80]))
                )


def read_addressing(envelope: Envelope) -> Addressing:
    """The addressing headers. Raises AddressingError."""
    values = {name: _one_header(envelope, name) for name in ("To", "Action", "MessageID")}
    for name in ("ReplyTo", "FaultTo"):
        for block in envelope.header_blocks(WSA, name):
            if (block.findtext(f"{{{WSA}}}Address") or "").strip(WHITE_SPACE) not in {ANONYMOUS, NONE}:
                raise AddressingError(Text("wsa:{name} must be the anonymous address", name=name))
    return Addressing(values["To"], values["Action"], values["MessageID"])


def _one_header(envelope: Envelope, name: str) -> str:
    blocks = envelope.header_blocks(WSA, name)
    value = (blocks[0].text or "").strip(WHITE_SPACE) if len(blocks) == 1 and not len(blocks[0]) else ""
    if not 0 < len(value) <= ADDRESS_CHARACTERS_MAX:
        raise AddressingError(Text("exactly one wsa:{name} with a value is needed", name=name))
    return value


def parse(skeleton: bytes, limits: ReadingLimits) -> etree._Element:
    """The root of a message, read within limits and without anything from outside. Raises MalformedError."""
    declared = _DECLARED_ENCODING.match(skeleton[:200])
    if declared and declared[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise MalformedError(Text("the message must be UTF-8"))
    if b"!" in skeleton and (b"<!DOCTYPE" in skeleton or b"<!ENTITY" in skeleton):
        raise MalformedError(Text("a DOCTYPE is not allowed"))
    if _has_too_many(skeleton, limits):
        raise too_many_parts()
    for name in _NAMESPACE_NAME.findall(skeleton):
        if len(name) > limits.namespace_name_bytes_max:
            raise too_many_parts()
        if name and not _ABSOLUTE.match(name):  # canonical XML has no form for it
            raise MalformedError(Text("the namespace {name} is relative", name=repr(name[:80].decode("latin-1"))))
    try:
        return etree.fromstring(skeleton, _of_thread.parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedError(
            Text("the message is not well-formed XML ({in_english})", in_english=str(error)[:200])
        ) from error


def _has_too_many(skeleton: bytes, limits: ReadingLimits) -> bool:
    return (
        skeleton.count(b"<") > 2 * limits.tags_max
        or skeleton.count(b"xmlns") > limits.namespaces_max
        or skeleton.count(b'"') + skeleton.count(b"'") > limits.quotes_max
    )


class _ThreadParser(threading.local):
    """Each thread's parser: making one costs half as much as reading a short message."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
        )


_of_thread = _ThreadParser()


def _ids(root: etree._Element) -> dict[str, etree._Element]:
    """Every element by its wsu:Id; any kind of Id may occur once in the whole message."""
    is_alone = root.getprevious() is None and root.getnext() is None
    if not is_alone or next(root.iter(etree.Comment, etree.PI, etree.Entity), None) is not None:
        raise MalformedError(Text("comments and processing instructions are not allowed"))
    ids: dict[str, etree._Element] = {}
    every: dict[str, etree._Element] = {}
    for found in _IDS(root):
        value, node = str(found), found.getparent()
        if not value:
            raise MalformedError(Text("an Id is empty"))
        if every.setdefault(value, node) is not node:
            raise MalformedError(Text("the Id {value} occurs twice", value=repr(value[:80])))
        if found.attrname == _WSU_ID:
            ids[value] = node
    return ids


def _has_text(element: etree._Element) -> bool:
    tails = (child.tail or "" for child in element)
    return bool(((element.text or "") + "".join(tails)).strip(WHITE_SPACE))


def _require_in_inhoud(root: etree._Element, cuts: Mapping[str, Inhoud]) -> None:
    """What was cut out must be the whole value of one `inhoud`, its token nowhere else: the digest of any element
    with that token is taken over the content."""
    found = [value for value in _TOKENS(root) if value in cuts]
    in_inhoud = (value.is_text and value.getparent().tag == _INHOUD for value in found)
    if sorted(found) != sorted(cuts) or not all(in_inhoud):
        raise MalformedError(
            Text("a long value is not in an inhoud of the namespace {namespace}", namespace=KOPPELVLAK)
        )
