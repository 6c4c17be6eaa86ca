"""The basisfactuur Rijk: four rules of recipients at the Rijk, on top of what the document claims to be.

As published they look at an Invoice only, a CreditNote passes. BR-NL-BFR-1 asks for an e-mail address where
there is a contact, BR-NL-BFR-2 for an OIN where there is a number: who leaves the whole out is not caught.

Source: Logius, basisfactuur Rijk 1.0.0 of 14 December 2022, Schematron 0.10.1 of 12 November 2023.
"""

from datetime import date
from functools import partial

from gateway.i18n import Text
from gateway.validator.model.invoice import Buyer, Invoice, SellerContact, VatBreakdown
from gateway.validator.model.terms import every
from gateway.validator.rules import forms
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import RulePage, RuleSet, rule_set
from gateway.validator.rules.invoice_facts import InvoiceFacts

_condition = partial(forms.condition, source="Basisfactuur Rijk 1.0.0, Schematron 0.10.1")


def _is_invoice(facts: InvoiceFacts) -> bool:
    return facts.invoice.kind == "Invoice"


@_condition(
    "BR-NL-BFR-1",
    on=SellerContact,
    terms="BT-43",
    sentence=Text("The seller's contact has an e-mail address (BT-43): that is where a refusal is sent."),
    applies=_is_invoice,
    detail=lambda contact, _facts: Detail(
        contact.email,
        advice=Text("Add ElectronicMail to Contact."),
        term="BT-43",
    ),
)
def contact_has_email(contact: SellerContact, _facts: InvoiceFacts) -> bool:
    return bool(contact.email)


@_condition(
    "BR-NL-BFR-2",
    on=Buyer,
    terms="BT-47",
    sentence=Text("The buyer's legal registration identifier (BT-47) is an OIN (schemeID 0190)."),
    advice=Text('Ask the customer for its OIN and write <cbc:CompanyID schemeID="0190"> with its twenty digits.'),
    applies=_is_invoice,
    select=lambda facts: [each for each in facts.invoice.buyers if each.legal_registration is not None],
    detail=lambda buyer, _facts: Detail(buyer.legal_registration_scheme, "0190", term="BT-47"),
)
def buyer_has_oin(buyer: Buyer, _facts: InvoiceFacts) -> bool:
    schemes = every(buyer.legal_registration_scheme)
    return len(schemes) == len(every(buyer.legal_registration)) and set(schemes) == {"0190"}


@_condition(
    "BR-NL-BFR-3",
    on=Invoice,
    terms="BT-84",
    sentence=Text("The invoice gives an account to pay to (BT-84)."),
    applies=_is_invoice,
    detail=lambda _invoice, _facts: Detail(
        expected="IBAN",
        advice=Text("Add PayeeFinancialAccount/ID."),
    ),
)
def has_an_account(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return any(each.account is not None for payment in invoice.payments for each in payment.transfers)


@_condition(
    "BR-NL-BFR-4",
    on=VatBreakdown,
    terms="BT-117 BT-5",
    sentence=Text("The VAT amount of each breakdown (BT-117) is in the currency of the invoice (BT-5)."),
    advice=Text("Make currencyID of the VAT amount equal to DocumentCurrencyCode."),
    applies=_is_invoice,
    select=lambda facts: [each for each in facts.invoice.breakdowns() if each.tax is not None],
    detail=lambda breakdown, facts: Detail(breakdown.tax_currency, facts.invoice.currency, term="BT-117"),
)
def vat_in_invoice_currency(breakdown: VatBreakdown, facts: InvoiceFacts) -> bool:
    return breakdown.tax_currency is not None and breakdown.tax_currency == facts.invoice.currency


BASISFACTUUR: RuleSet = rule_set(
    "Basisfactuur Rijk",
    "1.0.0",
    (contact_has_email, buyer_has_oin, has_an_account, vat_in_invoice_currency),
    id="basisfactuur-rijk",
    document=Invoice,
    facts=InvoiceFacts,
    extends=EN16931,
    pages=(
        RulePage(
            "basisfactuur-rijk",
            "Rules: basisfactuur Rijk",
            "What recipients at the Rijk ask for on top, where they ask for the basisfactuur.",
            r"BR-NL-BFR-\d+",
        ),
    ),
    valid_from=date(2022, 12, 14),
)
"""For recipients at the Rijk that ask for the basisfactuur. A document that claims NLCIUS meets the Dutch rules as
well; a basisfactuur may also be a Peppol invoice."""
