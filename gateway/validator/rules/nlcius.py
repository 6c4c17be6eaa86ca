"""NLCIUS: the Dutch rules on top of EN 16931, as SI-UBL 2.0 publishes them, and its G-account extension.

Most apply when the seller is in the Netherlands; all but SI-UBL-2 ask that the specification identifier (BT-24)
names NLCIUS or the extension, somewhere in it: a suffix still counts. The official text has one pattern for them,
so an element meets only the first rule written for it: BR-NL-32-2 and -32-3 can never break, and SI-UBL-2 (no
empty elements) is silent on an element that another rule is about. Numbers 6, 14 to 18, 22 and 23 carry no rule in
it; BR-NL-34 (charges) is published under the ids of BR-NL-32.

The extension adds BR-GA-0 to -7: two payments, one of them to the blocked account for taxes (G-rekening). It
allows three elements that EN 16931 has no use for.

Source: Stichting Peppolautoriteit, SI-UBL 2.0, version 2.0.3.13, and its G-account extension 1.0.2.13, in force
17 August 2026.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property, partial

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.invoice import Invoice
from gateway.validator.rules import asserts
from gateway.validator.rules.asserts import has_element
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.forms import unchecked
from gateway.validator.rules.invoice_facts import InvoiceFacts
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test, is_blank_leaf
from gateway.validator.rules.xpath import decimal_at, normal, normal_text, root_of, text_nodes
from gateway.validator.xml.namespaces import CAC, CBC
from gateway.validator.xml.paths import Element, children, has, text_of, texts

VERSION, GA_VERSION = "2.0.3.13", "1.0.2.13"
IN_FORCE = date(2026, 8, 17)
SOURCE = f"SI-UBL 2.0 (NLCIUS) {VERSION}"
GA_SOURCE = f"SI-UBL 2.0, G-account extension {GA_VERSION}"

NLCIUS_MARK = "#compliant#urn:fdc:nen.nl:nlcius:v1.0"
G_ACCOUNT_MARK = "#conformant#urn:fdc:nen.nl:gaccount:v1.0"
CUSTOMIZATION = f"urn:cen.eu:en16931:2017{NLCIUS_MARK}"

_SELLER = "cac:AccountingSupplierParty/cac:Party"
_BUYER = "cac:AccountingCustomerParty/cac:Party"
_REPRESENTATIVE = "cac:TaxRepresentativeParty"
_DELIVERY = "cac:Delivery/cac:DeliveryLocation/cac:Address"
_COUNTRY = "cac:PostalAddress/cac:Country/cbc:IdentificationCode"
_REASON = "cac:AllowanceCharge/cbc:AllowanceChargeReasonCode"
_BANK = "cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID"
_MEANS = ("30", "48", "49", "57", "58", "59")
_TYPES = ("380", "381", "384", "389")

_assertion = partial(asserts.assertion, source=SOURCE)
_warning = partial(_assertion, flag=Flag.WARNING)
_of_g_account = partial(asserts.assertion, source=GA_SOURCE)


class NlciusFacts:
    """When the rules apply to an invoice. What it says twice, which no schema allows, is not decided: then no rule
    applies."""

    def __init__(self, root: Element) -> None:
        self.root = root

    @cached_property
    def is_nlcius(self) -> bool:
        """Whether the specification identifier (BT-24) names NLCIUS or its G-account extension."""
        given = normal_text(self.root, "cbc:CustomizationID")
        return NLCIUS_MARK in given or G_ACCOUNT_MARK in given

    @cached_property
    def is_dutch(self) -> bool:
        """Whether it is an NLCIUS invoice of a seller in the Netherlands (BT-40), in capitals or not."""
        return normal_text(self.root, f"{_SELLER}/{_COUNTRY}").upper() == "NL" and self.is_nlcius

    @cached_property
    def is_credit_note(self) -> bool:
        return str(self.root.tag).endswith("}CreditNote")

    @cached_property
    def currencies(self) -> set[str]:
        return {text_of(each) for each in self.root.iter(f"{CBC}DocumentCurrencyCode")}

    @cached_property
    def buyers(self) -> list[Element]:
        """The buyers anywhere in the document."""
        found = self.root.iter(f"{CAC}AccountingCustomerParty")
        return [party for each in found for party in children(each, "cac:Party")]

    @cached_property
    def has_payment_means(self) -> bool:
        return next(self.root.iter(f"{CAC}PaymentMeans"), None) is not None


def _is_dutch(_element: Element, facts: NlciusFacts) -> bool:
    return facts.is_dutch


def _dutch(path: str, *rules: PatternRule) -> RuleContext:
    """Rules on the elements at paths, separated by `|`, of a Dutch seller's invoice."""
    return RuleContext(tuple(path.split("|")), rules, _is_dutch)


