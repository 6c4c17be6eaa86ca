"""What a document is, by its root element and namespace, and what it says of itself and its parties.

Identification is strict: a root that is not known, known in another namespace, or a wrapper round the document,
is a finding with a name, never a pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import DocumentFacts, DocumentKind, DocumentParty
from gateway.validator.model.identifiers import KVK, OIN, VAT_NL, PartyIdentifier, compact
from gateway.validator.model.invoice import Buyer, Invoice, Seller
from gateway.validator.model.terms import Repeated
from gateway.validator.xml.locations import name_of

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CBC = f"{{{UBL}CommonBasicComponents-2}}"
CAC = f"{{{UBL}CommonAggregateComponents-2}}"
HR_XML = "http://ns.hr-xml.org/2007-04-15"
_HR = f"{{{HR_XML}}}"

NAMESPACES: dict[DocumentKind, str] = {
    kind: HR_XML if kind is DocumentKind.TIME_CARD else f"{UBL}{kind.value}-2" for kind in DocumentKind
}
"""The namespace of each kind's root element."""

_KINDS: dict[object, DocumentKind] = {
    f"{{{namespace}}}{kind.value}": kind for kind, namespace in NAMESPACES.items()
}

_ID_CHARACTERS_MAX = 100
"""Identifiers longer than this are not read as identifiers; the longest EAS scheme allows 50."""


def identify(root: etree._Element) -> DocumentKind | Finding:
    """The kind of the document, or the finding that names what it is instead and says what to do."""
    kind = _KINDS.get(root.tag)
    if kind is None:
        return _not_ours(root)
    return kind


def read_facts(root: etree._Element, kind: DocumentKind) -> DocumentFacts:
    """Number, date, identifiers and direction of a document of this kind; what is absent is None or empty."""
    if kind is DocumentKind.TIME_CARD:
        return _time_card_facts(root)
    heads, parties = _head(root, _PARTY_TAGS[kind])
    sender, recipient = _DIRECTION[kind]
    return DocumentFacts(
        kind,
        customization_id=heads.get(_CUSTOMIZATION_ID),
        profile_id=heads.get(_PROFILE_ID),
        number=heads.get(_ID),
        issue_date=heads.get(_ISSUE_DATE),
        sender=_party(parties, sender),
        recipient=_party(parties, recipient),
    )


def facts_of(invoice: Invoice, kind: DocumentKind) -> DocumentFacts | None:
    """The same from what was read of an invoice; None where what it may have once is missing or repeated."""
    heads = (invoice.specification, invoice.process, invoice.number, invoice.issue_date)
    if len(invoice.sellers) != 1 or len(invoice.buyers) != 1 or any(isinstance(one, Repeated) for one in heads):
        return None
    sender, recipient = _party_of(invoice.sellers[0]), _party_of(invoice.buyers[0])
    if sender is None or recipient is None:
        return None
    specification, process, number, issue_date = map(_bare, heads)
    return DocumentFacts(kind, specification, process, number, issue_date, sender, recipient)


def older_format(facts: DocumentFacts) -> Finding | None:
    """UBL-OHNL 1.x wears UBL's own namespaces; its CustomizationID gives it away."""
    customization = facts.customization_id or ""
    if facts.profile_id != "NL" or not customization.startswith("1."):
        return None
    return _finding(
        "MP-ID-OHNL",
        Text(
            "This is UBL-OHNL {customization}, an older Dutch format that this gateway does not accept.",
            customization=customization,
        ),
        Text("Send an invoice as NLCIUS (SI-UBL 2.0), an order as Peppol BIS 3."),
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
            name in {"CrossIndustryInvoice", "CrossIndustryDocument"} or "CrossIndustry" in namespace
        ),
        Text("a Cross Industry Invoice (CII)"),
        _NLCIUS,
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
    expected = NAMESPACES[kind]
    return _finding(
        "MP-ID-NAMESPACE",
        Text(
            "The root element {kind} is in {namespace}, not in {expected}.",
            kind=kind.value,
            namespace=_named(namespace),
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
            namespace=_named(namespace),
        ),
        Text("It accepts UBL 2.1 and SETU documents: {known}.", known=known),
        location=f"/*:{local}",
        found=f"{{{namespace}}}{local}",
        expected=known,
    )


def _named(namespace: str) -> Text:
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


# --- facts of UBL documents --------------------------------------------------------------------------------

