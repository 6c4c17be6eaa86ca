"""Signed SOAP messages, mutated: what we accept libxmlsec1 accepts, and it says what its signer said.

A mutant is made from a message of a real signer by one of three ways: changed before it was signed, changed
afterwards, or changed in its SignedInfo, which its own signer then signed. It is known by seed and number.
"""

import base64
import io
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import repeat
from multiprocessing import get_context

import xmlsec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from gateway.channels.digipoort.wire.cut import Cutter, ReadingLimits
from gateway.channels.digipoort.wire.elements import read_aanlevering, require_valid
from gateway.channels.digipoort.wire.envelope import read_envelope, require_understood
from gateway.channels.digipoort.wire.faults import KoppelvlakError
from gateway.channels.digipoort.wire.signature import SignaturePolicy, Verified, read_security, verify
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.channels.digipoort.wire.xmlsec_client import (
    NAMES,
    PARTS,
    aanlever_request,
    sign,
    to_bytes,
    unsigned,
)
from tests.unit.pki.hierarchies import pair

NOW = datetime.now(UTC)
LIMITS = ReadingLimits()
TEMPLATES = 12
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_PARTS = re.compile(rb"<[^<>]*>|[^<>]+")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_ODD = [
    *(" ", "\n", "\r\n", "\t", "\u00a0", "\u0085", "\u2028", "\ufeff", "\u200b", "x", "=", "/", "AAAA", "&amp;"),
    *("&#13;", "&#x41;", "&#32;", "<!-- -->", "<?x y?>", "<![CDATA[]]>", "<![CDATA[x]]>", "<x/>", "<wsu:x/>"),
    *(
        "<x xmlns='urn:x'/>",
        "<x xmlns=''/>",
        "<x s:mustUnderstand='0'/>",
        "<ds:Object/>",
        "<r:x xmlns:r='relative'/>",
        "<r:x xmlns:r='#x'/>",
        "<x xmlns:r='http://x y/%zz'/>",
    ),
]
_ATTRIBUTES = [
    *(' Id="a"', ' wsu:Id="_Body"', ' wsu:Id="new"', ' wsu:Id=""', ' xml:id="b"', ' xmlns:z="urn:z"', ' xmlns=""'),
    *(' xml:space="preserve"', ' xml:lang="nl"', ' xml:base="http://x/"', ' s:mustUnderstand="1"', ' Other="x"'),
    *(' Encoding="x"', ' Type="http://www.w3.org/2000/09/xmldsig#Object"', ' PrefixList="s"', ' xmlns:s="urn:s"'),
]
_VALUES = [
    *(
        "",
        "#",
        "#_Body",
        "#_To",
        "#_Token",
        "_Body",
        "#xpointer(/)",
        "#xpointer(id('_Body'))",
        "http://127.0.0.1/",
    ),
    *("file:///etc/passwd", "cid:x", "s wsa", "s s", "#default", "wsu ds s", EXC_C14N, f"{EXC_C14N}WithComments"),
    *("http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmlenc#sha512", "urn:x"),
    *(
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    ),
]
_LISTED = ["", "s", "wsa s", "#default", "s wsu #default", "wsse ds", "not-declared", "s s", "  s\t wsa "]


@dataclass
class Outcome:
    """What became of so many mutants. Prints as a row of a table."""

    mutants: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    """By the way in which they were made."""
    refused: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    """Accepted here and not by libxmlsec1, read as something else, or refused with another error than a fault."""

    def add(self, other: "Outcome") -> None:
        """Count these in."""
        self.mutants += other.mutants
        self.accepted += other.accepted
        self.refused += other.refused
        self.differences += other.differences

    def __str__(self) -> str:
        ways = ", ".join(f"{way} {count:,}" for way, count in sorted(self.accepted.items()))
        lines = [
            f"signed messages: {self.mutants:,} mutants, {self.accepted.total():,} accepted ({ways}), "
            f"{self.refused.total():,} refused, {len(self.differences)} differences to libxmlsec1",
            *self.differences,
        ]
        return "\n".join(lines)


