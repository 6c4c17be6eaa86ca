"""The rules of the Netherlands on invoices over Peppol, for a seller whose address is in the Netherlands.

They ask less than NLCIUS does; an invoice that claims NLCIUS meets those rules instead.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

from gateway.i18n import Text
from gateway.validator.rules.patterns import Pattern, RuleContext, Test
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.peppol_facts import BUYER, REPRESENTATIVE, SELLER, PeppolFacts
from gateway.validator.rules.xpath import decimal_at, normal, normal_text, root_of
from gateway.validator.xml.paths import Element, has, text_of

_MEANS = ("30", "48", "49", "57", "58", "59")


def _is_dutch(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_address == "NL"


def _is_within(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_address == "NL" and facts.buyer_address == "NL"


def _has_dutch_representative(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_address == "NL" and facts.representative_address == "NL"


def _is_whole(address: Element, _facts: PeppolFacts) -> bool:
    return all(has(address, f"cbc:{name}") for name in ("StreetName", "CityName", "PostalZone"))


def _is_kvk_or_oin(company: Element, _facts: PeppolFacts) -> bool:
    schemes = f" {company.get('schemeID', '')} "
    return any(f" {each} " in schemes for each in ("0106", "0190")) and normal(text_of(company)) != ""


def _says_how_to_pay(totals: Element, facts: PeppolFacts) -> bool:
    if facts.has_payment_means:
        return True
    due = decimal_at(totals, "cbc:PayableAmount")
    return due is not None and (due >= 0 if facts.is_credit_note else due <= 0)


def _address(key: str, path: str, terms: str, sentence: Text, where: Test) -> RuleContext:
    rule = assertion(key, terms, sentence, _is_whole, Text("Add StreetName, CityName and PostalZone."))
    return RuleContext((f"{path}/cac:PostalAddress",), (rule,), where)


def _number(key: str, path: str, term: str, sentence: Text, where: Test) -> RuleContext:
    rule = assertion(
        key,
        term,
        sentence,
        _is_kvk_or_oin,
        Text('Write <cbc:CompanyID schemeID="0106"> with the eight digits of the KvK number.'),
        found=".",
        expected="schemeID 0106 + KvK, schemeID 0190 + OIN",
    )
    return RuleContext((f"{path}/cac:PartyLegalEntity/cbc:CompanyID",), (rule,), where)


NETHERLANDS = Pattern(
    (
        RuleContext(
            ("cbc:CreditNoteTypeCode",),
            (
                assertion(
                    "NL-R-001",
                    "BT-25",
                    Text("The credit note of a Dutch seller names the invoice that it corrects (BT-25)."),
                    lambda code, _facts: has(
                        root_of(code), "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
                    ),
                    Text("Add BillingReference/InvoiceDocumentReference/ID."),
                ),
            ),
            _is_dutch,
        ),
        _address(
            "NL-R-002",
            SELLER,
            "BT-35 BT-37 BT-38",
            Text("The address of a Dutch seller has a street, a city and a post code."),
            _is_dutch,
        ),
        _number(
            "NL-R-003",
            SELLER,
            "BT-30",
            Text("The legal registration identifier of a Dutch seller (BT-30) is its KvK number or OIN."),
            _is_dutch,
        ),
        _address(
            "NL-R-004",
            BUYER,
            "BT-50 BT-52 BT-53",
            Text("Within the Netherlands the buyer's address has a street, a city and a post code."),
            _is_within,
        ),
        _number(
            "NL-R-005",
            BUYER,
            "BT-47",
            Text("Within the Netherlands the buyer's registration identifier (BT-47) is a KvK number or OIN."),
            _is_within,
        ),
        _address(
            "NL-R-006",
            REPRESENTATIVE,
            "BT-64 BT-66 BT-67",
            Text("The address of a Dutch seller's Dutch tax representative has a street, a city and a post code."),
            _has_dutch_representative,
        ),
        RuleContext(
            ("cac:LegalMonetaryTotal",),
            (
                assertion(
                    "NL-R-007",
                    "BT-115 BG-16",
                    Text("Where there is something to pay (BT-115), a Dutch seller says how (BG-16)."),
                    _says_how_to_pay,
                    Text("Add PaymentMeans with your IBAN."),
                    found="cbc:PayableAmount",
                ),
            ),
            _is_dutch,
        ),
        RuleContext(
            ("cac:PaymentMeans",),
            (
                assertion(
                    "NL-R-008",
                    "BT-81",
                    Text("Within the Netherlands payment is by means 30, 48, 49, 57, 58 or 59 (BT-81)."),
                    lambda means, _facts: normal_text(means, "cbc:PaymentMeansCode") in _MEANS,
                    Text("Use 58 for a SEPA credit transfer."),
                    found="cbc:PaymentMeansCode",
                    expected=", ".join(_MEANS),
                ),
            ),
            _is_within,
        ),
        RuleContext(
            ("cac:OrderLineReference/cbc:LineID",),
            (
                assertion(
                    "NL-R-009",
                    "BT-132 BT-13",
                    Text(
                        "An invoice of a Dutch seller that refers to lines of an order (BT-132) names the order "
                        "(BT-13)."
                    ),
                    lambda _line, facts: facts.has_order,
                    Text("Add OrderReference/ID."),
                    found=".",
                ),
            ),
            _is_dutch,
        ),
    ),
    PeppolFacts,
)
