"""EN 16931-1:2017+A1 as its CII artefact 1.3.16 publishes it.

The business rules are those of UBL, under the same ids, sentences and terms. Here are those whose CII text asks
for something else: `_VARIANTS`. Codes count as written, spaces and all; the rules of category L, M and O take
their breakdowns from the general rules. Rules on the CII itself are in `validator.cii`.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache, reduce
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model import invoice as bg
from gateway.validator.model.amounts import cents, double, exact, whole
from gateway.validator.model.codes import LISTS, CodeList
from gateway.validator.model.invoice import Invoice
from gateway.validator.model.terms import BLANK, CodeUse, Group, every
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.en16931.source import SOURCE
from gateway.validator.rules.en16931.totals import expected_tax
from gateway.validator.rules.en16931.vat import CATEGORIES, Category, Rate, rate_fits
from gateway.validator.rules.engine import Claim, Form, Rule, RulePage, rule_set
from gateway.validator.rules.facts import once
from gateway.validator.rules.forms import ROUND_IT, SPACE, name_of, not_on_list, round_amount
from gateway.validator.rules.invoice_facts import (
    InvoiceFacts,
    LineSums,
    VatUse,
    by_category,
    sums_as_written,
    sums_of_lines,
)

Holds = Callable[[Any, Any], bool]
_NOTHING = Decimal(0)
_ONE = Decimal(1)


class CiiFacts(InvoiceFacts):
    """Shared answers about one invoice, as the CII text asks for them."""

    @once
    def seller_tax_registrations(self) -> list[bg.TaxRegistration]:
        """Numbers of the seller for VAT (VA) or another tax (FC); others count for nothing."""
        found = [each for seller in self.invoice.all(bg.Seller) for each in seller.tax_registrations]
        return [each for each in found if each.identifier is not None and {"VAT", "FC"} & {*each.schemes}]

    @once
    def document_allowances_vat(self) -> VatUse:
        """Here allowances of lines count too."""
        return self.allowances_vat

    @once
    def document_charges_vat(self) -> VatUse:
        """Here charges of lines count too."""
        return self.charges_vat

    @once
    def items_by_category(self) -> dict[str, list[bg.LineVat]]:
        return by_category(self.invoice.all(bg.LineVat), as_written=True)

    @once
    def allowances_by_category(self) -> dict[str, list[bg.AllowanceVat]]:
        return by_category(self.invoice.all(bg.AllowanceVat), as_written=True)

    @once
    def charges_by_category(self) -> dict[str, list[bg.ChargeVat]]:
        return by_category(self.invoice.all(bg.ChargeVat), as_written=True)

    @once
    def breakdowns_by_category(self) -> dict[str, list[bg.BreakdownVat]]:
        """Under VAT; of S and Z, under any tax."""
        nodes = self.invoice.all(bg.BreakdownVat)
        found = by_category(nodes, as_written=True)
        for code in ("S", "Z"):
            found[code] = [node for node in nodes if code in every(node.code)]
        return found

    @once
    def general_breakdowns(self) -> list[bg.VatBreakdown]:
        """The breakdowns that no rule of a category takes first."""
        return [each for each in self.invoice.all(bg.VatBreakdown) if not any(map(_is_taken_first, each.vat))]

    @once
    def line_sums(self) -> LineSums:
        """Sums of the lines of the document."""
        return sums_of_lines(self.invoice.lines, as_written=True)

    @once
    def charge_sums(self) -> LineSums:
        """Sums of the charges of the document."""
        return sums_as_written(self.invoice.charges)

    @once
    def allowance_sums(self) -> LineSums:
        """Sums of the allowances of the document."""
        return sums_as_written(self.invoice.allowances)

    @once
    def elsewhere(self) -> VatUse:
        """VAT categories of allowances and charges, wherever they are."""
        kinds: tuple[type[bg.VatCategory], ...] = (bg.AllowanceVat, bg.ChargeVat, bg.UnsortedVat)
        return VatUse.of([node for kind in kinds for node in self.invoice.all(kind)])


def _is_taken_first(vat: bg.VatCategory) -> bool:
    return vat.is_vat and not {"L", "M", "O"}.isdisjoint(every(vat.code))


def _general(facts: CiiFacts) -> list[bg.VatBreakdown]:
    return facts.general_breakdowns


_SOURCE = SOURCE.replace("UBL artefact", "CII artefact")


def _like(key: str, holds: Holds | None = None, **more: Any) -> Rule:
    """A rule of UBL with another test. One about the document that is evaluated elsewhere keeps its detail."""
    rule = EN16931.rules[key]
    if rule.on is Invoice and "on" in more:
        more["detail"] = lambda _node, facts: rule.detail(facts.invoice, facts)
    return replace(rule, holds=holds or rule.holds, source=_SOURCE, **more)


def _has_text(*texts: str | None) -> bool:
    return any(each.strip(SPACE) for text in texts for each in every(text))


# --- what is there -----------------------------------------------------------------------------------------


@cache
def _with_indicator(kind: type[bg.AllowanceCharge], text: str) -> Callable[[InvoiceFacts], Sequence[Group]]:
    """The allowances or charges whose indicator is this text: 0 and 1 are booleans too and do not count here."""
    return lambda facts: [each for each in facts.invoice.all(kind) if text in every(each.indicator)]


_BY_INDICATOR = {
    (bg.DocumentAllowance, "false"): "BR-31 BR-32 BR-33 BR-CO-21 BR-DEC-01 BR-DEC-02",
    (bg.DocumentCharge, "true"): "BR-36 BR-37 BR-38 BR-CO-22 BR-DEC-05 BR-DEC-06",
    (bg.LineAllowance, "false"): "BR-41 BR-42 BR-CO-23 BR-DEC-24 BR-DEC-25",
    (bg.LineCharge, "true"): "BR-43 BR-44 BR-CO-24 BR-DEC-27 BR-DEC-28",
}


def _states_country(party: bg.Seller | bg.Buyer | bg.TaxRepresentative) -> bool:
    """The address of the party states a country; False without an address."""
    return party.address is not None and _has_text(party.address.country)


def _payee_is_not_the_seller(payee: bg.Payee, facts: CiiFacts) -> bool:
    sellers = facts.invoice.sellers
    pairs = (
        (payee.names, [name for seller in sellers for name in every(seller.name)]),
        (
            _numbers_without_scheme(payee),
            [value for seller in sellers for value in _numbers_without_scheme(seller)],
        ),
        (every(payee.legal_registration), [v for seller in sellers for v in every(seller.legal_registration)]),
    )
    return bool(payee.names) and all(set(ours).isdisjoint(theirs) for ours, theirs in pairs)


def _numbers_without_scheme(party: bg.Payee | bg.Seller) -> list[str]:
    return [value for each in party.identifiers if each.scheme is None for value in every(each.value)]


def _to_transfer_to(facts: InvoiceFacts) -> list[bg.CreditTransfer]:
    return [each for each in facts.invoice.all(bg.CreditTransfer) if {"30", "58"} & {*every(each.means)}]


def _representative_has_vat_identifier(party: bg.TaxRepresentative, _facts: Any) -> bool:
    """One, and no more: of two the artefact ends in an error."""
    numbers = [number for each in party.tax_registrations if each.is_vat for number in every(each.identifier)]
    return len(numbers) == 1 and _has_text(numbers[0])


def _first_address_names_its_scheme(party: bg.Seller | bg.Buyer, _facts: Any) -> bool:
    return all(_has_text(each.scheme) for each in party.electronic_addresses[:1])


def _ends_after_start(period: bg.InvoicingPeriod | bg.LinePeriod, _facts: Any) -> bool:
    """As texts; a day that is not written in format 102 is a blank here, and none."""
    starts, ends = every(period.start), every(period.end)
    return not starts or not ends or any(start <= end for start in _days(starts) for end in _days(ends))


def _days(texts: Iterable[str]) -> list[str]:
    """As the document writes them."""
    return [text.replace("-", "") if _CONVERTED.fullmatch(text) else text for text in texts if text is not BLANK]


_CONVERTED = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _vat_in_accounting_currency(_totals: bg.Totals, facts: CiiFacts) -> bool:
    wanted = every(facts.invoice.vat_currency)
    if not wanted:
        return True
    given = {currency for total in facts.invoice.all(bg.VatTotal) for currency in every(total.currency)}
    return not given.isdisjoint(wanted) and set(wanted).isdisjoint(every(facts.invoice.currency))


def _one_way_to_say_the_tax_point(_breakdown: bg.VatBreakdown, facts: CiiFacts) -> bool:
    return not (facts.invoice.all(bg.TaxPoint) and facts.invoice.coded.get(bg.Coded.VAT_POINT_DATE))


_COUNTRIES = LISTS["countries"].but("SS").also("AN")
_PREFIXES = _COUNTRIES.also("EL").values


def _vat_identifier_begins_with_country(registration: bg.TaxRegistration, _facts: Any) -> bool:
    return not registration.is_vat or all(each[:2] in _PREFIXES for each in every(registration.identifier))


def _split_payment_is_italian(_invoice: Invoice, facts: CiiFacts) -> bool:
    countries = facts.invoice.coded.get(bg.Coded.COUNTRY, ())
    return "B" not in _codes(facts) or all(country == "IT" for country in countries)


def _codes(facts: CiiFacts) -> set[str | None]:
    coded = facts.invoice.coded
    return {*coded.get(bg.Coded.VAT_CATEGORY, ()), *coded.get(bg.Coded.ITEM_VAT_CATEGORY, ())}


_PRESENCE = (
    *(
        _like(key, select=_with_indicator(kind, text), single=False)
        for (kind, text), keys in _BY_INDICATOR.items()
        for key in keys.split()
    ),
    *(_like(key, _ends_after_start, single=False) for key in ("BR-29", "BR-30")),
    _like("BR-09", lambda invoice, _facts: _states_country(invoice.seller), on=Invoice),
    _like("BR-11", lambda invoice, _facts: _states_country(invoice.buyer), on=Invoice),
    _like("BR-20", lambda party, _facts: _states_country(party), on=bg.TaxRepresentative),
    _like("BR-17", _payee_is_not_the_seller),
    _like("BR-50", lambda transfer, _facts: _has_text(transfer.account), select=_to_transfer_to),
    _like(
        "BR-61",
        lambda transfer, _facts: transfer.account is not None,
        on=bg.CreditTransfer,
        select=_to_transfer_to,
    ),
    _like("BR-51", flag=Flag.FATAL),
    _like("BR-53", _vat_in_accounting_currency, on=bg.Totals),
    _like("BR-55", lambda invoice, _facts: _has_text(invoice.number)),
    _like("BR-56", _representative_has_vat_identifier),
    _like("BR-57", lambda address, _facts: _has_text(address.country)),
    *(_like(key, _first_address_names_its_scheme) for key in ("BR-62", "BR-63")),
    _like(
        "BR-64",
        lambda item, _facts: item.standard_identifier is None or _has_text(item.standard_identifier_scheme),
    ),
    _like("BR-65", lambda each, _facts: each.value is None or _has_text(each.scheme)),
    *(_like(key, select=_general) for key in ("BR-45", "BR-46", "BR-47", "BR-DEC-19", "BR-DEC-20")),
    _like(
        "BR-CO-03",
        _one_way_to_say_the_tax_point,
        on=bg.VatBreakdown,
        select=_general,
    ),
    _like("BR-CO-09", _vat_identifier_begins_with_country),
    _like("BR-CO-18", applies=lambda facts: bool(facts.invoice.all(bg.InvoiceLine))),
    _like("BR-B-01", _split_payment_is_italian),
    _like("BR-B-02", lambda _invoice, facts: not {"B", "S"} <= _codes(facts)),
)


# --- totals ------------------------------------------------------------------------------------------------


def _is_the_sum_of_taxes(total: bg.VatTotal, facts: CiiFacts) -> bool:
    taxes = [tax for each in facts.invoice.vat_breakdowns for tax in every(each.tax)]
    return total.amount is not None and _equals(total.amount, _round(_add(taxes)))


def _add(texts: Iterable[str]) -> float:
    """XPath's sum of texts: of doubles, from the first to the last."""
    numbers = [double(text) for text in texts]
    return reduce(operator.add, numbers) if numbers else 0.0