# What must be there ------------------------------------------------------------------------------------------


def _is_known(schemes: list[str]) -> bool:
    listed = f" {' '.join(schemes)} "
    return " 0106 " in listed or " 0190 " in listed


def _seller_has_number(party: Element, _facts: NlciusFacts) -> bool:
    path = "cac:PartyLegalEntity/cbc:CompanyID"
    return _is_known(texts(party, f"{path}/@schemeID")) and any(map(normal, texts(party, path)))


def _buyer_has_number(entity: Element, facts: NlciusFacts) -> bool:
    is_here = any("NL" in texts(each, _COUNTRY) for each in facts.buyers)
    path = "cac:PartyLegalEntity/cbc:CompanyID/@schemeID"
    if is_here and not _is_known([scheme for each in facts.buyers for scheme in texts(each, path)]):
        return False
    return not has(entity, "cbc:CompanyID") or any(map(normal, texts(entity, "cbc:CompanyID")))


def _has_reference(root: Element, _facts: NlciusFacts) -> bool:
    return has(root, "cbc:BuyerReference") or has(root, "cac:OrderReference/cbc:ID")


def _is_whole(address: Element, _facts: NlciusFacts) -> bool:
    return all(has(address, f"cbc:{name}") for name in ("StreetName", "CityName", "PostalZone"))


def _is_whole_in_nl(address: Element, facts: NlciusFacts) -> bool:
    countries = texts(address, "cac:Country/cbc:IdentificationCode")
    return any(country != "NL" for country in countries) or _is_whole(address, facts)


_NUMBER_ADVICE = Text('Write <cbc:CompanyID schemeID="0106"> with the eight digits of the KvK number.')
_NUMBER_EXPECTED = "schemeID 0106 + KvK, schemeID 0190 + OIN"


def _address_rule(key: str, terms: str, party: Text, holds: Test, condition: Text) -> PatternRule:
    return _assertion(
        key,
        terms,
        Text(
            "The address of {party}{condition} has a street, a city and a post code.",
            party=party,
            condition=condition,
        ),
        holds,
        Text("Add StreetName, CityName and PostalZone."),
        expected=terms.replace(" ", ", "),
    )


_ALWAYS, _IN_NL = Text(""), Text(", if that is in the Netherlands,")


def _is_root_of_type(code: Element, facts: NlciusFacts) -> bool:
    return (text_of(code) == "381") == facts.is_credit_note


def _names_what_it_corrects(code: Element, _facts: NlciusFacts) -> bool:
    corrected = "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
    return text_of(code) != "384" or has(root_of(code), corrected)


_TYPE = Text("Use 380 for an invoice, 381 for a credit note, 384 for a correction, 389 for self-billing.")

_TYPE_RULES = (
    _assertion(
        "BR-NL-7",
        "BT-3",
        Text("The type of an invoice of a Dutch seller (BT-3) is 380, 381, 384 or 389."),
        lambda code, _facts: text_of(code) in _TYPES,
        _TYPE,
        found=".",
        expected=", ".join(_TYPES),
    ),
    _assertion(
        "BR-NL-8",
        "BT-3",
        Text("Type 381 is written as a CreditNote, every other type as an Invoice."),
        _is_root_of_type,
        _TYPE,
        found=".",
    ),
    _assertion(
        "BR-NL-9",
        "BT-3 BT-25",
        Text("A corrected invoice (type 384) names the invoice it corrects (BT-25)."),
        _names_what_it_corrects,
        Text("Add BillingReference/InvoiceDocumentReference with the number of the invoice that is corrected."),
        expected="BT-25",
    ),
)


def _says_how_to_pay(totals: Element, facts: NlciusFacts) -> bool:
    due = decimal_at(totals, "cbc:PayableAmount")
    return (due is not None and due <= 0) or facts.has_payment_means


def _needs_no_bank(means: Element, _facts: NlciusFacts) -> bool:
    return normal_text(means, "cbc:PaymentMeansCode") not in ("58", "59") or not has(means, _BANK)


