"""Writes a bill as PDF/A-3a for people, in Dutch: tagged (PDF/UA-1), fonts embedded, the e-invoice inside.

Typst sets the page from `bill.typ` and refuses to write what is not PDF/A. The date of the bill is the date of
the file, and its ids follow from its content: the same bill gives the same bytes in every process.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import NamedTuple

from gateway import __version__
from gateway.billing.documents.bill import Bill, BillKind
from gateway.billing.documents.reading import ReadLine, belongs_to, document_name, read_lines
from gateway.billing.documents.reference import payment_reference
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.i18n import Text, format_amount, format_count, format_date

_HEADINGS = {BillKind.INVOICE: Text("Invoice"), BillKind.CREDIT_NOTE: Text("Credit note")}


_TEMPLATE = (files(__package__) / "bill.typ").read_bytes()


class PdfWriter(NamedTuple):
    """Writes bills as PDF. The same `version` writes the same bytes; another one may not."""

    version: str
    write: Callable[[Bill, bytes], bytes]
    """The PDF of a bill, with its e-invoice as it was issued."""


def write_pdf(bill: Bill, xml: bytes) -> bytes:
    """The bill on A4, with its e-invoice as it was issued."""
    from gateway.typesetting import typeset  # Typst takes 45 MB, and only who issues or audits bills needs it

    return typeset(_TEMPLATE, json.dumps(_content(bill, xml), ensure_ascii=False), "a-3a", "ua-1")


def _version() -> str:
    """Everything that decides on the bytes: our texts, the template, who sets the page, who formats amounts."""
    template = hashlib.sha256(_TEMPLATE).hexdigest()[:12]
    return f"Meterpoort {__version__}, template {template}, Typst {version('typst')}, Babel {version('babel')}"


PDF = PdfWriter(_version(), write_pdf)
"""What the gateway writes bills with."""


def _content(bill: Bill, xml: bytes) -> dict[str, object]:
    issuer, debtor = bill.issuer, bill.debtor
    basis = Text("incl. VAT") if bill.basis is PriceBasis.INCLUDING_VAT else Text("excl. VAT")
    heads = (
        Text("Description"),
        Text("Quantity"),
        Text("Price {basis}", basis=basis),
        Text("Amount {basis}", basis=basis),
    )
    return {
        "title": f"{_HEADINGS[bill.kind].nl} {bill.number}",
        "heading": _HEADINGS[bill.kind].nl,
        "number": bill.number,
        "date": [bill.issued_on.year, bill.issued_on.month, bill.issued_on.day],
        "issuer": issuer.name,
        "issuer_address": [issuer.address.street, f"{issuer.address.postcode} {issuer.address.city}"],
        "to": Text("To").nl,
        "debtor": [debtor.name, debtor.address.street, f"{debtor.address.postcode}  {debtor.address.city}"],
        "oin": f"OIN {debtor.oin}",
        "facts": list(_facts(bill)),
        "heads": [head.nl for head in heads],
        "lines": [_line(bill, one) for one in read_lines(bill)],
        "sums": list(_sums(bill)),
        "closing": list(_closing(bill)),
        "notes": list(_notes(bill)),
        "footer": _footer(bill),
        "page": Text("page {number} of {pages}", number="{number}", pages="{pages}").nl,
        "xml": xml.decode(),
        "xml_name": f"{bill.number}.xml",
        "xml_description": Text("The e-invoice (UBL 2.1, NLCIUS)").nl,
    }


def _facts(bill: Bill) -> Iterator[tuple[str, str]]:
    yield Text("Date").nl, format_date(bill.issued_on, "nl")
    if bill.kind is BillKind.INVOICE:
        yield Text("Due date").nl, format_date(bill.due_on, "nl")
    yield Text("Subject").nl, f"{SERVICE_NAMES[bill.service].name.nl} {bill.year}"
    yield Text("Document").nl, document_name(bill).nl
    yield Text("Period").nl, f"{format_date(bill.first, 'nl')} – {format_date(bill.last, 'nl')}"
    yield Text("Your reference").nl, bill.debtor.reference or bill.debtor.party_id
    yield Text("Payment reference").nl, payment_reference(bill.number)
    if bill.preceding:
        yield Text("Belongs to").nl, "\n".join(earlier.number for earlier in bill.preceding)


def _line(bill: Bill, one: ReadLine) -> dict[str, str]:
    link = one.line.link
    words = Text("See the {units} that were counted", units=SERVICE_NAMES[bill.service].unit_name(one.line.units))
    return {
        "text": one.text,
        "how": one.line.how.nl,
        "units": format_count(abs(one.units), "nl") if one.is_counted else "",
        "price": format_amount(one.line.price, "nl") if one.is_counted else "",
        "amount": format_amount(one.amount, "nl"),
        "link": link,
        "link_text": words.nl if link else "",
    }


def _sums(bill: Bill) -> Iterator[tuple[str, str, bool]]:
    """What, how much, and whether it is the total."""
    amounts = -bill.amounts if bill.kind is BillKind.CREDIT_NOTE else bill.amounts
    vat = Text("VAT does not apply (within the State)")
    last = Text("To receive") if bill.kind is BillKind.CREDIT_NOTE else Text("To pay")
    if bill.vat_percent:
        vat, last = Text("VAT {percent}%", percent=bill.vat_percent), Text("{last} (including VAT)", last=last)
    yield Text("Total excluding VAT").nl, format_amount(amounts.excluding, "nl"), False
    yield vat.nl, format_amount(amounts.vat, "nl"), False
    yield last.nl, format_amount(amounts.including, "nl"), True


def _closing(bill: Bill) -> Iterator[str]:
    issuer = bill.issuer
    grouped = " ".join(issuer.iban[start : start + 4] for start in range(0, len(issuer.iban), 4))
    account = f"{grouped} (BIC {issuer.bic})" if issuer.bic else grouped
    if sentence := belongs_to(bill):
        yield f"{sentence.nl}."
    amount = abs(bill.amounts.including)
    if bill.kind is BillKind.CREDIT_NOTE:
        yield Text("You get {amount:amount} back, or you set it off against an open invoice.", amount=amount).nl
        return
    yield Text(
        "Please transfer {amount:amount} to {account} in the name of {name} by {due:date}, stating {number}.",
        amount=amount,
        account=account,
        name=issuer.name,
        due=bill.due_on,
        number=payment_reference(bill.number),
    ).nl


def _notes(bill: Bill) -> Iterator[str]:
    for note in bill.notes:
        yield f"{note.nl[:1].upper()}{note.nl[1:]}."
    for source in dict.fromkeys(line.source for line in bill.lines if line.source):
        yield Text("Tariff: {source}.", source=source).nl


def _footer(bill: Bill) -> Sequence[str]:
    issuer = bill.issuer
    vat = Text("VAT number {number}", number=issuer.vat_number).nl
    return [
        f"{issuer.name}  ·  {issuer.address.street}, {issuer.address.postcode} {issuer.address.city}",
        f"KvK {issuer.kvk}  ·  OIN {issuer.oin}  ·  {vat}  ·  IBAN {issuer.iban}",
        Text("Questions? {contact}", contact=f"{issuer.contact}, {issuer.email}, {issuer.phone}").nl,
    ]