def _round(amount: float) -> float:
    """To cents, halves up, by way of `* 10 * 10`; the sign of a zero stays."""
    return _round_cents(amount * 10 * 10)


def _round_cents(cents_of: float) -> float:
    if not math.isfinite(cents_of):
        return cents_of
    return math.floor(cents_of + 0.5) / 100 or math.copysign(0, cents_of)


def _equals(text: str, number: float) -> bool:
    """Whether the artefact takes a text for a double. Not quite XPath: SaxonC, with which the artefact is run,
    tells 0 and -0 apart. A schema lets such an amount through, and the official verdict on it is what senders
    meet. Raises NotANumber."""
    return double(text) == number and (number != 0 or ("-" in text) is (math.copysign(1, number) < 0))


def _equals_exactly(text: str, number: Decimal | int) -> bool:
    """The same of a number that is no double: here `-0.00` is less than 0, but `-0` is not."""
    return double(text) == float(number) and (number != 0 or not ("-" in text and "." in text))


def _is_the_sum_of_lines(totals: bg.Totals, facts: CiiFacts) -> bool:
    if totals.lines is None:
        return False
    amounts = [amount for line in facts.invoice.lines for amount in every(line.net_amount)[:1]]
    return exact(totals.lines) == cents(Decimal(_add(amounts)))


