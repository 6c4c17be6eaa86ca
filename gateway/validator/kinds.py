"""The kinds of document: one row says all that the gateway needs to know of a kind.

A new kind is a member of `DocumentKind` and a row here. A kind with a vocabulary is read into a document model,
and judged by the rule sets for that model.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import schemas
from gateway.i18n import Text
from gateway.validator.cii.bindings import CII_INVOICE, as_day
from gateway.validator.header import HeaderPaths, cii_party, staffing_party
from gateway.validator.media_types import EN16931 as EN16931_MEDIA_TYPES
from gateway.validator.model.document import DocumentKind
from gateway.validator.model.terms import Document
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.order_bindings import (
    UBL_DESPATCH_ADVICE,
    UBL_INVOICE_RESPONSE,
    UBL_ORDER,
    UBL_ORDER_RESPONSE,
)
from gateway.validator.ubl.time_card_bindings import HR_TIME_CARD
from gateway.validator.xml.namespaces import CII, HR_XML, UBL


class SchemaFamily(StrEnum):
    """Kinds whose schemas share components are compiled as one schema."""

    UBL = "UBL 2.1"
    CII = "CII D22B"
    HR_XML = "HR-XML"


@dataclass(frozen=True, slots=True)
class KindDefinition:
    """One kind of document, by its root element."""

    kind: DocumentKind
    name: Text
    header: HeaderPaths
    family: SchemaFamily = SchemaFamily.UBL
    vocabulary: Vocabulary[Any] | None = None
    """Where its terms are; None where no rule set is about it."""
    media_types: frozenset[str] | None = None
    """The media types that its attachments may have; None for any."""
    has_unique_number: bool = False
    """A supplier uses a number once a year: a second document with it is a duplicate."""
    namespace: str = field(init=False)

    def __post_init__(self) -> None:
        namespaces = {SchemaFamily.UBL: f"{UBL}{self.kind.value}-2", SchemaFamily.CII: CII["rsm"]}
        object.__setattr__(self, "namespace", namespaces.get(self.family, HR_XML))

    @property
    def tag(self) -> str:
        """Its root element, as lxml writes it."""
        return f"{{{self.namespace}}}{self.kind.value}"

    @property
    def model(self) -> type[Document] | None:
        """The model that rule sets judge it by."""
        return self.vocabulary.model if self.vocabulary else None

    @property
    def schema(self) -> Path:
        """The file of its XML Schema."""
        if self.family is SchemaFamily.UBL:
            return schemas.ubl_file(self.kind.value)
        if self.family is SchemaFamily.CII:
            return schemas.cii_file()
        return schemas.FOLDER / "setu-1.4" / f"{self.kind.value}.xsd"


_BUYER = ("cac:BuyerCustomerParty",)
_SELLER = ("cac:SellerSupplierParty",)
_RECEIVING = ("cac:BuyerCustomerParty", "cac:DeliveryCustomerParty")
_SENDING = ("cac:SellerSupplierParty", "cac:DespatchSupplierParty")
_FROM_BUYER = HeaderPaths(_BUYER, _SELLER)
_FROM_SELLER = HeaderPaths(_SELLER, _BUYER)
_FROM_SUPPLIER = HeaderPaths(
    ("cac:AccountingSupplierParty",),
    ("cac:AccountingCustomerParty",),
    amount="cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
)
_ORDER = HeaderPaths(_BUYER, _SELLER, amount="cac:AnticipatedMonetaryTotal/cbc:PayableAmount")
_CONTEXT = "rsm:ExchangedDocumentContext"
_AGREEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
_STAFFING = "hr:AdditionalData/hr:StaffingAdditionalData"

KINDS: tuple[KindDefinition, ...] = (
    KindDefinition(
        DocumentKind.INVOICE,
        Text("Invoice"),
        _FROM_SUPPLIER,
        vocabulary=UBL_INVOICE,
        media_types=frozenset(EN16931_MEDIA_TYPES),
        has_unique_number=True,
    ),
    KindDefinition(
        DocumentKind.CREDIT_NOTE,
        Text("Credit note"),
        _FROM_SUPPLIER,
        vocabulary=UBL_INVOICE,
        media_types=frozenset(EN16931_MEDIA_TYPES),
        has_unique_number=True,
    ),
    KindDefinition(
        DocumentKind.CII,
        Text("Cross Industry Invoice"),
        HeaderPaths(
            sender=(f"{_AGREEMENT}/ram:SellerTradeParty",),
            recipient=(f"{_AGREEMENT}/ram:BuyerTradeParty",),
            customization_id=f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
            profile_id=f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
            number="rsm:ExchangedDocument/ram:ID",
            issue_date="rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
            amount="rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement/"
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:GrandTotalAmount",
            day=as_day,
            party=cii_party,
        ),
        family=SchemaFamily.CII,
        vocabulary=CII_INVOICE,
        media_types=frozenset(EN16931_MEDIA_TYPES),
        has_unique_number=True,
    ),
    KindDefinition(DocumentKind.ORDER, Text("Order"), _ORDER, vocabulary=UBL_ORDER),
    KindDefinition(DocumentKind.ORDER_CHANGE, Text("Order change"), _FROM_BUYER),
    KindDefinition(DocumentKind.ORDER_CANCELLATION, Text("Order cancellation"), _FROM_BUYER),
    KindDefinition(
        DocumentKind.ORDER_RESPONSE, Text("Order response"), _FROM_SELLER, vocabulary=UBL_ORDER_RESPONSE
    ),
    KindDefinition(DocumentKind.ORDER_RESPONSE_SIMPLE, Text("Simple order response"), _FROM_SELLER),
    KindDefinition(
        DocumentKind.DESPATCH_ADVICE,
        Text("Despatch advice"),
        HeaderPaths(_SENDING, _RECEIVING),
        vocabulary=UBL_DESPATCH_ADVICE,
    ),
    KindDefinition(DocumentKind.RECEIPT_ADVICE, Text("Receipt advice"), HeaderPaths(_RECEIVING, _SENDING)),
    KindDefinition(
        DocumentKind.APPLICATION_RESPONSE,
        Text("Application response"),
        HeaderPaths(("cac:SenderParty",), ("cac:ReceiverParty",)),
        vocabulary=UBL_INVOICE_RESPONSE,
    ),
    KindDefinition(
        DocumentKind.TIME_CARD,
        Text("Time card"),
        HeaderPaths(
            sender=(f"{_STAFFING}/hr:ReferenceInformation/hr:StaffingCustomerId",),
            recipient=(f"{_STAFFING}/hr:ReferenceInformation/hr:StaffingSupplierId",),
            customization_id=(
                f"{_STAFFING}/hr:CustomerReportingRequirements/hr:AdditionalRequirement[@requirementTitle='VersionId']"
            ),
            profile_id="",
            number="hr:Id/hr:IdValue",
            issue_date="hr:SubmitterInfo/hr:SubmittedDateTime",
            day=lambda moment: moment[: len("2026-01-31")],
            party=staffing_party,
        ),
        family=SchemaFamily.HR_XML,
        vocabulary=HR_TIME_CARD,
    ),
)


def definition_of(kind: DocumentKind) -> KindDefinition:
    """The row of a kind."""
    return _BY_KIND[kind]


def kind_by_tag(tag: str) -> DocumentKind | None:
    """The kind whose root element lxml writes so."""
    return _BY_TAG.get(tag)


_BY_KIND = {each.kind: each for each in KINDS}
_BY_TAG = {each.tag: each.kind for each in KINDS}
