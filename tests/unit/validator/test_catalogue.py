"""The catalogue against the official artefact: the same ids, the same flags, no gap."""

import json
import re
from functools import cache
from xml.etree import ElementTree

import pytest

from gateway.docs import DOCS
from gateway.validator.catalogue import UnknownRuleError, rule_catalogue, rule_entry
from gateway.validator.finding import Flag
from gateway.validator.rule_pages import page_of
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Form, RuleSet
from gateway.validator.rules.sets import SETS
from gateway.validator.ubl.tables import TABLES
from tests.conformance.code_lists import DATA, STYLESHEET, extract, xpath_by_rule

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_XSL = "{http://www.w3.org/1999/XSL/Transform}"


def _flags() -> dict[str, str]:
    flags: dict[str, str] = {}
    for failed in ElementTree.fromstring(STYLESHEET.read_text("utf-8")).iter(f"{_SVRL}failed-assert"):  # noqa: S314
        named = {each.get("name"): each.text or "" for each in failed.iter(f"{_XSL}attribute")}
        flags[named["id"]] = named["flag"]
    return flags


def test_every_official_rule_that_is_no_syntax_rule_is_here_and_no_other() -> None:
    assert set(EN16931.rules) == {key for key in xpath_by_rule() if not key.startswith("UBL-")}


def test_flags_are_as_published() -> None:
    published = _flags()
    assert {key: rule.flag.value for key, rule in EN16931.rules.items()} == {
        key: published[key] for key in EN16931.rules
    }


def test_what_the_artefact_cannot_break_is_listed_as_unchecked() -> None:
    unchecked = {rule.id for rule in EN16931 if rule.form is Form.UNCHECKED}
    assert unchecked == {"BR-CO-05", "BR-CO-06", "BR-CO-07", "BR-CO-08", "BR-DEC-13", "BR-DEC-15"}


def test_every_rule_speaks_both_languages() -> None:
    for rule in EN16931:
        assert len(rule.sentence.en) > 10
        assert rule.sentence.nl != rule.sentence.en
        assert rule.terms or rule.form is Form.UNCHECKED


@pytest.mark.parametrize("rules", SETS, ids=lambda rules: rules.id)
def test_every_rule_that_judges_is_listed(rules: RuleSet) -> None:
    judging = {rule.id: rule.flag for rule in rules}
    judging |= {rule.id: rule.flag for name in rules.syntax for rule in TABLES[name].rules.values()}
    judging |= {rule.id: rule.flag for pattern in rules.patterns for rule, _ in pattern.all_rules}
    listed = rule_catalogue(rules.id)
    assert {entry.id: entry.flag for entry in listed} == judging
    assert len(listed) == len(judging)
    for entry in listed:
        assert rule_entry(entry.id, rules.id) == entry
        page = f"{page_of(rules, entry.id).name}.md"
        assert entry.id in _headings(page), (entry.id, page)


@cache
def _headings(page: str) -> set[str]:
    """The rules on a page: each has a heading or a row."""
    text = (DOCS / "reference" / "rules" / page).read_text("utf-8")
    return set(re.findall(r"^(?:## |\| )([\w.-]+)", text, re.MULTILINE))


def test_en16931_has_as_many_rules_in_cii_as_its_artefact() -> None:
    """806 assertions in 1.3.16: 223 that UBL has too, 583 on the XML."""
    listed = rule_catalogue("en16931-cii")
    assert (len(listed), sum(entry.id.startswith("CII-") for entry in listed)) == (806, 583)


def test_a_rule_that_weighs_more_in_cii_is_listed_apart() -> None:
    """BR-51 is a warning in UBL and fatal in CII; BR-DEC-13 cannot be broken in UBL."""
    assert [rule_entry("BR-51", name).flag for name in (None, "en16931", "en16931-cii")] == [
        Flag.WARNING,
        Flag.WARNING,
        Flag.FATAL,
    ]
    assert [rule_entry("BR-DEC-13", name).is_bound for name in ("en16931", "en16931-cii")] == [False, True]
    assert rule_entry("BR-CO-15", "en16931-cii").sets == ("en16931", "en16931-cii")
    with pytest.raises(UnknownRuleError):
        rule_entry("CII-SR-001", "en16931")


def test_code_lists_are_those_of_the_artefact() -> None:
    assert json.loads(DATA.read_text("utf-8")) == extract()
