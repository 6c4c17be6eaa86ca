"""The engine by itself: sets as values, breaches, failures, order."""

from dataclasses import replace
from decimal import Decimal, getcontext, localcontext

import pytest
from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import EXACT, exact
from gateway.validator.model.invoice import Invoice, InvoiceLine, Price
from gateway.validator.model.terms import Document, Group, bt, group
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Form, Rule, judge, rule_set
from gateway.validator.rules.facts import Facts, once
from gateway.validator.rules.forms import condition, shall_have
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from tests.samples import SAMPLES

_SAYS = Text("A line has a price.")


def _rule(key: str, *, flag: Flag = Flag.FATAL) -> Rule:
    def holds(line: InvoiceLine, _facts: Facts[Invoice]) -> bool:
        return line.price.net is not None and exact(line.price.net) > 0

    return Rule(key, flag, Form.CONDITION, ("BT-146",), InvoiceLine, _SAYS, "test", holds)


def _invoice(*prices: str | None) -> Invoice:
    lines = [InvoiceLine(number, price=Price(number + 1, net)) for number, net in enumerate(prices, start=10)]
    return Invoice(0, lines=tuple(lines), nodes={InvoiceLine: list(lines)})


def test_each_node_that_breaks_a_rule_is_named_in_document_order() -> None:
    both = rule_set("test", "1", [_rule("B"), _rule("A")])
    judgement = judge(_invoice("1", "0", None), both)
    assert [(each.rule.id, each.at.ordinal) for each in judgement.breaches] == [
        ("B", 11),
        ("A", 11),
        ("B", 12),
        ("A", 12),
    ]


def test_a_rule_that_does_not_apply_is_not_evaluated() -> None:
    rules = rule_set("test", "1", [replace(_rule("A"), applies=lambda facts: len(facts.document.lines) > 1)])
    assert not judge(_invoice("0"), rules).breaches
    assert len(judge(_invoice("0", "0"), rules).breaches) == 2


def test_a_rule_is_evaluated_where_it_cannot_be_known_whether_it_applies() -> None:
    rules = rule_set("test", "1", [replace(_rule("A"), applies=lambda facts: facts.nonsense)])
    assert [each.at.ordinal for each in judge(_invoice("1", "0"), rules).breaches] == [11]


def test_the_rules_that_do_not_apply_hold() -> None:
    """The official text of EN 16931 has no such conditions: leaving a rule out may not hide a breach."""
    left_out = 0
    for sample in SAMPLES.values():
        facts = EN16931.facts(read(etree.fromstring(sample.xml()), UBL_INVOICE).document)
        with localcontext(EXACT):
            for rule in EN16931:
                if rule.applies and not rule.applies(facts):
                    left_out += 1
                    assert all(rule.holds(node, facts) for node in rule.nodes(facts)), rule.id
    assert left_out > 1_000


def test_a_text_that_is_no_number_breaks_the_rule_that_counts_with_it() -> None:
    judgement = judge(_invoice("1", "1E3"), rule_set("test", "1", [_rule("A")]))
    assert not judgement.failures
    assert [(each.at.ordinal, each.detail.found) for each in judgement.breaches] == [(11, "1E3")]


def test_a_rule_that_breaks_is_a_failure_and_hides_no_other_node() -> None:
    def holds(line: InvoiceLine, _facts: Facts[Invoice]) -> bool:
        if line.ordinal == 11:
            raise RuntimeError("a mistake of ours")
        return False

    judgement = judge(_invoice("1", "2", "3"), rule_set("test", "1", [replace(_rule("A"), holds=holds)]))
    assert [each.at.ordinal for each in judgement.breaches] == [10, 12]
    assert [(each.rule.id, each.node.ordinal, each.error) for each in judgement.failures] == [
        ("A", 11, "RuntimeError: a mistake of ours")
    ]


def test_a_rule_that_cannot_explain_is_a_failure_too() -> None:
    def detail(_line: InvoiceLine, _facts: Facts[Invoice]) -> Detail:
        raise KeyError("x")

    judgement = judge(_invoice("0"), rule_set("test", "1", [replace(_rule("A"), detail=detail)]))
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


def test_no_id_stands_twice() -> None:
    with pytest.raises(ValueError, match="test has A twice"):
        rule_set("test", "1", [_rule("A")], [_rule("A")])


def test_judging_leaves_the_callers_arithmetic_alone() -> None:
    before = getcontext().prec
    judge(_invoice("1"), EN16931)
    assert getcontext().prec == before


def test_an_invoice_without_anything_is_judged() -> None:
    judgement = judge(Invoice(0), EN16931)
    assert not judgement.failures
    assert {"BR-01", "BR-02", "BR-16"} <= {each.rule.id for each in judgement.breaches}


@group("OG-1", "Order line")
class OrderLine(Group):
    item: str | None = bt("OT-2", "Ordered item")
    quantity: str | None = bt("OT-3", "Ordered quantity", "quantity")


@group("", "Order")
class Order(Document):
    number: str | None = bt("OT-1", "Order number", "identifier")
    lines: tuple[OrderLine, ...] = ()


class OrderFacts(Facts[Order]):
    @once
    def quantity(self) -> Decimal:
        return sum((exact(line.quantity) for line in self.document.lines if line.quantity), Decimal(0))


@condition(
    "ORDER-3",
    on=Order,
    terms="OT-3",
    sentence=Text("An order is for something."),
    source="test",
    detail=lambda _order, facts: Detail(str(facts.quantity), "> 0", term="OT-3"),
)
def _is_for_something(_order: Order, facts: OrderFacts) -> bool:
    return facts.quantity > 0


ORDERS = rule_set(
    "orders",
    "1",
    shall_have("test", {"ORDER-1": "Order states OT-1", "ORDER-2": "OG-1 has OT-2"}),
    [_is_for_something],
    facts=OrderFacts,
)


def test_another_document_model_than_the_invoice_is_judged() -> None:
    lines = (OrderLine(5, "screws", "0"), OrderLine(8, None, "0.0"))
    order = Order(0, " ", lines, nodes={OrderLine: list(lines)})
    judgement = judge(order, ORDERS)
    assert not judgement.failures
    assert [
        (each.rule.id, each.at.ordinal, each.detail.term, each.detail.found) for each in judgement.breaches
    ] == [
        ("ORDER-1", 0, "OT-1", None),
        ("ORDER-3", 0, "OT-3", "0.0"),
        ("ORDER-2", 8, "OT-2", None),
    ]
    assert ORDERS.rules["ORDER-2"].sentence.en == "Order line (OG-1): Ordered item (OT-2) is required."


def test_sets_about_different_documents_do_not_combine() -> None:
    with pytest.raises(ValueError, match="about different documents"):
        _ = EN16931 | ORDERS