_CUSTOMIZATION_ID = f"{CBC}CustomizationID"
_PROFILE_ID = f"{CBC}ProfileID"
_ID = f"{CBC}ID"
_ISSUE_DATE = f"{CBC}IssueDate"
_HEADS = frozenset({_CUSTOMIZATION_ID, _PROFILE_ID, _ID, _ISSUE_DATE})

_SUPPLIER = ("AccountingSupplierParty",)
_CUSTOMER = ("AccountingCustomerParty",)
_BUYER = ("BuyerCustomerParty",)
_SELLER = ("SellerSupplierParty",)
_RECEIVING = ("BuyerCustomerParty", "DeliveryCustomerParty")
_SENDING = ("SellerSupplierParty", "DespatchSupplierParty")

_ROLES: dict[DocumentKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    DocumentKind.INVOICE: (_SUPPLIER, _CUSTOMER),
    DocumentKind.CREDIT_NOTE: (_SUPPLIER, _CUSTOMER),
    DocumentKind.ORDER: (_BUYER, _SELLER),
    DocumentKind.ORDER_CHANGE: (_BUYER, _SELLER),
    DocumentKind.ORDER_CANCELLATION: (_BUYER, _SELLER),
    DocumentKind.ORDER_RESPONSE: (_SELLER, _BUYER),
    DocumentKind.ORDER_RESPONSE_SIMPLE: (_SELLER, _BUYER),
    DocumentKind.DESPATCH_ADVICE: (_SENDING, _RECEIVING),
    DocumentKind.RECEIPT_ADVICE: (_RECEIVING, _SENDING),
    DocumentKind.APPLICATION_RESPONSE: (("SenderParty",), ("ReceiverParty",)),
}
"""Who sends and who receives each kind, by the elements that may name them, the best first."""

_DIRECTION = {
    kind: tuple(tuple(CAC + name for name in names) for names in roles) for kind, roles in _ROLES.items()
}
_PARTY_TAGS = {kind: frozenset(tag for tags in roles for tag in tags) for kind, roles in _DIRECTION.items()}


def _head(
    root: etree._Element, party_tags: frozenset[str]
) -> tuple[dict[object, str | None], dict[object, etree._Element]]:
    """One walk over the root's children: the header's texts and the parties, each the first of its name."""
    texts: dict[object, str | None] = {}
    parties: dict[object, etree._Element] = {}
    for child in root.iterchildren(*_HEADS, *party_tags):
        tag = child.tag
        if tag in _HEADS:
            texts.setdefault(tag, _text(child))
        else:
            parties.setdefault(tag, child)
            if len(parties) == len(party_tags):
                break
    return texts, parties


def _text(element: etree._Element) -> str | None:
    return _bare(_whole_text(element))


def _whole_text(element: etree._Element) -> str | None:
    """The text of an element, also where comments break it up."""
    return str(element.xpath("string()")) if len(element) else element.text


def _bare(text: str | None) -> str | None:
    return text.strip() or None if text else None


_ENDPOINT_ID = f"{CBC}EndpointID"
_COMPANY_ID = f"{CBC}CompanyID"
_REGISTRATION_NAME = f"{CBC}RegistrationName"
_NAME = f"{CBC}Name"
_PARTY_IDENTIFICATION = f"{CAC}PartyIdentification"
_LEGAL_ENTITY = f"{CAC}PartyLegalEntity"
_TAX_SCHEME = f"{CAC}PartyTaxScheme"
_PARTY_NAME = f"{CAC}PartyName"
_PARTY = f"{CAC}Party"
_IDENTIFYING = frozenset({_PARTY_IDENTIFICATION, _TAX_SCHEME, _LEGAL_ENTITY})
_NUMBERS = frozenset({_ID, _COMPANY_ID})


def _party(parties: dict[object, etree._Element], tags: tuple[str, ...]) -> DocumentParty:
    """The first of the elements that may name this party and does so by an identifier."""
    found = [_read_party(parties[tag]) for tag in tags if tag in parties]
    return next((party for party in found if party.identifiers), found[0] if found else DocumentParty())


