"""The examples for people are those of the cases, and nearly every rule has one."""

import json
import random

from lxml import etree

from gateway.validator.catalogue import rule_catalogue
from gateway.validator.rules.cases import cases
from gateway.validator.rules.cases.examples import FILE, example_of
from tests.rules.examples import example, of_rule


def test_they_are_made_from_the_cases() -> None:
    """`python -m tests.rules.examples` makes them again."""
    written = json.loads(FILE.read_text("utf-8"))
    assert {key.partition(" ")[0] for key in written} <= cases().keys()
    for rule in random.Random(7).sample(sorted(cases()), 80):
        for key, pair in of_rule(list(cases()[rule])):
            assert written.get(key) == pair, key


def test_nearly_every_rule_has_one() -> None:
    judged = [entry for entry in rule_catalogue() if entry.breaks]
    without = [entry.id for entry in judged if example_of(entry.id, entry.set) is None]
    assert len(without) < len(judged) / 30


def test_an_example_is_what_two_documents_differ_in() -> None:
    right, wrong = b"<a><b><c>1</c><d>2</d></b><e/></a>", b"<a><b><c>1</c><d>3</d></b><e/></a>"
    assert example(right, wrong) == [
        "<!-- a/b -->\n<b>\n  <c>1</c>\n  <d>2</d>\n</b>",
        "<!-- a/b -->\n<b>\n  <c>1</c>\n  <d>3</d>\n</b>",
    ]
    assert example(right, right) is None
    assert all(etree.fromstring(each.encode()) is not None for each in example(right, wrong) or ())
