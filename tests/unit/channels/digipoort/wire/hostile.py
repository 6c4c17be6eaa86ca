"""Two hundred messages made to cost time before they are refused, or accepted: by one seed always the same.

Each has a token of a trusted client, and a signature of that client wherever the message would be read so far: the
bench measures them (`python -m tests.bench envelopes`), tests read them.
"""

import base64
import hashlib
import random
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from tests.unit.channels.digipoort.wire.attacks import Envelope, find, signature
from tests.unit.channels.digipoort.wire.xmlsec_client import (
    DS,
    PARTS,
    SOAP,
    WSU,
    aanlever_request,
    sign,
    to_bytes,
    unsigned,
)
from tests.unit.pki.hierarchies import pair

COUNT = 200
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_BLOCK = "<x:block xmlns:x='urn:x'>MORE</x:block>"


def hostile(count: int = COUNT, seed: int = 13) -> Iterator[tuple[str, bytes]]:
    """Messages by a name that says what they have much of."""
    chance = random.Random(seed)
    kinds = list(_KINDS.items())
    for number in range(count):
        name, make = kinds[number % len(kinds)]
        yield f"{number} {name}", make(chance)


def _signed(more: str, prefixes: str = "", *, in_body: bool = False, root_attributes: str = "") -> bytes:
    """Signed with `more` in a header block, or in the Body, and a PrefixList in every reference."""
    envelope = etree.tostring(unsigned(aanlever_request())).decode()
    if in_body:
        envelope = envelope.replace("<berichtsoort>", f"{more}<berichtsoort>")
    else:
        envelope = envelope.replace("<wsa:Action", f"{more}<wsa:Action", 1)
    envelope = envelope.replace(" xmlns:wsa=", f" {root_attributes} xmlns:wsa=", 1)
    signed = sign(etree.fromstring(envelope, etree.XMLParser(huge_tree=True)), *pair("leverancier"))
    return _listed(to_bytes(signed), prefixes) if prefixes else to_bytes(signed)


def _listed(message: bytes, prefixes: str) -> bytes:
    """With the list in every transform, signed by ourselves: libxmlsec would take half a minute for some."""
    listed = f'<c:InclusiveNamespaces xmlns:c="{EXC_C14N}" PrefixList="{prefixes}"/></ds:Transform>'.encode()
    message = message.replace(b'exc-c14n#"/></ds:Transforms>', b'exc-c14n#">' + listed + b"</ds:Transforms>")
    return _resigned(message)


def _resigned(message: bytes) -> bytes:
    """The signature's value anew; digests stay as they are, so that all of them are computed up to the first that
    is wrong."""
    envelope = etree.fromstring(message, etree.XMLParser(huge_tree=True))
    info, value = find(envelope, ".//ds:SignedInfo"), find(envelope, ".//ds:SignatureValue")
    for reference in info.findall(f"{{{DS}}}Reference"):
        target = next(n for n in envelope.iter() if n.get(f"{{{WSU}}}Id") == (reference.get("URI") or "")[1:])
        if len(list(target.iter())) * len(_prefixes(reference)) < 50_000:
            _digest(reference, target)
    covered = etree.tostring(info, method="c14n", exclusive=True)
    value.text = base64.b64encode(pair("leverancier")[1].sign(covered, PKCS1v15(), SHA256())).decode()
    return to_bytes(envelope)


def _prefixes(reference: Envelope) -> list[str]:
    found = reference.find(f".//{{{EXC_C14N}}}InclusiveNamespaces")
    return [] if found is None else (found.get("PrefixList") or "").split()


def _digest(reference: Envelope, target: Envelope) -> None:
    written = etree.tostring(
        target, method="c14n", exclusive=True, inclusive_ns_prefixes=_prefixes(reference) or None
    )
    found = reference.find(f"{{{DS}}}DigestValue")
    assert found is not None
    found.text = base64.b64encode(hashlib.sha256(written).digest()).decode()


