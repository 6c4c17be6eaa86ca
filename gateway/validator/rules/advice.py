"""What to change, for rules whose breach itself has nothing to add: a sentence a rule.

A breach that knows more (the amount that is off, the code that was meant) says so in its own words; these are for
the rest. A test holds every rule to advice in both languages.
"""

from gateway.i18n import Text

_OTHER_CATEGORY = Text(
    "Put what is not subject to VAT on an invoice of its own, or give everything category O.",
)
_CATEGORY = Text(
    "Add the VAT category code, as S for the standard rate, with TaxScheme/ID VAT below it.",
)
_END = Text(
    "Correct the start or the end of the period.",
)

ADVICE: dict[str, Text] = {
    "BR-17": Text(
        "Give the name of the payee; leave PayeeParty out where the seller itself is paid.",
    ),
    "BR-29": _END,
    "BR-30": _END,
    "BR-32": _CATEGORY,
    "BR-37": _CATEGORY,
    "BR-47": _CATEGORY,
    "BR-48": Text(
        "Add Percent, also when it is 0; only category O has none.",
    ),
    "BR-50": Text(
        "Fill in the IBAN to pay to in PayeeFinancialAccount/ID.",
    ),
    "BR-51": Text(
        "Show the last four to six digits of the card number, never the whole number.",
    ),
    "BR-53": Text(
        "Add a second TaxTotal with the VAT in the currency of TaxCurrencyCode, or leave TaxCurrencyCode out.",
    ),
    "BR-54": Text(
        "Give the attribute both a Name and a Value, or leave it out.",
    ),
    "BR-56": Text(
        "Add the VAT number of the tax representative, or leave the representative out.",
    ),
    "BR-65": Text(
        'Name the list of the code in listID, as listID="STI" for CPV.',
    ),
    "BR-CO-04": _CATEGORY,
    "BR-CO-19": Text(
        "Give the period a StartDate or an EndDate, or leave InvoicePeriod out.",
    ),
    "BR-CO-26": Text(
        "Add the KvK number of the seller (PartyLegalEntity/CompanyID, schemeID 0106) or its VAT number.",
    ),
    "BR-B-01": Text(
        "Use another VAT category than B: outside Italy there is no split payment.",
    ),
    "BR-B-02": Text(
        "Put split payment (B) and the standard rate (S) on invoices of their own.",
    ),
    "BR-IC-11": Text(
        "Add ActualDeliveryDate to Delivery, or an InvoicePeriod.",
    ),
    "BR-IC-12": Text(
        "Add the country of delivery: Delivery/DeliveryLocation/Address/Country/IdentificationCode.",
    ),
    "BR-O-11": _OTHER_CATEGORY,
    "BR-O-12": _OTHER_CATEGORY,
    "BR-O-13": _OTHER_CATEGORY,
    "BR-O-14": _OTHER_CATEGORY,
    "BII2-T10-R001": Text(
        "Add CustomizationID with the identifier of NLCIUS.",
    ),
    "SI-V20-INV-R000": Text(
        "Copy the expected identifier into CustomizationID to the letter.",
    ),
    "BR-NL-9": Text(
        "Add BillingReference/InvoiceDocumentReference with the number of the invoice that is corrected.",
    ),
    "BR-NL-25": Text(
        "Leave this number out; the VAT number stays.",
    ),
    "BR-NL-33": Text(
        "Leave out the TaxTotal in another currency, and TaxCurrencyCode with it.",
    ),
    "BR-NL-BFR-2": Text(
        'Ask the customer for its OIN and write <cbc:CompanyID schemeID="0190"> with its twenty digits.',
    ),
    "BR-NL-BFR-4": Text(
        "Make currencyID of the VAT amount equal to DocumentCurrencyCode.",
    ),
}
