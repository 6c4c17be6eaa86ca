"""What a document is, by its root element and namespace.

Identification is strict: a root that is not known, known in another namespace, or a wrapper round the document,
is a finding with a name, never a pass.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.kinds import definition_of, kind_by_tag
from gateway.validator.model.document import DocumentFacts, DocumentKind
from gateway.validator.xml.locations import name_of
from gateway.validator.xml.namespaces import UBL


def identify(root: etree._Element) -> DocumentKind | Finding:
    """The kind of the document, or the finding that names what it is instead and says what to do."""
    kind = kind_by_tag(str(root.tag))
    return _not_ours(root) if kind is None else kind


def not_accepted(facts: DocumentFacts, *, is_in_pdf: bool = False) -> Finding | None:
    """Why a document of a known kind is not judged: an older format, a Factur-X profile that is no e-invoice, or
    another syntax than CII in a PDF."""
    if is_in_pdf and facts.kind is not DocumentKind.CII:
        return _finding(
            "MP-PDF-UBL",
            Text("This is a PDF with UBL in it; a PDF may carry a CII invoice only."),
            Text("Send the UBL itself, with the PDF as an attachment if you like."),
            location=f"/ubl:{facts.kind.value}",
            found=facts.kind.value,
            expected=DocumentKind.CII.value,
        )
    return _no_invoice(facts) or _older_format(facts)


_NO_INVOICE = re.compile(r"urn:(?:factur-x\.eu:1p0|zugferd\.de:2p0):(minimum|basicwl)")
_PROFILES = {"minimum": "MINIMUM", "basicwl": "BASIC WL"}


def _no_invoice(facts: DocumentFacts) -> Finding | None:
    """The profiles MINIMUM and BASIC WL have no lines: they are an aid to book by, not an invoice of EN 16931."""
    found = _NO_INVOICE.fullmatch((facts.customization_id or "").strip())
    if found is None or facts.kind is not DocumentKind.CII:
        return None
    return _finding(
        "MP-ID-NO-LINES",
        Text(
            "This is Factur-X {profile}, which is no e-invoice: it has no lines and is not EN 16931.",
            profile=_PROFILES[found[1]],
        ),
        Text("Send the profile BASIC, EN 16931 or XRECHNUNG, or NLCIUS."),
        location=f"/rsm:{facts.kind.value}/{definition_of(facts.kind).header.customization_id}",
        found=facts.customization_id,
    )


def _older_format(facts: DocumentFacts) -> Finding | None:
    """UBL-OHNL 1.x uses the namespaces of UBL; its CustomizationID shows what it is. Orders and responses to them
    are accepted in it."""
    customization = facts.customization_id or ""
    if facts.kind in (DocumentKind.ORDER, DocumentKind.ORDER_RESPONSE):
        return None
    if facts.profile_id != "NL" or not customization.startswith("1."):
        return None
    return _finding(
        "MP-ID-OHNL",
        Text(
            "This is UBL-OHNL {customization}, an older Dutch format that this gateway does not accept.",
            customization=customization,
        ),
        Text("Send an invoice as NLCIUS (SI-UBL 2.0)."),
        location=f"/ubl:{facts.kind.value}/cbc:CustomizationID",
        found=customization,
    )


# --- what is not ours --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Other:
    """A format that is known by sight and not taken."""

    rule: str
    is_it: Callable[[str, str], bool]
    name: Text
    advice: Text


_NLCIUS = Text("Send the invoice as NLCIUS (SI-UBL 2.0), which is UBL 2.1.")
_UNWRAP = Text("Send the document inside it, without the wrapper.")
_OTHERS: tuple[_Other, ...] = (
    _Other(
        "MP-ID-SBDH",
        lambda _namespace, name: name in {"StandardBusinessDocument", "StandardBusinessDocumentHeader"},
        Text("a document wrapped in an SBDH (Peppol envelope)"),
        _UNWRAP,
    ),
    _Other(
        "MP-ID-SOAP",
        lambda namespace, name: (
            name == "Envelope"
            and namespace
            in {"http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"}
        ),
        Text("a SOAP envelope"),
        Text("Send the document alone, or the SOAP message to the Digipoort service of this gateway."),
    ),
    _Other(
        "MP-ID-EBXML",
        lambda namespace, _name: "ebxml" in namespace.lower() or "ebcore" in namespace.lower(),
        Text("an ebXML message"),
        _UNWRAP,
    ),
    _Other(
        "MP-ID-CII",
        lambda namespace, name: (
            name == "CrossIndustryDocument" or ("CrossIndustry" in namespace and name != DocumentKind.CII.value)
        ),
        Text("a ZUGFeRD 1.0 document, or another Cross Industry message than the invoice"),
        Text("Send a Cross Industry Invoice (CII) of version D16B or D22B."),
    ),
    _Other(
        "MP-ID-OHNL",
        lambda namespace, _name: "nltaxonomie.nl/ubl" in namespace,
        Text("UBL-OHNL 1.0 or 1.1"),
        _NLCIUS,
    ),
    _Other(
        "MP-ID-UBL1",
        lambda namespace, _name: namespace.startswith(UBL) and namespace.endswith("-1.0"),
        Text("a UBL 1.0 document"),
        Text("Send it as UBL 2.1."),
    ),
    _Other(
        "MP-ID-OAGIS",
        lambda namespace, _name: "openapplications.org/oagis" in namespace,
        Text("an OAGIS or SETU invoice"),
        _NLCIUS,
    ),
    _Other(
        "MP-ID-HRXML",
        lambda namespace, name: "hr-xml.org" in namespace and name != DocumentKind.TIME_CARD.value,
        Text("another HR-XML document than a TimeCard"),
        Text("Of SETU, this gateway accepts the TimeCard."),
    ),
    _Other(
        "MP-ID-PLAIN-XSD",
        lambda namespace, _name: namespace == "http://www.w3.org/2001/XMLSchema",
        Text("an XML schema"),
        Text("Send a document, not its schema."),
    ),
)


def _not_ours(root: etree._Element) -> Finding:
    name = etree.QName(root)
    namespace, local = name.namespace or "", name.localname
    for other in _OTHERS:
        if other.is_it(namespace, local):
            return _finding(
                other.rule,
                Text("This is {other}, which this gateway does not accept.", other=other.name),
                other.advice,
                location="/" + name_of(str(root.tag)),
                found=f"{{{namespace}}}{local}",
            )
    kind = next((kind for kind in DocumentKind if kind.value == local), None)
    return _wrong_namespace(kind, namespace) if kind else _unknown(namespace, local)


def _wrong_namespace(kind: DocumentKind, namespace: str) -> Finding:
    expected = definition_of(kind).namespace
    return _finding(
        "MP-ID-NAMESPACE",
        Text(
            "The root element {kind} is in {namespace}, not in {expected}.",
            kind=kind.value,
            namespace=_in_words(namespace),
            expected=expected,
        ),
        Text('Write <{kind} xmlns="{expected}">.', kind=kind.value, expected=expected),
        location=f"/*:{kind.value}",
        found=namespace,
        expected=expected,
    )


def _unknown(namespace: str, local: str) -> Finding:
    known = ", ".join(kind.value for kind in DocumentKind)
    return _finding(
        "MP-ID-ROOT",
        Text(
            "The root element {local} in {namespace} is not a document that this gateway knows.",
            local=local,
            namespace=_in_words(namespace),
        ),
        Text("It accepts UBL 2.1, CII and SETU documents: {known}.", known=known),
        location=f"/*:{local}",
        found=f"{{{namespace}}}{local}",
        expected=known,
    )


def _in_words(namespace: str) -> Text:
    return Text("namespace {namespace}", namespace=namespace[:200]) if namespace else Text("no namespace")


def _finding(
    rule: str,
    text: Text,
    advice: Text,
    *,
    location: str,
    found: str | None = None,
    expected: str | None = None,
) -> Finding:
    return Finding(
        rule,
        Flag.FATAL,
        Stage.IDENTIFY,
        text,
        location=location,
        found=found,
        expected=expected,
        advice=advice,
    )
