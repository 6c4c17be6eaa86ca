"""Orders, order responses, despatch and receipt advices, application responses and time cards, as files.

Gemeente Zilverstrand orders from Groenbedrijf De Wilgenroos; neither exists.
"""

from pathlib import Path

from gateway.validator.model.document import DocumentKind

_FOLDER = Path(__file__).parent

FILES: dict[DocumentKind, str] = {
    DocumentKind.ORDER: "order.xml",
    DocumentKind.ORDER_CHANGE: "order-change.xml",
    DocumentKind.ORDER_CANCELLATION: "order-cancellation.xml",
    DocumentKind.ORDER_RESPONSE: "order-response.xml",
    DocumentKind.ORDER_RESPONSE_SIMPLE: "order-response-simple.xml",
    DocumentKind.DESPATCH_ADVICE: "despatch-advice.xml",
    DocumentKind.RECEIPT_ADVICE: "receipt-advice.xml",
    DocumentKind.APPLICATION_RESPONSE: "application-response.xml",
    DocumentKind.TIME_CARD: "time-card.xml",
}


def document(kind: DocumentKind) -> bytes:
    """The sample of this kind; every kind has one but invoices and credit notes, which have a builder."""
    return (_FOLDER / FILES[kind]).read_bytes()
