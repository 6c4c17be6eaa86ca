"""The VAT categories: nine rows make 96 rules (BR-S, Z, E, AE, IC, G, O, AF, AG).

A row says what a category demands; `_cells` writes the rule of each of the norm's ten sentences about it.
Ids carry the infix, never the code: K is IC, L is AF (IGIC, the Canary Islands), M is AG (IPSI, Ceuta and
Melilla).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, auto
from functools import cache
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import double, exact, is_not_negative
from gateway.validator.model.invoice import (
    AllowanceVat,
    BreakdownVat,
    ChargeVat,
    Invoice,
    LineVat,
)
from gateway.validator.model.terms import Group, every
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.en16931.source import SOURCE
from gateway.validator.rules.en16931.totals import tax_detail, tax_is_within_one
from gateway.validator.rules.engine import Form, Rule
from gateway.validator.rules.invoice_facts import InvoiceFacts, LineSums, VatUse


class Rate(Enum):
    """What the rate of an item, allowance or charge of the category is."""

    POSITIVE = auto()
    ZERO = auto()
    ZERO_OR_MORE = auto()
    LEFT_OUT = auto()


class SellerNumbers(Enum):
    """What the seller must or must not be registered as."""

    ANY_REGISTRATION = auto()
    """Seller VAT identifier (BT-31), tax registration (BT-32) or the representative's VAT identifier (BT-63)."""
    VAT_IDENTIFIER = auto()
    """Seller VAT identifier (BT-31) or the representative's (BT-63)."""
    NO_VAT_IDENTIFIER = auto()
    """Neither seller, representative nor buyer has a VAT identifier."""


class BuyerNumbers(Enum):
    """What the buyer must be registered as."""

    ANYONE = auto()
    VAT_IDENTIFIER = auto()
    VAT_OR_LEGAL = auto()


@dataclass(frozen=True, slots=True)
class Category:
    """One row: a VAT category and what it demands."""

    code: str
    infix: str
    name: Text
    per_rate: bool
    """One breakdown for each rate, whose amounts are less than one unit apart; else one breakdown that is exact."""
    rate: Rate
    seller: SellerNumbers
    buyer: BuyerNumbers
    has_reason: bool
    """The breakdown gives a reason for exemption (BT-120, BT-121); else it may not."""


_POSITIVE, _ZERO, _ZERO_OR_MORE, _LEFT_OUT = Rate.POSITIVE, Rate.ZERO, Rate.ZERO_OR_MORE, Rate.LEFT_OUT
_ANY, _VAT_ID, _NO_VAT = (
    SellerNumbers.ANY_REGISTRATION,
    SellerNumbers.VAT_IDENTIFIER,
    SellerNumbers.NO_VAT_IDENTIFIER,
)
_ANYONE, _BUYER_VAT, _BUYER_ANY = BuyerNumbers.ANYONE, BuyerNumbers.VAT_IDENTIFIER, BuyerNumbers.VAT_OR_LEGAL


# fmt: off
CATEGORIES = (
    #        code  infix name                            per_rate  rate           seller   buyer       has_reason
    Category("S",  "S",  Text("Standard rated"),         True,     _POSITIVE,     _ANY,    _ANYONE,    False),
    Category("Z",  "Z",  Text("Zero rated"),             False,    _ZERO,         _ANY,    _ANYONE,    False),
    Category("E",  "E",  Text("Exempt from VAT"),        False,    _ZERO,         _ANY,    _ANYONE,    True),
    Category("AE", "AE", Text("Reverse charge"),         False,    _ZERO,         _ANY,    _BUYER_ANY, True),
    Category("K",  "IC", Text("Intra-community supply"), False,    _ZERO,         _VAT_ID, _BUYER_VAT, True),
    Category("G",  "G",  Text("Export outside the EU"),  False,    _ZERO,         _VAT_ID, _ANYONE,    True),
    Category("O",  "O",  Text("Not subject to VAT"),     False,    _LEFT_OUT,     _NO_VAT, _ANYONE,    True),
    Category("L",  "AF", Text("IGIC (Canary Islands)"),  True,     _ZERO_OR_MORE, _ANY,    _ANYONE,    False),
    Category("M",  "AG", Text("IPSI (Ceuta, Melilla)"),  True,     _ZERO_OR_MORE, _ANY,    _ANYONE,    False),
)
# fmt: on


