"""What a document is."""

import pytest
from lxml import etree

from gateway.validator.finding import Finding
from gateway.validator.identify import identify, not_accepted
from gateway.validator.kinds import definition_of
from gateway.validator.model.document import DocumentFacts, DocumentKind

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def root(document: str | bytes) -> etree._Element:
    return etree.fromstring(document)


@pytest.mark.parametrize("kind", DocumentKind)
def test_each_kind_is_known_by_its_root_and_namespace(kind: DocumentKind) -> None:
    assert identify(root(f'<x:{kind.value} xmlns:x="{definition_of(kind).namespace}"/>')) is kind


NOT_OURS = [
    (
        "MP-ID-SBDH",
        "StandardBusinessDocument",
        "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader",
    ),
    ("MP-ID-SOAP", "Envelope", "http://schemas.xmlsoap.org/soap/envelope/"),
    ("MP-ID-SOAP", "Envelope", "http://www.w3.org/2003/05/soap-envelope"),
    ("MP-ID-EBXML", "Messaging", "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"),
    ("MP-ID-CII", "CrossIndustryDocument", "urn:ferd:CrossIndustryDocument:invoice:1p0"),
    (
        "MP-ID-CII",
        "CrossIndustryOrder",
        "urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:CrossIndustry:100",
    ),
    ("MP-ID-NAMESPACE", "CrossIndustryInvoice", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:25"),
    ("MP-ID-OHNL", "Invoice", "http://www.nltaxonomie.nl/ubl/2.0/NL/1.0/xsd/maindoc/UBL-NL-Invoice"),
    ("MP-ID-UBL1", "Invoice", f"{UBL}Invoice-1.0"),
    ("MP-ID-OAGIS", "Invoice", "http://www.openapplications.org/oagis"),
    ("MP-ID-HRXML", "HumanResource", "http://ns.hr-xml.org/2007-04-15"),
    ("MP-ID-NAMESPACE", "Invoice", "urn:example"),
    ("MP-ID-NAMESPACE", "TimeCard", "urn:example"),
    ("MP-ID-NAMESPACE", "Order", f"{UBL}Invoice-2"),
    ("MP-ID-ROOT", "Catalogue", f"{UBL}Catalogue-2"),
    ("MP-ID-ROOT", "invoice", "urn:example"),
]


@pytest.mark.parametrize(("rule", "name", "namespace"), NOT_OURS)
def test_what_is_not_ours_is_named_and_never_passes(rule: str, name: str, namespace: str) -> None:
    finding = identify(root(f'<{name} xmlns="{namespace}"/>'))
    assert isinstance(finding, Finding)
    assert finding.rule == rule
    assert finding.advice is not None
    assert finding.location.endswith(name)


def test_a_root_without_namespace_says_which_one_to_write() -> None:
    finding = identify(root("<CreditNote/>"))
    assert isinstance(finding, Finding)
    assert finding.expected == f"{UBL}CreditNote-2"


def test_ubl_ohnl_wears_ubls_namespace_and_is_known_by_its_customization() -> None:
    finding = not_accepted(DocumentFacts(DocumentKind.INVOICE, customization_id="1.9", profile_id="NL"))
    assert finding is not None
    assert finding.rule == "MP-ID-OHNL"
    for kind in (DocumentKind.ORDER, DocumentKind.ORDER_RESPONSE):
        assert not_accepted(DocumentFacts(kind, customization_id="1.9", profile_id="NL")) is None
    assert not_accepted(DocumentFacts(DocumentKind.INVOICE, customization_id="1.9")) is None
    assert not_accepted(DocumentFacts(DocumentKind.INVOICE, customization_id="urn:x", profile_id="NL")) is None
