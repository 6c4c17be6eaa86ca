"""The WSDLs and the XSD that Logius published, from a folder outside the project: not ours to spread."""

import os
from pathlib import Path

import pytest
from lxml import etree

FOLDER = os.environ.get("METERPOORT_WUS_WSDL")
REQUIRED = pytest.mark.skipif(
    FOLDER is None,
    reason="uses the WSDLs of WUS 1.2 as published: METERPOORT_WUS_WSDL=<a folder with them and their XSD>",
)


def wsdl_file(namespace: str) -> Path:
    """The WSDL of the service with this target namespace, whatever the file is called."""
    found = [path for path in _files("*.wsdl") if _root(path).get("targetNamespace") == namespace]
    assert found, f"no WSDL of {namespace} in {FOLDER}"
    return found[0]


def xsd_file() -> Path:
    """The schema that all of them import."""
    found = _files("*koppelvlak*.xsd")
    assert found, f"no *koppelvlak*.xsd in {FOLDER}"
    return found[0]


def _files(pattern: str) -> list[Path]:
    return sorted(Path(str(FOLDER)).rglob(pattern))


def _root(path: Path) -> etree._Element:
    return etree.parse(str(path)).getroot()
