"""The rules of Norway, Sweden, Denmark and Iceland on invoices over Peppol.

Norway asks which country the VAT number of the seller, or of its tax representative, begins with; the others look
at the address: Denmark and Iceland at the one as it is written, Sweden at any seller in the document.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

import re
from math import isnan

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.patterns import Pattern, RuleContext, Test
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.numbers import has_swedish_check, is_norwegian
from gateway.validator.rules.peppol.peppol_facts import (
    BUYER,
    COUNTRY,
    SELLER,
    TAX_SCHEME,
    PeppolFacts,
    is_swedish_with_vat,
    vat_schemes,
    vat_schemes_trimmed,
)
from gateway.validator.rules.xpath import is_date, normal, normal_text, number, one, text, text_nodes_at
from gateway.validator.xml.paths import Element, children, has, text_of, texts

_LEGAL_ID = "cac:PartyLegalEntity/cbc:CompanyID"
_ACCOUNT = "cac:PayeeFinancialAccount/cbc:ID"
_BRANCH = "cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID"
_MEANS = "cbc:PaymentMeansCode"
_DOCUMENTS = ("CreditNote", "Invoice")


def _both(*paths: str) -> tuple[str, ...]:
    return tuple(f"{root}/{path}" for root in _DOCUMENTS for path in paths)


# Norway ------------------------------------------------------------------------------------------------------


def _is_registered_in_norway(party: Element, _facts: PeppolFacts) -> bool:
    schemes = [each for each in children(party, "cac:PartyTaxScheme") if normal_text(each, TAX_SCHEME) == "TAX"]
    return normal(one([number for each in schemes for number in texts(each, "cbc:CompanyID")])) == (
        "Foretaksregisteret"
    )


def _norwegian_vat_fits(party: Element, _facts: PeppolFacts) -> bool:
    numbers = [text(each, "cbc:CompanyID") for each in vat_schemes_trimmed(party)]
    if not any(each[:2] == "NO" for each in numbers):
        return True
    digits = one(numbers)[2:]
    return re.fullmatch("[0-9]{9}MVA", digits) is not None and is_norwegian(digits[:9])


NORWAY = Pattern(
    (
        RuleContext(
            (SELLER,),
            (
                assertion(
                    "NO-R-002",
                    "BT-32",
                    Text("Most sellers in Norway state that they are in the register of enterprises (BT-32)."),
                    _is_registered_in_norway,
                    Text("Add a PartyTaxScheme with TaxScheme TAX and the CompanyID Foretaksregisteret."),
                    expected="Foretaksregisteret",
                    flag=Flag.WARNING,
                ),
                assertion(
                    "NO-R-001",
                    "BT-31",
                    Text("A Norwegian VAT number (BT-31) is NO, an organisation number and MVA."),
                    _norwegian_vat_fits,
                    Text("Correct the VAT number."),
                    found="cac:PartyTaxScheme/cbc:CompanyID",
                    expected="NO974760673MVA",
                ),
            ),
            lambda _party, facts: facts.seller_country == "NO",
        ),
    ),
    PeppolFacts,
)


# Sweden ------------------------------------------------------------------------------------------------------


def _is_number(value: str) -> bool:
    return not isnan(number(value))


def _own_text_is_number(element: Element, _facts: PeppolFacts) -> bool:
    return _is_number(normal(text_of(element)))


def _has_length(*lengths: int) -> Test:
    return lambda element, _facts: len(normal(text_of(element))) in lengths


def _vat_number(party: Element) -> str:
    return one([each for scheme in vat_schemes(party) for each in texts(scheme, "cbc:CompanyID")])


def _legal_entity_is_swedish(entity: Element, _facts: PeppolFacts) -> bool:
    party = entity.getparent()
    return party is not None and "SE" in texts(party, COUNTRY) and has(entity, "cbc:CompanyID")


def _is_other_tax_number_in_sweden(company: Element, _facts: PeppolFacts) -> bool:
    scheme = company.getparent()
    party = None if scheme is None else scheme.getparent()
    if scheme is None or party is None or "SE" not in texts(party, COUNTRY) or not has(party, _LEGAL_ID):
        return False
    return normal_text(scheme, TAX_SCHEME).upper() != "VAT"


def _is_standard_in_sweden(category: Element, facts: PeppolFacts) -> bool:
    return facts.has_seller_with_swedish_vat and "S" in texts(category, "cbc:ID")


def _is_giro(name: str) -> Test:
    def is_it(account: Element, facts: PeppolFacts) -> bool:
        above = account.getparent()
        means = None if above is None else above.getparent()
        return (
            means is not None
            and normal_text(means, _BRANCH) == name
            and normal_text(means, _MEANS) == "30"
            and facts.has_swedish_seller
        )

    return is_it


def _means_in_sweden(*codes: str, at_home: bool = False) -> Test:
    def is_so(means: Element, facts: PeppolFacts) -> bool:
        if set(codes).isdisjoint(texts(means, _MEANS)):
            return False
        return facts.has_swedish_seller and (not at_home or facts.has_swedish_buyer)

    return is_so


_GIRO = "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID"
_ACCOUNT_ADVICE = Text("Correct the account number: digits alone.")


def _giro(name: str, bank: str, of_digits: str, of_length: str, lengths: range) -> RuleContext:
    longest = max(lengths)
    return RuleContext(
        (_GIRO,),
        (
            assertion(
                of_digits,
                "BT-84",
                Text("A number of {name} (BT-84) is digits.", name=name),
                _own_text_is_number,
                _ACCOUNT_ADVICE,
                found=".",
                flag=Flag.WARNING,
            ),
            assertion(
                of_length,
                "BT-84",
                Text(
                    "A number of {name} (BT-84) has {least} to {longest} characters.",
                    name=name,
                    least=min(lengths),
                    longest=longest,
                ),
                _has_length(*lengths),
                _ACCOUNT_ADVICE,
                found=".",
                flag=Flag.WARNING,
            ),
        ),
        _is_giro(bank),
    )


SWEDEN = Pattern(
    (
        RuleContext(
            (SELLER,),
            (
                assertion(
                    "SE-R-001",
                    "BT-31",
                    Text("A Swedish VAT number (BT-31) has fourteen characters."),
                    lambda party, _facts: len(normal(_vat_number(party))) == 14,
                    Text("Correct the VAT number."),
                    found="cac:PartyTaxScheme/cbc:CompanyID",
                    expected="SE123456789701",
                ),
                assertion(
                    "SE-R-002",
                    "BT-31",
                    Text("A Swedish VAT number (BT-31) is twelve digits after SE."),
                    lambda party, _facts: _is_number(_vat_number(party)[2:14]),
                    Text("Correct the VAT number."),
                    found="cac:PartyTaxScheme/cbc:CompanyID",
                    expected="SE123456789701",
                ),
            ),
            lambda party, _facts: is_swedish_with_vat(party),
        ),
        RuleContext(
            (f"{SELLER}/cac:PartyLegalEntity",),
            tuple(
                assertion(
                    key,
                    "BT-30",
                    sentence,
                    holds,
                    Text("Correct the organisation number: ten digits, without a dash."),
                    found="cbc:CompanyID",
                    expected="2120000142",
                )
                for key, sentence, holds in (
                    (
                        "SE-R-003",
                        Text("The organisation number of a seller in Sweden (BT-30) is digits."),
                        lambda entity, _facts: _is_number(text(entity, "cbc:CompanyID")),
                    ),
                    (
                        "SE-R-004",
                        Text("The organisation number of a seller in Sweden (BT-30) has ten characters."),
                        lambda entity, _facts: len(normal_text(entity, "cbc:CompanyID")) == 10,
                    ),
                    (
                        "SE-R-013",
                        Text("The last digit of a Swedish organisation number (BT-30) is its check digit."),
                        lambda entity, _facts: has_swedish_check(normal_text(entity, "cbc:CompanyID")),
                    ),
                )
            ),
            _legal_entity_is_swedish,
        ),
        RuleContext(
            (f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID",),
            (
                assertion(
                    "SE-R-005",
                    "BT-32",
                    Text("The tax registration of a seller in Sweden (BT-32) is the approval for F-tax."),
                    lambda company, _facts: normal(text_of(company).upper()) == "GODKÄND FÖR F-SKATT",
                    Text("Write the expected words, or leave this registration out."),
                    found=".",
                    expected="Godkänd för F-skatt",
                ),
            ),
            _is_other_tax_number_in_sweden,
        ),
        RuleContext(
            ("cac:TaxCategory", "cac:ClassifiedTaxCategory"),
            (
                assertion(
                    "SE-R-006",
                    "BT-119 BT-152 BT-96 BT-103",
                    Text("The standard rates of Swedish VAT are 6, 12 and 25."),
                    lambda category, _facts: number(text(category, "cbc:Percent")) in (25, 12, 6),
                    Text("Correct Percent, or the category."),
                    found="cbc:Percent",
                    expected="6, 12, 25",
                ),
            ),
            _is_standard_in_sweden,
        ),
        _giro("Plusgiro", "SE:PLUSGIRO", "SE-R-007", "SE-R-010", range(2, 9)),
        _giro("Bankgiro", "SE:BANKGIRO", "SE-R-008", "SE-R-009", range(7, 9)),
        RuleContext(
            ("cac:PaymentMeans",),
            (
                assertion(
                    "SE-R-011",
                    "BT-81",
                    Text("A seller in Sweden writes Bankgiro and Plusgiro as payment means 30 (BT-81)."),
                    None,
                    Text("Use 30, and SE:BANKGIRO or SE:PLUSGIRO in FinancialInstitutionBranch/ID."),
                    found=_MEANS,
                    expected="30",
                    flag=Flag.WARNING,
                ),
            ),
            _means_in_sweden("50", "56"),
        ),
        RuleContext(
            ("cac:PaymentMeans",),
            (
                assertion(
                    "SE-R-012",
                    "BT-81",
                    Text("Within Sweden a credit transfer is payment means 30 (BT-81)."),
                    None,
                    Text("Use 30 instead of 31."),
                    found=_MEANS,
                    expected="30",
                    flag=Flag.WARNING,
                ),
            ),
            _means_in_sweden("31", at_home=True),
        ),
    ),
    PeppolFacts,
)


# Denmark -----------------------------------------------------------------------------------------------------

_DANISH_MEANS = " 1 10 31 42 48 49 50 58 59 93 97 "
_UNSPSC = frozenset({"19.05.01", "19.0501", "26.08.01", "26.0801"})
_CLASSIFICATION = "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode"


def _is_filled(element: Element, path: str) -> bool:
    return normal(one(text_nodes_at(element, path))) != ""


def _has_cvr_scheme(element: Element, path: str) -> bool:
    return not has(element, path) or normal_text(element, f"{path}/@schemeID") == "0184"


def _credit_is_not_negative(root: Element, facts: PeppolFacts) -> bool:
    if not (facts.is_credit_note and facts.buyer_as_written == "DK"):
        return True
    return not number(one(text_nodes_at(root, "cac:LegalMonetaryTotal/cbc:PayableAmount"))) < 0


def _is_danish(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_as_written == "DK"


def _is_within_denmark(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_as_written == "DK" and facts.buyer_as_written == "DK"


def _identification_has_scheme(identification: Element, _facts: PeppolFacts) -> bool:
    return not has(identification, "cbc:ID") or normal_text(identification, "cbc:ID/@schemeID") != ""


def _means_is_danish(means: Element, _facts: PeppolFacts) -> bool:
    return f" {text(means, _MEANS)} " in _DANISH_MEANS


def _if_paid_by(codes: str, holds: Test) -> Test:
    """Where one of these payment means is given, the test."""
    listed = frozenset(codes.split())
    return lambda means, facts: listed.isdisjoint(texts(means, _MEANS)) or holds(means, facts)


def _begins(means: Element, *cards: str) -> bool:
    return text(means, "cbc:PaymentID")[:3] in cards


def _has_bank_account(means: Element, _facts: PeppolFacts) -> bool:
    return _is_filled(means, _ACCOUNT) and _is_filled(means, _BRANCH)


def _has_mandate(means: Element, _facts: PeppolFacts) -> bool:
    payer = "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"
    return _is_filled(means, "cac:PaymentMandate/cbc:ID") and _is_filled(means, payer)


def _is_giro_payment(means: Element, _facts: PeppolFacts) -> bool:
    is_account = _begins(means, "01#", "04#", "15#")
    return is_account and re.fullmatch("[0-9]{7,8}", text(means, _ACCOUNT)) is not None


def _giro_has_instruction(means: Element, _facts: PeppolFacts) -> bool:
    return not _begins(means, "04#", "15#") or len(text(means, "cbc:PaymentID")) == 19


def _is_fik_payment(means: Element, _facts: PeppolFacts) -> bool:
    return _begins(means, "71#", "73#", "75#") and len(one(text_nodes_at(means, _ACCOUNT))) == 8


def _fik_has_instruction(means: Element, _facts: PeppolFacts) -> bool:
    return not _begins(means, "71#", "75#") or len(text(means, "cbc:PaymentID")) in (18, 19)


def _unspsc_is_known(line: Element, _facts: PeppolFacts) -> bool:
    if "TST" not in texts(line, f"{_CLASSIFICATION}/@listID"):
        return True
    return not _UNSPSC.isdisjoint(texts(line, f"{_CLASSIFICATION}/@listVersionID"))


def _is_danish_tax(allowance: Element, _facts: PeppolFacts) -> bool:
    if "ZZZ" not in texts(allowance, "cbc:AllowanceChargeReasonCode"):
        return True
    path = "cbc:AllowanceChargeReason"
    if len(normal(one(text_nodes_at(allowance, path)))) == 4 and 0 <= number(text(allowance, path)) <= 9999:
        return True
    reason = text(allowance, path)
    return "#" in reason and not reason.startswith("#") and not reason.endswith("#")


_CVR_SCHEME = Text('Write schemeID="0184" with the CVR number.')
_PAYMENT_ADVICE = Text("Correct the payment reference or the account, or use another payment means.")

DENMARK = Pattern(
    (
        RuleContext(
            _DOCUMENTS,
            (
                assertion(
                    "DK-R-002",
                    "BT-30",
                    Text("A seller in Denmark gives its CVR number as legal registration identifier (BT-30)."),
                    lambda root, _facts: _is_filled(root, f"{SELLER}/{_LEGAL_ID}"),
                    Text("Add PartyLegalEntity/CompanyID."),
                    expected="DK16356709 (0184)",
                ),
                assertion(
                    "DK-R-014",
                    "BT-30",
                    Text("The legal registration identifier of a seller in Denmark (BT-30) has scheme 0184."),
                    lambda root, _facts: _has_cvr_scheme(root, f"{SELLER}/{_LEGAL_ID}"),
                    _CVR_SCHEME,
                    found=f"{SELLER}/{_LEGAL_ID}/@schemeID",
                    expected="0184",
                ),
                assertion(
                    "DK-R-016",
                    "BT-115",
                    Text("A credit note within Denmark has no negative amount due (BT-115)."),
                    _credit_is_not_negative,
                    Text("Write amounts of a credit note without a minus sign, or send an invoice."),
                    found="cac:LegalMonetaryTotal/cbc:PayableAmount",
                    expected=">= 0",
                ),
            ),
            _is_danish,
        ),
        RuleContext(
            _both(f"{SELLER}/cac:PartyIdentification", f"{BUYER}/cac:PartyIdentification"),
            (
                assertion(
                    "DK-R-013",
                    "BT-29 BT-46",
                    Text("Within Denmark an identifier of seller or buyer (BT-29, BT-46) has a scheme."),
                    _identification_has_scheme,
                    Text("Add schemeID."),
                    found="cbc:ID",
                ),
            ),
            _is_within_denmark,
        ),
        RuleContext(
            ("Invoice/cac:PaymentMeans",),
            (
                assertion(
                    "DK-R-005",
                    "BT-81",
                    Text("Within Denmark the payment means (BT-81) are those of a list."),
                    _means_is_danish,
                    Text("Use one of the expected codes."),
                    found=_MEANS,
                    expected=_DANISH_MEANS.strip(),
                ),
                assertion(
                    "DK-R-006",
                    "BT-84 BT-86",
                    Text("Within Denmark payment means 31 and 42 have an account (BT-84) and a branch (BT-86)."),
                    _if_paid_by("31 42", _has_bank_account),
                    Text("Add PayeeFinancialAccount/ID and FinancialInstitutionBranch/ID."),
                ),
                assertion(
                    "DK-R-007",
                    "BT-89 BT-91",
                    Text("Within Denmark payment means 49 has a mandate (BT-89) and the payer's account (BT-91)."),
                    _if_paid_by("49", _has_mandate),
                    Text("Add PaymentMandate/ID and PayerFinancialAccount/ID."),
                ),
                assertion(
                    "DK-R-008",
                    "BT-83 BT-84",
                    Text(
                        "Within Denmark payment means 50 has a reference (BT-83) with 01#, 04# or 15# first, "
                        "and an account (BT-84) of seven or eight digits."
                    ),
                    _if_paid_by("50", _is_giro_payment),
                    _PAYMENT_ADVICE,
                    found="cbc:PaymentID",
                    expected="01#, 04#, 15#",
                ),
                assertion(
                    "DK-R-009",
                    "BT-83",
                    Text("Within Denmark a giro reference (BT-83) that begins with 04# or 15# has 19 characters."),
                    _if_paid_by("50", _giro_has_instruction),
                    _PAYMENT_ADVICE,
                    found="cbc:PaymentID",
                    expected="04#1234567890123456",
                ),
                assertion(
                    "DK-R-010",
                    "BT-83 BT-84",
                    Text(
                        "Within Denmark payment means 93 has a reference (BT-83) with 71#, 73# or 75# first, "
                        "and an account (BT-84) of eight characters."
                    ),
                    _if_paid_by("93", _is_fik_payment),
                    _PAYMENT_ADVICE,
                    found="cbc:PaymentID",
                    expected="71#, 73#, 75#",
                ),
                assertion(
                    "DK-R-011",
                    "BT-83",
                    Text("Within Denmark a FIK reference (BT-83) with 71# or 75# first has 18 or 19 characters."),
                    _if_paid_by("93", _fik_has_instruction),
                    _PAYMENT_ADVICE,
                    found="cbc:PaymentID",
                    expected="71#1234567890123456",
                ),
            ),
            _is_within_denmark,
        ),
        RuleContext(
            _both(BUYER),
            (
                assertion(
                    "DK-R-017",
                    "BT-47",
                    Text("Within Denmark the legal registration identifier of the buyer (BT-47) has scheme 0184."),
                    lambda party, _facts: _has_cvr_scheme(party, _LEGAL_ID),
                    _CVR_SCHEME,
                    found=f"{_LEGAL_ID}/@schemeID",
                    expected="0184",
                ),
            ),
            _is_within_denmark,
        ),
        RuleContext(
            ("CreditNote/cac:CreditNoteLine", "Invoice/cac:InvoiceLine"),
            (
                assertion(
                    "DK-R-003",
                    "BT-158",
                    Text("Within Denmark a UNSPSC code (BT-158) is of version 19.05.01 or 26.08.01."),
                    _unspsc_is_known,
                    Text("Write listVersionID as expected, with a code of that version."),
                    found=f"{_CLASSIFICATION}/@listVersionID",
                    expected="26.08.01",
                ),
            ),
            _is_within_denmark,
        ),
        RuleContext(
            ("cac:AllowanceCharge",),
            (
                assertion(
                    "DK-R-004",
                    "BT-104 BT-97 BT-139 BT-144",
                    Text(
                        "Within Denmark a tax other than VAT (reason code ZZZ) has four digits as its reason, or "
                        "a text with # in it, not first and not last."
                    ),
                    _is_danish_tax,
                    Text("Write the tax category in AllowanceChargeReason."),
                    found="cbc:AllowanceChargeReason",
                ),
            ),
            _is_within_denmark,
        ),
    ),
    PeppolFacts,
)


# Iceland -----------------------------------------------------------------------------------------------------

_DUE_TYPE = "EINDAGI"


def _is_icelandic(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_as_written == "IS"


def _is_within_iceland(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_as_written == "IS" and facts.buyer_as_written == "IS"


def _is_380_or_381(root: Element, _facts: PeppolFacts) -> bool:
    types = (normal_text(root, path) for path in ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"))
    return any(each in ("380", "381") for each in types)


def _account_has_twelve(code: str) -> Test:
    def has_twelve(root: Element, _facts: PeppolFacts) -> bool:
        means = [each for each in children(root, "cac:PaymentMeans") if code in texts(each, _MEANS)]
        accounts = [account for each in means for account in texts(each, _ACCOUNT)]
        return not means or (bool(accounts) and len(normal(one(accounts))) == 12)

    return has_twelve


def _final_days(root: Element) -> tuple[bool, list[str]]:
    """Whether the invoice gives a final due day, and what it is."""
    found = [
        each
        for each in children(root, "cac:AdditionalDocumentReference")
        if _DUE_TYPE in texts(each, "cbc:DocumentDescription")
    ]
    return bool(found), [day for each in found for day in texts(each, "cbc:ID")]


def _final_day_is_date(root: Element, _facts: PeppolFacts) -> bool:
    is_given, days = _final_days(root)
    return not is_given or (len(one(days)) == 10 and is_date(one(days)))


def _final_day_has_due_date(root: Element, _facts: PeppolFacts) -> bool:
    return not _final_days(root)[0] or has(root, "cbc:DueDate")


def _final_day_is_later(root: Element, _facts: PeppolFacts) -> bool:
    is_given, days = _final_days(root)
    return not is_given or any(due <= day for due in texts(root, "cbc:DueDate") for day in days)


def _has_kennitala(party: str) -> Test:
    path = f"{party}/{_LEGAL_ID}"
    return lambda element, _facts: "0196" in texts(element, f"{path}/@schemeID")


def _has_address(party: str) -> Test:
    street, zone = (f"{party}/cac:PostalAddress/cbc:{name}" for name in ("StreetName", "PostalZone"))
    return lambda element, _facts: has(element, street) and has(element, zone)


_KENNITALA = Text('Add PartyLegalEntity/CompanyID with schemeID="0196".')
_FINAL_DAY = "cac:AdditionalDocumentReference/cbc:ID"

ICELAND = Pattern(
    (
        RuleContext(
            _DOCUMENTS,
            (
                assertion(
                    "IS-R-001",
                    "BT-3",
                    Text("The invoice of a seller in Iceland is of type 380 or 381 (BT-3)."),
                    _is_380_or_381,
                    Text("Use 380 for an invoice, 381 for a credit note."),
                    expected="380, 381",
                    flag=Flag.WARNING,
                ),
                assertion(
                    "IS-R-002",
                    "BT-30",
                    Text("A seller in Iceland gives its kennitala (0196) as registration identifier (BT-30)."),
                    _has_kennitala(SELLER),
                    _KENNITALA,
                    found=f"{SELLER}/{_LEGAL_ID}/@schemeID",
                    expected="0196",
                ),
                assertion(
                    "IS-R-003",
                    "BT-35 BT-38",
                    Text("The address of a seller in Iceland has a street (BT-35) and a post code (BT-38)."),
                    _has_address(SELLER),
                    Text("Add StreetName and PostalZone."),
                ),
                *(
                    assertion(
                        key,
                        "BT-84",
                        Text(
                            "In Iceland payment means {code} has an account (BT-84) of twelve characters.",
                            code=code,
                        ),
                        _account_has_twelve(code),
                        Text("Write bank, ledger and account number without dashes."),
                        found=f"cac:PaymentMeans/{_ACCOUNT}",
                    )
                    for key, code in (("IS-R-006", "9"), ("IS-R-007", "42"))
                ),
                assertion(
                    "IS-R-008",
                    "BT-122",
                    Text("In Iceland the final due day (BT-122, described EINDAGI) is a date."),
                    _final_day_is_date,
                    Text("Write the date as 2026-01-31 in ID."),
                    found=_FINAL_DAY,
                    expected="2026-01-31",
                ),
                assertion(
                    "IS-R-009",
                    "BT-9",
                    Text("In Iceland an invoice with a final due day has a due date (BT-9)."),
                    _final_day_has_due_date,
                    Text("Add DueDate."),
                ),
                assertion(
                    "IS-R-010",
                    "BT-122 BT-9",
                    Text("In Iceland the final due day (BT-122) is not before the due date (BT-9)."),
                    _final_day_is_later,
                    Text("Correct one of the dates."),
                    found=_FINAL_DAY,
                ),
            ),
            _is_icelandic,
        ),
        RuleContext(
            _both("cac:AccountingCustomerParty"),
            (
                assertion(
                    "IS-R-004",
                    "BT-47",
                    Text("Within Iceland the buyer's registration identifier (BT-47) is its kennitala (0196)."),
                    _has_kennitala("cac:Party"),
                    _KENNITALA,
                    found=f"cac:Party/{_LEGAL_ID}/@schemeID",
                    expected="0196",
                ),
                assertion(
                    "IS-R-005",
                    "BT-50 BT-53",
                    Text("Within Iceland the buyer's address has a street (BT-50) and a post code (BT-53)."),
                    _has_address("cac:Party"),
                    Text("Add StreetName and PostalZone."),
                ),
            ),
            _is_within_iceland,
        ),
    ),
    PeppolFacts,
)
