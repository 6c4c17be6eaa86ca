"""What to change, for rules whose breach itself has nothing to add: a sentence a rule.

A breach that knows more (the amount that is off, the code that was meant) says so in its own words; these are for
the rest. A test holds every rule to advice in both languages.
"""

from gateway.i18n import Text

_OTHER_CATEGORY = Text(
    "Put what is not subject to VAT on an invoice of its own, or give everything category O.",
    "Zet wat buiten de btw valt op een aparte factuur, of geef alles categorie O.",
)
_CATEGORY = Text(
    "Add the VAT category code, as S for the standard rate, with TaxScheme/ID VAT below it.",
    "Voeg de btw-categorie toe, zoals S voor het gewone tarief, met daaronder TaxScheme/ID VAT.",
)
_END = Text(
    "Correct the start or the end of the period.",
    "Verbeter het begin of het einde van de periode.",
)

ADVICE: dict[str, Text] = {
    "BR-17": Text(
        "Give the name of the payee; leave PayeeParty out where the seller itself is paid.",
        "Noem de naam van de begunstigde; laat PayeeParty weg als de verkoper zelf wordt betaald.",
    ),
    "BR-29": _END,
    "BR-30": _END,
    "BR-32": _CATEGORY,
    "BR-37": _CATEGORY,
    "BR-47": _CATEGORY,
    "BR-48": Text(
        "Add Percent, also when it is 0; only category O has none.",
        "Voeg Percent toe, ook als het 0 is; alleen categorie O heeft er geen.",
    ),
    "BR-50": Text(
        "Fill in the IBAN to pay to in PayeeFinancialAccount/ID.",
        "Vul in PayeeFinancialAccount/ID de IBAN in waarop betaald moet worden.",
    ),
    "BR-51": Text(
        "Show the last four to six digits of the card number, never the whole number.",
        "Noem alleen de laatste vier tot zes cijfers van de kaart, nooit het hele nummer.",
    ),
    "BR-53": Text(
        "Add a second TaxTotal with the VAT in the currency of TaxCurrencyCode, or leave TaxCurrencyCode out.",
        "Voeg een tweede TaxTotal toe met de btw in de valuta van TaxCurrencyCode, of laat TaxCurrencyCode weg.",
    ),
    "BR-54": Text(
        "Give the attribute both a Name and a Value, or leave it out.",
        "Geef het kenmerk een Name en een Value, of laat het weg.",
    ),
    "BR-56": Text(
        "Add the VAT number of the tax representative, or leave the representative out.",
        "Voeg het btw-nummer van de fiscaal vertegenwoordiger toe, of laat de vertegenwoordiger weg.",
    ),
    "BR-65": Text(
        'Name the list of the code in listID, as listID="STI" for CPV.',
        'Noem in listID de lijst van de code, zoals listID="STI" voor CPV.',
    ),
    "BR-CO-04": _CATEGORY,
    "BR-CO-19": Text(
        "Give the period a StartDate or an EndDate, or leave InvoicePeriod out.",
        "Geef de periode een StartDate of een EndDate, of laat InvoicePeriod weg.",
    ),
    "BR-CO-26": Text(
        "Add the KvK number of the seller (PartyLegalEntity/CompanyID, schemeID 0106) or its VAT number.",
        "Voeg het KvK-nummer van de verkoper toe (PartyLegalEntity/CompanyID, schemeID 0106) of het btw-nummer.",
    ),
    "BR-B-01": Text(
        "Use another VAT category than B: outside Italy there is no split payment.",
        "Gebruik een andere btw-categorie dan B: buiten Italië bestaat gesplitste betaling niet.",
    ),
    "BR-B-02": Text(
        "Put split payment (B) and the standard rate (S) on invoices of their own.",
        "Zet gesplitste betaling (B) en het gewone tarief (S) op aparte facturen.",
    ),
    "BR-IC-11": Text(
        "Add ActualDeliveryDate to Delivery, or an InvoicePeriod.",
        "Voeg ActualDeliveryDate toe aan Delivery, of voeg een InvoicePeriod toe.",
    ),
    "BR-IC-12": Text(
        "Add the country of delivery: Delivery/DeliveryLocation/Address/Country/IdentificationCode.",
        "Voeg het land van aflevering toe: Delivery/DeliveryLocation/Address/Country/IdentificationCode.",
    ),
    "BR-O-11": _OTHER_CATEGORY,
    "BR-O-12": _OTHER_CATEGORY,
    "BR-O-13": _OTHER_CATEGORY,
    "BR-O-14": _OTHER_CATEGORY,
    "BII2-T10-R001": Text(
        "Add CustomizationID with the identifier of NLCIUS.",
        "Voeg CustomizationID toe met de specificatie van NLCIUS.",
    ),
    "SI-V20-INV-R000": Text(
        "Copy the expected identifier into CustomizationID to the letter.",
        "Neem de verwachte specificatie letterlijk over in CustomizationID.",
    ),
    "BR-NL-9": Text(
        "Add BillingReference/InvoiceDocumentReference with the number of the invoice that is corrected.",
        "Voeg BillingReference/InvoiceDocumentReference toe met het nummer van de factuur die wordt verbeterd.",
    ),
    "BR-NL-25": Text(
        "Leave this number out; the VAT number stays.",
        "Laat dit nummer weg; het btw-nummer blijft staan.",
    ),
    "BR-NL-33": Text(
        "Leave out the TaxTotal in another currency, and TaxCurrencyCode with it.",
        "Laat de TaxTotal in een andere valuta weg, en TaxCurrencyCode ook.",
    ),
    "BR-NL-BFR-2": Text(
        'Ask the customer for its OIN and write <cbc:CompanyID schemeID="0190"> with its twenty digits.',
        'Vraag de klant om het OIN en schrijf <cbc:CompanyID schemeID="0190"> met de twintig cijfers.',
    ),
    "BR-NL-BFR-4": Text(
        "Make currencyID of the VAT amount equal to DocumentCurrencyCode.",
        "Maak currencyID van het btw-bedrag gelijk aan DocumentCurrencyCode.",
    ),
}
