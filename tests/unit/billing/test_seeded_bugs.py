"""Bugs put in on purpose, one by one: each has to be caught by the checks of this suite.

A check is a function that raises when something is wrong; without a bug none does.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway import clock
from gateway.billing.documents import bill, postings, ubl
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.postings import Posting
from gateway.billing.rating import amounts, guidance, rating, tariffs
from gateway.billing.rating.amounts import Amounts, PriceBasis
from gateway.billing.rating.policies import Policies
from gateway.billing.rating.rating import Due, PayerStatus, UsePeriod
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis
from gateway.billing.runs import inputs, run, service
from gateway.billing.runs.debtor import DebtorHistory
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.run import RunInputs
from gateway.billing.runs.year import BillingYear
from gateway.store.billing import queries, records
from gateway.testing.doubles import MemoryUsageCounts
from tests.unit.billing.bills import BILLS, every_bill
from tests.unit.billing.documents import test_journals, test_ubl
from tests.unit.billing.play import MOMENTS, PARTIES, STATUSES, Act, play, play_seeds
from tests.unit.billing.rating import test_guidance, test_quote, test_tariffs
from tests.unit.billing.runs import test_service
from tests.unit.store.billing import test_records
from tests.unit.store.billing.billing_database import fresh_billing

Check = Callable[[Path], None]


def quotes(_: Path) -> None:
    """The hand-computed years."""
    for forecast, used, payer, expected in test_quote.DIGIPOORT:
        test_quote.test_digipoort(forecast, used, payer, expected)
    for row in test_quote.PASSED_ON:
        test_quote.test_passed_on_services(*row)


def years(_: Path) -> None:
    """A fixed script and some random ones against the reference."""
    digipoort, digid = Service.DIGIPOORT, Service.DIGID
    script = [Act("prepay", digipoort), Act("prepay", digid), Act("crash", digid)]
    script += [
        Act("use", digipoort, "zilverstrand", 700 + 11 * index, moment) for index, moment in enumerate(MOMENTS)
    ]
    script += [Act("use", digid, party, 2_001) for party in PARTIES]
    script += [Act("settle", digipoort, days=400), Act("settle", digid)]
    script += [Act("reverse", digid, "zilverstrand"), Act("settle", digid), Act("settle", digid)]
    script += [Act("use", digipoort, "oostmeer", 7), Act("stale", digipoort, "oostmeer", status=STATUSES[1])]
    script += [Act("correct", party="zilverstrand", status=STATUSES[1]), Act("settle", digipoort)]
    script += [Act("close", digid, "zilverstrand"), Act("use", digid, "zilverstrand", 2_001), Act("settle", digid)]
    forecasts = {
        (digipoort, "zilverstrand"): 1_000,
        (digipoort, "krommevliet"): 777,
        (digid, "zilverstrand"): 5_000,
        (digid, "krommevliet"): 3_001,
    }
    asyncio.run(play(script, forecasts))
    play_seeds(range(12))


def documents(_: Path) -> None:
    """What is written from the bills."""
    for name in BILLS:
        test_ubl.test_lines_sum_to_the_total_without_tax(name)
        test_ubl.test_price_times_quantity_is_the_line(name)
    test_ubl.test_money_back_is_a_credit_note_with_positive_amounts()
    test_ubl.test_within_the_rijk_nothing_is_subject_to_tax()
    test_ubl.test_the_settlement_reads_as_it_was_computed()


def journal(_: Path) -> None:
    """What is posted."""
    for each in BILLS.values():
        test_journals.test_every_entry_balances_and_holds_the_bill(each)
    for year in test_journals.YEARS:
        test_journals.test_the_audit_file_balances_and_names_what_it_has(year)
        test_journals.test_beancount_reads_it_and_finds_no_error(year)


def catalogues(_: Path) -> None:
    """The tariffs."""
    for one in test_tariffs.TABLE:
        test_tariffs.test_the_table_of_2018_to_2022(one)
    test_tariffs.test_overlapping_tariffs_are_named(None, date(2027, 1, 1), "")
    test_tariffs.test_a_gap_within_the_year_is_a_missing_tariff()


def periods(_: Path) -> None:
    """Guidance."""
    test_guidance.test_calendar_months(date(2027, 11, 30), [date(2028, 2, 28), date(2028, 5, 29)])
    test_guidance.test_each_period_is_a_line_that_says_its_days()


def database(folder: Path) -> None:
    """The year on SQLite: rights, approvals, numbers."""
    scenarios = (
        test_service.test_who_may_do_what,
        test_service.test_an_approval_holds_for_the_inputs_it_saw,
        test_service.test_a_forecast_does_not_move_after_the_prepayment,
        test_service.test_a_second_run_changes_nothing_and_a_late_correction_gives_its_difference,
        test_service.test_an_issued_run_is_issued_once,
        test_service.test_dates_follow_numbers,
        test_records.test_numbers_have_no_gaps_under_concurrency_and_rollback,
    )

    async def all_of_them() -> None:
        for number, scenario in enumerate(scenarios):
            async with fresh_billing(f"sqlite+aiosqlite:///{folder / str(number)}.db") as (fresh, _):
                await scenario(fresh, MemoryUsageCounts())

    asyncio.run(all_of_them())


CHECKS: tuple[Check, ...] = (quotes, catalogues, periods, documents, journal, years, database)


@dataclass(frozen=True)
class Bug:
    """A name to replace, by what."""

    owner: object
    name: str
    wrong: object


def _floored(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_DOWN)


def _tax_of_the_gross(amount: Decimal, basis: PriceBasis, percent: Decimal) -> Amounts:
    vat = amounts.cents(amount * percent / 100)
    return (
        Amounts(amount - vat, vat, amount)
        if basis is PriceBasis.INCLUDING_VAT
        else Amounts(amount, vat, amount + vat)
    )


def _without_minimum(service: Service, uses: Sequence[UsePeriod], _: int, *rest: object) -> object:
    return _final_dues(service, uses, 0, *rest)  # type: ignore[arg-type]  # passed on as it came


def _in_whole_percents(head: object, due: Due, billed: Sequence[Bill], *rest: object) -> object:
    """The tax of each document on its own, as if nothing was billed before."""
    made = _draft(head, due, billed, *rest)  # type: ignore[arg-type]  # passed on as it came
    if made is None:
        return None
    alone = Amounts.split(made.amount, made.basis, made.vat_percent)
    return replace(made, amounts=alone)


def _with_a_cent(due: Due, net_total: Decimal, link: object) -> object:
    return _due_lines(due, net_total + Decimal("0.01"), link)  # type: ignore[arg-type]  # as it came


_due_lines = bill._due_lines
_final_dues = rating.final_dues
_draft = bill.draft
_exemption = rating.exemption
_use_line = rating._use_line
_entry_of = postings.entry_of
_on = Catalogue.on


def _blind_to(**blinded: bool) -> Callable[..., object]:
    def exemption(service: Service, year: int, units: int, payer: PayerStatus, policies: object) -> object:
        return _exemption(service, year, units, replace(payer, **blinded), policies)  # type: ignore[arg-type]  # as it came

    return exemption


def _estimates(service: Service, use: UsePeriod, catalogue: Catalogue, *_: object) -> object:
    basis = TariffBasis.FIXED if service is Service.DIGIPOORT else TariffBasis.ESTIMATE
    return catalogue.on(service, use.first, basis)


def _first_price_only(service: Service, use: UsePeriod, catalogue: Catalogue, *rest: object) -> object:
    return _final_tariff(service, replace(use, first=use.first.replace(month=1, day=1)), catalogue, *rest)  # type: ignore[arg-type]  # as it came


def _all_charged(service: Service, use: UsePeriod, _: int, tariff: Tariff) -> object:
    return _use_line(service, use, 0, tariff)


_final_tariff = rating.final_tariff


def _untaxed(one: Bill, *_: object) -> postings.AccountingEntry:
    entry = _entry_of(one)
    return replace(entry, postings=tuple(Posting(part.account, part.amount) for part in entry.postings[:2]))


def _unsigned(name: str, one: Bill, amount: Decimal) -> object:
    return name, f"{amount:.2f}", {"currencyID": "EUR"}


def _on_price(self: Catalogue, *arguments: object) -> Tariff:
    tariff = _on(self, *arguments)  # type: ignore[arg-type]  # as it came
    return replace(tariff, price=tariff.price + 1)


BUGS = {
    "cents are cut off": Bug(rating, "cents", _floored),
    "tax is 21% of the gross": Bug(Amounts, "split", staticmethod(_tax_of_the_gross)),
    "a thousand units are free": Bug(Policies, "free", lambda *_: 1_000),
    "Machtigen has free units": Bug(Policies, "free", lambda *_: 999),
    "the forecast is no minimum": Bug(run, "final_dues", _without_minimum),
    "each document has the tax of what it is for alone": Bug(run, "draft", _in_whole_percents),
    "a closed year is billed": Bug(BillingYear, "is_closed", property(lambda *_: False)),
    "a year is settled before it is over": Bug(inputs, "_refusal", lambda *_: None),
    "dates go back": Bug(records, "refuse_earlier", lambda *_: None),
    "what is not agreed is prepaid": Bug(BillingYear, "agreed_forecast", BillingYear.forecast),
    "facts hold from the beginning": Bug(DebtorHistory, "on", lambda self, _: self.records[-1]),
    "changes within a year are missed": Bug(DebtorHistory, "changes", lambda *_: ()),
    "more tax is refunded than was billed": Bug(run, "tax_billed", lambda *_: Decimal(10**6)),
    "the Rijk pays for Digipoort": Bug(rating, "exemption", _blind_to(is_rijk=False)),
    "umbrella members are billed": Bug(rating, "exemption", _blind_to(in_umbrella=False)),
    "the first year is billed": Bug(rating, "exemption", _blind_to(is_first_year=False)),
    "the Rijk pays tax": Bug(rating, "vat_percent", lambda *_: Decimal(21)),
    "settled on estimates": Bug(rating, "final_tariff", _estimates),
    "the old price holds all year": Bug(rating, "final_tariff", _first_price_only),
    "free units are forgotten in the end": Bug(rating, "_use_line", _all_charged),
    "what was billed is billed again": Bug(run, "_counted_before", lambda *_: ()),
    "only the last document is subtracted": Bug(run, "_counted_before", lambda *given: given[1][-1:]),
    "years are counted in UTC": Bug(clock, "AMSTERDAM", ZoneInfo("UTC")),
    "everything metered is charged": Bug(inputs, "charged_units", lambda *given: sum(given[1].values())),
    "a line has a cent too much": Bug(bill, "_due_lines", _with_a_cent),
    "all inputs have one hash": Bug(RunInputs, "digest", property(lambda *_: "0" * 64)),
    "anyone may act": Bug(service, "check_finance", lambda *_: None),
    "forecasts are never locked": Bug(BillingYear, "is_prepaid", property(lambda *_: False)),
    "numbers have gaps": Bug(queries, "RAISE_COUNTER", queries.RAISE_COUNTER.replace("+ 1", "+ 2")),
    "a run is issued twice": Bug(queries.Addition, "find", lambda *_: text("SELECT 1 WHERE 1 = 0")),
    "credit notes are negative": Bug(ubl, "_money", _unsigned),
    "the tax is not posted": Bug(postings, "entry_of", _untaxed),
    "audit file lines are all debit": Bug(Posting, "debit", property(lambda self: abs(self.amount))),
    "overlapping tariffs pass": Bug(Tariff, "overlaps", lambda *_: False),
    "gaps in tariffs pass": Bug(tariffs, "_check_cover", lambda *_: None),
    "guidance lasts four months": Bug(guidance, "_MONTHS", 4),
    "guidance has another price": Bug(Catalogue, "on", _on_price),
}


def caught(folder: Path) -> str | None:
    """Which check fails, or None."""
    for check in CHECKS:
        (folder / check.__name__).mkdir()
        try:
            with patch.dict(BILLS, every_bill()):
                check(folder / check.__name__)
        except (
            AssertionError,
            BillingError,
            ArithmeticError,
            ValueError,
            TypeError,
            SQLAlchemyError,
            pytest.fail.Exception,
        ):
            return check.__name__
    return None


def test_without_a_bug_no_check_fails(tmp_path: Path) -> None:
    assert caught(tmp_path) is None


@pytest.mark.parametrize("name", BUGS)
def test_a_seeded_bug_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bug = BUGS[name]
    monkeypatch.setattr(bug.owner, bug.name, bug.wrong)
    assert caught(tmp_path) is not None, name
