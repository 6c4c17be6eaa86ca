"""A reading of a document that breaks its schema by the package xmlschema, a program apart from libxml2.

libxml2 gives the verdict. For UBL all mistakes are already reported (`schema_details`); of a time card libxml2
leaves out what follows a wrong child, and this reports it. It is pure Python and builds a schema in seconds, so
it is only asked when somebody wants to know (`judge(…, explain=True)`), never on the way of a message, and
within the bounds below. Tests hold `schema_details` to it.
"""

import re
from collections.abc import Iterator
from functools import cache
from time import monotonic

import xmlschema
from lxml import etree
from xmlschema.validators.exceptions import XMLSchemaChildrenValidationError, XMLSchemaValidationError

import schemas
from gateway.validator.finding import Finding
from gateway.validator.kinds import SchemaFamily, definition_of
from gateway.validator.model.document import DocumentKind
from gateway.validator.xml.namespaces import UBL
from gateway.validator.xml.parsing import Parsed
from gateway.validator.xml.schema_messages import Complaint, in_words

FINDINGS_MAX = 100
SECONDS_MAX = 10.0
"""For one document, building the schema not counted."""
MARKUP_BYTES_MAX = 2 * 1024 * 1024
"""Larger documents are not read a second time: it takes a second per megabyte."""

_MISSING_ATTRIBUTE = re.compile(r"missing required attribute '?(?P<name>[^']+)'?")
_EXTRA_ATTRIBUTE = re.compile(r"(?<![^' ])(?P<name>[^' ]++)'? attribute not allowed")


def explain(parsed: Parsed, kind: DocumentKind, known: list[Finding]) -> list[Finding]:
    """What the second reading finds in addition, in document order."""
    if len(parsed.markup) > MARKUP_BYTES_MAX:
        return []
    found = in_words(parsed, list(_complaints(parsed.root, _schema(kind))))
    known_locations = {(one.rule, one.location) for one in known}
    return [one for one in found if (one.rule, one.location) not in known_locations]


@cache
def _schema(kind: DocumentKind) -> xmlschema.XMLSchema:
    """Built once a process: some 3 s and 40 MB for a UBL document."""
    folder = schemas.official_folder() / "ubl-2.1" / "common"
    locations = [
        (f"{UBL}Common{name}Components-2", str(folder / f"UBL-Common{name}Components-2.1.xsd"))
        for name in ("Aggregate", "Basic", "Extension")
    ]
    definition = definition_of(kind)
    if definition.family is not SchemaFamily.UBL:
        locations = []
    return xmlschema.XMLSchema(str(definition.schema), locations=locations, allow="local")


def _complaints(root: etree._Element, schema: xmlschema.XMLSchema) -> Iterator[Complaint]:
    until = monotonic() + SECONDS_MAX
    errors = schema.iter_errors(root)  # type: ignore[arg-type]  # lxml elements are taken too
    for number, error in enumerate(errors):
        if number >= FINDINGS_MAX or monotonic() > until:
            return
        yield _as_libxml2_says(root, error)


def _as_libxml2_says(root: etree._Element, error: XMLSchemaValidationError) -> Complaint:
    """The error as a complaint of libxml2, which `schema_messages` knows how to put in Dutch and English."""
    at = error.elem if isinstance(error.elem, etree._Element) else root
    if isinstance(error, XMLSchemaChildrenValidationError):
        return _of_children(at, error)
    reason = error.reason or ""
    if missing := _MISSING_ATTRIBUTE.search(reason):
        text = f"The attribute '{missing['name']}' is required but missing."
    elif extra := _EXTRA_ATTRIBUTE.search(reason):
        text = f"The attribute '{extra['name']}' is not allowed."
    elif len(at) == 0:
        text = f"'{at.text or ''}' is not a valid value of the atomic type '{_type_of(error)}'."
    else:
        text = reason
    return Complaint("", f"Element '{at.tag!s}': {text}", at)


def _of_children(at: etree._Element, error: XMLSchemaChildrenValidationError) -> Complaint:
    names = ", ".join(str(particle.name) for particle in error.expected or () if getattr(particle, "name", None))
    expected = f" Expected is one of ( {names} )." if names else ""
    children = [child for child in at if isinstance(child.tag, str)]
    if error.invalid_tag is None or error.index >= len(children):
        return Complaint("", f"Element '{at.tag!s}': Missing child element(s).{expected}", at)
    child = children[error.index]
    return Complaint("", f"Element '{child.tag!s}': This element is not expected.{expected}", child)


def _type_of(error: XMLSchemaValidationError) -> str:
    validator = error.validator
    primitive = getattr(validator, "primitive_type", None) or getattr(validator, "root_type", None) or validator
    return str(getattr(primitive, "prefixed_name", None) or getattr(primitive, "local_name", None) or "")