_ON_ALLOWANCES = frozenset({"03", "04", "06", "07"})
"""The cells about allowances and charges: without any, nothing breaks them."""


def _cells(row: Category) -> list[Rule]:
    return [
        _breakdown_rule(row),
        *_party_rules(row),
        *_rate_rules(row),
        _taxable_rule(row),
        _tax_rule(row),
        _reason_rule(row),
    ]


def _rule(
    row: Category,
    nth: str,
    *,
    on: type[Group],
    terms: str,
    sentence: Text,
    holds: Callable[[Any, InvoiceFacts], bool],
    detail: Callable[[Any, InvoiceFacts], Detail],
    select: Callable[[InvoiceFacts], Sequence[Group]] | None = None,
) -> Rule:
    return Rule(
        f"BR-{row.infix}-{nth}",
        Flag.FATAL,
        Form.VAT,
        tuple(terms.split()),
        on,
        sentence,
        SOURCE,
        holds,
        detail,
        select,
        _uses(row.code, on_allowances=nth in _ON_ALLOWANCES),
        single=nth != "10",
    )


@cache
def _uses(code: str, *, on_allowances: bool = False) -> Callable[[InvoiceFacts], bool]:
    """Whether the document uses a category: where it does not, the category's rules hold."""
    if on_allowances:
        return lambda facts: facts.has_allowances_or_charges and code in facts.categories_named
    return lambda facts: code in facts.categories_named


# 01: the breakdown has the category when, and only when, it is used.


_ONE_BREAKDOWN = {
    True: Text("one VAT breakdown (BG-23)"),
    False: Text("a VAT breakdown (BG-23) or more"),
}
"""By whether it must be exactly one."""


def _breakdowns(count: int, row: Category) -> Text:
    if not count:
        return Text("no VAT breakdowns (BG-23) of category {code}", code=row.code)
    return Text("{count} VAT breakdowns (BG-23) of category {code}", count=count, code=row.code)


def _breakdown_rule(row: Category) -> Rule:
    number = Text("exactly one")
    if row.per_rate:
        number = Text("at least one")
    return _rule(
        row,
        "01",
        on=Invoice,
        terms="BT-118 BT-151 BT-95 BT-102",
        sentence=Text(
            "An invoice that uses VAT category {code} ({row}) has {number} VAT breakdown (BG-23) for it.",
            code=row.code,
            row=row.name,
            number=number,
        ),
        holds=lambda _invoice, facts: (_has_at_least_one if row.per_rate else _has_exactly_one)(row, facts),
        detail=lambda _invoice, facts: Detail(
            _breakdowns(facts.breakdown_vat.any.get(row.code, 0), row),
            _ONE_BREAKDOWN[not row.per_rate],
            Text("Add up all amounts of this category in one VAT breakdown for each rate, and give none without."),
            "BT-118",
            facts.invoice.any_breakdown,
        ),
    )


def _has_exactly_one(row: Category, facts: InvoiceFacts) -> bool:
    used = row.code in facts.items_vat.vat or any(row.code in use.vat for use in facts.categories_vat)
    return not used or facts.breakdown_vat.vat.get(row.code, 0) == 1


def _has_at_least_one(row: Category, facts: InvoiceFacts) -> bool:
    uses = (facts.items_vat, facts.allowances_vat, facts.charges_vat, facts.unsorted_vat)
    if row.code == "S":  # the artefact does not look at the tax scheme here
        used, given, counted = _is_used(uses, row), facts.breakdown_vat.any, facts.breakdown_vat.any
    elif row.code == "L":  # nor here, and it wants the code without spaces
        used, given, counted = _is_used_under_vat(uses, row), facts.breakdown_vat.raw, facts.breakdown_vat.vat
    else:
        used, given, counted = _is_used_under_vat(uses, row), facts.breakdown_vat.raw_vat, facts.breakdown_vat.vat
    return row.code in given if used else row.code not in counted


