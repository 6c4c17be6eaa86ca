"""A SOAP 1.1 envelope, read safely and strictly: one Header, one Body, one element in it.

No DOCTYPE, no comment, no processing instruction, every Id once. Nothing here is trusted until its signature was
verified; `signature.py` does that on this same tree.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from gateway.channels.digipoort.wire.cut import Inhoud, InlineInhoud, ReadingLimits
from gateway.channels.digipoort.wire.faults import AddressingError, MalformedError
from gateway.channels.digipoort.wire.names import ANONYMOUS, KOPPELVLAK, NONE, SOAP, WSA, WSSE, WSU
from gateway.channels.digipoort.wire.xop import expand
from gateway.i18n import Text

WSA_HEADERS = ("To", "From", "FaultTo", "ReplyTo", "MessageID", "RelatesTo", "Action")
"""The addressing headers that the profile wants signed when they are there."""
WSU_ID = f"{{{WSU}}}Id"
_IDS = etree.XPath("//@wsu:Id", namespaces={"wsu": WSU})
_OTHER_IDS = etree.XPath("//@Id | //@ID | //@id | //@xml:id")
ADDRESS_CHARACTERS_MAX = 1024
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
    header: etree._Element
    body: etree._Element
    request: etree._Element
    """The only element in the Body."""
    ids: Mapping[str, etree._Element]
    """By wsu:Id."""
    blocks: Mapping[str, list[etree._Element]]
    """The header blocks by their full name, direct children of Header only."""
    cuts: Mapping[str, Inhoud] = field(default_factory=dict)

    def header_blocks(self, namespace: str, name: str) -> Sequence[etree._Element]:
        """The header blocks of this name."""
        return self.blocks.get(f"{{{namespace}}}{name}", ())

    @property
    def security(self) -> etree._Element | None:
        """The only wsse:Security header; None when there is none or more than one."""
        found = self.header_blocks(WSSE, "Security")
        return found[0] if len(found) == 1 else None


def inhoud_of(element: etree._Element, cuts: Mapping[str, Inhoud]) -> Inhoud:
    """The content that an element `inhoud` holds."""
    value = element.text or ""
    return cuts.get(value) or InlineInhoud(value.encode())


def read_envelope(
    skeleton: bytes, cuts: Mapping[str, Inhoud], limits: ReadingLimits, parts: Mapping[str, Inhoud] | None = None
) -> Envelope:
    """Parse and take apart; `parts` are an MTOM message's, by Content-ID. Raises MalformedError."""
    root = parse(skeleton, limits)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise _malformed_error(Text("the root is not a SOAP 1.1 Envelope"))
    ids = _ids(root)
    children = list(root)
    if [child.tag for child in children] != [f"{{{SOAP}}}Header", f"{{{SOAP}}}Body"]:
        raise _malformed_error(Text("an Envelope holds one Header and then one Body"))
    header, body = children
    if len(body) != 1 or _has_text(body):
        raise _malformed_error(Text("the Body must hold exactly one element"))
    _refuse_stray_cuts(root, cuts)
    cuts = {**cuts, **expand(root, parts or {})}
    return Envelope(root, header, body, body[0], ids, _blocks(header), cuts)


def _blocks(header: etree._Element) -> dict[str, list[etree._Element]]:
    blocks: dict[str, list[etree._Element]] = {}
    for block in header:
        blocks.setdefault(str(block.tag), []).append(block)
    return blocks


def read_addressing(envelope: Envelope) -> Addressing:
    """The addressing headers. Raises AddressingError."""
    values = {name: _one_header(envelope, name) for name in ("To", "Action", "MessageID")}
    for name in ("ReplyTo", "FaultTo", "From"):
        for block in envelope.header_blocks(WSA, name):
            address = (block.findtext(f"{{{WSA}}}Address") or "").strip()
            if name != "From" and address not in {ANONYMOUS, NONE}:
                raise AddressingError(Text("wsa:{name} must be the anonymous address", name=name))
    return Addressing(values["To"], values["Action"], values["MessageID"])


def _one_header(envelope: Envelope, name: str) -> str:
    blocks = envelope.header_blocks(WSA, name)
    value = (blocks[0].text or "").strip() if len(blocks) == 1 and not len(blocks[0]) else ""
    if not 0 < len(value) <= ADDRESS_CHARACTERS_MAX:
        raise AddressingError(Text("exactly one wsa:{name} with a value is needed", name=name))
    return value


def parse(skeleton: bytes, limits: ReadingLimits) -> etree._Element:
    """The root of a message, read within limits and without anything from outside. Raises MalformedError."""
    declared = _DECLARED_ENCODING.match(skeleton[:200])
    if declared and declared[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise _malformed_error(Text("the message must be UTF-8"))
    if b"!" in skeleton and (b"<!DOCTYPE" in skeleton or b"<!ENTITY" in skeleton):
        raise _malformed_error(Text("a DOCTYPE is not allowed"))
    if _has_too_many(skeleton, limits):
        raise _malformed_error(
            Text("the message has too many elements, attributes or namespaces"),
        )
    try:
        return etree.fromstring(skeleton, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _malformed_error(
            Text("the message is not well-formed XML ({in_english})", in_english=str(error)[:200])
        ) from error


def _has_too_many(skeleton: bytes, limits: ReadingLimits) -> bool:
    """Elements, namespaces or attributes; what is too short to have too many is not counted: an attribute takes
    five characters, two of them quotes."""
    length = len(skeleton)
    return (
        (length > 2 * limits.tags_max and skeleton.count(b"<") > 2 * limits.tags_max)
        or skeleton.count(b"xmlns") > limits.namespaces_max
        or (length > 2 * limits.quotes_max and skeleton.count(b'"') + skeleton.count(b"'") > limits.quotes_max)
    )


_kept = threading.local()


def _parser() -> etree.XMLParser:
    """This thread's parser: making one costs half as much as reading a short message."""
    if not hasattr(_kept, "parser"):
        _kept.parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
        )
    parser: etree.XMLParser = _kept.parser
    return parser


def _ids(root: etree._Element) -> dict[str, etree._Element]:
    """Every element by its wsu:Id; any kind of Id may occur once in the whole message."""
    if next(root.iter(etree.Comment, etree.PI, etree.Entity), None) is not None:
        raise _malformed_error(Text("comments and processing instructions are not allowed"))
    ids: dict[str, etree._Element] = {}
    for found in _IDS(root):
        _add_once(ids, str(found), found.getparent())
    others = dict(ids)
    for found in _OTHER_IDS(root):
        _add_once(others, str(found), found.getparent())
    return ids


def _add_once(ids: dict[str, etree._Element], value: str, node: etree._Element) -> None:
    if ids.setdefault(value, node) is not node:
        raise _malformed_error(Text("the Id {value} occurs twice", value=repr(value[:80])))


def _has_text(element: etree._Element) -> bool:
    tails = (child.tail or "" for child in element)
    return bool((element.text or "").strip() or "".join(tails).strip())


def _refuse_stray_cuts(root: etree._Element, cuts: Mapping[str, Inhoud]) -> None:
    """Long base64 may only be in `inhoud`, as its whole value."""
    if not cuts:
        return
    values = [node.text or "" for node in root.iter(f"{{{KOPPELVLAK}}}inhoud")]
    placed = [value for value in values if value in cuts]
    if sorted(placed) != sorted(cuts):
        raise _malformed_error(Text("there is a long value outside inhoud"))


def _malformed_error(text: Text) -> MalformedError:
    return MalformedError(text)