@cache
def templates() -> tuple[bytes, ...]:
    """Genuine messages, with different parts signed and prefixes listed."""
    made = []
    for number in range(TEMPLATES):
        parts = [*PARTS, *(["Token"] if number % 3 == 1 else []), *(["Timestamp"] if number % 4 == 2 else [])]
        request = aanlever_request(b"<Invoice/>" * (1 + 20 * (number % 5)), aanleverkenmerk=f"F-{number}")
        made.append(to_bytes(sign(unsigned(request, created=NOW), *pair("leverancier"), parts=parts)))
    return tuple(made)


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes, bytes]]:
    """The way, the message it was made from, and the mutant."""
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        template = chance.choice(templates())
        way = chance.choice(list(_WAYS))
        yield way, template, _WAYS[way](chance, template)


def compare(seed: int, count: int) -> Outcome:
    """Read so many mutants, and ask libxmlsec1 about those that are accepted."""
    outcome, certificate = Outcome(), pair("leverancier")[0]
    for number, (way, template, mutant) in enumerate(mutants(seed, count)):
        outcome.mutants += 1
        try:
            message = read(mutant)
        except KoppelvlakError as error:
            outcome.refused[type(error).__name__] += 1
            continue
        except Exception as error:  # any other error would be answered as trouble of ours
            outcome.differences.append(f"{seed}/{number} {way}: {error!r}")
            continue
        if message.certificate != certificate:
            outcome.refused["certificate"] += 1  # by its chain, before it comes to this
            continue
        outcome.accepted[way] += 1
        outcome.differences += [
            f"{seed}/{number} {way}: {what}" for what in _wrong(way, template, mutant, message)
        ]
    return outcome


