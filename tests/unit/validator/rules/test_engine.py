"""The engine by itself: sets as values, breaches, failures, order."""

from dataclasses import replace
from decimal import getcontext

import pytest

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import exact
from gateway.validator.model.invoice import Invoice, InvoiceLine, Price
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Form, Miss, Rule, judge, rule_set
from gateway.validator.rules.facts import Facts

_SAYS = Text("A line has a price.", "Een regel heeft een prijs.")


def _rule(key: str, *, quick: str = "", flag: Flag = Flag.FATAL) -> Rule:
    def holds(line: InvoiceLine, _facts: Facts) -> bool:
        return line.price.net is not None and exact(line.price.net) > 0

    return Rule(key, flag, Form.CONDITION, ("BT-146",), InvoiceLine, _SAYS, "test", holds, quick=quick)


def _invoice(*prices: str | None) -> Invoice:
    lines = [InvoiceLine(place, price=Price(place + 1, net)) for place, net in enumerate(prices, start=10)]
    return Invoice(0, lines=tuple(lines), nodes={InvoiceLine: list(lines)})


def test_each_node_that_breaks_a_rule_is_named_in_document_order() -> None:
    both = rule_set("test", "1", [_rule("B"), _rule("A")])
    judgement = judge(_invoice("1", "0", None), both)
    assert [(each.rule.id, each.at.place) for each in judgement.breaches] == [
        ("B", 11),
        ("A", 11),
        ("B", 12),
        ("A", 12),
    ]


def test_a_quick_look_that_breaks_leaves_the_judging_to_the_rule() -> None:
    rules = rule_set("test", "1", [_rule("A", quick="n.nonsense")])
    assert [each.at.place for each in judge(_invoice("1", "0"), rules).breaches] == [11]


def test_a_text_that_is_no_number_breaks_the_rule_that_counts_with_it() -> None:
    judgement = judge(_invoice("1", "1E3"), rule_set("test", "1", [_rule("A")]))
    assert not judgement.failures
    assert [(each.at.place, each.miss.found) for each in judgement.breaches] == [(11, "1E3")]


def test_a_rule_that_breaks_is_a_failure_and_hides_no_other_node() -> None:
    def holds(line: InvoiceLine, _facts: Facts) -> bool:
        if line.place == 11:
            raise RuntimeError("a mistake of ours")
        return False

    judgement = judge(_invoice("1", "2", "3"), rule_set("test", "1", [replace(_rule("A"), holds=holds)]))
    assert [each.at.place for each in judgement.breaches] == [10, 12]
    assert [(each.rule.id, each.node.place, each.error) for each in judgement.failures] == [
        ("A", 11, "RuntimeError: a mistake of ours")
    ]


def test_a_rule_that_cannot_explain_is_a_failure_too() -> None:
    def tell(_line: InvoiceLine, _facts: Facts) -> Miss:
        raise KeyError("x")

    judgement = judge(_invoice("0"), rule_set("test", "1", [replace(_rule("A"), tell=tell)]))
    assert judgement.failures


def test_sets_combine_and_the_right_side_wins() -> None:
    left = rule_set("left", "1", [_rule("A"), _rule("B")])
    right = rule_set("right", "2", [_rule("B", flag=Flag.WARNING), _rule("C")])
    both = left | right
    assert {key: rule.flag for key, rule in both.rules.items()} == {
        "A": Flag.FATAL,
        "B": Flag.WARNING,
        "C": Flag.FATAL,
    }
    assert [part.name for part in both.parts] == ["left", "right"]
    assert left.rules["B"].flag is Flag.FATAL


def test_a_set_is_relaxed_and_lightened_from_its_own_side() -> None:
    rules = rule_set("test", "1", [_rule("A"), _rule("B")])
    assert rules.relaxed({"A"}).rules["A"].flag is Flag.WARNING
    assert set(rules.without({"A"}).rules) == {"B"}
    with pytest.raises(KeyError, match="has no rule X"):
        rules.without({"X"})


def test_no_id_stands_twice() -> None:
    with pytest.raises(ValueError, match="A stands twice"):
        rule_set("test", "1", [_rule("A")], [_rule("A")])


def test_judging_leaves_the_callers_arithmetic_alone() -> None:
    before = getcontext().prec
    judge(_invoice("1"), EN16931)
    assert getcontext().prec == before


def test_an_invoice_without_anything_is_judged() -> None:
    judgement = judge(Invoice(0), EN16931)
    assert not judgement.failures
    assert {"BR-01", "BR-02", "BR-16"} <= {each.rule.id for each in judgement.breaches}
