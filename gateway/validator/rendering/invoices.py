"""The layout of the semantic invoice, for UBL and CII alike."""

import re
from collections.abc import Iterator
from decimal import Decimal

import segno.helpers
from stdnum import iban, iso11649

from gateway.i18n import Text
from gateway.validator.model.document import DocumentKind
from gateway.validator.model.invoice import (
    Invoice,
    Note,
    PaymentInstructions,
    SupportingDocument,
    VatBreakdown,
)
from gateway.validator.model.terms import Document
from gateway.validator.model.words import words_for
from gateway.validator.rendering.building import Builder
from gateway.validator.rendering.forms import size_text
from gateway.validator.rendering.layouts import CardsPart, FactsPart, Layout, SumsPart, TableColumn, TablePart
from gateway.validator.rendering.view import Card, File, Section, ShownItem, ShownRow, Table, Value

_CREDIT = {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"}
"""UNTDID 1001: the types that EN 16931 counts among credit notes."""
_TRANSFERS = {"30", "58"}
_G_ACCOUNT = "GACCOUNT"
"""The identifier of the payment instructions for a G-account (NLCIUS extension G-account 1.0, NL-GA-04)."""
_LINKED = ("application/pdf", "image/png", "image/jpeg", "text/csv")


def _kind(document: Document, language: str) -> tuple[str, str]:
    """Invoice, credit note, corrected invoice and so on, and the tone of the page."""
    code = (getattr(document, "type_code", None) or "").strip()
    is_credit = code in _CREDIT or (not code and document.kind == "CreditNote")
    name = Text("Credit note") if is_credit or document.kind == "CreditNote" else Text("Invoice")
    words = words_for("document_type", code, language) or name.in_language(language)
    return words, "credit" if is_credit or document.kind == "CreditNote" else "invoice"


def _references(builder: Builder, document: Document) -> Section | None:
    """What a public buyer books an invoice by; also what UBL writes as a document of type 130 or 50."""
    named = [one for each in _REFERENCES if (one := builder.item(document, each))]
    named += [
        ShownItem(builder.say(label), builder.compact(other), ("BT-18",), notes=builder.notes_in(other))
        for other in _documents(document)
        if (label := _reference_label(document, other)) and not builder.files.get(other.ordinal)
    ]
    named += [item for each in ("preceding", "notes") for item in _under(builder, document, each)]
    return Section(builder.say(Text("References")), [Card(items=named)]) if named else None


def _under(builder: Builder, document: Document, attribute: str) -> Iterator[ShownItem]:
    for group in getattr(document, attribute):
        values = builder.compact(group)
        if values:
            label = builder.label_of(group, attribute)
            if isinstance(group, Note):
                _name_subject(builder, group, values[0])
            yield ShownItem(label, values, (group.NUMBER,), notes=builder.notes_in(group))


def _name_subject(builder: Builder, note: Note, value: Value) -> None:
    """The subject of a note in words, before it and not in it."""
    if code := note.subject_code:
        builder.shown.add((note.ordinal, "subject"))
        value.prefix = f"{words_for('note_subject', code, builder.language) or code}:"
        value.code = code
        value.raw, value.text = value.text, value.text.removeprefix(f"#{code}#")


_REFERENCES = (
    *("buyer_reference", "purchase_order", "sales_order", "contract", "project", "tender", "accounting_reference"),
    *("receiving_advice", "despatch_advice"),
)


def _reference_label(document: Document, other: SupportingDocument) -> Text | None:
    """What a document of type 130 or 50 is: CII writes the tender (BT-17) as one of type 50, a UBL credit note the
    project (BT-11)."""
    if other.type_code == "50":
        return Text("Tender or lot") if document.kind == DocumentKind.CII else Text("Project")
    return Text("Invoiced object") if other.type_code == "130" else None


def _documents(document: Document) -> tuple[SupportingDocument, ...]:
    return document.documents if isinstance(document, Invoice) else ()


def _vat(builder: Builder, document: Document) -> Section | None:
    breakdowns: list[VatBreakdown] = list(document.breakdowns()) if isinstance(document, Invoice) else []
    columns = (
        TableColumn(Text("VAT category"), ("vat.code", "vat.schemes")),
        TableColumn(Text("Rate"), ("vat.rate",), is_number=True),
        TableColumn(Text("Taxable amount"), ("taxable",), is_number=True),
        TableColumn(Text("VAT amount"), ("tax",), is_number=True),
        TableColumn(Text("Why no VAT is charged"), ("vat.reason", "vat.reason_code")),
    )
    table = builder.table(breakdowns, columns)
    return Section(builder.say(Text("VAT")), table=table) if table else None


def _totals(builder: Builder, document: Document) -> Section | None:
    """From the lines to the amount due; the VAT totals are before the total with VAT."""
    section = builder.sums(_CHAIN)
    vat = [
        item
        for total in (document.vat_totals if isinstance(document, Invoice) else ())
        if (item := builder.item(total, "amount"))
    ]
    for item in vat:
        item.is_number = True
        item.label = builder.say(Text("VAT"))
        item.values[0].prefix = "+"
    if not section:
        return Section(builder.say(_CHAIN.title), [Card(items=vat)], style="sums") if vat else None
    items = section.cards[0].items
    at = next((nth for nth, item in enumerate(items) if "BT-112" in item.terms), len(items))
    items[at:at] = vat
    for item in vat[1:]:
        item.label, item.terms = builder.say(Text("VAT in the accounting currency")), ("BT-111",)
        item.values[0].prefix = ""
    return section


_CHAIN = SumsPart(
    Text("Totals"),
    (
        ("lines", ""),
        ("allowances", "−"),
        ("charges", "+"),
        ("without_vat", "="),
        ("with_vat", "="),
        ("paid", "−"),
        ("rounding", "+"),
        ("due", "="),
    ),
    "totals.due",
)


def _payment(builder: Builder, document: Document) -> Section | None:
    """How to pay, with a QR code for each account; what goes to a G-account is apart."""
    if not isinstance(document, Invoice):
        return None
    _, tone = _kind(document, builder.language)
    of_all = ("payment_terms", "remittance", "mandates", "creditors")
    first = [one for each in of_all if (one := builder.item(document, each))]
    cards = [Card(items=first)] if first else []
    coded: set[str | None] = set()  # a second way to pay the same amount gets no code: nobody pays twice
    for payment in document.payments:
        is_blocked = (payment.identifier or "").strip() == _G_ACCOUNT
        title = builder.say(Text("To the G-account (blocked account)") if is_blocked else Text("Payment"))
        card = Card(title, list(builder.items(payment)), builder.notes_on(payment))
        if any(transfer.provider for transfer in payment.transfers):
            builder.shown.add(
                (payment.ordinal, "provider")
            )  # CII has it in the payment instructions, for all accounts
        amount = document.totals[0].due if len(document.totals) == 1 else None
        for part in document.instalments:
            if part.means is not None and part.means == payment.identifier:
                builder.shown.add((part.ordinal, "means"))
                card.items += list(builder.items(part))
                amount = part.amount
        if tone == "invoice" and len(payment.transfers) == 1 and payment.identifier not in coded:
            coded |= {payment.identifier} if _add_code(builder, card, document, payment, amount) else set()
        cards.append(card)
    for part in document.instalments:
        if all(part.means is None or part.means != one.identifier for one in document.payments):
            unpaid = builder.card(part, builder.say(Text("Instalment")))
            cards += [unpaid] if unpaid else []
    return Section(builder.say(Text("Payment")), cards) if cards else None


def _add_code(
    builder: Builder, card: Card, document: Invoice, by: PaymentInstructions, amount: str | None
) -> bool:
    """Add the QR code of a SEPA credit transfer (EPC069-12 version 2.1), where the document says all that it needs
    and the code can say exactly that."""
    [to], cents = by.transfers, _AMOUNT.fullmatch((amount or "").strip())
    account = iban.compact(to.account or "")
    payee = next((name for each in document.payees for name in each.names), document.seller.name)
    name, bic = " ".join((to.name or payee or "").split()), (to.provider or "").strip()
    references = (*by.remittance, *document.remittance, document.number or "")
    reference = " ".join(references[0].split())
    if (by.means or "").strip() not in _TRANSFERS or builder.currency != "EUR" or cents is None:
        return False
    if not iban.is_valid(account) or not name or not reference:
        return False
    is_creditor_reference = iso11649.is_valid(reference)
    try:
        code = segno.helpers.make_epc_qr(
            name=name[:70],
            iban=account,
            amount=Decimal(cents[0]),
            text=None if is_creditor_reference else reference[:140],
            reference=iso11649.compact(reference) if is_creditor_reference else None,
            bic=bic if _BIC.fullmatch(bic) else None,
            encoding="utf-8",
        )
    except ValueError:  # out of bounds: an amount of nothing, a code too small for so long a name
        return False
    card.picture = code.svg_inline(scale=4, border=4, dark="#000", light="#fff")
    card.about = builder.say(Text("QR code to pay by: open it in your bank's app and compare what it fills in."))
    return True


_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2}0*)?", re.ASCII)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)