def _combine(*parts: tuple[int, str | None]) -> Decimal | None:
    """The first amount, which must be there, and the others with their signs, if they are."""
    (_, first), *others = parts
    if first is None:
        return None
    return sum((sign * exact(text) for sign, text in others if text is not None), exact(first))


def _is_without_vat(totals: bg.Totals, _facts: Any) -> bool:
    sum_of = _combine((1, totals.lines), (-1, totals.allowances), (1, totals.charges))
    return sum_of is not None and totals.without_vat is not None and exact(totals.without_vat) == cents(sum_of)


def _is_due(totals: bg.Totals, _facts: Any) -> bool:
    sum_of = _combine((1, totals.with_vat), (-1, totals.paid), (1, totals.rounding))
    return sum_of is not None and totals.due is not None and exact(totals.due) == sum_of


def _is_sum_of(term: str, kind: str) -> Holds:
    """The total is the sum of the first amounts of the allowances or charges, or there are none of both."""

    def holds(totals: bg.Totals, facts: CiiFacts) -> bool:
        given = getattr(totals, term)
        nodes = getattr(facts.invoice, kind)
        if given is None:
            return not nodes
        return _equals(given, _round(_add(amount for each in nodes for amount in every(each.amount)[:1])))

    return holds


def _in_currency(facts: CiiFacts) -> list[bg.VatTotal]:
    wanted = every(facts.invoice.currency)
    return [each for each in facts.invoice.all(bg.VatTotal) if not set(wanted).isdisjoint(every(each.currency))]


