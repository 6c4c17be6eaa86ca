"""What mutants put into documents: codes that are listed and codes that are not, odd numbers, edges."""

DELTAS = (
    *("0.01", "-0.01", "0.02", "-0.02", "0.005", "-0.005", "0.50", "-0.50"),
    *("0.99", "-0.99", "1", "-1", "1.00", "-1.00", "1.01", "-1.01", "10", "-10", "100000", "-250"),
)
TOGETHER: tuple[tuple[str, ...], ...] = (
    ("TaxAmount",),
    ("TaxableAmount",),
    ("TaxAmount", "TaxInclusiveAmount", "PayableAmount"),
    ("TaxableAmount", "LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount", "PayableAmount"),
    ("LineExtensionAmount", "TaxExclusiveAmount"),
    ("TaxInclusiveAmount", "PayableAmount"),
)
ODD_NUMBERS = (
    *("1E3", "1e-3", "+1", " 5 ", "-0", "0", "NaN", "INF", "-INF", ".5", "5.", "-.5", "", " ", "1,5", "1.000,00"),
    *("0x10", "1_000", "٣", "--1", "+-1", "00012.50", "12.500", "100.00 ", "\n100\n", "1.005", "-0.005"),
    *(
        "9" * 400,
        "0." + "0" * 60 + "1",
        "9" * 20 + ".99",
        "123456789012345678901.00",
        "0.1",
        "1E400",
        "-1",
        "0.00",
    ),
)
PADDING = ((" ", ""), ("", " "), (" ", " "), ("\n", "\n"), ("\t", ""), ("", "\u00a0"), ("  ", "  "))

CATEGORIES = ("S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B", "S", "O", "B", " S", "S ", "s", "X", "IC", "")
RATES = (
    *("21", "21.00", "9.00", "0", "0.00", "0.0", "-21", "0.4", "0.5", "0.49", "-0.5", "7", "4", "100", "1E1", ""),
    *("21.0 ", "6.5", "0.000001", "99.999", "25"),
)
CURRENCIES = ("EUR", "SEK", "USD", "GBP", "XXX", "eur", "EU", "EUR ", "", "HRK", "BGN", "XAU", "XDR", "DKK")
DATES = (
    *(
        "2026-11-02",
        "2026-10-01",
        "2026-10-31",
        "2025-01-01",
        "2030-12-31",
        "2026-02-30",
        "20261102",
        "02-11-2026",
    ),
    *(
        "",
        " 2026-11-02 ",
        "2026-11-02Z",
        "2026-11-02+14:00",
        "2026-11-02-12:00",
        "2026-10-31Z",
        "2026-10-09+02:00",
    ),
    *("0001-01-01", "-0044-03-15", "12026-01-01", "2024-02-29", "9999-12-31"),
)
NOTES = (
    *("#AAI#Tekst", "#AAI#", "#ZZZ9#Tekst", "#XXX#Tekst", "AAI#Tekst", "#aai#Tekst", " #AAI#x", "#AAI", "##", "#"),
    *("#REG#a#b", "#ADU#", "# AAI#x", "#1#x", "x#AAI#"),
)
CUSTOMIZATIONS = (
    "urn:cen.eu:en16931:2017",
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0",
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0#conformant#urn:fdc:nen.nl:gaccount:v1.0",
    "urn:cen.eu:en16931:2017#conformant#urn:fdc:nen.nl:gaccount:v1.0",
    " urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0.1 ",
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    "",
    "urn:cen.eu:en16931:2017#compliant#\n urn:fdc:nen.nl:nlcius:v1.0",
)

# Listed codes, codes near them, and codes of other lists, by the element that holds them.
CODES: dict[str, tuple[str, ...]] = {
    "cbc:InvoiceTypeCode": ("380", "381", "384", "389", "326", "71", "500", " 380", "380 ", "999", "38", "3 80"),
    "cbc:CreditNoteTypeCode": ("381", "380", "384", "396", "81", "532", "83", " 381 ", "999"),
    "cbc:DocumentCurrencyCode": ("EUR", "SEK", "USD", "eur", " EUR", "XXX", "HRK", "ZZZ"),
    "cbc:TaxCurrencyCode": ("EUR", "SEK", "USD", "XXX", "ZZZ", "SEK "),
    "cbc:DescriptionCode": ("3", "35", "432", "5", "29", "72", " 35", "035"),
    "cbc:DocumentTypeCode": ("130", "50", "916", "380", " 130 "),
    "cbc:IdentificationCode": ("NL", "BE", "IT", "ES", "XI", "EL", "1A", "nl", "ZZ", "NL ", "AN", "UK"),
    "cbc:PaymentMeansCode": ("30", "58", "59", "48", "49", "57", "1", "97", "ZZZ", "98", "30 ", "100", "77"),
    "cbc:AllowanceChargeReasonCode": ("95", "41", "AA", "AEO", "ZZZ", "100", "60", "FC", "aa", "95 ", "XX", "104"),
    "cbc:TaxExemptionReasonCode": (
        *("VATEX-EU-O", "VATEX-EU-IC", "VATEX-EU-AE", "vatex-eu-g", "VATEX-EU-132-1A", "VATEX-EU-XX"),
        *("VATEX-FR-FRANCHISE", " VATEX-EU-G", "VATEX-EU-J", "VATEX-EU-153"),
    ),
    "cbc:ItemClassificationCode": ("30111600", "1", ""),
    "cbc:ID": ("S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B", "VAT", "vat", " VAT", "IGIC", "X", "130"),
}
ANY_CODE = (
    "",
    " ",
    "X",
    "ZZ",
    "ZZZ",
    "1",
    "0",
    "NL",
    "EUR",
    "S",
    "VAT",
    "380",
    "C62",
    "0106",
    "a b",
    "é",
    "\u00a0",
)

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "schemeID": (
        "0106",
        "0190",
        "0088",
        "0160",
        "9944",
        "9901",
        "0002",
        "0248",
        "SEPA",
        "sepa",
        "EM",
        "ABT",
        "XX",
        " 0106",
    ),
    "listID": ("STI", "MP", "CPV", "ZZZ", "TST", "HS", "XXX", "sti"),
    "unitCode": ("C62", "HUR", "KGM", "KWH", "XBX", "EA", "PCE", "hur", "XX", "ZZ", "C62 "),
    "currencyID": ("EUR", "SEK", "USD", "XXX", "eur"),
    "mimeCode": (
        *(
            "application/pdf",
            "image/png",
            "image/jpeg",
            "text/csv",
            "text/plain",
            "application/xml",
            "APPLICATION/PDF",
        ),
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
    "filename": ("x.pdf", "../x", "a b.csv"),
}
SCHEMED = ("schemeID", "listID", "currencyID", "unitCode", "mimeCode", "filename", "name")
ATTRIBUTE_NAMES = (
    *("schemeName", "schemeAgencyName", "schemeDataURI", "schemeURI", "format", "unitCodeListIdentifier"),
    *(
        "unitCodeListAgencyIdentifier",
        "unitCodeListAgencyName",
        "listAgencyName",
        "listName",
        "name",
        "languageID",
    ),
    *("listURI", "listSchemeURI", "languageLocaleID", "uri", "currencyCodeListVersionID", "characterSetCode"),
    *(
        "encodingCode",
        "schemeAgencyID",
        "listAgencyID",
        "unitCodeListID",
        "schemeVersionID",
        "listVersionID",
        "id",
    ),
)
