"""What UBL 2.1 and CII allow where, read from the official schemas: it lets a mutant stay schema-valid.

In both an element has one type in every place, so the children an element may have, in order, follow from its
name.
"""

from dataclasses import dataclass
from functools import cache

from lxml import etree

import schemas
from gateway.validator.xml.namespaces import CII
from tests.conformance.schema import FOLDER
from tests.samples.xml import CAC, CBC, CREDIT_NOTE, EXT, INVOICE

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_SPACES = {"cac": CAC, "cbc": CBC, "ext": EXT, **CII}


@dataclass(frozen=True, slots=True)
class Child:
    tag: str
    required: bool
    repeatable: bool


def prefixed(tag: str) -> str:
    """`{urn:…}ID` as `cbc:ID`; the root without a prefix."""
    name = etree.QName(tag)
    prefix = next((prefix for prefix, space in _SPACES.items() if space == name.namespace), "")
    return f"{prefix}:{name.localname}" if prefix else name.localname


def expanded(name: str) -> str:
    """`cbc:ID` as `{urn:…}ID`."""
    prefix, _, local = name.partition(":")
    return f"{{{_SPACES[prefix]}}}{local}"


@cache
def children(tag: str) -> tuple[Child, ...]:
    """The children that UBL allows in an element, in the schema's order; none for a leaf."""
    return _content().get(tag, ())


@cache
def _content() -> dict[str, tuple[Child, ...]]:
    content: dict[str, tuple[Child, ...]] = {}
    for path, space in (
        ("common/UBL-CommonAggregateComponents-2.1.xsd", CAC),
        ("maindoc/UBL-Invoice-2.1.xsd", INVOICE),
        ("maindoc/UBL-CreditNote-2.1.xsd", CREDIT_NOTE),
    ):
        schema = etree.parse(FOLDER / path).getroot()
        types = {str(node.get("name")): _sequence(node) for node in schema.findall(f"{_XSD}complexType")}
        for node in schema.findall(f"{_XSD}element"):
            content[f"{{{space}}}{node.get('name')}"] = types[str(node.get("type"))]
    return {**content, **_content_of_cii()}


def _content_of_cii() -> dict[str, tuple[Child, ...]]:
    """Elements are declared inside the types of others, in the namespace of the type."""
    types: dict[str, tuple[Child, ...]] = {}
    declared: dict[str, str] = {}
    for path in sorted(schemas.cii_file().parent.glob("CrossIndustryInvoice_100pD22B*.xsd")):
        schema = etree.parse(path).getroot()
        space = schema.get("targetNamespace")
        for node in schema.iter(f"{_XSD}element"):
            prefix, _, name = str(node.get("type")).rpartition(":")
            declared[f"{{{space}}}{node.get('name')}"] = f"{{{schema.nsmap.get(prefix)}}}{name}"
        for node in schema.findall(f"{_XSD}complexType"):
            types[f"{{{space}}}{node.get('name')}"] = tuple(
                Child(
                    f"{{{space}}}{each.get('name')}",
                    each.get("minOccurs") != "0",
                    each.get("maxOccurs") is not None,
                )
                for each in node.iter(f"{_XSD}element")
            )
    return {tag: types[declared[tag]] for tag in declared if types.get(declared[tag])}


def _sequence(complex_type: etree._Element) -> tuple[Child, ...]:
    return tuple(
        Child(expanded(str(node.get("ref"))), node.get("minOccurs") != "0", node.get("maxOccurs") != "1")
        for node in complex_type.iter(f"{_XSD}element")
    )


def insert(parent: etree._Element, child: etree._Element) -> None:
    """Put a child where the schema wants it: after its equals, before what comes later."""
    order = [allowed.tag for allowed in children(str(parent.tag))]
    index = order.index(str(child.tag))
    before = [node for node in parent if isinstance(node.tag, str) and node.tag in order[: index + 1]]
    parent.insert(parent.index(before[-1]) + 1 if before else 0, child)


def minimal(tag: str) -> etree._Element:
    """An element with no more inside than the schema demands."""
    node = etree.Element(tag, nsmap=_SPACES)
    parts = children(tag)
    if not parts:
        _fill(node)
    for child in parts:
        if child.required:
            node.append(minimal(child.tag))
    if parts and len(node) == 0:
        node.append(minimal(parts[0].tag))
    return node


_VALUES = {
    "Amount": "1.00",
    "Date": "2026-11-02",
    "Time": "10:30:00",
    "Indicator": "true",
    "Numeric": "1",
    "Percent": "1",
    "Rate": "1",
    "Quantity": "1",
    "Measure": "1",
    "BinaryObject": "WA==",
}


def _fill(node: etree._Element) -> None:
    name = etree.QName(node).localname
    node.text = next((value for ending, value in _VALUES.items() if name.endswith(ending)), "X")
    if name.endswith("Amount"):
        node.set("currencyID", "EUR")
    if name.endswith("Measure"):
        node.set("unitCode", "MTR")
    if name.endswith("BinaryObject"):
        node.set("mimeCode", "application/pdf")
        node.set("filename", "x.pdf")
    if name == "UBLExtensions":
        extension = etree.SubElement(node, f"{{{EXT}}}UBLExtension")
        content = etree.SubElement(extension, f"{{{EXT}}}ExtensionContent")
        etree.SubElement(content, "{urn:example}Extra")
        node.text = None
