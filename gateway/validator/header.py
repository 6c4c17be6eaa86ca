"""What a document says of itself and its parties: number, date, specification, sender, recipient.

It is read from the tree by a row of paths for each kind, before the document is checked against its schema: the
parties of a document that breaks it are known too, and a hostile document costs no more than its tree.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from gateway.validator.model.document import DocumentFacts, DocumentKind, DocumentParty
from gateway.validator.model.identifiers import KVK, OIN, VAT_NL, PartyIdentifier, compact
from gateway.validator.xml.paths import child, children, text_of

_ID_OWNERS: Mapping[str, str] = {"oin": OIN, "kvk": KVK, "btw": VAT_NL}
"""The schemes by what UBL-OHNL and SETU call them."""
_ID_CHARACTERS_MAX = 100
"""Identifiers longer than this are not read as identifiers; the longest EAS scheme allows 50."""

PartyReader = Callable[[etree._Element], DocumentParty]


def identifier(text: str | None, scheme: str | None) -> PartyIdentifier | None:
    """An identifier under its scheme; None where one of both is absent, or longer than any identifier."""
    text = strip_blank(text)
    if not text or not scheme or len(text) > _ID_CHARACTERS_MAX or len(scheme) > _ID_CHARACTERS_MAX:
        return None
    return _compact_identifier(scheme.strip(), text)


@lru_cache(maxsize=4096)
def _compact_identifier(scheme: str, text: str) -> PartyIdentifier:
    return PartyIdentifier(scheme, compact(scheme, text))


def vat_identifier(text: str | None) -> PartyIdentifier | None:
    """A VAT number names its own country; only the Dutch scheme is an address here."""
    return identifier(text, VAT_NL) if (strip_blank(text) or "").upper().startswith("NL") else None


def strip_blank(text: str | None) -> str | None:
    """The text without white space around it; None for a blank one."""
    return text.strip() or None if text else None


def ubl_party(element: etree._Element) -> DocumentParty:
    """A CustomerParty or SupplierParty with a Party inside, or a Party itself."""
    party = child(element, "cac:Party")
    party = element if party is None else party
    legal = "cac:PartyLegalEntity"
    numbers = [
        *map(_own, children(party, "cbc:EndpointID")),
        *map(_own, children(party, "cac:PartyIdentification/cbc:ID")),
        *map(_vat_number, children(party, "cac:PartyTaxScheme/cbc:CompanyID")),
        *map(_own, children(party, f"{legal}/cbc:CompanyID")),
    ]
    names = [*children(party, f"{legal}/cbc:RegistrationName"), *children(party, "cac:PartyName/cbc:Name")]
    return _party(numbers, names)


def _party(numbers: Iterable[PartyIdentifier | None], names: Iterable[etree._Element]) -> DocumentParty:
    texts = (strip_blank(text_of(one)) for one in names)
    return DocumentParty(tuple(dict.fromkeys(filter(None, numbers))), next(filter(None, texts), None))


def cii_party(element: etree._Element) -> DocumentParty:
    """A TradeParty of a Cross Industry Invoice."""
    legal = "ram:SpecifiedLegalOrganization"
    paths = ("ram:URIUniversalCommunication/ram:URIID", "ram:ID", "ram:GlobalID")
    registered = children(element, "ram:SpecifiedTaxRegistration/ram:ID")
    numbers = [
        *(_own(each) for path in paths for each in children(element, path)),
        *(_vat_number(each) for each in registered if each.get("schemeID") == "VA"),
        *map(_own, children(element, f"{legal}/ram:ID")),
    ]
    return _party(
        numbers, [*children(element, "ram:Name"), *children(element, f"{legal}/ram:TradingBusinessName")]
    )


def _own(element: etree._Element) -> PartyIdentifier | None:
    """The identifier that an element holds. UBL-OHNL names its scheme by the agency that issued it."""
    text, scheme = text_of(element), element.get("schemeID")
    if scheme is None and element.get("schemeAgencyID") == "NL":
        scheme = _ID_OWNERS.get((element.get("schemeAgencyName") or "").lower())
        return identifier(_without_padding(text) if scheme == KVK else text, scheme)
    return identifier(text, scheme)


def _without_padding(number: str | None) -> str:
    """A KvK number, which UBL-OHNL fills up to twelve positions with zeros, as eight digits."""
    digits = (number or "").strip()
    return digits[:8] if len(digits) == 12 and digits.endswith("0000") else digits


def _vat_number(element: etree._Element) -> PartyIdentifier | None:
    return vat_identifier(text_of(element))


def staffing_party(element: etree._Element) -> DocumentParty:
    """A StaffingCustomerId or StaffingSupplierId of a time card."""
    return DocumentParty(tuple(_staffing_identifiers(element)))


def _staffing_identifiers(element: etree._Element) -> Iterator[PartyIdentifier]:
    for owner in (element, *element.itersiblings(str(element.tag))):
        scheme = _ID_OWNERS.get((owner.get("idOwner") or "").lower())
        for value in children(owner, "hr:IdValue"):
            if found := identifier(text_of(value), scheme):
                yield found


@dataclass(frozen=True, slots=True)
class HeaderPaths:
    """Where a kind of document says who sends it, who receives it, and what it is. Of several elements that may
    name a party the first one is used that does so by an identifier."""

    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    customization_id: str = "cbc:CustomizationID"
    profile_id: str = "cbc:ProfileID"
    number: str = "cbc:ID"
    issue_date: str = "cbc:IssueDate"
    amount: str = ""
    """Where the total with VAT is; empty: nowhere."""
    day: Callable[[str], str] = str
    """Makes the day, as `2026-01-31`, of the text at `issue_date`."""
    party: PartyReader = ubl_party


def read_header(root: etree._Element, kind: DocumentKind, paths: HeaderPaths) -> DocumentFacts:
    """What a document says of itself; what is absent is None or empty."""
    issue_date = _text_at(root, paths.issue_date)
    return DocumentFacts(
        kind,
        _text_at(root, paths.customization_id),
        _text_at(root, paths.profile_id),
        _text_at(root, paths.number),
        paths.day(issue_date) if issue_date else issue_date,
        _text_at(root, paths.amount),
        _party_at(root, paths.sender, paths.party),
        _party_at(root, paths.recipient, paths.party),
    )


def _text_at(element: etree._Element, path: str) -> str | None:
    found = child(element, path) if path else None
    return strip_blank(text_of(found)) if found is not None else None


def _party_at(root: etree._Element, paths: tuple[str, ...], read: PartyReader) -> DocumentParty:
    elements = [element for path in paths if (element := child(root, path)) is not None]
    parties = [read(element) for element in elements]
    return next((party for party in parties if party.identifiers), parties[0] if parties else DocumentParty())
