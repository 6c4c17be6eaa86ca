"""Patterns against ISO Schematron itself: libxml2's XSLT skeleton says which asserts fail where."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, isoschematron

from gateway.i18n import Text
from gateway.validator import business_rules
from gateway.validator.finding import Flag
from gateway.validator.rules import patterns
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.patterns import (
    HasInside,
    Pattern,
    PatternRule,
    RuleContext,
    UndecidableError,
    is_blank_leaf,
    judge_patterns,
)
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from gateway.validator.xml import parsing
from gateway.validator.xml.parsing import Parsed
from gateway.validator.xml.paths import Element, blank_leaves
from tests.samples import sample

_NAMES = "abc"


def _rule(key: str, holds: Any = None) -> PatternRule:
    return PatternRule(key, Flag.FATAL, Text("A line has a price."), holds, "test")


def _name_of(tag: str) -> str:
    return tag


def _has_b(element: Element, _facts: Any) -> bool:
    return element.find("b") is not None


def _is_numbered(element: Element, _facts: Any) -> bool:
    return element.get("n") is not None


PATTERNS = (
    Pattern(
        (
            RuleContext(("/a/b", "c"), (_rule("R1"), _rule("R2", _has_b)), _is_numbered),
            RuleContext(("b/c", "//b"), (_rule("R3", HasInside("b")),)),
            RuleContext(("a/*",), (_rule("R4"),)),
        )
    ),
    Pattern(
        (
            RuleContext(("//*",), (_rule("R5"),), is_blank_leaf),
            RuleContext(("/*",), (_rule("R6", HasInside("b")),)),
        )
    ),
    Pattern((RuleContext(("//*",), (_rule("R7"),), is_blank_leaf),)),
    Pattern(
        (RuleContext(("b", "c"), (_rule("R8"),), scheme="1"), RuleContext(("b",), (_rule("R9", HasInside("b")),)))
    ),
)
SCHEMATRON = """
<schema xmlns="http://purl.oclc.org/dsdl/schematron">
  <pattern>
    <rule context="/a/b[@n] | c[@n]"><assert id="R1" test="false()"/><assert id="R2" test="b"/></rule>
    <rule context="b/c | //b"><assert id="R3" test="b"/></rule>
    <rule context="a/*"><assert id="R4" test="false()"/></rule>
  </pattern>
  <pattern>
    <rule context="//*[not(*) and not(normalize-space())]"><assert id="R5" test="false()"/></rule>
    <rule context="/*"><assert id="R6" test="b"/></rule>
  </pattern>
  <pattern>
    <rule context="//*[not(*) and not(normalize-space())]"><assert id="R7" test="false()"/></rule>
  </pattern>
  <pattern>
    <rule context="b[@schemeID = '1'] | c[@schemeID = '1']"><assert id="R8" test="false()"/></rule>
    <rule context="b"><assert id="R9" test="b"/></rule>
  </pattern>
