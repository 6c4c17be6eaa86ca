"""Which elements an element of UBL may contain, in what order and how often, as the official schemas say.

Read from the schemas when a document first breaks one (0.1 s); UBL's content models are all plain sequences.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

import schemas
from gateway.validator.kinds import KINDS, KindDefinition, SchemaFamily
from gateway.validator.xml.locations import name_of
from gateway.validator.xml.namespaces import CAC

_XS = "{http://www.w3.org/2001/XMLSchema}"
_UBL_KINDS = {each.tag: each for each in KINDS if each.family is SchemaFamily.UBL}


@dataclass(frozen=True, slots=True)
class Child:
    """One element of a content model; `occurs_max` None: as often as needed."""

    name: str
    occurs_min: int
    occurs_max: int | None


def children_of(element: etree._Element) -> tuple[Child, ...]:
    """The content model of a UBL element in order; empty for a leaf and for what is not UBL."""
    tag = str(element.tag)
    if definition := _UBL_KINDS.get(tag):
        return _main_document(definition)
    if tag.startswith(CAC):
        return _aggregates().get(tag.removeprefix(CAC), ())
    return ()


@cache
def _main_document(definition: KindDefinition) -> tuple[Child, ...]:
    return sequence_of(definition.schema, definition.kind.value)


@cache
def _aggregates() -> dict[str, tuple[Child, ...]]:
    root = etree.parse(str(schemas.common_file("UBL-CommonAggregateComponents-2.1.xsd"))).getroot()
    types = {str(one.get("name")): tuple(_children(one)) for one in root.iterchildren(f"{_XS}complexType")}
    return {str(one.get("name")): types[str(one.get("type"))] for one in root.iterchildren(f"{_XS}element")}


def sequence_of(schema: Path, element: str) -> tuple[Child, ...]:
    """The content model of the global element `element` of a UBL main document schema."""
    root = etree.parse(str(schema)).getroot()
    types = {str(one.get("name")): one for one in root.iterchildren(f"{_XS}complexType")}
    declared = next(one for one in root.iterchildren(f"{_XS}element") if one.get("name") == element)
    return tuple(_children(types[str(declared.get("type"))]))


def _children(complex_type: etree._Element) -> Iterator[Child]:
    for sequence in complex_type.iterchildren(f"{_XS}sequence"):
        for element in sequence.iterchildren(f"{_XS}element"):
            most = element.get("maxOccurs", "1")
            yield Child(
                _usual(element, str(element.get("ref"))),
                int(element.get("minOccurs", "1")),
                None if most == "unbounded" else int(most),
            )


def _usual(element: etree._Element, reference: str) -> str:
    prefix, _, local = reference.rpartition(":")
    return name_of(f"{{{element.nsmap[prefix or None]}}}{local}")
