"""The equations between the totals (BR-CO-10 to BR-CO-16) and of the tax of a breakdown (BR-CO-17)."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from gateway.i18n import Text
from gateway.validator.model.amounts import cents, exact, whole
from gateway.validator.model.invoice import (
    Invoice,
    InvoiceLine,
    Totals,
    VatBreakdown,
    VatTotal,
    indicators,
)
from gateway.validator.model.terms import Group, Unreadable, every
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.en16931.source import SOURCE, condition
from gateway.validator.rules.engine import Form, Rule
from gateway.validator.rules.invoice_facts import InvoiceFacts
from gateway.validator.rules.sums import Amounts, Own, sum_rule


def _present(texts: list[str | None]) -> list[str]:
    return [text for text in texts if text is not None]


def _sort_charges(facts: InvoiceFacts) -> Invoice:
    """The invoice, when each of its allowances and charges says which of the two it is. Raises Unreadable."""
    for each in facts.invoice.allowances_and_charges:
        if each.indicator is not None and not indicators(each.indicator):
            raise Unreadable(each.indicator, Text("true or false"), "false")
    return facts.invoice


_TOTALS: dict[str, Amounts] = {
    "BT-92": lambda _node, facts: _present([each.amount for each in _sort_charges(facts).allowances]),
    "BT-99": lambda _node, facts: _present([each.amount for each in _sort_charges(facts).charges]),
    "BT-131": lambda _node, facts: _present([line.net_amount for line in facts.invoice.all(InvoiceLine)]),
    "BT-106": Own("lines"),
    "BT-107": Own("allowances"),
    "BT-108": Own("charges"),
    "BT-109": Own("without_vat"),
    "BT-112": Own("with_vat"),
    "BT-113": Own("paid"),
    "BT-114": Own("rounding"),
    "BT-115": Own("due"),
}
_VAT_TOTAL: dict[str, Amounts] = {
    "BT-110": Own("amount"),
    "BT-117": lambda total, _facts: _present([each.tax for each in total.breakdowns]),
}


def _totals(key: str, row: str, summed: Callable[[InvoiceFacts], Sequence[Group]] | None = None) -> Rule:
    totals = {"BT-131": lambda _node, facts: facts.lines_total}
    return sum_rule(key, row, on=Totals, source=SOURCE, amounts=_TOTALS, totals=totals, summed=summed)


_BY_TOTALS = (
    _totals("BR-CO-10", "BT-106 = sum of BT-131"),
    _totals("BR-CO-11", "BT-107? = sum of BT-92", lambda facts: _sort_charges(facts).allowances),
    _totals("BR-CO-12", "BT-108? = sum of BT-99", lambda facts: _sort_charges(facts).charges),
    _totals("BR-CO-13", "BT-109 = BT-106 - BT-107? + BT-108?"),
    _totals("BR-CO-16", "BT-115 - BT-114? = BT-112 - BT-113?"),
)

_BY_VAT_TOTAL = sum_rule(
    "BR-CO-14",
    "BT-110 = sum of BT-117",
    on=VatTotal,
    source=SOURCE,
    amounts=_VAT_TOTAL,
    select=lambda facts: [total for total in facts.invoice.vat_totals if total.breakdowns],
)


def _in_invoice_currency(_node: Invoice, facts: InvoiceFacts) -> list[str]:
    """BT-110: the VAT totals in the invoice currency; the norm wants exactly one."""
    wanted = every(facts.invoice.currency)
    return [
        amount
        for total in facts.invoice.vat_totals
        for amount, currency in zip(every(total.amount), every(total.currency), strict=False)
        if currency in wanted
    ]


def _of_totals(attribute: str) -> Amounts:
    return lambda _node, facts: _present([getattr(each, attribute) for each in facts.invoice.totals[:1]])


_WITH_VAT = sum_rule(
    "BR-CO-15",
    "BT-112 = BT-109 + BT-110",
    on=Invoice,
    source=SOURCE,
    amounts={
        "BT-112": _of_totals("with_vat"),
        "BT-109": _of_totals("without_vat"),
        "BT-110": _in_invoice_currency,
    },
)


def _count_of_vat_totals(invoice: Invoice, facts: InvoiceFacts) -> bool:
    return len(_in_invoice_currency(invoice, facts)) == 1


@condition(
    "BR-CO-15",
    on=Invoice,
    terms="BT-112 BT-109 BT-110",
    form=Form.SUM,
    sentence=_WITH_VAT.sentence,
    detail=lambda invoice, facts: _detail_with_vat(invoice, facts),
    single=True,
)
def _with_vat(invoice: Invoice, facts: InvoiceFacts) -> bool:
    if invoice.currency is None:
        return True
    if len(invoice.totals) > 1 or not _count_of_vat_totals(invoice, facts):
        return False
    return _WITH_VAT.holds(invoice, facts)


def _detail_with_vat(invoice: Invoice, facts: InvoiceFacts) -> Detail:
    found = _in_invoice_currency(invoice, facts)
    totals = invoice.totals[0] if invoice.totals else None
    if len(found) != 1:
        currency = str(invoice.currency)
        number = Text("no VAT totals (BT-110) in {currency}", currency=currency)
        if found:
            number = Text("{count} VAT totals (BT-110) in {currency}", count=len(found), currency=currency)
        return Detail(
            number,
            Text("one VAT total (BT-110) in {currency}", currency=currency),
            Text("Give one TaxAmount in the invoice currency; its currencyID equals BT-5 exactly."),
            "BT-110",
            invoice.vat_totals[0] if invoice.vat_totals else totals,
        )
    detail = _WITH_VAT.detail(invoice, facts)
    return Detail(detail.found, detail.expected, detail.advice, "BT-112", totals)


_ONE = Decimal(1)
_HUNDREDTH = Decimal("0.01")


def tax_is_within_one(tax: str | None, taxable: str | None, rate: str | None) -> bool:
    """The tax is less than one unit away from taxable amount times rate, signs left out; False without one."""
    if tax is None or taxable is None or rate is None:
        return False
    wanted = expected_tax(taxable, rate)
    given = abs(exact(tax))
    return given - _ONE < wanted < given + _ONE


def expected_tax(taxable: str, rate: str) -> Decimal:
    """Taxable amount times rate in percent, rounded to cents, signs left out of the taxable amount."""
    return cents(abs(exact(taxable)) * (exact(rate) * _HUNDREDTH))


def tax_detail(tax: str | None, taxable: str | None, rate: str | None) -> Detail:
    """What the tax should have been."""
    if taxable is None or rate is None:
        return Detail(f"BT-117 = {tax or '–'}", "BT-116 × BT-119", _COMPUTE, "BT-117")
    wanted = expected_tax(taxable, rate)
    return Detail(
        f"BT-117 = {tax or '–'}", f"BT-116 × BT-119 = {taxable} × {rate}% = {wanted}", _COMPUTE, "BT-117"
    )


_COMPUTE = Text("Multiply the taxable amount by the rate and round to two decimals.")


@condition(
    "BR-CO-17",
    on=VatBreakdown,
    terms="BT-117 BT-116 BT-119",
    form=Form.SUM,
    sentence=Text(
        "VAT category tax amount (BT-117) = VAT category taxable amount (BT-116) × VAT category "
        "rate (BT-119), less than one unit apart."
    ),
    detail=lambda node, _facts: tax_detail(node.tax, node.taxable, _rate(node)),
    single=True,
)
def _tax_is_taxable_times_rate(breakdown: VatBreakdown, _facts: InvoiceFacts) -> bool:
    rate = _rate(breakdown)
    if len([vat for vat in breakdown.vat if vat.is_vat and vat.rate is not None]) > 1:
        return False
    if rate is None or not whole(exact(rate)):
        return breakdown.tax is not None and not whole(exact(breakdown.tax))
    return tax_is_within_one(breakdown.tax, breakdown.taxable, rate)


def _rate(breakdown: VatBreakdown) -> str | None:
    return next((vat.rate for vat in breakdown.vat if vat.is_vat and vat.rate is not None), None)


TOTALS = (*_BY_TOTALS, _BY_VAT_TOTAL, _with_vat, _tax_is_taxable_times_rate)
