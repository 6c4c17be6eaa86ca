"""The examples for people are those of the cases, and every rule that can break has one."""

import json
import random

from lxml import etree

from gateway.validator.catalogue import rule_catalogue
from gateway.validator.rules.cases import cases
from gateway.validator.rules.cases.examples import FILE
from tests.conformance.dead import CII_DEAD, DEAD, DUTCH_DEAD, OHNL_DEAD, PEPPOL_DEAD, SETU_DEAD
from tests.rules.examples import example, of_rule

PROOFS = (CII_DEAD, DEAD, DUTCH_DEAD, OHNL_DEAD, PEPPOL_DEAD, SETU_DEAD)


def test_they_are_made_from_the_cases() -> None:
    """`python -m tests.rules.examples` makes them again."""
    written = json.loads(FILE.read_text("utf-8"))
    assert {key.partition(" ")[0] for key in written} <= cases().keys()
    for rule in random.Random(7).sample(sorted(cases()), 80):
        for key, pair in of_rule(list(cases()[rule])):
            assert written.get(key) == pair, key


def test_every_rule_that_can_break_has_one() -> None:
    without = [(entry.id, entry.set) for entry in rule_catalogue() if entry.is_bound and entry.example is None]
    assert without == []


def test_a_rule_without_one_says_why() -> None:
    """Its proof is in `tests.conformance.dead`; the catalogue marks it, with the reason where that is its own."""
    without = {(entry.id, entry.set) for entry in rule_catalogue() if entry.example is None}
    unbound = {(entry.id, entry.set) for entry in rule_catalogue() if not entry.is_bound}
    assert without == unbound
    assert {entry_id for entry_id, _ in unbound} == set().union(*PROOFS)


def test_an_example_is_what_two_documents_differ_in() -> None:
    right, wrong = b"<a><b><c>1</c><d>2</d></b><e/></a>", b"<a><b><c>1</c><d>3</d></b><e/></a>"
    assert example(right, wrong) == [
        "<!-- a/b -->\n<b>\n  <c>1</c>\n  <d>2</d>\n</b>",
        "<!-- a/b -->\n<b>\n  <c>1</c>\n  <d>3</d>\n</b>",
    ]
    assert example(right, right) is None
    assert all(etree.fromstring(each.encode()) is not None for each in example(right, wrong) or ())
