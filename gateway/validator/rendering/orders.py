"""The layouts of orders and of what answers them."""

from gateway.i18n import Text
from gateway.validator.model.order import DespatchAdvice, InvoiceResponse, OrderResponse, PurchaseOrder
from gateway.validator.rendering.layouts import CardsPart, FactsPart, Layout, SumsPart, TableColumn, TablePart

_PARTIES = Text("Parties")
_REFERENCES = Text("References")
_ABOUT = Text("About the document")
_CODES = {
    "order_type": "order_type",
    "OrderResponse.response": "answer",
    "InvoiceResponse.status": "answer",
    "OrderLine.status": "line_answer",
    "vat_category": "vat_category",
}
_FORMS = {
    "OrderTotals": "amount",
    "OrderPrice.discount": "amount",
    "vat_rate": "percentage",
    "valid_until": "date",
}
_LINES = TablePart(
    Text("Lines"),
    "lines",
    (
        TableColumn(Text("No."), ("number",)),
        TableColumn(Text("Description"), ("item.name", "item.description", "note")),
        TableColumn(Text("Answer"), ("status",)),
        TableColumn(Text("Quantity"), ("quantity", "unit"), is_number=True),
        TableColumn(Text("Price"), ("price.amount", "price.base_quantity:per"), is_number=True),
        TableColumn(Text("VAT"), ("item.vat_rate", "item.vat_category"), is_number=True),
        TableColumn(Text("Amount"), ("net_amount",), is_number=True),
    ),
)
_STEPS = (
    *(("lines", ""), ("allowances", "−"), ("charges", "+"), ("without_tax", "="), ("with_tax", "=")),
    *(("prepaid", "−"), ("rounding", "+"), ("due", "=")),
)

PURCHASE_ORDER = Layout(
    PurchaseOrder,
    (
        CardsPart(_PARTIES, ("buyer", "seller", "originator", "invoicee", "delivery")),
        FactsPart(
            _REFERENCES,
            (
                *("buyer_reference", "quotation", "earlier_order", "contract", "project", "accounting_reference"),
                *("delivery_terms", "payment_terms", "documents", "note"),
            ),
        ),
        _LINES,
        CardsPart(Text("Allowances and charges"), ("allowances_and_charges",)),
        SumsPart(Text("Totals"), _STEPS, "totals.due"),
        FactsPart(Text("VAT"), ("tax_amount",)),
        FactsPart(_ABOUT, ("order_type", "currency", "issue_time", "process", "specification")),
    ),
    facts=("issue_date", "valid_until"),
    amount="totals.due",
    amount_labels={"invoice": Text("Total of the order")},
    codes=_CODES,
    forms=_FORMS,
)

ORDER_RESPONSE = Layout(
    OrderResponse,
    (
        CardsPart(_PARTIES, ("seller", "buyer", "delivery")),
        FactsPart(_REFERENCES, ("order", "sales_order", "buyer_reference", "note")),
        _LINES,
        FactsPart(_ABOUT, ("currency", "issue_time", "process", "specification")),
    ),
    facts=("response", "issue_date"),
    codes=_CODES,
    forms=_FORMS,
)

DESPATCH_ADVICE = Layout(
    DespatchAdvice,
    (
        CardsPart(_PARTIES, ("despatcher", "consignee", "buyer", "seller", "originator", "shipment")),
        FactsPart(_REFERENCES, ("orders", "documents", "note")),
        TablePart(
            Text("Lines"),
            "lines",
            (
                TableColumn(Text("No."), ("number",)),
                TableColumn(Text("Description"), ("item.name", "item.description", "note")),
                TableColumn(Text("Quantity"), ("quantity", "unit"), is_number=True),
                TableColumn(Text("Still to come"), ("outstanding_quantity", "outstanding_reason"), is_number=True),
            ),
        ),
        FactsPart(_ABOUT, ("issue_time", "process", "specification")),
    ),
    facts=("issue_date",),
    codes=_CODES,
)

INVOICE_RESPONSE = Layout(
    InvoiceResponse,
    (
        CardsPart(_PARTIES, ("sender", "receiver", "seller", "buyer")),
        FactsPart(Text("Answer"), ("invoice", "invoice_date", "status", "status_date", "note")),
        TablePart(
            Text("Why, or what to do"),
            "clarifications",
            (
                TableColumn(Text("Code"), ("code",)),
                TableColumn(Text("Reason"), ("reason",)),
                TableColumn(Text("List"), ("code_list",)),
            ),
        ),
        FactsPart(_ABOUT, ("issue_time", "process", "specification")),
    ),
    facts=("status", "issue_date"),
    codes=_CODES,
)