def _with_vat(invoice: Invoice, facts: CiiFacts) -> bool:
    """The amounts with and without VAT differ by the VAT, or not at all."""
    if invoice.currency is None:
        return True
    with_vat = next((exact(each.with_vat) for each in invoice.totals if each.with_vat is not None), None)
    without = next((exact(each.without_vat) for each in invoice.totals if each.without_vat is not None), None)
    if with_vat is None or without is None:
        return False
    taxes = _in_currency(facts)
    is_sum = len(taxes) == 1 and with_vat == cents(without + exact(taxes[0].amount or ""))
    return is_sum or with_vat == without


def _has_cents(total: bg.VatTotal) -> bool:
    return total.amount is not None and _equals(total.amount, _round_cents(double(total.amount) * 100))


def _first_without_cents(_totals: bg.Totals, facts: CiiFacts) -> Detail:
    amounts = [each.amount for each in facts.invoice.all(bg.VatTotal) if not _has_cents(each)]
    text = next(iter(amounts), None)
    return Detail(text, round_amount(text) if text else None, ROUND_IT)


def _one_has_cents(currency: str) -> Holds:
    """One of the VAT totals is in another currency than this, or has at most two decimals."""

    def holds(_totals: bg.Totals, facts: CiiFacts) -> bool:
        wanted = set(every(getattr(facts.invoice, currency)))
        totals = facts.invoice.all(bg.VatTotal)
        if currency == "vat_currency" and not wanted:
            return True
        in_it = [each for each in totals if not wanted.isdisjoint(every(each.currency))]
        if currency == "currency" and len(in_it) < len(totals):
            return True
        return not totals or any(map(_has_cents, in_it))

    return holds