def _is_used(uses: Sequence[VatUse], row: Category) -> bool:
    return any(row.code in use.any for use in uses)


def _is_used_under_vat(uses: Sequence[VatUse], row: Category) -> bool:
    return any(row.code in use.vat for use in uses)


# 02, 03, 04: who must be registered when a line, an allowance, a charge has the category.


def _party_rules(row: Category) -> list[Rule]:
    return [
        _party_rule(row, "02", "BT-151", Text("a line"), _on_items),
        _party_rule(row, "03", "BT-95", Text("an allowance"), _on_allowances),
        _party_rule(row, "04", "BT-102", Text("a charge"), _on_charges),
    ]


def _party_rule(
    row: Category, nth: str, term: str, what: Text, used: Callable[[Category, InvoiceFacts], bool]
) -> Rule:
    wanted = _PARTIES[row.seller, row.buyer]
    # Of an item of category S under another tax than VAT the artefact demands more than anyone can give.
    never = nth == "02" and row.code == "S"
    return _rule(
        row,
        nth,
        on=Invoice,
        terms=f"{term} BT-31 BT-32 BT-63 BT-48",
        sentence=Text(
            "Where {what} has VAT category {code} ({row}), the invoice has {wanted}.",
            what=what,
            code=row.code,
            row=row.name,
            wanted=wanted,
        ),
        holds=lambda _invoice, facts: (
            not used(row, facts) or ((not never or "S" in facts.items_vat.vat) and _are_registered(row, facts))
        ),
        detail=lambda _invoice, facts: Detail(None, None, _registered_advice(row), "BT-31", facts.invoice.seller),
    )


def _registered_advice(row: Category) -> Text:
    wanted = _PARTIES[row.seller, row.buyer]
    if row.seller is _NO_VAT:
        return Text("Leave the VAT identifiers out, or choose another VAT category.")
    return Text("Give {wanted}.", wanted=wanted)


_PARTIES = {
    (_ANY, _ANYONE): Text(
        "a Seller VAT identifier (BT-31), a tax registration identifier (BT-32) or a VAT "
        "identifier of the tax representative (BT-63)"
    ),
    (_ANY, _BUYER_ANY): Text(
        "a Seller VAT identifier (BT-31), a tax registration identifier (BT-32) or a VAT "
        "identifier of the tax representative (BT-63), and a Buyer VAT identifier (BT-48) or "
        "legal registration identifier (BT-47)"
    ),
    (_VAT_ID, _BUYER_VAT): Text(
        "a Seller VAT identifier (BT-31) or one of the tax representative (BT-63), and a Buyer "
        "VAT identifier (BT-48)"
    ),
    (_VAT_ID, _ANYONE): Text("a Seller VAT identifier (BT-31) or one of the tax representative (BT-63)"),
    (_NO_VAT, _ANYONE): Text("no VAT identifier of seller (BT-31), tax representative (BT-63) or buyer (BT-48)"),
}


def _are_registered(row: Category, facts: InvoiceFacts) -> bool:
    if row.seller is _NO_VAT:
        return not (facts.seller_vat or facts.representative_vat or facts.buyer_vat)
    seller = facts.seller_vat if row.seller is _VAT_ID else bool(facts.seller_tax_registrations)
    buyer = row.buyer is _ANYONE or facts.buyer_vat or (row.buyer is _BUYER_ANY and facts.buyer_legal)
    return (seller or facts.representative_vat) and buyer


def _on_items(row: Category, facts: InvoiceFacts) -> bool:
    return row.code in (facts.items_vat.any if row.code == "S" else facts.items_vat.vat)


def _on_allowances(row: Category, facts: InvoiceFacts) -> bool:
    if row.code == "O":  # allowances of the document alone
        return "O" in facts.document_allowances_vat.vat
    return row.code in facts.allowances_vat.vat


def _on_charges(row: Category, facts: InvoiceFacts) -> bool:
    if row.code == "O":
        return "O" in facts.document_charges_vat.vat
    return row.code in (facts.charges_vat.raw_vat if row.code == "L" else facts.charges_vat.vat)


