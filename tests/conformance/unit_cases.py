"""The official unit tests: each a fragment of an invoice and the rules that must hold or break on it.

They are data files of ConnectingEurope/eInvoicing-EN16931 (EUPL 1.2), looked for next to the project and in
the folder that METERPOORT_CONFORMANCE names; the project keeps no copy.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

_TEST = "{http://difi.no/xsd/vefa/validator/1.0}"
NEXT_TO_PROJECT = Path(__file__).parents[2].parent / "shared" / "conformance"


@dataclass(frozen=True, slots=True)
class UnitCase:
    """One case. `breaks` and `holds` name rules; other rules may break as they like."""

    file: Path
    number: int
    document: bytes
    breaks: frozenset[str]
    holds: frozenset[str]

    def __str__(self) -> str:
        return f"{self.file.parent.name}/{self.file.name} test {self.number}"


def folders() -> list[Path]:
    """The folders to look in that are there."""
    named = os.environ.get("METERPOORT_CONFORMANCE")
    return [
        folder
        for folder in (NEXT_TO_PROJECT, Path(named) if named else None)
        if folder is not None and folder.is_dir()
    ]


def unit_cases(folder: Path) -> Iterator[UnitCase]:
    """Every case on an Invoice or CreditNote in the test sets below a folder, in order of their files."""
    for file in sorted(folder.rglob("*.xml")):
        root = _parsed(file)
        if root is not None and root.tag == f"{_TEST}testSet":
            yield from _cases(file, root)


def _parsed(file: Path) -> etree._Element | None:
    try:
        return etree.parse(file).getroot()
    except etree.XMLSyntaxError:
        return None


def _cases(file: Path, root: etree._Element) -> Iterator[UnitCase]:
    for number, test in enumerate(root.iterfind(f"{_TEST}test"), 1):
        documents = [node for node in test if isinstance(node.tag, str) and not node.tag.startswith(_TEST)]
        if documents and etree.QName(documents[0]).localname in {"Invoice", "CreditNote"}:
            breaks = _reported_rules(test, "error") | _reported_rules(test, "warning")
            yield UnitCase(file, number, etree.tostring(documents[0]), breaks, _reported_rules(test, "success"))


def _reported_rules(test: etree._Element, outcome: str) -> frozenset[str]:
    return frozenset((node.text or "").strip() for node in test.iterfind(f"{_TEST}assert/{_TEST}{outcome}"))