def _names(count: int, letter: str = "p") -> str:
    return " ".join(f"{letter}{number}" for number in range(count))


def _declared(count: int) -> str:
    return " ".join(f'xmlns:p{number}="urn:{number}"' for number in range(count))


def _elements_by_prefixes(chance: random.Random) -> bytes:
    elements, prefixes = chance.choice([(900, 20), (900, 10), (4_000, 680), (16_000, 170), (16_000, 20_000)])
    return _signed("<a/>" * elements, _names(prefixes), in_body=True)


def _declared_prefixes(chance: random.Random) -> bytes:
    elements, prefixes, declared = chance.choice([(900, 20, 150), (900, 20, 20), (16_000, 170, 170)])
    return _signed("<a/>" * elements, _names(prefixes), in_body=True, root_attributes=_declared(declared))


def _deep(chance: random.Random) -> bytes:
    depth, runs, declared = chance.choice([(240, 1, 150), (240, 3, 150), (220, 4, 100), (250, 4, 0)])
    return _signed(
        ("<a>" * depth + "</a>" * depth) * runs, _names(20), in_body=True, root_attributes=_declared(declared)
    )


def _deep_declaring(chance: random.Random) -> bytes:
    """A declaration on each level, and every prefix looked up through all of them."""
    depth = chance.choice([100, 150, 180])
    opened = "".join(f'<a xmlns:p{number}="urn:{number}">' for number in range(depth))
    return _signed(opened + "<b/>" * (900 - depth) + "</a>" * depth, _names(20, "q"), in_body=True)


def _attributes(chance: random.Random) -> bytes:
    count = chance.choice([100, 400, 480, 2_000])
    attributes = " ".join(f'b{count - number}=""' for number in range(count))
    return _signed(f"<a {attributes}/>", in_body=True)


def _attributes_of_namespaces(chance: random.Random) -> bytes:
    declared = chance.choice([50, 150, 180])
    attributes = " ".join(f'p{number % declared}:b{number}=""' for number in range(chance.choice([100, 250])))
    return _signed(f"<a {attributes}/>", root_attributes=_declared(declared), in_body=True)


def _ids(chance: random.Random) -> bytes:
    count = chance.choice([100, 400, 2_000])
    kind = chance.choice(["Id", "ID", "id", "wsu:Id"])
    return _signed("".join(f'<a {kind}="i{number}"/>' for number in range(count)))


def _blocks(chance: random.Random) -> bytes:
    count = chance.choice([100, 800, 5_000])
    return _signed("<wsa:From/>" * count)


def _references(chance: random.Random) -> bytes:
    count = chance.choice([14, 15, 300, 2_000])
    message = etree.fromstring(_signed(_BLOCK.replace("MORE", "<a/>" * 800)))
    info = find(message, ".//ds:SignedInfo")
    for _ in range(count):
        info.append(etree.fromstring(etree.tostring(info[2])))
    return _resigned(to_bytes(message)) if count < 100 else to_bytes(message)


def _timestamp_twice(chance: random.Random) -> bytes:
    parts = ("Timestamp", *PARTS)
    envelope = unsigned(aanlever_request())
    stamp = find(envelope, ".//wsu:Timestamp")
    for _ in range(chance.choice([100, 900])):
        stamp.append(etree.Element("a"))
    return to_bytes(sign(envelope, *pair("leverancier"), parts=parts))


def _references_to_characters(chance: random.Random) -> bytes:
    count = chance.choice([1_000, 9_000, 50_000, 600_000])
    return _signed("<a>" + "&#65;" * count + "</a>", in_body=True)


def _escapes(chance: random.Random) -> bytes:
    return _signed("<a>" + "&amp;&#13;" * chance.choice([1_000, 5_000, 300_000]) + "</a>", in_body=True)


def _text_of_no_base64(chance: random.Random) -> bytes:
    return _signed("<a>" + "- " * chance.choice([10_000, 30_000, 1_000_000, 2_500_000]) + "</a>", in_body=True)


