"""The catalogue against the official artefact: the same ids, the same flags, no gap."""

import json
from xml.etree import ElementTree

from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Form
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


def test_code_lists_are_those_of_the_artefact() -> None:
    assert json.loads(DATA.read_text("utf-8")) == extract()