_REQUIRED = (
    _dutch(
        _SELLER,
        _assertion(
            "BR-NL-1",
            "BT-30",
            Text(
                "A Dutch seller gives its KvK number (0106) or OIN (0190) as legal registration identifier "
                "(BT-30)."
            ),
            _seller_has_number,
            _NUMBER_ADVICE,
            found="cac:PartyLegalEntity/cbc:CompanyID",
            expected=_NUMBER_EXPECTED,
        ),
    ),
    _dutch(
        "/*",
        _assertion(
            "BR-NL-2",
            "BT-10 BT-13",
            Text(
                "An invoice of a Dutch seller has a buyer reference (BT-10) or a purchase order reference (BT-13)."
            ),
            _has_reference,
            Text(
                "Ask the customer for the reference or order number, and give it in BuyerReference or "
                "OrderReference."
            ),
        ),
    ),
    _dutch(
        f"{_SELLER}/cac:PostalAddress",
        _address_rule("BR-NL-3", "BT-35 BT-37 BT-38", Text("a Dutch seller"), _is_whole, _ALWAYS),
    ),
    _dutch(
        f"{_BUYER}/cac:PostalAddress",
        _address_rule("BR-NL-4", "BT-50 BT-52 BT-53", Text("the buyer"), _is_whole_in_nl, _IN_NL),
    ),
    _dutch(
        f"{_REPRESENTATIVE}/cac:PostalAddress",
        _address_rule("BR-NL-5", "BT-64 BT-66 BT-67", Text("the tax representative"), _is_whole_in_nl, _IN_NL),
    ),
    _dutch("cbc:InvoiceTypeCode|cbc:CreditNoteTypeCode", *_TYPE_RULES),
    _dutch(
        f"{_BUYER}/cac:PartyLegalEntity",
        _assertion(
            "BR-NL-10",
            "BT-47",
            Text("A Dutch buyer of a Dutch seller is named by its KvK number (0106) or OIN (0190), in BT-47."),
            _buyer_has_number,
            _NUMBER_ADVICE,
            found="cbc:CompanyID",
            expected=_NUMBER_EXPECTED,
        ),
    ),
    _dutch(
        "/Invoice/cac:LegalMonetaryTotal",
        _assertion(
            "BR-NL-11",
            "BT-115 BG-16",
            Text("Where there is something to pay (BT-115), a Dutch seller says how (BG-16)."),
            _says_how_to_pay,
            Text("Add PaymentMeans with your IBAN."),
            found="cbc:PayableAmount",
        ),
    ),
    _dutch(
        "cac:PaymentMeans",
        _assertion(
            "BR-NL-12",
            "BT-81",
            Text("A Dutch seller is paid by means 30, 48, 49, 57, 58 or 59 (BT-81)."),
            lambda means, _facts: normal_text(means, "cbc:PaymentMeansCode") in _MEANS,
            Text("Use 58 for a SEPA credit transfer."),
            found="cbc:PaymentMeansCode",
            expected=", ".join(_MEANS),
        ),
        _warning(
            "BR-NL-31",
            "BT-86",
            Text("A SEPA payment (58, 59) needs no identifier of the bank (BT-86)."),
            _needs_no_bank,
            Text("Leave the BIC out."),
            found=_BANK,
        ),
    ),
    RuleContext(
        ("cac:OrderLineReference/cbc:LineID",),
        (
            _assertion(
                "BR-NL-13",
                "BT-132 BT-13",
                Text("An invoice that refers to lines of an order (BT-132) names the order (BT-13)."),
                lambda line, _facts: has(root_of(line), "cac:OrderReference/cbc:ID"),
                Text("Add OrderReference/ID."),
                found=".",
            ),
        ),
        lambda _line, facts: facts.is_nlcius,  # whatever the seller's country
    ),
)


# What is discouraged -----------------------------------------------------------------------------------------


def _discourage(key: str, path: str, term: str, what: Text, holds: Test | None = None) -> RuleContext:
    """A term that a Dutch seller leaves out: "BT-6, the VAT accounting currency"."""
    sentence = Text("A Dutch seller leaves out {what} ({term}).", what=what, term=term)
    return _dutch(path, _warning(key, term, sentence, holds, Text("Leave it out."), found="."))


