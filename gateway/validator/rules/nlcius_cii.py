"""NLCIUS in CII: the Dutch rules on top of EN 16931, as NLCIUS-CII 1.0 publishes them.

They are those of SI-UBL 2.0 (`nlcius`), under the same ids, sentences and terms where both have them, and one
pattern: an element meets the first rule written for it. Most apply when the seller is in the Netherlands; all but
the one on empty elements ask that the specification identifier (BT-24) is that of NLCIUS, exactly.

Source: Stichting Peppolautoriteit, NLCIUS-CII, version 1.0.3.13, in force 17 August 2026.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import double, exact
from gateway.validator.model.invoice import Invoice
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.en16931_cii import EN16931_CII, CiiFacts
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.facts import once
from gateway.validator.rules.nlcius import CUSTOMIZATION, G_ACCOUNT_MARK, NLCIUS
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, is_blank_leaf
from gateway.validator.rules.xpath import normal, normal_text, one, root_of
from gateway.validator.xml.paths import Element, has, text_of, texts

SOURCE = "NLCIUS-CII 1.0.3.13"
_TYPES = ("380", "381", "384", "389")
_MEANS = ("30", "48", "49", "57", "58", "59")
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


def _is_nlcius(_element: Element, facts: NlciusCiiFacts) -> bool:
    return facts.is_nlcius


def _is_dutch(_element: Element, facts: NlciusCiiFacts) -> bool:
    return facts.is_dutch


Holds = Callable[[Element, NlciusCiiFacts], bool]


_OF_UBL = {rule.id: rule for pattern in NLCIUS.patterns for rule, _ in pattern.all_rules}


def _rule(
    key: str,
    holds: Holds | None,
    advice: Text | None = None,
    *,
    like: str = "",
    found: Callable[[Element], Detail] | None = None,
    never: Text | None = None,
) -> PatternRule:
    """A rule as CII has it: sentence, terms and weight are those of UBL."""
    ours = _OF_UBL[like or key]
    detail = no_detail if found is None else lambda element, _facts: found(element)
    advice = advice or ours.advice
    return replace(ours, id=key, holds=holds, source=SOURCE, advice=advice, detail=detail, never=never)


def _of_cii(key: str, sentence: Text, term: str) -> PatternRule:
    """A rule that UBL does not have, on an element that a Dutch seller leaves out."""
    return PatternRule(key, Flag.WARNING, sentence, None, SOURCE, Text("Leave it out."), (term,))


# --- what must be there ------------------------------------------------------------------------------------


def _is_kvk_or_oin(party: Element, path: str) -> bool:
    schemes = f" {' '.join(texts(party, f'{path}/@schemeID'))} "
    return " 0106 " in schemes or " 0190 " in schemes


def _has_number(party: Element, path: str) -> bool:
    return any(normal(each) for each in texts(party, path))


def _number(party: Element, path: str, term: str) -> Detail:
    scheme, number = texts(party, f"{path}/@schemeID")[:1], texts(party, path)[:1]
    return Detail(
        " ".join([*number, *(f"({each})" for each in scheme)]) or None,
        "schemeID 0106 + KvK, schemeID 0190 + OIN",
        Text('Write <ram:ID schemeID="0106"> in SpecifiedLegalOrganization, with the digits of the KvK number.'),
        term,
    )


def _is_whole(address: Element, _facts: NlciusCiiFacts) -> bool:
    return all(has(address, f"ram:{name}") for name in ("LineOne", "CityName", "PostcodeCode"))


def _is_whole_or_abroad(address: Element, facts: NlciusCiiFacts) -> bool:
    return any(country != "NL" for country in texts(address, "ram:CountryID")) or _is_whole(address, facts)


def _buyer_is_known(buyer: Element, _facts: NlciusCiiFacts) -> bool:
    number = "ram:SpecifiedLegalOrganization/ram:ID"
    is_dutch = "NL" in texts(buyer, "ram:PostalTradeAddress/ram:CountryID")
    return (not is_dutch or _is_kvk_or_oin(buyer, number)) and _has_number(buyer, number)


def _is_one_of(value: str, codes: tuple[str, ...]) -> bool:
    """As a number: 380.0 is 380. Raises NotANumber."""
    return double(value) in map(float, codes)


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


def _order_is_named(line: Element, _facts: NlciusCiiFacts) -> bool:
    order = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"
    return has(root_of(line), order)


def _address(key: str, party: str, holds: Holds) -> RuleContext:
    return _on_dutch(
        f"ram:{party}/ram:PostalTradeAddress",
        _rule(key, holds, advice=Text("Add LineOne, CityName and PostcodeCode.")),
    )


def _on_dutch(path: str, *rules: PatternRule) -> RuleContext:
    return RuleContext((path,), rules, _is_dutch)


def _left_out_at(key: str, path: str, like: str = "") -> RuleContext:
    """An element that a Dutch seller leaves out."""
    return _on_dutch(path, _rule(key, None, like=like))


_SHADOWED = Text("An earlier rule of the same pattern meets every element that it is about.")
_REQUIRED = (
    _on_dutch(
        "ram:SellerTradeParty/ram:SpecifiedLegalOrganization",
        _rule(
            "BR-NL-1",
            lambda party, _facts: _is_kvk_or_oin(party, "ram:ID") and _has_number(party, "ram:ID"),
            found=partial(_number, path="ram:ID", term="BT-30"),
        ),
    ),
    _on_dutch(
        "ram:ApplicableHeaderTradeAgreement",
        _rule(
            "BR-NL-2",
            lambda agreement, _facts: (
                has(agreement, "ram:BuyerReference")
                or has(agreement, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID")
            ),
            advice=Text(
                "Ask the customer for the reference or order number, and give it in BuyerReference or "
                "BuyerOrderReferencedDocument."
            ),
        ),
    ),
    _address("BR-NL-3", "SellerTradeParty", _is_whole),
    _address("BR-NL-4", "BuyerTradeParty", _is_whole_or_abroad),
    _address("BR-NL-5", "SellerTaxRepresentativeTradeParty", _is_whole_or_abroad),
    RuleContext(
        ("/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:TypeCode",),
        (
            _rule(
                "BR-NL-7",
                lambda code, _facts: _is_one_of(text_of(code), _TYPES),
                found=lambda code: Detail(text_of(code), ", ".join(_TYPES)),
            ),
        ),
        _is_nlcius,
    ),
    RuleContext(
        ("/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:TypeCode",),
        (_rule("BR-NL-9", None, never=_SHADOWED),),
        _is_nlcius,
    ),
    _on_dutch(
        "ram:BuyerTradeParty",
        _rule(
            "BR-NL-10",
            _buyer_is_known,
            found=partial(_number, path="ram:SpecifiedLegalOrganization/ram:ID", term="BT-47"),
        ),
    ),
    _on_dutch(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _rule(
            "BR-NL-11",
            _says_how_to_pay,
            advice=Text("Add SpecifiedTradeSettlementPaymentMeans with your IBAN."),
            found=lambda totals: Detail(next(iter(texts(totals, "ram:DuePayableAmount")), None)),
        ),
    ),
    _on_dutch(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        _rule(
            "BR-NL-12",
            lambda means, _facts: any(_is_one_of(code, _MEANS) for code in texts(means, "ram:TypeCode")),
            found=lambda means: Detail(next(iter(texts(means, "ram:TypeCode")), None), ", ".join(_MEANS)),
        ),
    ),
    _on_dutch("ram:SpecifiedTradeSettlementPaymentMeans", _rule("BR-NL-31", None, never=_SHADOWED)),
    RuleContext(
        ("ram:BuyerOrderReferencedDocument/ram:LineID",),
        (
            _rule(
                "BR-NL-13",
                _order_is_named,
                advice=Text("Add BuyerOrderReferencedDocument/IssuerAssignedID to the document."),
                found=lambda line: Detail(text_of(line)),
            ),
        ),
        _is_nlcius,
    ),
)


# --- what is discouraged -----------------------------------------------------------------------------------

_DISCOURAGED = (
    _left_out_at("BR-NL-19", "ram:TaxCurrencyCode"),
    _left_out_at("BR-NL-20", "ram:TaxPointDate/udt:DateString"),
    _left_out_at("BR-NL-21", "ram:DueDateTypeCode"),
    _on_dutch(
        "ram:SubjectCode",
        _of_cii("BR-NL-22", Text("A Dutch seller leaves out the subject code of a note (BT-21)."), "BT-21"),
    ),
    _on_dutch(
        "ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
        _of_cii("BR-NL-23", Text("A Dutch seller leaves out the business process (BT-23)."), "BT-23"),
    ),
    _left_out_at("BR-NL-24", "ram:InvoiceReferencedDocument/ram:FormattedIssueDateTime/qdt:DateTimeString"),
    _on_dutch(
        "ram:SellerTradeParty/ram:SpecifiedTaxRegistration",
        _rule(
            "BR-NL-25",
            lambda number, _facts: not has(number, "ram:ID") or "VA" in texts(number, "ram:ID/@schemeID"),
            found=lambda number: Detail(next(iter(texts(number, "ram:ID")), None)),
        ),
    ),
    _left_out_at("BR-NL-26", "ram:SellerTradeParty/ram:Description"),
    *(
        _left_out_at(f"BR-NL-{family}-{nth}", f"ram:{party}/ram:PostalTradeAddress/ram:{name}")
        for family, name in (("27", "LineThree"), ("28", "CountrySubDivisionName"))
        for nth, party in enumerate(
            ("SellerTradeParty", "BuyerTradeParty", "SellerTaxRepresentativeTradeParty", "ShipToTradeParty"), 1
        )
    ),
    _left_out_at("BR-NL-29", "ram:SpecifiedTradeSettlementPaymentMeans/ram:Information"),
    _left_out_at("BR-NL-30", "ram:PayeePartyCreditorFinancialAccount/ram:AccountName"),
    _left_out_at("BR-NL-32-and-34", "ram:SpecifiedTradeAllowanceCharge/ram:ReasonCode", like="BR-NL-32-1"),
    _on_dutch(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:TaxTotalAmount",
        _rule(
            "BR-NL-33",
            _is_in_invoice_currency,
            advice=Text("Leave out the TaxTotalAmount in another currency, and TaxCurrencyCode with it."),
            found=lambda total: Detail(total.get("currencyID")),
        ),
    ),
    _on_dutch(
        "ram:ApplicableTradeTax/ram:ExemptionReasonCode",
        _rule("BR-NL-35", None, advice=Text("Use ExemptionReason.")),
    ),
)
_EMPTY = _rule("empty-element-check", None, like="SI-UBL-2")

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
    patterns=(
        Pattern((*_REQUIRED, *_DISCOURAGED, RuleContext(("//*",), (_EMPTY,), is_blank_leaf)), NlciusCiiFacts),
    ),
    written_in="CII",
    variant_of=NLCIUS,
    valid_from=date(2026, 8, 17),
)
"""The Dutch rules of NLCIUS-CII 1.0, on the current EN 16931: the published artefact carries it as well."""
