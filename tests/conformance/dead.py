"""Rules that no document can break, each with the proof from the official text.

They are listed, not forgotten: the suite fails when any other rule never fires, and when one of these does.
"""

DEAD: dict[str, str] = {
    "BR-CO-05": "its test is true(): whether reason and code mean the same is for people",
    "BR-CO-06": "its test is true(), as BR-CO-05",
    "BR-CO-07": "its test is true(), as BR-CO-05",
    "BR-CO-08": "its test is true(), as BR-CO-05",
    "BR-DEC-13": "compares TaxAmount/@currencyID with a DocumentCurrencyCode inside TaxAmount, where none can be",
    "BR-DEC-15": "compares TaxAmount/@currencyID with a TaxCurrencyCode inside TaxAmount, where none can be",
}

CII_DEAD: dict[str, str] = {
    **{rule: DEAD[rule] for rule in ("BR-CO-05", "BR-CO-06", "BR-CO-07", "BR-CO-08")},
    "BR-AF-08": "looks for a rate next to the VAT breakdown, where no schema has one",
    "BR-AG-08": "as BR-AF-08",
    "BR-AF-09": "its test is true()",
    "BR-AG-09": "its test is true()",
    "BR-NL-9": "an earlier rule of the same pattern meets every TypeCode: BR-NL-7",
    "BR-NL-31": "an earlier rule of the same pattern meets every payment means: BR-NL-12",
    "CII-DT-010": "an earlier rule of the same pattern meets every TypeCode: CII-DT-008",
    "CII-DT-011": "as CII-DT-010",
    "CII-DT-012": "as CII-DT-010",
}
"""The same for the CII text."""

STOPPED: dict[str, str] = {
    "UBL-SR-09": "two RegistrationNames of the seller: normalize-space() in BR-06 takes one",
    "UBL-SR-15": "two RegistrationNames of the buyer: normalize-space() in BR-07 takes one",
    "UBL-SR-22": "two names of the tax representative: normalize-space() in BR-18 takes one",
    "UBL-SR-27": "two codes in one PaymentMeans: normalize-space() in BR-61 takes one",
}
"""Rules that our engine fires and the official stylesheet never reports: a document that breaks them makes it
end in an error, because another rule hands several items to a function that takes one."""

CII_STOPPED: dict[str, str] = dict.fromkeys(
    (f"CII-SR-{number}" for number in (*range(477, 483), 484, 487)),
    "two totals of a kind: the sums of BR-CO-10 to BR-CO-16 take one",
)
"""The same for the CII text: rules that ours fires and the official stylesheet never reports."""

DUTCH_DEAD: dict[str, str] = {
    "BR-NL-32-2": "an earlier rule of the same pattern meets every AllowanceChargeReasonCode: BR-NL-32-1",
    "BR-NL-32-3": "as BR-NL-32-2",
    "SI-INV-R000": "neither Invoice nor CreditNote breaks it, and nothing else is read as an invoice",
}

SETU_DEAD: dict[str, str] = {
    "SETU-TC-19": "its context is //Allowance without a namespace, where no element of a time card is",
    "SETU-TC-21": "its context begins with /Timecard: the root is TimeCard",
}

PEPPOL_DEAD: dict[str, str] = {
    "PEPPOL-T111-R005": "its test asks whether a comparison exists, which it always does",
}

_ATTRIBUTE = "its context is an attribute, and the compiled stylesheet visits elements alone"
OHNL_DEAD: dict[str, str] = dict.fromkeys(
    (
        *("OHNL-ORD-295", "OHNL-ORD-297", "OHNL-RSP-308", "OHNL-RSP-321"),
        *("OHNL-RSP-323", "OHNL-RSP-333", "OHNL-RSP-346", "OHNL-RSP-347"),
    ),
    _ATTRIBUTE,
)
