"""The calculator: what a year would cost, without a database. The same rating as the real bill."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.billing.rating.amounts import NOTHING, Amounts, PriceBasis
from gateway.billing.rating.guidance import due_for_guidance, guidance_periods
from gateway.billing.rating.policies import DEFAULT, Policies, Regime
from gateway.billing.rating.rating import (
    REGULAR_PAYER,
    Due,
    DueLine,
    LineRole,
    PayerStatus,
    UsePeriod,
    advance_due,
    final_dues,
    final_periods,
)
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, published
from gateway.billing.runs.errors import BadCountError, TariffMissingError
from gateway.i18n import Text


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What somebody wants to know. `historic` is the use that replaces a missing forecast;
    `used` is None while the year is not over."""

    service: Service
    year: int
    forecast: int | None = None
    used: int | None = None
    historic: int | None = None
    payer: PayerStatus = REGULAR_PAYER


@dataclass(frozen=True, slots=True)
class QuotedDocument:
    """One document of the year: the month in which it is due, its amounts and its lines."""

    step: str
    month: tuple[int, int]
    amounts: Amounts
    vat_percent: Decimal
    basis: PriceBasis
    lines: tuple[DueLine, ...]
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Prepayment and settlement of a year; `settlement` is None while use is not known, and negative
    where the regime refunds."""

    request: QuoteRequest
    documents: tuple[QuotedDocument, ...]
    notes: tuple[Text, ...] = ()

    @property
    def prepayment(self) -> Amounts:
        """What is paid in advance."""
        return self._of("prepayment") or NOTHING

    @property
    def settlement(self) -> Amounts | None:
        """What is paid or refunded afterwards."""
        return self._of("settlement")

    @property
    def total(self) -> Amounts:
        """The total of the year."""
        return sum((document.amounts for document in self.documents), NOTHING)

    def _of(self, step: str) -> Amounts | None:
        return next((document.amounts for document in self.documents if document.step == step), None)


def quote(request: QuoteRequest, catalogue: Catalogue | None = None, policies: Policies = DEFAULT) -> Quote:
    """Compute a year. Raises BillingError: a missing tariff, a count that cannot be, nothing to go by."""
    catalogue = catalogue or published()
    if policies.regime(request.service) is Regime.PER_PERIOD:
        return _quote_guidance(request, catalogue, policies)
    if policies.regime(request.service) is Regime.DISTRIBUTED:
        raise TariffMissingError(
            Text("{service} has no tariff: its cost is divided by a key", service=request.service),
        )
    basis_units, notes = _expected_units(request)
    advance = advance_due(request.service, request.year, basis_units, request.payer, catalogue, policies)
    prepayment = _document("prepayment", request, advance, NOTHING, policies)
    if request.used is None:
        return Quote(request, (prepayment,), notes)
    final = _final(request, request.used, catalogue, policies)
    settlement = _document("settlement", request, final, prepayment.amounts, policies)
    return Quote(request, (prepayment, settlement), notes)


def _expected_units(request: QuoteRequest) -> tuple[int, tuple[Text, ...]]:
    """The units to prepay: the forecast, else historic use, else none."""
    if request.forecast is not None:
        return request.forecast, ()
    if request.historic is not None:
        return request.historic, (Text("no forecast: historic use"),)
    if request.used is None:
        raise BadCountError(
            Text("give a forecast, historic use or use: there is nothing to compute with"),
        )
    return 0, (Text("no forecast and no historic use: nothing is prepaid"),)


def _final(request: QuoteRequest, used: int, catalogue: Catalogue, policies: Policies) -> Due:
    periods = final_periods(request.service, request.year, catalogue, policies)
    if len(periods) > 1:
        raise BadCountError(
            Text("the price changes within the year: a quote needs the use of each period"),
        )
    use = UsePeriod(periods[0].first, periods[0].last, used, request.payer)
    (due,) = final_dues(request.service, (use,), request.forecast or 0, catalogue, policies)
    return due


def _document(step: str, request: QuoteRequest, due: Due, prepaid: Amounts, policies: Policies) -> QuotedDocument:
    months = policies.months(request.service)
    when = (request.year, months.advance_month)
    if step == "settlement":
        when = (request.year + months.final_year_offset, months.final_month)
    paid = prepaid.including if due.basis is PriceBasis.INCLUDING_VAT else prepaid.excluding
    lines = due.lines if paid == 0 else (*due.lines, _prepaid_line(paid))
    amounts = due.amounts + -prepaid
    return QuotedDocument(step, when, amounts, due.percent, due.basis, lines, due.notes)


def _prepaid_line(prepaid: Decimal) -> DueLine:
    return DueLine(
        LineRole.BILLED,
        -1,
        prepaid,
        -prepaid,
        Text("Less: prepayment"),
        Text("−{prepaid:amount}", prepaid=prepaid),
    )


def _quote_guidance(request: QuoteRequest, catalogue: Catalogue, policies: Policies) -> Quote:
    """Guidance is not prepaid: `used` (or else the forecast) is the number of periods."""
    wanted = request.used if request.used is not None else request.forecast
    if wanted is None or wanted > _PERIODS_MAX:
        raise BadCountError(
            Text(
                "give the number of periods of three months as use, at most {periods_max}",
                periods_max=_PERIODS_MAX,
            ),
        )
    first = date(request.year, 1, 1)
    due = due_for_guidance(guidance_periods(first, wanted, policies), request.payer, catalogue, policies)
    document = QuotedDocument(
        "settlement", (request.year, 1), due.amounts, due.percent, due.basis, due.lines, due.notes
    )
    return Quote(request, (document,))


_PERIODS_MAX = 40