def _read_party(element: etree._Element) -> DocumentParty:
    """`element` is a CustomerParty or SupplierParty with a Party inside, or a Party itself."""
    party = next((child for child in element if child.tag == _PARTY), element)
    endpoints: list[PartyIdentifier | None] = []
    others: list[PartyIdentifier | None] = []
    legal_name = name = None
    for child in party:
        tag = child.tag
        if tag == _ENDPOINT_ID:
            endpoints.append(_own(child))
        elif tag == _PARTY_NAME:
            name = name or _first_text(child, _NAME)
        elif tag in _IDENTIFYING:
            others += [_vat(leaf) if tag == _TAX_SCHEME else _own(leaf) for leaf in child if leaf.tag in _NUMBERS]
            legal_name = legal_name or (_first_text(child, _REGISTRATION_NAME) if tag == _LEGAL_ENTITY else None)
    identifiers = dict.fromkeys(one for one in (*endpoints, *others) if one)
    return DocumentParty(tuple(identifiers), legal_name or name)


def _party_of(party: Seller | Buyer) -> DocumentParty | None:
    """A party as the document names it; None where it has several legal entities."""
    own = (party.electronic_address, party.legal_registration, party.name)
    if any(isinstance(one, Repeated) for one in own):
        return None
    identifiers = [
        _as_identifier(party.electronic_address, party.electronic_address_scheme),
        *[_as_identifier(one.value, one.scheme) for one in party.identifiers],
        *[_as_vat(one.identifier) for one in party.tax_registrations],
        _as_identifier(party.legal_registration, party.legal_registration_scheme),
    ]
    name = _bare(party.name) or next(filter(None, map(_bare, party.trading_names)), None)
    return DocumentParty(tuple(dict.fromkeys(filter(None, identifiers))), name)


def _first_text(element: etree._Element, tag: str) -> str | None:
    return next((_text(leaf) for leaf in element if leaf.tag == tag), None)


def _own(element: etree._Element) -> PartyIdentifier | None:
    return _as_identifier(_whole_text(element), element.get("schemeID"))


def _as_identifier(text: str | None, scheme: str | None) -> PartyIdentifier | None:
    text = _bare(text)
    if not text or not scheme or len(text) > _ID_CHARACTERS_MAX or len(scheme) > _ID_CHARACTERS_MAX:
        return None
    return PartyIdentifier(scheme.strip(), compact(scheme.strip(), text))


def _vat(element: etree._Element) -> PartyIdentifier | None:
    """A VAT number names its own country; only the Dutch scheme is an address here."""
    return _as_vat(_whole_text(element))


def _as_vat(text: str | None) -> PartyIdentifier | None:
    return _as_identifier(text, VAT_NL) if (_bare(text) or "").upper().startswith("NL") else None


# --- facts of time cards -----------------------------------------------------------------------------------

_ID_OWNERS = {"oin": OIN, "kvk": KVK, "btw": VAT_NL}
_VERSION_ID = "VersionId"


def _time_card_facts(root: etree._Element) -> DocumentFacts:
    reference = _first(root, "AdditionalData", "StaffingAdditionalData", "ReferenceInformation")
    number = _first(root, "Id", "IdValue")
    submitted = _first(root, "SubmitterInfo", "SubmittedDateTime")
    issued = _text(submitted) if submitted is not None else None
    return DocumentFacts(
        DocumentKind.TIME_CARD,
        customization_id=_time_card_version(root),
        number=_text(number) if number is not None else None,
        issue_date=issued[:10] if issued else None,
        sender=DocumentParty(tuple(_staffing_ids(reference, "StaffingCustomerId"))),
        recipient=DocumentParty(tuple(_staffing_ids(reference, "StaffingSupplierId"))),
    )


def _first(element: etree._Element, *names: str) -> etree._Element | None:
    at: etree._Element | None = element
    for name in names:
        if at is None:
            return None
        at = next(at.iterchildren(_HR + name), None)
    return at


def _staffing_ids(reference: etree._Element | None, name: str) -> Iterator[PartyIdentifier]:
    for owner in reference.iterchildren(_HR + name) if reference is not None else ():
        scheme = _ID_OWNERS.get((owner.get("idOwner") or "").lower())
        for value in owner.iterchildren(f"{_HR}IdValue"):
            identifier = _as_identifier(_whole_text(value), scheme)
            if identifier:
                yield identifier


def _time_card_version(root: etree._Element) -> str | None:
    requirements = _first(root, "AdditionalData", "StaffingAdditionalData", "CustomerReportingRequirements")
    if requirements is None:
        return None
    for requirement in requirements.iterchildren(f"{_HR}AdditionalRequirement"):
        if requirement.get("requirementTitle") == _VERSION_ID:
            return _text(requirement)
    return None