_LINE = "cac:PostalAddress/cac:AddressLine/cbc:Line"
_SUBDIVISION = "cac:PostalAddress/cbc:CountrySubentity"
_LINE_3, _PROVINCE = Text("the third address line"), Text("the country subdivision")


def _is_of_vat(scheme: Element, _facts: NlciusFacts) -> bool:
    return not has(scheme, "cbc:CompanyID") or "VAT" in texts(scheme, "cac:TaxScheme/cbc:ID")


_DISCOURAGED = (
    _discourage("BR-NL-19", "cbc:TaxCurrencyCode", "BT-6", Text("the VAT accounting currency")),
    _discourage("BR-NL-20", "cbc:TaxPointDate", "BT-7", Text("the tax point date")),
    _discourage("BR-NL-21", "cac:InvoicePeriod/cbc:DescriptionCode", "BT-8", Text("the tax point date code")),
    _discourage(
        "BR-NL-24",
        "cac:BillingReference/cac:InvoiceDocumentReference/cbc:IssueDate",
        "BT-26",
        Text("the date of a preceding invoice"),
    ),
    _dutch(
        f"{_SELLER}/cac:PartyTaxScheme",
        _warning(
            "BR-NL-25",
            "BT-32",
            Text("A Dutch seller leaves out tax numbers other than for VAT (BT-32)."),
            _is_of_vat,
            Text("Leave this number out; the VAT number stays."),
            found="cbc:CompanyID",
        ),
    ),
    _discourage(
        "BR-NL-26",
        f"{_SELLER}/cac:PartyLegalEntity/cbc:CompanyLegalForm",
        "BT-33",
        Text("additional legal information"),
    ),
    _discourage("BR-NL-27-1", f"{_SELLER}/{_LINE}", "BT-162", _LINE_3),
    _discourage("BR-NL-27-2", f"{_BUYER}/{_LINE}", "BT-163", _LINE_3),
    _discourage("BR-NL-27-3", f"{_REPRESENTATIVE}/{_LINE}", "BT-164", _LINE_3),
    _discourage("BR-NL-27-4", f"{_DELIVERY}/cac:AddressLine/cbc:Line", "BT-165", _LINE_3),
    _discourage("BR-NL-28-1", f"{_SELLER}/{_SUBDIVISION}", "BT-39", _PROVINCE),
    _discourage("BR-NL-28-2", f"{_BUYER}/{_SUBDIVISION}", "BT-54", _PROVINCE),
    _discourage("BR-NL-28-3", f"{_REPRESENTATIVE}/{_SUBDIVISION}", "BT-68", _PROVINCE),
    _discourage("BR-NL-28-4", f"{_DELIVERY}/cbc:CountrySubentity", "BT-79", _PROVINCE),
    _discourage(
        "BR-NL-29",
        "cac:PaymentMeans/cbc:PaymentMeansCode",
        "BT-82",
        Text("the payment means in words"),
        lambda code, _facts: code.get("name") is None,
    ),
    _discourage(
        "BR-NL-30",
        "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:Name",
        "BT-85",
        Text("the name of the account"),
    ),
    _discourage("BR-NL-32-1", _REASON, "BT-98", Text("reason codes of allowances and charges")),
    _dutch(
        "cac:TaxTotal/cbc:TaxAmount",
        _warning(
            "BR-NL-33",
            "BT-111",
            Text("A Dutch seller gives the VAT total in the invoice currency alone."),
            lambda amount, facts: amount.get("currencyID") in facts.currencies,
            Text("Leave out the TaxTotal in another currency, and TaxCurrencyCode with it."),
            found="@currencyID",
        ),
    ),
    _dutch(
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:TaxExemptionReasonCode",
        _warning(
            "BR-NL-35",
            "BT-121",
            Text("A Dutch seller gives the reason of an exemption in words, not as a code (BT-121)."),
            None,
            Text("Use TaxExemptionReason."),
            found=".",
        ),
    ),
    RuleContext(
        ("//*",),
        (
            _warning(
                "SI-UBL-2",
                "",
                Text("A document has no empty elements."),
                None,
                Text("Fill it in, or leave the element out."),
            ),
        ),
        is_blank_leaf,
    ),
)
_DUTCH = Pattern((*_REQUIRED, *_DISCOURAGED), NlciusFacts)


# What the document says it is --------------------------------------------------------------------------------