def _long_base64(chance: random.Random) -> bytes:
    line = "A" * 76 + chance.choice(["\n", "\r\n", " " * 50])
    return _signed("", in_body=True).replace(
        b"</inhoud>", (line * chance.choice([600, 12_000])).encode() + b"</inhoud>"
    )


def _tags(chance: random.Random) -> bytes:
    return _signed("", in_body=True).replace(
        b"<berichtsoort>",
        chance.choice([b"<a/>", b"<a></a>", b"<a>x</a>"]) * chance.choice([900, 100_000]) + b"<berichtsoort>",
    )


def _many_values(chance: random.Random) -> bytes:
    """Base64 in many elements, each just too short to be cut out."""
    return _signed("", in_body=True).replace(
        b"<berichtsoort>", (b"<a>" + b"A" * 60_000 + b"</a>") * chance.choice([1, 60]) + b"<berichtsoort>"
    )


def _in_the_signature(chance: random.Random) -> bytes:
    envelope = etree.fromstring(_signed(""))
    key_info = find(envelope, ".//ds:KeyInfo")
    for _ in range(chance.choice([100, 900])):
        etree.SubElement(key_info if chance.random() < 0.5 else signature(envelope), f"{{{DS}}}Object")
    return to_bytes(envelope)


def _long_names(chance: random.Random) -> bytes:
    name = "n" * chance.choice([1_000, 40_000])
    return _signed(f"<{name}/>" * chance.choice([1, 20]), in_body=True)


def _long_prefix_list(chance: random.Random) -> bytes:
    return _signed("", chance.choice(["p " * 5_000, "x" * 50_000, _names(20_000)]))


def _long_namespace_names(chance: random.Random) -> bytes:
    name = "urn:" + "n" * chance.choice([1_000, 40_000])
    return _signed("<a:a/>" * 500, in_body=True, root_attributes=f'xmlns:a="{name}"')


def _namespaces_in_each(chance: random.Random) -> bytes:
    elements = (f'<a{n}:a xmlns:a{n}="urn:{n}"/>' for n in range(chance.choice([150, 190])))
    return _signed("".join(elements), in_body=True)


def _all_at_once(chance: random.Random) -> bytes:
    """Within each limit, as near as can be."""
    depth, run = chance.choice([(240, 3), (100, 8), (20, 40)])
    attributes = " ".join(f'p{number % 180}:b{400 - number}=""' for number in range(chance.choice([10, 200, 300])))
    opened, closed = "<p1:a>" * depth, "</p1:a>" * depth
    return _signed(
        f"<a {attributes}>" + (opened + closed) * run + "</a>",
        " ".join(f"p{number}" for number in range(160, 180)),
        in_body=True,
        root_attributes=_declared(180),
    )


def _nothing_but_spaces(chance: random.Random) -> bytes:
    return (" " * chance.choice([60_000, 3_000_000])).encode() + f'<s:Envelope xmlns:s="{SOAP}"/>'.encode()


_KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "elements and prefixes": _elements_by_prefixes,
    "elements and prefixes that are declared": _declared_prefixes,
    "depth": _deep,
    "depth with declarations": _deep_declaring,
    "attributes": _attributes,
    "attributes of namespaces": _attributes_of_namespaces,
    "Ids": _ids,
    "header blocks": _blocks,
    "references": _references,
    "a Timestamp signed twice": _timestamp_twice,
    "references to characters": _references_to_characters,
    "escapes": _escapes,
    "text": _text_of_no_base64,
    "base64": _long_base64,
    "tags": _tags,
    "values": _many_values,
    "elements in the Signature": _in_the_signature,
    "long names": _long_names,
    "a long PrefixList": _long_prefix_list,
    "long namespace names": _long_namespace_names,
    "namespaces": _namespaces_in_each,
    "all at once": _all_at_once,
    "white space": _nothing_but_spaces,
}
