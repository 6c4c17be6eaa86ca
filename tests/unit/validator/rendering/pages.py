"""What a reader finds on a page, and documents that were made to hide something."""

import random
import re
from collections.abc import Iterator
from copy import deepcopy

import lxml.html
from lxml import etree

from gateway.validator.xml.parsing import ATTACHMENTS

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def texts_in(document: bytes) -> Iterator[str]:
    """Every text and attribute of a document, without the content of attachments."""
    for element in etree.fromstring(document).iter("*"):
        yield from map(str, element.attrib.values())
        texts = [element.text, *(child.tail for child in element)]
        if not str(element.tag).endswith(ATTACHMENTS):
            yield from (text for text in texts if text and not text.isspace())


def squeezed(text: str) -> str:
    """Without white space, which pages fold."""
    return "".join(text.split())


def read_page(page: bytes) -> str:
    """All that a page shows or has on hover, without white space."""
    root = lxml.html.document_fromstring(page.decode())
    for style in root.iter("style", "title", "meta"):
        style.clear()
    shown = [str(root.xpath("string(//body)")), *map(str, root.xpath("//body//@value"))]
    return squeezed(" ".join(shown))


def with_tokens(document: bytes, seed: int = 0, around: str = "{}") -> tuple[bytes, list[str]]:
    """The document with another text at every place, each of which is nowhere else; amounts stay numbers."""
    root = etree.fromstring(document)
    tokens: list[str] = []
    for element in list(root.iter("*")):
        for name in element.attrib:
            tokens.append(around.format(f"a{seed}x{len(tokens):05}q"))
            element.set(name, tokens[-1])
        if len(element) == 0 and (element.text or "").strip() and not str(element.tag).endswith(ATTACHMENTS):
            is_number = re.fullmatch(r"-?\d+(\.\d+)?", element.text or "")
            token = f"{7_000_000 + len(tokens)}.{seed:03}5"
            tokens.append(token if is_number else around.format(f"t{seed}x{len(tokens):05}q"))
            element.text = tokens[-1]
    return etree.tostring(root), tokens


def mutated(document: bytes, seed: int) -> bytes:
    """The document with things in it that no layout knows: elements of other namespaces, extensions, attributes,
    texts between elements, elements twice and elements in the wrong place."""
    chance = random.Random(seed)
    root = etree.fromstring(document)
    for nth in range(12):
        elements = [each for each in root.iter("*") if not str(each.tag).endswith(ATTACHMENTS)]
        element = chance.choice(elements)
        token = f"m{seed}x{nth}q"
        match chance.randrange(7):
            case 0:
                etree.SubElement(element, f"{{urn:example:{nth}}}Extra").text = token
            case 1:
                element.set(chance.choice(["extra", "schemeID", "{urn:example}b", "currencyID"]), token)
            case 2:
                etree.SubElement(element, f"{CBC}Note").text = token
            case 3 if len(element):
                element[0].tail = token
            case 4 if element.getparent() is not None:
                element.addnext(deepcopy(element))
            case 5:
                inner = etree.SubElement(element, f"{CAC}Party")
                etree.SubElement(etree.SubElement(inner, f"{CAC}PartyName"), f"{CBC}Name").text = token
            case _:
                element.append(etree.Comment("a comment"))
    return etree.tostring(root)
