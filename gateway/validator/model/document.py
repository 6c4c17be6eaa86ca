"""What the gateway needs to know of a document to handle it: its kind, parties, number, attachments."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.validator.model.identifiers import PartyIdentifier


class DocumentKind(StrEnum):
    """The documents this gateway handles, named by their root element."""

    INVOICE = "Invoice"
    CREDIT_NOTE = "CreditNote"
    CII = "CrossIndustryInvoice"
    ORDER = "Order"
    ORDER_CHANGE = "OrderChange"
    ORDER_CANCELLATION = "OrderCancellation"
    ORDER_RESPONSE = "OrderResponse"
    ORDER_RESPONSE_SIMPLE = "OrderResponseSimple"
    DESPATCH_ADVICE = "DespatchAdvice"
    RECEIPT_ADVICE = "ReceiptAdvice"
    APPLICATION_RESPONSE = "ApplicationResponse"
    TIME_CARD = "TimeCard"


@dataclass(frozen=True, slots=True)
class DocumentParty:
    """A party as the document names it: every identifier it gives, and the name for people."""

    identifiers: tuple[PartyIdentifier, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """The envelope's worth of a document. `sender` and `recipient` follow its direction:

    an invoice goes from supplier to customer, an order from buyer to seller, a time card from
    the hiring customer to the staffing supplier.
    """

    kind: DocumentKind
    customization_id: str | None = None
    profile_id: str | None = None
    number: str | None = None
    issue_date: str | None = None
    amount: str | None = None
    """The total with VAT."""
    sender: DocumentParty = DocumentParty()
    recipient: DocumentParty = DocumentParty()


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment, decoded. `start` and `end` are byte offsets of its base64 in the document,
    None for a detached attachment. Sizes in bytes."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class DetachedPart:
    """A detached attachment, and how its content begins: what it is called proves
    nothing. `head` is empty only for an empty attachment."""

    attachment: Attachment
    head: bytes