# 05, 06, 07: the rate of a line, an allowance, a charge.


def _rate_rules(row: Category) -> list[Rule]:
    return [
        _rate_rule(row, "05", LineVat, "BT-152", lambda facts: facts.items_by_category.get(row.code, ())),
        _rate_rule(row, "06", AllowanceVat, "BT-96", lambda facts: facts.allowances_by_category.get(row.code, ())),
        _rate_rule(row, "07", ChargeVat, "BT-103", lambda facts: facts.charges_by_category.get(row.code, ())),
    ]


def _rate_rule(
    row: Category, nth: str, on: type[Group], term: str, select: Callable[[InvoiceFacts], Sequence[Group]]
) -> Rule:
    wanted = _RATES[row.rate]
    what = _RATE_OF[nth]
    rule = _rule(
        row,
        nth,
        on=on,
        terms=term,
        sentence=Text(
            "The VAT rate of {what} ({term}) of category {code} ({row}) is {wanted}.",
            what=what,
            term=term,
            code=row.code,
            row=row.name,
            wanted=wanted,
        ),
        holds=lambda vat, _facts: rate_fits(vat.rate, row.rate),
        detail=lambda vat, _facts: Detail(vat.rate, _RATE_SIGNS[row.rate], _RATE_ADVICE, term),
        select=select,
    )
    return replace(rule, single=row.rate is _ZERO)


_RATE_OF = {
    "05": Text("an item on a line"),
    "06": Text("an allowance"),
    "07": Text("a charge"),
}
_RATE_SIGNS = {_POSITIVE: "> 0", _ZERO: "0", _ZERO_OR_MORE: ">= 0", _LEFT_OUT: None}
_RATE_ADVICE = Text("Correct the rate or the VAT category.")
_RATES = {
    _POSITIVE: Text("more than 0"),
    _ZERO: Text("0"),
    _ZERO_OR_MORE: Text("0 or more"),
    _LEFT_OUT: Text("left out"),
}


def rate_fits(rate: str | None, wanted: Rate) -> bool:
    """Whether a rate is what its category demands. Raises NotANumber."""
    if wanted is _LEFT_OUT:
        return rate is None
    if rate is None:
        return False
    if wanted is _ZERO:
        return exact(rate) == 0
    if wanted is _ZERO_OR_MORE:
        return any(is_not_negative(each) for each in every(rate))
    return any(double(each) > 0 for each in every(rate))


# 08: the taxable amount is the sum of what is taxed.


def _taxable_rule(row: Category) -> Rule:
    per_rate = row.per_rate
    slack = Text(", for each rate, less than one unit apart") if per_rate else ""
    holds = _taxable_per_rate if per_rate else _taxable_is_exact
    return _rule(
        row,
        "08",
        on=BreakdownVat,
        terms="BT-116 BT-131 BT-99 BT-92",
        sentence=Text(
            "The taxable amount (BT-116) of category {code} ({row}) = sum of lines (BT-131) + "
            "charges (BT-99) - allowances (BT-92) of that category{slack}.",
            code=row.code,
            row=row.name,
            slack=slack,
        ),
        holds=lambda vat, facts: holds(row, vat, facts),
        detail=lambda vat, facts: _tax_detailable(row, vat, facts),
        select=lambda facts: facts.breakdowns_by_category.get(row.code, ()),
    )


def _taxable_is_exact(row: Category, vat: BreakdownVat, facts: InvoiceFacts) -> bool:
    if vat.taxable is None:
        return False
    taxable = exact(vat.taxable)
    more = facts.document_level_sums.by_category.get(row.code, _NOTHING)
    return (
        facts.has_invoice_lines and taxable == facts.invoice_line_sums.by_category.get(row.code, _NOTHING) + more
    ) or (
        facts.has_credit_note_lines
        and taxable == facts.credit_note_line_sums.by_category.get(row.code, _NOTHING) + more
    )


