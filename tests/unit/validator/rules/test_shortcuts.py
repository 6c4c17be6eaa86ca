"""The quick ways of the engine give the answer of the rule itself, on every case and every sample."""

from decimal import localcontext

import pytest
from lxml import etree

from gateway.validator.model.amounts import EXACT
from gateway.validator.model.invoice import Invoice
from gateway.validator.model.terms import Group, Unreadable
from gateway.validator.rules.cases import cases
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Rule, _OnWord, suspects_of
from gateway.validator.rules.facts import Facts
from gateway.validator.ubl import bindings as ubl
from tests.rules.documents import document_of
from tests.samples import SAMPLES

_SUSPECTS = {rule.id: suspects_of([rule]) for rule in EN16931 if rule.quick}


@pytest.fixture(scope="module")
def invoices() -> list[Invoice]:
    documents = {document_of(case) for listed in cases().values() for case in listed}
    documents |= {sample.xml() for sample in SAMPLES.values()}
    return [ubl.read(etree.fromstring(each)).invoice for each in sorted(documents)]


def _answers(rule: Rule, facts: Facts) -> list[bool | None]:
    answers: list[bool | None] = []
    for node in rule.nodes(facts):
        try:
            answers.append(bool(rule.holds(node, facts)))
        except Unreadable:
            answers.append(None)
    return answers


def _clears(rule: Rule, node: Group, facts: Facts) -> bool:
    """Whether the quick look says yes. Terms that stand several times are looked at apart (`Rule.once`)."""
    try:
        cleared = not _SUSPECTS[rule.id]([node], facts)
    except Unreadable:
        return False
    repeated = {id(each) for each, _ in facts.invoice.repeats}
    return cleared and not (rule.once and repeated)


def test_a_quick_yes_is_a_yes(invoices: list[Invoice]) -> None:
    for invoice in invoices:
        facts = Facts(invoice)
        with localcontext(EXACT):
            for rule in [each for each in EN16931 if each.quick]:
                nodes = rule.nodes(facts)
                for node, answer in zip(nodes, _answers(rule, facts), strict=True):
                    assert answer is True or not _clears(rule, node, facts), rule.id


def test_sifting_finds_what_does_not_hold(invoices: list[Invoice]) -> None:
    for invoice in invoices:
        facts = Facts(invoice)
        with localcontext(EXACT):
            for rule in [each for each in EN16931 if each.sift]:
                nodes, answers = rule.nodes(facts), _answers(rule, facts)
                if None not in answers:
                    wrong = [node for node, answer in zip(nodes, answers, strict=True) if not answer]
                    assert list(rule.broken_by(nodes, facts)) == wrong, rule.id


def test_a_closed_gate_hides_nothing(invoices: list[Invoice]) -> None:
    for invoice in invoices:
        facts = Facts(invoice)
        with localcontext(EXACT):
            for rule in [each for each in EN16931 if each.gate and not each.gate(facts)]:
                assert all(_answers(rule, facts)), rule.id


def test_what_is_plain_breaks_nothing(invoices: list[Invoice]) -> None:
    plain = 0
    for invoice in invoices:
        facts = Facts(invoice)
        with localcontext(EXACT):
            for rule in EN16931:
                if rule.switch and _OnWord(rule.switch.is_plain).are_clear(facts):
                    plain += 1
                    assert all(_answers(rule, facts)), rule.id
    assert plain > 100


def test_a_switch_that_is_off_hides_nothing(invoices: list[Invoice]) -> None:
    for invoice in invoices:
        facts = Facts(invoice)
        with localcontext(EXACT):
            for rule in [
                each for each in EN16931 if each.switch and each.switch.word not in each.switch.ask(facts)
            ]:
                assert all(_answers(rule, facts)), rule.id