_STARTS = _assertion(
    "SI-V20-INV-R000",
    "BT-24",
    Text(
        "The specification identifier (BT-24) of an NLCIUS document starts with {customization}.",
        customization=CUSTOMIZATION,
    ),
    lambda given, _facts: normal(text_of(given)).startswith(CUSTOMIZATION),
    Text("Copy the expected identifier into CustomizationID exactly."),
    found=".",
    expected=CUSTOMIZATION,
)
_SPECIFICATION = Pattern(
    (
        RuleContext(
            ("Invoice", "CreditNote"),
            (
                _assertion(
                    "BII2-T10-R001",
                    "BT-24",
                    Text("An NLCIUS document has a specification identifier (BT-24)."),
                    has_element("cbc:CustomizationID"),
                    Text("Add CustomizationID with the identifier of NLCIUS."),
                    expected=CUSTOMIZATION,
                ),
            ),
        ),
        RuleContext(("cbc:CustomizationID",), (_STARTS,)),
    )
)

_SHADOWED = unchecked(
    SOURCE,
    {
        "BR-NL-32-2": (
            "BT-140 BT-145",
            Text("On an invoice line: shadowed by BR-NL-32-1, which meets every reason code first."),
        ),
        "BR-NL-32-3": (
            "BT-140 BT-145",
            Text("On a credit note line: shadowed by BR-NL-32-1, which meets every reason code first."),
        ),
        "SI-INV-R000": (
            "BT-24",
            Text("The document is an Invoice or a CreditNote: the gateway reads nothing else as one."),
        ),
    },
)
SHADOWED = tuple(replace(rule, flag=Flag.WARNING) if rule.id.startswith("BR-NL") else rule for rule in _SHADOWED)
"""Rules that the official text itself keeps from ever being met."""


# The G-account extension -------------------------------------------------------------------------------------

_G_ACCOUNT = "GACCOUNT"


def _has_two(path: str) -> Test:
    return lambda root, _facts: len(children(root, path)) == 2


def _amounts_add_up(root: Element, _facts: NlciusFacts) -> bool:
    due = (decimal_at(each, "cbc:PayableAmount") for each in children(root, "cac:LegalMonetaryTotal"))
    paid = (decimal_at(each, "cbc:Amount") for each in children(root, "cac:PaymentTerms"))
    total = sum((each for each in paid if each is not None), Decimal(0))
    return any(each == total for each in due if each is not None)


def _has_one_g_account(root: Element, _facts: NlciusFacts) -> bool:
    ids = children(root, "cac:PaymentMeans/cbc:ID")
    return sum(_G_ACCOUNT in text_nodes(each) for each in ids) == 1


def _means_is_there(reference: Element, _facts: NlciusFacts) -> bool:
    ids = children(root_of(reference), "cac:PaymentMeans/cbc:ID")
    return text_of(reference) in {each for found in ids for each in text_nodes(found)}