def _attachments(builder: Builder, document: Document) -> Section | None:
    """The supporting documents with their files; first files that came next to the document."""
    rows = [_file_row(builder, None, [file]) for file in builder.files.get(-1, [])]
    held = set()
    for one in _documents(document):
        held.add(one.ordinal)
        files = builder.files.get(one.ordinal, [])
        if files or _reference_label(document, one) is None:
            rows.append(_file_row(builder, one, files))
    rows += [_file_row(builder, None, files) for at, files in builder.files.items() if at >= 0 and at not in held]
    labels = [Text("Reference"), Text("Description"), Text("File"), Text("Kind"), Text("Size"), Text("Open")]
    if not rows:
        return None
    kept = [nth for nth in range(len(labels)) if any(row.cells[nth].values for row in rows)]
    for row in rows:
        row.cells = [row.cells[nth] for nth in kept]
    table = Table([builder.say(labels[nth]) for nth in kept], [nth == 4 for nth in kept], rows)
    return Section(builder.say(Text("Attachments")), table=table)


def _file_row(builder: Builder, one: SupportingDocument | None, files: list[File]) -> ShownRow:
    cells: list[list[Value]] = [[], [], [], [], [], []]
    details: list[ShownItem] = []
    if one is not None:
        cells[0], cells[1] = builder.values(one, "reference"), builder.values(one, "description")
        cells[2], cells[3] = builder.values(one, "filename"), builder.values(one, "media_type")
        cells[5] = builder.values(one, "location")
        details = [item] if (item := builder.item(one, "type_code")) else []
    for file in files:
        cells[2] = cells[2] or ([Value(file.filename)] if file.filename else [])
        words = words_for("media_type", file.media_type, builder.language)
        cells[3] = cells[3] or [Value(words or file.media_type, code=file.media_type if words else "")]
        cells[4].append(Value(size_text(file.size_bytes, builder.language), str(file.size_bytes)))
        if file.view_href and file.media_type in _LINKED:
            cells[5].append(Value(builder.say(Text("view")), link=file.view_href))
        if file.href:
            cells[5].append(Value(builder.say(Text("save")), link=file.href))
    notes = builder.notes_on(one) if one is not None else []
    terms = [("BT-122",), ("BT-123",), ("BT-125-2",), ("BT-125-1",), (), ("BT-124",)]
    return ShownRow(
        [ShownItem("", values, term) for values, term in zip(cells, terms, strict=True)], details, list(notes)
    )


