"""Elements at paths below an element, and their texts.

Paths are names with the usual prefixes: `cac:Party/cbc:EndpointID`, and `cbc:ID/@schemeID` where a text is asked
for.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from lxml import etree

from gateway.validator.xml.namespaces import PREFIXES

Element = etree._Element
_SPACE = " \t\r\n"


def text_of(element: Element) -> str:
    """The string value of an element (XPath Data Model 3.1, clause 6.2.2): all text in it, without comments."""
    return (element.text or "") if not len(element) else str(element.xpath("string()"))


def tag_of(name: str) -> str:
    """A name with its usual prefix as lxml writes it: `{namespace}ID` for `cbc:ID`."""
    prefix, colon, local = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}" if colon else name


@lru_cache(maxsize=2_048)
def _select(path: str) -> Callable[[Element], list[Element]]:
    """What finds the elements at a path: for a name alone lxml's children of it, which is faster than an XPath."""
    if "/" in path:
        return cast(Callable[[Element], list[Element]], etree.XPath(path, namespaces=PREFIXES))
    tag = tag_of(path)
    return lambda element: list(element.iterchildren(tag))


def children(element: Element, path: str) -> list[Element]:
    """The elements at a path below an element, in document order."""
    return _select(path)(element)


def child(element: Element, path: str) -> Element | None:
    """The first element at a path."""
    found = _select(path)(element)
    return found[0] if found else None


def has(element: Element, path: str) -> bool:
    """Whether there is an element, or an attribute, at a path."""
    return bool(texts(element, path) if "@" in path else _select(path)(element))


def texts(element: Element, path: str) -> list[str]:
    """The string values of the elements or attributes at a path."""
    if "@" not in path:
        return [text_of(each) for each in _select(path)(element)]
    above, _, attribute = path.rpartition("@")
    holders = _select(above[:-1])(element) if above else [element]
    return [value for holder in holders if (value := holder.get(attribute)) is not None]


def blank_leaves(root: Element) -> list[Element]:
    """The elements of a document with no elements and no text in them, in document order."""
    return [each for each in root.iter("*") if not (each.text or "").strip(_SPACE) and is_blank(each)]


def is_blank(element: Element) -> bool:
    """Whether an element has no elements in it and no text but white space."""
    if len(element):  # comments, or elements
        is_leaf = not isinstance(element[0].tag, str) and next(element.iterchildren("*"), None) is None
        return is_leaf and not text_of(element).strip(_SPACE)
    return not (element.text or "").strip(_SPACE)