def _tax_is_taxable_times_rate(breakdown: bg.VatBreakdown, _facts: Any) -> bool:
    under_vat = bg.is_vat(breakdown.schemes) or bg.PADDED_VAT in breakdown.schemes
    rates = every(breakdown.rate) if under_vat else ()
    if breakdown.tax is None:
        return False
    tax = exact(breakdown.tax)
    if not rates or not whole(exact(rates[0])):
        return not whole(tax)
    if breakdown.taxable is None:
        return False
    wanted = expected_tax(breakdown.taxable, rates[0])
    return abs(tax) - _ONE <= wanted <= abs(tax) + _ONE


_TOTALS = (
    _like("BR-CO-10", _is_the_sum_of_lines),
    _like("BR-CO-11", _is_sum_of("allowances", "allowances"), single=False),
    _like("BR-CO-12", _is_sum_of("charges", "charges"), single=False),
    _like("BR-CO-13", _is_without_vat),
    _like("BR-CO-16", _is_due),
    _like("BR-CO-14", _is_the_sum_of_taxes, select=_in_currency, single=False),
    _like("BR-CO-15", _with_vat, single=False),
    *(
        _like(
            key,
            _one_has_cents(currency),
            on=bg.Totals,
            form=Form.DECIMALS,
            sentence=Text("{name} has at most two decimals.", name=name_of(term)),
            detail=_first_without_cents,
        )
        for key, currency, term in (
            ("BR-DEC-13", "currency", "BT-110"),
            ("BR-DEC-15", "vat_currency", "BT-111"),
        )
    ),
    _like("BR-CO-17", _tax_is_taxable_times_rate, select=_general, single=False),
    _like("BR-48", lambda each, _facts: bg.is_vat(each.schemes) and each.rate is not None, select=_general),
)


# --- VAT categories ----------------------------------------------------------------------------------------


def _has_breakdown(row: Category) -> Holds:
    def holds(_invoice: Invoice, facts: CiiFacts) -> bool:
        on_lines = facts.items_vat.raw.get(row.code, 0)
        elsewhere = facts.elsewhere.raw.get(row.code, 0)
        given = facts.breakdown_vat.raw.get(row.code, 0)
        if row.per_rate:
            return all(not used or used + given >= 2 for used in (on_lines, elsewhere))
        if not given and (row.code == "O" or not (on_lines or elsewhere)):
            return True
        return given == 1 and bool(on_lines or elsewhere)

    return holds


