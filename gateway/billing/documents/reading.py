"""How a bill reads, for the e-invoice and the PDF: what it is called, its lines and signs, what a credit note
credits.

A credit note reads positive: first what was billed before, then what remains due, as a deduction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.billing.documents.bill import Bill, BillKind, BillLine, BillStage
from gateway.billing.rating.rating import LineRole
from gateway.i18n import Text, both

_INVOICES: Mapping[BillStage, Text] = {
    BillStage.PREPAYMENT: Text("Advance invoice"),
    BillStage.SETTLEMENT: Text("Final invoice"),
    BillStage.GUIDANCE: Text("Invoice for guidance"),
    BillStage.VAT_REFUND: Text("Correction of a refund of VAT"),
    BillStage.DISTRIBUTION: Text("Invoice by the distribution key"),
}
_CREDIT_NOTES: Mapping[BillStage, Text] = {
    BillStage.PREPAYMENT: Text("Credit note to the advance invoice"),
    BillStage.SETTLEMENT: Text("Credit note to the final settlement"),
    BillStage.GUIDANCE: Text("Credit note for guidance"),
    BillStage.VAT_REFUND: Text("Credit note for a refund of VAT"),
    BillStage.DISTRIBUTION: Text("Credit note by the distribution key"),
}


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as it is shown: `units` and `amount` have the sign of the document, `is_counted` whether units and
    price say something to a reader."""

    line: BillLine
    text: str
    units: int
    amount: Decimal
    net: Decimal
    is_counted: bool


def document_name(bill: Bill) -> Text:
    """What the document is, as the pages on passing on costs call it: advance or final invoice."""
    return (_CREDIT_NOTES if bill.kind is BillKind.CREDIT_NOTE else _INVOICES)[bill.stage]


def belongs_to(bill: Bill) -> Text | None:
    """The sentence that names the documents that it settles or credits, with their dates; None without any."""
    if not bill.preceding:
        return None
    documents = [Text("{number} of {day:date}", number=one.number, day=one.issued_on) for one in bill.preceding]
    if bill.kind is BillKind.CREDIT_NOTE:
        return Text("This credit note belongs to {documents}", documents=both(documents))
    return Text("This invoice belongs to {documents}", documents=both(documents))


def read_lines(bill: Bill) -> Sequence[ReadLine]:
    """The lines in the order in which they read; they sum to the shown total."""
    if bill.kind is BillKind.INVOICE:
        return [_line(line, 1, line.text.nl) for line in bill.lines]
    shown = [_line(line, -1, text) for line, text in zip(bill.lines, _credit_texts(bill), strict=True)]
    return sorted(shown, key=lambda one: one.amount < 0)


def _line(line: BillLine, sign: int, text: str) -> ReadLine:
    is_counted = line.role not in {LineRole.BILLED, LineRole.MINIMUM, LineRole.REFUND, LineRole.SHARE}
    return ReadLine(line, text, sign * line.units, sign * line.amount, sign * line.net, is_counted)


def _credit_texts(bill: Bill) -> Sequence[str]:
    """What was billed is named, and what remains due is a deduction."""
    before = [line for line in bill.lines if line.role is LineRole.BILLED]
    documents = dict(zip((line.number for line in before), bill.preceding[-len(before) :], strict=False))
    texts = []
    for line in bill.lines:
        if line.amount > 0:
            texts.append(Text("Less: {text}", text=line.text.nl).nl)
        elif line.number in documents:
            document = documents[line.number]
            billed = Text("Billed by {number} of {day:date}", number=document.number, day=document.issued_on)
            texts.append(billed.nl)
        else:
            texts.append(line.text.nl)
    return texts
