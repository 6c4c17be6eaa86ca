"""Every case breaks exactly the rules it names, and the official artefact says the same of it."""

import pytest

from gateway.rules.en16931 import EN16931
from gateway.rules.engine import Form
from gateway.validation import reference
from tests.rules.case import Case, cases

_ALL = tuple(cases())


@pytest.mark.parametrize("case", _ALL, ids=str)
def test_case(case: Case) -> None:
    assert case.fired() == case.expected()


def test_the_official_artefact_says_the_same() -> None:
    official = reference.en16931()
    differing = {}
    for case in _ALL:
        try:
            fired = {rule for rule in official.fired(case.changed()) if not rule.startswith("UBL-")}
        except reference.StylesheetStoppedError:
            if not case.breaks:  # a text that is no number stops the stylesheet: it says nothing, ours says no
                differing[str(case)] = "stops"
        else:
            if fired != case.expected():
                differing[str(case)] = str(sorted(fired))
    assert differing == {}


def test_every_rule_has_a_case_that_breaks_it_and_one_that_does_not() -> None:
    can_break = {rule.id for rule in EN16931 if rule.form is not Form.UNCHECKED}
    assert {case.rule for case in _ALL if case.breaks} == can_break
    assert {case.rule for case in _ALL if not case.breaks} == can_break