_TWO_PAYMENTS = (
    _of_g_account(
        "BR-GA-1",
        "BT-20",
        Text("An invoice with a G-account has two payment terms, one for each of its payments."),
        _has_two("cac:PaymentTerms"),
        Text("Give a PaymentTerms for the ordinary account and one for the G-account."),
        expected="2",
    ),
    _of_g_account(
        "BR-GA-2",
        "BG-16",
        Text("An invoice with a G-account has two payment instructions (BG-16)."),
        _has_two("cac:PaymentMeans"),
        Text("Give a PaymentMeans for the ordinary account and one for the G-account."),
        expected="2",
    ),
    _of_g_account(
        "BR-GA-3",
        "BT-115",
        Text("The amounts of the payment terms add up to the amount due for payment (BT-115)."),
        _amounts_add_up,
        Text("Correct Amount in the PaymentTerms."),
        found="cac:PaymentTerms/cbc:Amount",
    ),
    _of_g_account(
        "BR-GA-7",
        "BG-16",
        Text("One of the payment instructions (BG-16) has the identifier GACCOUNT."),
        _has_one_g_account,
        Text("Write GACCOUNT in ID of the PaymentMeans of the G-account."),
        found="cac:PaymentMeans/cbc:ID",
        expected=_G_ACCOUNT,
    ),
)
_G_ACCOUNT_PATTERN = Pattern(
    (
        RuleContext(
            ("cbc:CustomizationID",),
            (
                _of_g_account(
                    "BR-GA-0",
                    "BT-24",
                    Text("The specification identifier (BT-24) names the G-account extension."),
                    lambda given, _facts: G_ACCOUNT_MARK in text_of(given),
                    Text("Copy the expected identifier into CustomizationID exactly."),
                    found=".",
                    expected=f"{CUSTOMIZATION}{G_ACCOUNT_MARK}",
                ),
            ),
        ),
        RuleContext(("/Invoice",), _TWO_PAYMENTS),
        RuleContext(
            ("/Invoice/cac:PaymentTerms",),
            (
                _of_g_account(
                    "BR-GA-4",
                    "BT-20",
                    Text("Payment terms say which payment instructions they are about."),
                    lambda terms, _facts: len(children(terms, "cbc:PaymentMeansID")) == 1,
                    Text("Add PaymentMeansID with the ID of a PaymentMeans."),
                    expected="1",
                ),
            ),
        ),
        RuleContext(
            ("/Invoice/cac:PaymentMeans",),
            (
                _of_g_account(
                    "BR-GA-5",
                    "BG-16",
                    Text("Payment instructions (BG-16) have an identifier."),
                    lambda means, _facts: len(children(means, "cbc:ID")) == 1,
                    Text("Add ID, GACCOUNT for the G-account."),
                    expected="1",
                ),
            ),
        ),
        RuleContext(
            ("/Invoice/cac:PaymentTerms/cbc:PaymentMeansID",),
            (
                _of_g_account(
                    "BR-GA-6",
                    "BT-20",
                    Text("The payment instructions that payment terms are about are there."),
                    _means_is_there,
                    Text("Correct PaymentMeansID, or the ID of the PaymentMeans."),
                    found=".",
                ),
            ),
        ),
    ),
    NlciusFacts,
)

_URL = "https://github.com/peppolautoriteit-nl/validation"

_EARLIER_IN_FORCE, _EARLIER_ENDED = date(2026, 2, 23), date(2026, 8, 16)


def _before(rules: RuleSet, version: str) -> RuleSet:
    """The version before a set, whose Dutch rules are the same: the EN 16931 in it is another one, and that is
    judged by its own current version."""
    return replace(rules, version=version, valid_from=_EARLIER_IN_FORCE, valid_until=_EARLIER_ENDED)


_NLCIUS = rule_set(
    "NLCIUS",
    VERSION,
    SHADOWED,
    id="nlcius",
    document=Invoice,
    facts=InvoiceFacts,
    extends=EN16931,
    written_in="UBL",
    claim=Claim("#compliant#urn:fdc:nen.nl:nlcius:v1.0"),
    url=_URL,
    pages=(
        RulePage(
            "nlcius",
            "Rules: NLCIUS",
            "The Dutch rules of SI-UBL 2.0, for invoices that claim NLCIUS; most apply when the seller is Dutch.",
            r"(BR-NL|SI|BII2)-.+",
        ),
    ),
    patterns=(_SPECIFICATION, _DUTCH),
    valid_from=IN_FORCE,
)
_NLCIUS_BEFORE = _before(_NLCIUS, "2.0.3.12")
NLCIUS: RuleSet = replace(_NLCIUS, earlier=(_NLCIUS_BEFORE,))
"""The Dutch rules of SI-UBL 2.0, on the current EN 16931: the published artefact carries the same one."""

_G_ACCOUNT_SET = rule_set(
    "NLCIUS G-account",
    GA_VERSION,
    id="nlcius-gaccount",
    document=Invoice,
    facts=InvoiceFacts,
    extends=NLCIUS,
    written_in="UBL",
    claim=Claim(G_ACCOUNT_MARK),
    url=_URL,
    pages=(
        RulePage(
            "nlcius-gaccount",
            "Rules: NLCIUS G-account",
            "On top of NLCIUS, for invoices that are paid to two accounts, one of them the blocked one for taxes.",
            r"BR-GA-.+",
        ),
    ),
    patterns=(_G_ACCOUNT_PATTERN,),
    leaves_out=frozenset({"UBL-CR-411", "UBL-CR-453", "UBL-CR-459", "BII2-T10-R001"}),
    valid_from=IN_FORCE,
)
G_ACCOUNT: RuleSet = replace(
    _G_ACCOUNT_SET, earlier=(replace(_before(_G_ACCOUNT_SET, "1.0.2.12"), extends=_NLCIUS_BEFORE),)
)