def _taxable_per_rate(row: Category, vat: BreakdownVat, facts: InvoiceFacts) -> bool:
    if vat.rate is None:
        return True
    if vat.taxable is None:
        return False
    rate = exact(vat.rate)
    more = facts.document_level_sums.at(row.code, rate) or _NOTHING
    there = _where_used(row, rate, facts)
    sums = (facts.invoice_line_sums, facts.credit_note_line_sums)
    return any(
        used and less_than_one_apart(vat.taxable, (lines.at(row.code, rate) or _NOTHING) + more)
        for used, lines in zip(there, sums, strict=True)
    )


def _where_used(row: Category, rate: Decimal, facts: InvoiceFacts) -> tuple[bool, bool]:
    """Whether to compare with InvoiceLines, with CreditNoteLines. For S the rate must be in use on them, or on an
    allowance or charge; for the others any line will do."""
    if row.code != "S":
        return facts.has_invoice_lines, facts.has_credit_note_lines
    elsewhere = facts.allowances_anywhere.at(row.code, rate) is not None
    invoice_lines, credit_note_lines = facts.lines_anywhere
    return (
        elsewhere or invoice_lines.at(row.code, rate) is not None,
        elsewhere or credit_note_lines.at(row.code, rate) is not None,
    )


def less_than_one_apart(taxable: str, total: Decimal) -> bool:
    """As the artefact compares: it takes one off and adds one to the taxable amount in binary floating point,
    so that exactly one apart is decided by how that amount is represented. Raises NotANumber."""
    if exact(taxable) == total and abs(total) < _BELOW_THAT_A_DOUBLE_IS_SURE:
        return True
    amount = double(taxable)
    return Decimal(amount - 1.0) < total < Decimal(amount + 1.0)


_BELOW_THAT_A_DOUBLE_IS_SURE = 10**12
_NOTHING = Decimal(0)


def _tax_detailable(row: Category, vat: BreakdownVat, facts: InvoiceFacts) -> Detail:
    rate = exact(vat.rate) if vat.rate is not None and row.per_rate else None
    lines = facts.invoice_line_sums if facts.has_invoice_lines else facts.credit_note_line_sums
    of_lines, more = _sum(lines, row, rate), _sum(facts.document_level_sums, row, rate)
    at = "" if rate is None else f" {rate}%"
    return Detail(
        f"BT-116 = {vat.taxable or '–'}",
        f"Σ BT-131 + Σ BT-99 - Σ BT-92 ({row.code}{at}) = {of_lines} + {more} = {of_lines + more}",
        Text("Correct the taxable amount, or the VAT category of a line, allowance or charge."),
        "BT-116",
    )


def _sum(sums: LineSums, row: Category, rate: Decimal | None) -> Decimal:
    if rate is None:
        return sums.by_category.get(row.code, _NOTHING)
    return sums.at(row.code, rate) or _NOTHING


# 09: the tax amount; 10: the reason for exemption.


def _tax_rule(row: Category) -> Rule:
    is_computed = row.per_rate
    what = Text("0")
    if is_computed:
        what = Text("the taxable amount (BT-116) × the rate (BT-119), less than one unit apart")
    return _rule(
        row,
        "09",
        on=BreakdownVat,
        terms="BT-117 BT-116 BT-119" if is_computed else "BT-117",
        sentence=Text(
            "The tax amount (BT-117) of category {code} ({row}) is {what}.", code=row.code, row=row.name, what=what
        ),
        holds=lambda vat, _facts: (
            tax_is_within_one(vat.tax, vat.taxable, vat.rate)
            if is_computed
            else vat.tax is not None and exact(vat.tax) == 0
        ),
        detail=lambda vat, _facts: (
            tax_detail(vat.tax, vat.taxable, vat.rate)
            if is_computed
            else Detail(f"BT-117 = {vat.tax or '–'}", "0", _NO_TAX, "BT-117")
        ),
        select=lambda facts: facts.breakdowns_by_category.get(row.code, ()),
    )


_NO_TAX = Text("No VAT is charged in this category: give 0.00, or correct the category.")


