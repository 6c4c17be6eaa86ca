"""The comparison can fail: engines that differ are found, distinguished and shrunk; excuses are counted."""

import pytest

from gateway.validator import reference
from tests.conformance import report
from tests.conformance.compare import (
    Engine,
    Outcome,
    Pair,
    Tally,
    compare,
    compare_all,
    smallest,
)
from tests.conformance.mutants import Edit, Mutant, mutants
from tests.samples import SAMPLES, sample

VALID = SAMPLES["nlcius-invoice"].xml()


def says(*rules: str) -> Engine:
    return lambda _document: frozenset(rules)


def stops(_document: bytes) -> frozenset[str]:
    raise reference.StylesheetStoppedError("no verdict")


def test_what_only_one_of_them_fires_is_a_difference() -> None:
    found = compare(VALID, Pair(says("BR-01", "BR-02"), says("BR-02", "BR-03"), says()))
    assert found.outcome is Outcome.DIFFERENT
    assert (found.missing, found.surplus) == (frozenset({"BR-03"}), frozenset({"BR-01"}))


def test_without_a_verdict_ours_must_refuse_what_the_schema_lets_pass() -> None:
    assert compare(VALID, Pair(says(), stops, says("BR-01"))).outcome is Outcome.STOPPED
    assert compare(VALID, Pair(says(), stops, says())).outcome is Outcome.DIFFERENT
    against_schema = VALID.replace(b"<cbc:ID>2026-0417</cbc:ID>", b"")
    assert compare(against_schema, Pair(says(), stops, says())).outcome is Outcome.STOPPED


def test_a_proviso_says_why_a_document_without_a_verdict_need_not_be_refused() -> None:
    settlement = b"<ram:ApplicableHeaderTradeSettlement>"
    valid = sample("cii-invoice")
    due_twice = valid.replace(settlement, settlement + b"<ram:DuePayableAmount>121.00</ram:DuePayableAmount>")
    found = compare(due_twice, Pair(says(), stops, says()))
    assert (found.outcome, len(found.provisos)) == (Outcome.STOPPED, 1)
    assert compare(valid, Pair(says(), stops, says())).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize("times", [1, 2])
def test_a_difference_is_excused_only_where_the_schema_refuses(times: int) -> None:
    line = b"<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
    found = compare(VALID.replace(line, line * times), Pair(says("BR-05"), says(), says()))
    assert found.outcome is (Outcome.SAME if times == 2 else Outcome.DIFFERENT)
    assert len(found.provisos) == times - 1


def test_a_difference_is_counted_shrunk_and_printed() -> None:
    def ours(document: bytes) -> frozenset[str]:
        return frozenset() if b"PayeeFinancialAccount" in document else frozenset({"BR-61"})

    pair = Pair(ours, says(), says())
    tally = Tally()
    noise = tuple(Edit("pad", number) for number in range(3))
    guilty = Edit(
        "drop_every",
        next(n for n in range(500) if ours(Mutant("nlcius-invoice", (Edit("drop_every", n),)).document())),
    )
    mutant = Mutant("nlcius-invoice", (*noise, guilty))
    compare_all([mutant, *mutants(3, 5, ("peppol-invoice",))], pair, tally)
    assert tally.documents == 6
    assert tally.examples["+BR-61"] == mutant
    shrunk, document = smallest(mutant, "+BR-61", pair)
    assert shrunk.edits == (guilty,)
    assert len(document) < 500
    page = report.page([report.Run("a run", "a command", tally, {"+BR-61": (shrunk, document)})])
    assert f"`{shrunk}`" in page