</schema>"""

_ELEMENTS = st.recursive(
    st.tuples(st.sampled_from(_NAMES), st.booleans(), st.sampled_from(["", " ", "x", "<!--c-->", "x<!--c-->"])),
    lambda inner: st.tuples(st.sampled_from(_NAMES), st.booleans(), st.lists(inner, max_size=4)),
    max_leaves=20,
)


def _xml(tree: Any) -> str:
    name, is_numbered, inner = tree
    content = inner if isinstance(inner, str) else "".join(map(_xml, inner))
    number = ' n="1" schemeID="1"' if is_numbered else ""
    return f"<{name}{number}>{content}</{name}>"


def _official(schema: isoschematron.Schematron, root: Element) -> Iterator[tuple[str, str]]:
    schema.validate(root.getroottree())
    report: Any = schema.validation_report
    for failed in report.getroot().iter("{http://purl.oclc.org/dsdl/svrl}failed-assert"):
        [element] = root.xpath(failed.get("location"))
        yield failed.get("id"), root.getroottree().getpath(element)


@pytest.fixture(scope="module")
def schematron() -> isoschematron.Schematron:
    return isoschematron.Schematron(etree.fromstring(SCHEMATRON), store_report=True)


@settings(max_examples=300, deadline=None)
@given(tree=_ELEMENTS)
def test_patterns_say_what_schematron_says(schematron: isoschematron.Schematron, tree: Any) -> None:
    root = etree.fromstring(_xml(tree))
    breaches = judge_patterns(root, PATTERNS, _name_of, 10_000, blank_leaves(root)).breaches
    ours = sorted((each.rule.id, root.getroottree().getpath(each.element)) for each in breaches)
    assert ours == sorted(_official(schematron, root))
    elements = list(root.iter("*"))
    assert all(elements[each.ordinal] is each.element for each in breaches)
    assert [each.ordinal for each in breaches] == sorted(each.ordinal for each in breaches)


def test_facts_are_made_once_for_a_document() -> None:
    made = []

    def facts(root: Element) -> int:
        made.append(root)
        return len(root)

    counts = RuleContext(("//b",), (_rule("R1", lambda _element, count: count > 2),))
    root = etree.XML("<a><b/><b/></a>")
    breaches = judge_patterns(root, (Pattern((counts,), facts),) * 2, _name_of, 9, ()).breaches
    assert len(made) == 1
    assert len(breaches) == 4


def test_of_each_rule_the_first_breaches_are_kept_and_the_others_counted() -> None:
    root = etree.XML(f"<a>{'<b/>' * 500}</a>")
    judged = judge_patterns(root, (Pattern((RuleContext(("b",), (_rule("R1"),)),)),), _name_of, 100, ())
    assert [each.ordinal for each in judged.breaches] == list(range(1, 101))
    assert judged.left_out == {"R1": 400}


def test_the_first_breaches_are_kept_whether_elements_are_blank_or_not() -> None:
    """One context takes the elements with a number, also blank ones; the next takes the other blank ones."""
    either = _rule("R1")
    contexts = (RuleContext(("b",), (either,)), RuleContext(("//*",), (either,), is_blank_leaf))
    root = etree.XML(f"<a>{'<c/><b/><b/>' * 30}</a>")
    judged = judge_patterns(root, (Pattern(contexts),), _name_of, 9, blank_leaves(root))
    assert [each.ordinal for each in judged.breaches] == list(range(1, 10))
    assert judged.left_out == {"R1": 81}


def _stops(_element: Element, _facts: Any) -> bool:
    raise UndecidableError("two values")


def _fails(_element: Element, _facts: Any) -> bool:
    raise KeyError("x")


def _findings(context: RuleContext) -> list[str]:
    parsed = parsing.read(sample("nlcius-invoice"))
    assert isinstance(parsed, Parsed)
    rules = replace(EN16931, patterns=(Pattern((context,)),))
    return [each.rule for each in business_rules.check(parsed, read(parsed.root, UBL_INVOICE), rules)]


def test_a_rule_that_cannot_be_decided_is_a_finding_and_one_that_fails_is_another() -> None:
    assert _findings(RuleContext(("cac:TaxTotal",), (_rule("R1", _stops),))) == ["MP-RULE-UNDECIDABLE"]
    assert _findings(RuleContext(("cac:TaxTotal",), (_rule("R1", _fails),))) == ["MP-RULE-FAILED"]
    assert _findings(RuleContext(("cac:TaxTotal",), (_rule("R1"),))) == ["R1"]


def test_a_context_that_cannot_be_decided_takes_nothing() -> None:
    assert _findings(RuleContext(("cac:TaxTotal",), (_rule("R1"),), _stops)) == []
    assert _findings(RuleContext(("cac:TaxTotal",), (_rule("R1"),), _fails)) == ["MP-RULE-FAILED"]


def test_paths_are_learnt_anew_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "PATHS_MAX", 20)
    one_pattern = (Pattern((RuleContext(("b",), (_rule("B", HasInside("b")),)),)),)
    for many in (1, 5, 30, 2, 30, 1):
        root = etree.fromstring(f"<a>{'<b><b/><c/></b>' * many}{''.join(f'<e{n}/>' for n in range(many))}</a>")
        found = judge_patterns(root, one_pattern, _name_of, 100, blank_leaves(root))
        assert len(found.breaches) == many, "the inner ones have no b in them"
