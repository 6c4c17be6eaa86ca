"""What a leaf of UBL and its attributes may contain, as the official schemas say.

A datatype is a built-in one of XML Schema: UBL restricts none of them by facets. Read from the schemas when a
document is first found valid (20 ms).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from lxml import etree

import schemas

_XS = "{http://www.w3.org/2001/XMLSchema}"
_FILES = (
    "UBL-CommonBasicComponents-2.1.xsd",
    "UBL-UnqualifiedDataTypes-2.1.xsd",
    "UBL-QualifiedDataTypes-2.1.xsd",
    "CCTS_CCT_SchemaModule-2.1.xsd",
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element without elements: the datatype of its text (`decimal`), and those of its attributes."""

    text: str
    attributes: Mapping[str, str]


class _UnknownError(Exception):
    """A type says more than a built-in datatype and attributes."""


def leaf(name: str) -> Leaf | None:
    """What an element (`cbc:IssueDate`) holds; None for what is no leaf, or one whose type says more."""
    return _leaves().get(name)


@cache
def _leaves() -> dict[str, Leaf]:
    roots = [etree.parse(str(schemas.common_file(file))).getroot() for file in _FILES]
    types = {
        f"{{{root.get('targetNamespace')}}}{one.get('name')}": one
        for root in roots
        for one in root.iterchildren(f"{_XS}complexType")
    }
    return dict(_declarations(roots[0], types))


def _declarations(root: etree._Element, types: Mapping[str, etree._Element]) -> Iterator[tuple[str, Leaf]]:
    for element in root.iterchildren(f"{_XS}element"):
        if set(element.keys()) != {"name", "type"}:
            continue
        try:
            text, attributes = _resolve(_in_full(element, str(element.get("type"))), types)
        except _UnknownError:
            continue
        yield f"cbc:{element.get('name')}", Leaf(text, attributes)


def _resolve(name: str, types: Mapping[str, etree._Element]) -> tuple[str, dict[str, str]]:
    """The built-in datatype that a type comes down to, and its attributes."""
    if name.startswith(_XS):
        return name.removeprefix(_XS), {}
    if (declared := types.get(name)) is None:
        raise _UnknownError(name)
    derived = _only(_only(declared, "simpleContent"), "extension", "restriction")
    text, attributes = _resolve(_in_full(derived, str(derived.get("base"))), types)
    for each in derived.iterchildren("*"):
        if each.tag == f"{_XS}annotation":
            continue
        if each.tag != f"{_XS}attribute" or not {"name", "type"} <= set(each.keys()) <= {"name", "type", "use"}:
            raise _UnknownError(name)
        attributes[str(each.get("name"))] = _built_in(each)
        if each.get("use") == "prohibited":
            raise _UnknownError(name)
    return text, attributes


def _only(element: etree._Element, *names: str) -> etree._Element:
    """The one child, which has one of these names."""
    found = [child for child in element.iterchildren("*") if child.tag != f"{_XS}annotation"]
    if len(found) != 1 or found[0].tag not in {f"{_XS}{name}" for name in names}:
        raise _UnknownError(str(element.get("name")))
    return found[0]


def _built_in(attribute: etree._Element) -> str:
    name = _in_full(attribute, str(attribute.get("type")))
    if not name.startswith(_XS):
        raise _UnknownError(name)
    return name.removeprefix(_XS)


def _in_full(element: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{element.nsmap[prefix or None]}}}{local}"


_DAY = (
    r"[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9}+)?+(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])?+"
PLAIN = {
    "decimal": r"-?+[0-9]{1,18}+(?:\.[0-9]{1,18}+)?+",
    "date": _DAY,
    "time": _TIME,
    "boolean": r"(?:true|false|[01])",
    "language": r"[a-zA-Z]{2,3}+(?:-[a-zA-Z0-9]{2,8}+)?+",
    "anyURI": r"[a-zA-Z0-9/._-]++",
}
"""For each datatype a pattern of its usual values: what fits it is valid, what does not may be valid all the same.
A 29 February does not fit, nor does white space around a value."""

ANYTHING = frozenset({"string", "normalizedString"})
"""The datatypes that take every text."""