def _taxable(row: Category) -> Holds:
    """What is taxed adds up: exactly for O, and for S at each rate; for the others less than one unit apart."""

    def holds(vat: bg.BreakdownVat, facts: CiiFacts) -> bool:
        if row.per_rate:
            rates = [exact(rate) for rate in every(vat.rate)]
            return all(_is_taxable(vat, _sum(facts, row.code, rate)) for rate in rates)
        if row.code == "O":
            return _is_taxable(vat, _sum(facts, row.code))
        wanted, taxable = float(_sum(facts, row.code)), double(vat.taxable) if vat.taxable is not None else None
        return taxable is not None and taxable - 1 < wanted < taxable + 1

    return holds


def _is_taxable(vat: bg.BreakdownVat, wanted: Decimal) -> bool:
    return vat.taxable is not None and _equals_exactly(vat.taxable, wanted)


def _sum(facts: CiiFacts, code: str, rate: Decimal | None = None) -> Decimal:
    return (
        _part(facts.line_sums, code, rate)
        + _part(facts.charge_sums, code, rate)
        - _part(facts.allowance_sums, code, rate)
    )


def _part(sums: LineSums, code: str, rate: Decimal | None) -> Decimal:
    found = sums.by_category.get(code, _NOTHING) if rate is None else sums.at(code, rate)
    return cents(found or _NOTHING)


def _has_delivery_date(invoice: Invoice, _facts: Any) -> bool:
    dated = any(each.date is not None for each in invoice.deliveries)
    return dated or any(each.start is not None or each.end is not None for each in invoice.periods)


def _has_delivery_country(invoice: Invoice, _facts: Any) -> bool:
    return any(each.address is not None and each.address.country is not None for each in invoice.deliveries)


def _others(uses: Iterable[VatUse], code: str) -> bool:
    return any(each != code for use in uses for each in use.raw)


def _breakdown_of(code: str, holds: Holds) -> Holds:
    return lambda invoice, facts: not facts.breakdowns_by_category.get(code) or holds(invoice, facts)


def _is_untaxed(vat: bg.BreakdownVat, _facts: Any) -> bool:
    return vat.tax is not None and _equals_exactly(vat.tax, 0)


def _rate_is_zero(vat: bg.VatCategory, _facts: Any) -> bool:
    return vat.rate is not None and _equals_exactly(vat.rate, 0)


def _rate_is_positive(vat: bg.VatCategory, _facts: Any) -> bool:
    return rate_fits(vat.rate, Rate.POSITIVE)


_RATES: dict[str, Holds] = {"L": _rate_is_positive, **dict.fromkeys(("Z", "E", "AE", "K", "G"), _rate_is_zero)}


def _of_category(row: Category) -> list[Rule]:
    prefix = f"BR-{row.infix}"
    rules = [_like(f"{prefix}-01", _has_breakdown(row), single=False)]
    if row.code not in {"L", "M"}:
        rules.append(_like(f"{prefix}-08", _taxable(row), single=False))
        rules.append(_like(f"{prefix}-09", None if row.per_rate else _is_untaxed, single=False))
    else:
        rules += [_like(f"{prefix}-{nth}", form=Form.UNCHECKED, single=False) for nth in ("08", "09")]
    if (fits := _RATES.get(row.code)) is not None:
        rules += [_like(f"{prefix}-{nth}", fits) for nth in ("05", "06", "07")]
    for nth, uses in (("02", "items"), ("03", "allowances"), ("04", "charges")):
        rules.append(_like(f"{prefix}-{nth}", _parties(EN16931.rules[f"{prefix}-{nth}"], row, uses)))
    return rules


def _parties(rule: Rule, row: Category, uses: str) -> Holds:
    """The parties are registered, where the category is used."""
    return lambda invoice, facts: (
        not getattr(facts, f"{uses}_by_category").get(row.code) or rule.holds(invoice, facts)
    )


