"""What official texts that the project does not carry say of a document: the stylesheets of UBL-OHNL, the
Schematron of SETU. Their asserts have no ids; here they are counted, as the ids of our rules are.
"""

from collections.abc import Callable
from pathlib import Path

from lxml import etree, isoschematron

Fired = Callable[[bytes], set[str]]
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_XSL = "{http://www.w3.org/1999/XSL/Transform}"


def stylesheet(path: Path, prefix: str) -> Fired:
    """The rules that a compiled stylesheet fires on a document. Raises ImportError where there is no SaxonC."""
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
    numbers: dict[tuple[str, str], str] = {}
    for template in etree.parse(path).getroot().iter(f"{_XSL}template"):
        for found in template.iter(f"{_SVRL}failed-assert"):
            key = (_plain(template.get("match")), _plain(found.get("test")))
            numbers[key] = f"{prefix}-{len(numbers) + 1:03}"

    def fired(document: bytes) -> set[str]:
        node = processor.parse_xml(xml_text=document.decode())
        context, rules = "", set()
        for each in etree.fromstring(compiled.transform_to_string(xdm_node=node).encode()):
            if each.tag == f"{_SVRL}fired-rule":
                context = _plain(each.get("context"))
            elif each.tag == f"{_SVRL}failed-assert":
                rules.add(numbers[context, _plain(each.get("test"))])
        return rules

    return fired


def _plain(text: str | None) -> str:
    """A text of a stylesheet as it is in its answer: braces doubled in an attribute are single there."""
    return " ".join((text or "").split()).replace("{2}", "2")


def schematron(path: Path, prefix: str) -> Fired:
    """The rules that a Schematron in XPath 1.0 fires on a document."""
    text = etree.parse(path)
    for number, each in enumerate(text.iter(f"{_SCH}assert"), 1):
        each.set("id", f"{prefix}-{number:02}")
    compiled = isoschematron.Schematron(text, store_report=True)

    def fired(document: bytes) -> set[str]:
        compiled.validate(etree.fromstring(document).getroottree())
        report = compiled.validation_report
        asserts = report.iter(f"{_SVRL}failed-assert") if report is not None else ()
        return {str(each.get("id")) for each in asserts}

    return fired