def _reason_rule(row: Category) -> Rule:
    required = row.has_reason
    sentence = Text(
        "A VAT breakdown (BG-23) of category {code} ({row}) has no exemption reason (BT-120) "
        "or reason code (BT-121).",
        code=row.code,
        row=row.name,
    )
    advice = Text("Leave the reason out.")
    if required:
        sentence = Text(
            "A VAT breakdown (BG-23) of category {code} ({row}) has an exemption reason (BT-120) "
            "or reason code (BT-121).",
            code=row.code,
            row=row.name,
        )
        advice = Text("Say why no VAT is charged.")
    return _rule(
        row,
        "10",
        on=BreakdownVat,
        terms="BT-120 BT-121",
        sentence=sentence,
        holds=lambda vat, _facts: (vat.reason is not None or vat.reason_code is not None) is required,
        detail=lambda vat, _facts: Detail(
            vat.reason_code or vat.reason, "BT-120 / BT-121" if required else None, advice, "BT-121"
        ),
        select=lambda facts: facts.breakdowns_by_category.get(row.code, ()),
    )


# What only two categories demand.


def _in_breakdown(code: str, facts: InvoiceFacts) -> bool:
    return code in facts.breakdown_vat.vat


def _extra(
    key: str, code: str, terms: str, sentence: Text, advice: Text, holds: Callable[[Invoice, InvoiceFacts], bool]
) -> Rule:
    """A demand on the invoice as a whole when its breakdown has the category."""
    return Rule(
        key,
        Flag.FATAL,
        Form.VAT,
        tuple(terms.split()),
        Invoice,
        sentence,
        SOURCE,
        lambda invoice, facts: not _in_breakdown(code, facts) or holds(invoice, facts),
        lambda _invoice, _facts: Detail(expected=terms.replace(" ", " / ") if code == "K" else None),
        applies=_uses(code),
        advice=advice,
    )


def _has_delivery_date(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    dated = any(len(each.date or "") > 1 for each in invoice.deliveries)
    return dated or not all(period.is_empty for period in invoice.periods)


def _has_delivery_country(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return any(each.address is not None and len(each.address.country or "") > 1 for each in invoice.deliveries)


_SEPARATE = Text("Put what is not subject to VAT on a separate invoice, or give everything category O.")

EXTRAS = (
    _extra(
        "BR-IC-11",
        "K",
        "BT-72 BT-73 BT-74",
        Text(
            "An intra-community supply (K) states the Actual delivery date (BT-72) or the Invoicing period (BG-14)."
        ),
        Text("Add ActualDeliveryDate to Delivery, or an InvoicePeriod."),
        _has_delivery_date,
    ),
    _extra(
        "BR-IC-12",
        "K",
        "BT-80",
        Text("An intra-community supply (K) states the Deliver to country code (BT-80)."),
        Text("Add the country of delivery: Delivery/DeliveryLocation/Address/Country/IdentificationCode."),
        _has_delivery_country,
    ),
    _extra(
        "BR-O-11",
        "O",
        "BT-118",
        Text("An invoice with a VAT breakdown of category O (not subject to VAT) has no other VAT breakdown."),
        _SEPARATE,
        lambda _invoice, facts: not facts.breakdown_vat.others("O"),
    ),
    _extra(
        "BR-O-12",
        "O",
        "BT-151",
        Text(
            "An invoice with a VAT breakdown of category O (not subject to VAT) has no line of another category."
        ),
        _SEPARATE,
        lambda _invoice, facts: not facts.items_vat.others("O"),
    ),
    _extra(
        "BR-O-13",
        "O",
        "BT-95",
        Text(
            "An invoice with a VAT breakdown of category O (not subject to VAT) has no allowance of another category."
        ),
        _SEPARATE,
        lambda _invoice, facts: not facts.allowances_vat.others("O"),
    ),
    _extra(
        "BR-O-14",
        "O",
        "BT-102",
        Text(
            "An invoice with a VAT breakdown of category O (not subject to VAT) has no charge of another category."
        ),
        _SEPARATE,
        lambda _invoice, facts: not facts.charges_vat.others("O"),
    ),
)

VAT = (*(rule for row in CATEGORIES for rule in _cells(row)), *EXTRAS)
"""Every BR-S, Z, E, AE, IC, G, O, AF and AG."""
