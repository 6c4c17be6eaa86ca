"""NLCIUS: the Dutch rules on top of EN 16931, as SI-UBL 2.0 publishes them, and its G-account extension.

Most apply when the seller is in the Netherlands; all but SI-UBL-2 ask that the specification identifier (BT-24)
names NLCIUS or the extension, somewhere in it: a suffix still counts. The official text has one pattern for them,
so an element meets only the first rule written for it: BR-NL-32-2 and -32-3 can never break, and SI-UBL-2 (no
empty elements) is silent on an element that another rule is about. Numbers 6, 14 to 18, 22 and 23 carry no rule in
it; BR-NL-34 (charges) is published under the ids of BR-NL-32.

The extension adds BR-GA-0 to -7: two payments, one of them to the blocked account for taxes (G-rekening). It
allows three elements that EN 16931 has no use for. The rules are in `nlcius.rules` and `nlcius_gaccount.rules`.

Source: Stichting Peppolautoriteit, SI-UBL 2.0, version 2.0.3.13, and its G-account extension 1.0.2.13, in force
17 August 2026.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.invoice import Invoice
from gateway.validator.rules.asserts import has_all_of, read_rules
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.facts import once
from gateway.validator.rules.forms import unchecked
from gateway.validator.rules.invoice_facts import InvoiceFacts
from gateway.validator.rules.patterns import Test
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
_COUNTRY = "cac:PostalAddress/cac:Country/cbc:IdentificationCode"
_BANK = "cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID"


class NlciusFacts:
    """When the rules apply to an invoice. What it says twice, which no schema allows, is not decided: then no rule
    applies."""

    def __init__(self, root: Element) -> None:
        self.root = root

    @once
    def is_nlcius(self) -> bool:
        """Whether the specification identifier (BT-24) names NLCIUS or its G-account extension."""
        given = normal_text(self.root, "cbc:CustomizationID")
        return NLCIUS_MARK in given or G_ACCOUNT_MARK in given

    @once
    def is_dutch(self) -> bool:
        """Whether it is an NLCIUS invoice of a seller in the Netherlands (BT-40), in capitals or not."""
        return normal_text(self.root, f"{_SELLER}/{_COUNTRY}").upper() == "NL" and self.is_nlcius

    @once
    def is_credit_note(self) -> bool:
        return str(self.root.tag).endswith("}CreditNote")

    @once
    def currencies(self) -> set[str]:
        return {text_of(each) for each in self.root.iter(f"{CBC}DocumentCurrencyCode")}

    @once
    def buyers(self) -> list[Element]:
        """The buyers anywhere in the document."""
        found = self.root.iter(f"{CAC}AccountingCustomerParty")
        return [party for each in found for party in children(each, "cac:Party")]

    @once
    def has_payment_means(self) -> bool:
        return next(self.root.iter(f"{CAC}PaymentMeans"), None) is not None


# What must be there ------------------------------------------------------------------------------------------


def has_kvk_or_oin(schemes: list[str]) -> bool:
    """Whether a schemeID is that of the KvK (0106) or an OIN (0190). They are searched as the official text does:
    in a list with blanks between."""
    listed = f" {' '.join(schemes)} "
    return " 0106 " in listed or " 0190 " in listed


def _seller_has_number(party: Element, _facts: NlciusFacts) -> bool:
    path = "cac:PartyLegalEntity/cbc:CompanyID"
    return has_kvk_or_oin(texts(party, f"{path}/@schemeID")) and any(map(normal, texts(party, path)))


def _buyer_has_number(entity: Element, facts: NlciusFacts) -> bool:
    is_here = any("NL" in texts(each, _COUNTRY) for each in facts.buyers)
    path = "cac:PartyLegalEntity/cbc:CompanyID/@schemeID"
    if is_here and not has_kvk_or_oin([scheme for each in facts.buyers for scheme in texts(each, path)]):
        return False
    return not has(entity, "cbc:CompanyID") or any(map(normal, texts(entity, "cbc:CompanyID")))


_is_whole = has_all_of("cbc:StreetName", "cbc:CityName", "cbc:PostalZone")


def _is_whole_in_nl(address: Element, facts: NlciusFacts) -> bool:
    countries = texts(address, "cac:Country/cbc:IdentificationCode")
    return any(country != "NL" for country in countries) or _is_whole(address, facts)


def _is_of_type(*types: str) -> Test:
    return lambda code, _facts: text_of(code) in types


def _is_root_of_type(code: Element, facts: NlciusFacts) -> bool:
    return (text_of(code) == "381") == facts.is_credit_note


def _names_what_it_corrects(code: Element, _facts: NlciusFacts) -> bool:
    corrected = "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
    return text_of(code) != "384" or has(root_of(code), corrected)


def _says_how_to_pay(totals: Element, facts: NlciusFacts) -> bool:
    due = decimal_at(totals, "cbc:PayableAmount")
    return (due is not None and due <= 0) or facts.has_payment_means


def _needs_no_bank(means: Element, _facts: NlciusFacts) -> bool:
    return normal_text(means, "cbc:PaymentMeansCode") not in ("58", "59") or not has(means, _BANK)


# What is discouraged -----------------------------------------------------------------------------------------


def _has_no_name(code: Element, _facts: NlciusFacts) -> bool:
    return code.get("name") is None


def _is_of_vat(scheme: Element, _facts: NlciusFacts) -> bool:
    return not has(scheme, "cbc:CompanyID") or "VAT" in texts(scheme, "cac:TaxScheme/cbc:ID")


_SPECIFICATION, _DUTCH = read_rules("nlcius", globals(), SOURCE, NlciusFacts, CUSTOMIZATION=CUSTOMIZATION)

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


def _names_g_account(given: Element, _facts: NlciusFacts) -> bool:
    return G_ACCOUNT_MARK in text_of(given)


(_G_ACCOUNT_PATTERN,) = read_rules(
    "nlcius_gaccount", globals(), GA_SOURCE, NlciusFacts, CUSTOMIZATION=f"{CUSTOMIZATION}{G_ACCOUNT_MARK}"
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