INVOICE = Layout(
    Invoice,
    (
        CardsPart(Text("Parties"), ("sellers", "buyers", "payees", "representatives", "deliveries")),
        _references,
        TablePart(
            Text("Lines"),
            "lines",
            (
                TableColumn(Text("No."), ("number",)),
                TableColumn(Text("Description"), ("item.name", "item.description", "note")),
                TableColumn(Text("Quantity"), ("quantity", "unit"), is_number=True),
                TableColumn(
                    Text("Price"), ("price.net", "price.base_quantity:per", "price.base_unit"), is_number=True
                ),
                TableColumn(Text("VAT"), ("vat.rate", "vat.code", "vat.schemes"), is_number=True),
                TableColumn(Text("Amount"), ("net_amount",), is_number=True),
            ),
        ),
        TablePart(
            Text("Allowances and charges"),
            "allowances_and_charges",
            (
                TableColumn(Text("Kind"), ("indicator",)),
                TableColumn(Text("Reason"), ("reason", "reason_code")),
                TableColumn(Text("Percentage"), ("percentage",), is_number=True),
                TableColumn(Text("Base amount"), ("base",), is_number=True),
                TableColumn(Text("VAT"), ("vat.rate", "vat.code", "vat.schemes"), is_number=True),
                TableColumn(Text("Amount"), ("amount",), is_number=True),
            ),
        ),
        _vat,
        _totals,
        _payment,
        _attachments,
        FactsPart(
            Text("About the document"),
            (
                "type_code",
                "currency",
                "vat_currency",
                "vat_point_date",
                "vat_point_date_codes",
                "process",
                "specification",
            ),
        ),
    ),
    facts=("issue_date", "due_date", "periods"),
    amount="totals.due",
    amount_labels={"invoice": Text("Amount due"), "credit": Text("Amount credited")},
    kind_of=_kind,
    codes={
        "type_code": "document_type",
        "SupportingDocument.type_code": "document_type",
        "PaymentInstructions.means": "payment_means",
        "VatCategory.code": "vat_category",
        "VatCategory.reason_code": "exemption",
        "DocumentCharge.reason_code": "charge_reason",
        "LineCharge.reason_code": "charge_reason",
        "OtherCharge.reason_code": "charge_reason",
        "AllowanceCharge.reason_code": "allowance_reason",
        "Classification.scheme": "classification",
        "object_scheme": "object_scheme",
        "reference_scheme": "object_scheme",
        "vat_point_date_codes": "vat_point",
        "subject": "note_subject",
    },
    forms={"account": "account", "debited_account": "account", "VatCategory.rate": "percentage"},
    copies=frozenset(
        {
            *(
                "CreditTransfer.means",
                "Seller.electronic_addresses",
                "Buyer.electronic_addresses",
                "Note.subject",
                "BreakdownVat.taxable",
                "BreakdownVat.tax",
                "Invoice.nodes",
            ),
            *("VatBreakdown.tax_currency", "VatTotal.currency", "Instalment.means"),
        }
    ),
)
