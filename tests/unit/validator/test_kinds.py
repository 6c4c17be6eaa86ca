"""The rows of the kinds of document."""

from pathlib import Path

import pytest

from gateway.validator.kinds import KINDS, KindDefinition
from gateway.validator.model.document import DocumentKind
from gateway.validator.profiles import rule_sets


def test_each_kind_has_one_row() -> None:
    assert [each.kind for each in KINDS] == list(DocumentKind)


@pytest.mark.parametrize("definition", KINDS, ids=lambda each: each.kind.value)
def test_a_row_is_complete(definition: KindDefinition) -> None:
    assert Path(definition.schema).is_file()
    assert definition.name.nl
    assert definition.header.sender != definition.header.recipient


def test_rule_sets_are_about_the_model_of_a_kind() -> None:
    models = {each.model for each in KINDS if each.model}
    assert {rules.document for rules in rule_sets()} <= models
    for model in models:
        assert [rules.id for rules in rule_sets(model) if rules.extends is None], model