def compare_in_parts(seed: int, count: int, jobs: int) -> Outcome:
    """The same with so many processes, by seeds that follow each other."""
    part = 500
    whole = Outcome()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as processes:
        for one in processes.map(compare, range(seed, seed + -(-count // part)), repeat(part)):
            whole.add(one)
    return whole


def read(message: bytes) -> Verified:
    """As the endpoint does. Raises KoppelvlakError."""
    cutter = Cutter(LIMITS, io.BytesIO())
    cutter.feed(message)
    envelope = read_envelope(cutter.close(), cutter.cuts, LIMITS)
    require_understood(envelope)
    return verify(envelope, read_security(envelope), SignaturePolicy(), NOW)


def _wrong(way: str, template: bytes, mutant: bytes, message: Verified) -> Iterator[str]:
    try:
        xmlsec_client.verify(mutant)
    except xmlsec.Error as error:
        yield f"libxmlsec1 refuses: {error}"
    if way != BEFORE and _content(message) != _content(read(template)):
        yield "another message than was signed"


def _content(message: Verified) -> object:
    try:
        require_valid(message.request)
    except KoppelvlakError as error:
        return str(error)
    sent = read_aanlevering(message.request, message.cuts)
    return sent.aanleverkenmerk, b"".join(sent.bericht.inhoud.octets()), message.addressing


def _before_signing(chance: random.Random, template: bytes) -> bytes:
    text = etree.tostring(unsigned(aanlever_request(aanleverkenmerk=f"F-{len(template)}"), created=NOW))
    changed = _changed(chance, text)
    try:
        envelope = etree.fromstring(changed)
        return to_bytes(sign(envelope, *pair("leverancier")))
    except (etree.XMLSyntaxError, xmlsec.Error, AssertionError):
        return changed


def _after_signing(chance: random.Random, template: bytes) -> bytes:
    message = template
    for _ in range(chance.choice([1, 1, 1, 2])):
        message = _changed(chance, message)
    return message


def _in_signed_info(chance: random.Random, template: bytes) -> bytes:
    start, end = template.index(b"<ds:SignedInfo"), template.index(b"</ds:SignedInfo>")
    info = template[start:end]
    if chance.random() < 0.4:
        listed = f'<c:InclusiveNamespaces xmlns:c="{EXC_C14N}" PrefixList="{chance.choice(_LISTED)}"/>'
        info = info.replace(b'exc-c14n#"/>', f'exc-c14n#">{listed}</ds:Transform>'.encode(), 2).replace(
            b"</ds:Transform>", b"</ds:CanonicalizationMethod>", 1
        )
    if chance.random() < 0.8:
        info = _changed(chance, info)
    return _resigned(template[:start] + info + template[end:])


def _resigned(message: bytes) -> bytes:
    """The signature's value anew, by the owner of the key; the message itself where that cannot be."""
    try:
        envelope = etree.fromstring(message)
    except etree.XMLSyntaxError:
        return message
    info, value = (envelope.find(f".//ds:{name}", NAMES) for name in ("SignedInfo", "SignatureValue"))
    if info is None or value is None:
        return message
    listed = info.find(f"ds:CanonicalizationMethod/{{{EXC_C14N}}}InclusiveNamespaces", NAMES)
    prefixes = (listed.get("PrefixList") or "").split() if listed is not None else []
    try:
        covered = etree.tostring(info, method="c14n", exclusive=True, inclusive_ns_prefixes=prefixes or None)
    except etree.C14NError:
        return message
    value.text = base64.b64encode(pair("leverancier")[1].sign(covered, PKCS1v15(), SHA256())).decode()
    return to_bytes(envelope)


def _changed(chance: random.Random, text: bytes) -> bytes:
    return chance.choice(_CHANGES)(chance, text)


def _put_odd(chance: random.Random, text: bytes) -> bytes:
    at = chance.choice([found.start() for found in _PARTS.finditer(text)])
    if chance.random() < 0.3:
        at = chance.randrange(len(text))
    return text[:at] + chance.choice(_ODD).encode() + text[at:]


def _put_attribute(chance: random.Random, text: bytes) -> bytes:
    tags = [found.end() for found in re.finditer(rb"<[\w:]+", text)]
    at = chance.choice(tags) if tags else 0
    return text[:at] + chance.choice(_ATTRIBUTES).encode() + text[at:]


def _set_value(chance: random.Random, text: bytes) -> bytes:
    found = chance.choice(list(_ATTRIBUTE.finditer(text)) or [None])
    if found is None:
        return text
    return text[: found.start(2)] + chance.choice(_VALUES).encode() + text[found.end(2) :]


def _move(chance: random.Random, text: bytes) -> bytes:
    """Take a part out, put it elsewhere, or both."""
    found = chance.choice(list(_PARTS.finditer(text)))
    without = text[: found.start()] + text[found.end() :] if chance.random() < 0.6 else text
    if chance.random() < 0.4:
        return without
    at = chance.choice([part.start() for part in _PARTS.finditer(without)] or [0])
    return without[:at] + found[0] + without[at:]


def _move_element(chance: random.Random, text: bytes) -> bytes:
    """As signature wrapping does: an element put elsewhere, or there twice."""
    try:
        root = etree.fromstring(text)
    except etree.XMLSyntaxError:
        return text
    every = list(root.iter(etree.Element))
    moved, target = chance.choice(every), chance.choice(every)
    copy = etree.fromstring(etree.tostring(moved))
    if chance.random() < 0.5 and (parent := moved.getparent()) is not None:
        parent.remove(moved)
    target.insert(chance.randrange(len(target) + 1), copy)
    return etree.tostring(root)


def _change_byte(chance: random.Random, text: bytes) -> bytes:
    at = chance.randrange(len(text))
    odd = chance.choice(b"aA1 <>&\"'\n/=\x80") if chance.random() < 0.8 else chance.randrange(256)
    return text[:at] + bytes([odd]) + text[at + chance.randrange(2) :]


def _splice(chance: random.Random, text: bytes) -> bytes:
    """A part of another genuine message."""
    other = chance.choice(templates())
    mine, theirs = list(_PARTS.finditer(text)), list(_PARTS.finditer(other))
    found = chance.choice(mine)
    piece = chance.choice(theirs)[0] if len(mine) != len(theirs) else theirs[mine.index(found)][0]
    return text[: found.start()] + piece + text[found.end() :]


BEFORE = "before signing"
_CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _put_odd,
    _put_odd,
    _put_attribute,
    _set_value,
    _move,
    _move_element,
    _change_byte,
    _splice,
)
_WAYS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    BEFORE: _before_signing,
    "after signing": _after_signing,
    "in SignedInfo, signed anew": _in_signed_info,
}