_VAT = (
    *(rule for row in CATEGORIES for rule in _of_category(row)),
    _like("BR-IC-11", _breakdown_of("K", _has_delivery_date)),
    _like("BR-IC-12", _breakdown_of("K", _has_delivery_country)),
    *(
        _like(
            key,
            _breakdown_of("O", lambda _invoice, facts: not _others((facts.items_vat, facts.breakdown_vat), "O")),
        )
        for key in ("BR-O-11", "BR-O-12")
    ),
    *(
        _like(key, _breakdown_of("O", lambda _invoice, facts: not _others((facts.elsewhere,), "O")))
        for key in ("BR-O-13", "BR-O-14")
    ),
)


# --- code lists --------------------------------------------------------------------------------------------

_SUBJECTS = LISTS["note_subjects"].also(
    *("BAT", "BAU", "BAV", "BAW", "BAX", "BAY", "BAZ", "BBA", "BBB"),
    *("BMF", "BMG", "BMH", "CCJ", "CCK", "CCL", "CCM", "CCN", "CCO"),
)
_POINTS = CodeList("UNTDID 2475", "EN 16931 CII 1.3.16", frozenset({"5", "29", "72"}))
_CODED: dict[str, dict[bg.Coded, CodeList]] = {
    "BR-CL-01": {bg.Coded.INVOICE_TYPE: LISTS["invoice_types"].also(*LISTS["credit_note_types"].values)},
    "BR-CL-06": {bg.Coded.VAT_POINT_DATE: _POINTS},
    "BR-CL-07": {bg.Coded.OBJECT_SCHEME: LISTS["object_schemes"]},
    "BR-CL-08": {bg.Coded.NOTE_SUBJECT: _SUBJECTS},
    "BR-CL-14": {bg.Coded.COUNTRY: _COUNTRIES},
    "BR-CL-15": {bg.Coded.ORIGIN_COUNTRY: _COUNTRIES},
}


def _coded(key: str, lists: dict[bg.Coded, CodeList]) -> Rule:
    return _like(
        key,
        lambda use, _facts: use.value is not None and lists[use.kind].has(use.value),
        on=CodeUse,
        select=None,
        applies=None,
        lists=lists,
        detail=lambda use, _facts: not_on_list(use.value, lists[use.kind]),
    )


_SCHEMA_FIRST = (
    "CII-DT-013 CII-DT-014 CII-DT-068 CII-DT-072 CII-SR-015 CII-SR-036 CII-SR-037 CII-SR-038 CII-SR-183 "
    "CII-SR-322 CII-SR-400 CII-SR-438 CII-SR-461 CII-SR-471"
)

_VARIANTS = {
    rule.id: rule for rule in (*_PRESENCE, *_TOTALS, *_VAT, *(_coded(key, lists) for key, lists in _CODED.items()))
}

EN16931_CII = rule_set(
    "EN 16931 CII",
    "1.3.16",
    [_VARIANTS.get(rule.id, rule) for rule in EN16931],
    id="en16931-cii",
    document=Invoice,
    facts=CiiFacts,
    claim=Claim("urn:cen.eu:en16931:2017", is_whole=True),
    why=Text("every invoice meets these rules"),
    url="https://github.com/ConnectingEurope/eInvoicing-EN16931",
    pages=(
        *(page for page in EN16931.pages if not page.is_table),
        RulePage(
            "cii-structure",
            "Rules: CII structure and data types",
            "What a Cross Industry Invoice leaves out, how often an element may occur in it (CII-SR), and the "
            "form of attributes and dates (CII-DT).",
            r"CII-(SR|DT)-\d+",
            is_table=True,
        ),
    ),
    syntax=frozenset({"CII"}),
    written_in="CII",
    schema_first=frozenset(_SCHEMA_FIRST.split()),
    variant_of=EN16931,
    valid_from=date(2026, 3, 30),
)
"""The 223 business rules as CII has them, and CII-SR and CII-DT."""
