"""Just enough of an XML writer for samples: elements as values, written with an indent, one per line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Union
from xml.sax.saxutils import escape, quoteattr

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"


@dataclass(frozen=True, slots=True)
class Element:
    """An element with its prefix; what it holds is either text or elements."""

    tag: str
    text: str | None = None
    children: tuple["Element", ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)


Content = Union[Element, "list[Element]", str, Decimal, None]


def element(tag: str, *content: Content, **attributes: str | None) -> Element | None:
    """An element, or None when nothing was given to hold: absent parts leave no empty elements."""
    given = {name: value for name, value in attributes.items() if value is not None}
    texts = [str(item) for item in content if isinstance(item, str | Decimal)]
    children = tuple(_elements(content))
    if not texts and not children:
        return None
    return Element(tag, texts[0] if texts else None, children, given)


def _elements(content: tuple[Content, ...]) -> Iterator[Element]:
    for item in content:
        if isinstance(item, Element):
            yield item
        elif isinstance(item, list):
            yield from item


def many(*items: Element | None) -> list[Element]:
    """The elements that are there."""
    return [item for item in items if item is not None]


def write(root: Element) -> bytes:
    """The document as bytes, UTF-8, with a declaration."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_lines(root, "")]
    return ("\n".join(lines) + "\n").encode()


def _lines(node: Element, indent: str) -> Iterator[str]:
    start = node.tag + "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes.items())
    if node.text is not None:
        yield f"{indent}<{start}>{escape(node.text)}</{node.tag}>"
        return
    yield f"{indent}<{start}>"
    for child in node.children:
        yield from _lines(child, indent + "  ")
    yield f"{indent}</{node.tag}>"
