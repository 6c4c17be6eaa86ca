"""NLCIUS in CII: the Dutch rules on top of EN 16931, as NLCIUS-CII 1.0 publishes them.

They are those of SI-UBL 2.0 (`nlcius`), under the same ids, sentences and terms where both have them, and one
pattern: an element meets the first rule written for it. Most apply when the seller is in the Netherlands; all but
the one on empty elements ask that the specification identifier (BT-24) is that of NLCIUS, exactly. The rules are
in `nlcius_cii.rules`.

Source: Stichting Peppolautoriteit, NLCIUS-CII, version 1.0.3.13, in force 17 August 2026.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from gateway.i18n import Text
from gateway.validator.model.amounts import double, exact
from gateway.validator.model.invoice import Invoice
from gateway.validator.rules.asserts import has_all_of, read_rules
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.en16931_cii import EN16931_CII, CiiFacts
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.facts import once
from gateway.validator.rules.nlcius import CUSTOMIZATION, G_ACCOUNT_MARK, NLCIUS, has_kvk_or_oin
from gateway.validator.rules.patterns import PatternRule, Test
from gateway.validator.rules.xpath import normal, normal_text, one, root_of
from gateway.validator.xml.paths import Element, has, text_of, texts

SOURCE = "NLCIUS-CII 1.0.3.13"
_TRADE = "rsm:SupplyChainTradeTransaction"


class NlciusCiiFacts:
    """When the rules apply to an invoice. What it says twice, which no schema allows, is not decided: then no rule
    applies."""

    def __init__(self, root: Element) -> None:
        self.root = root

    @once
    def is_nlcius(self) -> bool:
        """Whether the specification identifier (BT-24) is that of NLCIUS or of its G-account extension."""
        context = "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
        return normal_text(self.root, context) in {CUSTOMIZATION, CUSTOMIZATION + G_ACCOUNT_MARK}

    @once
    def is_dutch(self) -> bool:
        """Whether it is an NLCIUS invoice of a seller in the Netherlands (BT-40), in capitals or not."""
        seller = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement/ram:SellerTradeParty"
        country = normal_text(self.root, f"{seller}/ram:PostalTradeAddress/ram:CountryID")
        return country.upper() == "NL" and self.is_nlcius


# Rules that read as in UBL -----------------------------------------------------------------------------------

_OF_UBL = {rule.id: rule for pattern in NLCIUS.patterns for rule, _ in pattern.all_rules}
_OF_UBL |= {"BR-NL-32-and-34": _OF_UBL["BR-NL-32-1"], "empty-element-check": _OF_UBL["SI-UBL-2"]}


def _as_ubl(key: str, _terms: str, holds: Test | None) -> PatternRule:
    return replace(_OF_UBL[key], id=key, holds=holds, source=SOURCE, detail=no_detail)


def _never_met(key: str, terms: str, holds: Test | None) -> PatternRule:
    never = Text("An earlier rule of the same pattern meets every element that it is about.")
    return replace(_as_ubl(key, terms, holds), never=never)


# What a finding shows ----------------------------------------------------------------------------------------


def _first(path: str, *expected: str) -> Callable[[Element, object], Detail]:
    """The first text at a path."""
    return lambda element, _facts: Detail(next(iter(texts(element, path)), None), " ".join(expected) or None)


def _number(path: str, term: str) -> Callable[[Element, object], Detail]:
    """A legal registration, and what it should be."""

    def number(party: Element, _facts: object) -> Detail:
        schemes, numbers = texts(party, f"{path}/@schemeID")[:1], texts(party, path)[:1]
        found = " ".join([*numbers, *(f"({each})" for each in schemes)])
        return Detail(found or None, "schemeID 0106 + KvK, schemeID 0190 + OIN", term=term)

    return number


# What must be there ------------------------------------------------------------------------------------------


def _has_number(path: str) -> Test:
    schemes = f"{path}/@schemeID"
    return lambda party, _facts: has_kvk_or_oin(texts(party, schemes)) and any(map(normal, texts(party, path)))


_is_whole = has_all_of("ram:LineOne", "ram:CityName", "ram:PostcodeCode")


def _is_whole_in_nl(address: Element, facts: NlciusCiiFacts) -> bool:
    return any(country != "NL" for country in texts(address, "ram:CountryID")) or _is_whole(address, facts)


def _is_known(buyer: Element, _facts: NlciusCiiFacts) -> bool:
    number = "ram:SpecifiedLegalOrganization/ram:ID"
    is_dutch = "NL" in texts(buyer, "ram:PostalTradeAddress/ram:CountryID")
    if is_dutch and not has_kvk_or_oin(texts(buyer, f"{number}/@schemeID")):
        return False
    return any(map(normal, texts(buyer, number)))


def _is_of_type(*types: str) -> Test:
    """As a number: 380.0 is 380. Raises NotANumber."""
    return lambda code, _facts: double(text_of(code)) in map(float, types)


def _is_by_means(*codes: str) -> Test:
    listed = tuple(map(float, codes))
    return lambda means, _facts: any(double(code) in listed for code in texts(means, "ram:TypeCode"))


def _says_how_to_pay(totals: Element, _facts: NlciusCiiFacts) -> bool:
    due = texts(totals, "ram:DuePayableAmount")
    if due and exact(one(due)) <= 0:
        return True
    codes = texts(root_of(totals), "rsm:ExchangedDocument/ram:TypeCode")
    settlement = totals.getparent()
    means = "ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode"
    return any(double(code) == 381 for code in codes) or (settlement is not None and has(settlement, means))


def _is_in_invoice_currency(total: Element, _facts: NlciusCiiFacts) -> bool:
    settlement = next(total.iterancestors("{*}ApplicableHeaderTradeSettlement"), None)
    currencies = texts(settlement, "ram:InvoiceCurrencyCode") if settlement is not None else []
    return total.get("currencyID") in currencies


def _is_of_vat(number: Element, _facts: NlciusCiiFacts) -> bool:
    return not has(number, "ram:ID") or "VA" in texts(number, "ram:ID/@schemeID")


NLCIUS_CII: RuleSet = rule_set(
    "NLCIUS CII",
    "1.0.3.13",
    id="nlcius-cii",
    document=Invoice,
    facts=CiiFacts,
    extends=EN16931_CII,
    claim=NLCIUS.claim or Claim(CUSTOMIZATION),
    url=NLCIUS.url,
    pages=(
        RulePage(
            "nlcius-cii",
            "Rules: NLCIUS in CII",
            "The Dutch rules of NLCIUS-CII 1.0, for Cross Industry Invoices that claim NLCIUS; most apply when "
            "the seller is Dutch.",
            r"BR-NL-.+|empty-element-check",
        ),
    ),
    patterns=read_rules("nlcius_cii", globals(), SOURCE, NlciusCiiFacts),
    written_in="CII",
    variant_of=NLCIUS,
    valid_from=date(2026, 8, 17),
)
"""The Dutch rules of NLCIUS-CII 1.0, on the current EN 16931: the published artefact carries it as well."""
