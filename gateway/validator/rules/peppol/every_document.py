"""PEPPOL-COMMON: the rules that every document of Peppol meets, as `every_document.rules` has them.

`IDENTIFIERS` is the same in all of them. What else orders, despatch advices and responses meet, `POST_AWARD`, an
invoice meets under other ids: PEPPOL-EN16931-R008 for empty elements, PEPPOL-EN16931-F001 for dates.

An identifier is judged by its schemeID, as electronic address, as identification of a party and as its legal or
tax registration.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

from collections.abc import Callable, Mapping

from lxml import etree

from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.engine import RulePage
from gateway.validator.rules.patterns import Test
from gateway.validator.rules.peppol import numbers
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.xpath import is_date, normal
from gateway.validator.xml.paths import Element, text_of, texts

VERSION = "2026.5"
PAGE = RulePage(
    "peppol-common", "Rules: Peppol, every document", "What every document of Peppol meets.", r"PEPPOL-COMMON-.*"
)

_CHECKS: Mapping[str, Callable[[str], bool]] = vars(numbers)


def _fits(name: str) -> Test:
    check = _CHECKS[name]
    return lambda element, _facts: check(normal(text_of(element)))


def _fits_as_written(name: str) -> Test:
    check = _CHECKS[name]
    return lambda element, _facts: check(text_of(element))


def _is_dutch_vat_number(element: Element, _facts: object) -> bool:
    above = element.getparent()
    schemes = [] if above is None else texts(above, "cac:TaxScheme/cbc:ID")
    return len(schemes) == 1 and normal(schemes[0]) == "VAT" and normal(text_of(element)).startswith("NL")


def _is_plain_date(element: Element, _facts: object) -> bool:
    return len(text_of(element)) == 10 and is_date(text_of(element))


def has_no_schema_location(element: Element, _facts: object) -> bool:
    """Whether an element does not name a schema."""
    return all(etree.QName(name).localname != "schemaLocation" for name in element.attrib)


POST_AWARD = read_rules("every_document", globals(), SOURCE)
"""The common rules of orders, despatch advices, catalogues and responses: all twenty."""
IDENTIFIERS = POST_AWARD[-1]
"""What the identifiers of parties look like, by their scheme."""
