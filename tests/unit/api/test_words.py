"""Nothing that a page may have to name is without words."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from gateway.api.words import DOCUMENTS, STATES, STEPS
from gateway.i18n import Text
from gateway.messages.lifecycle import State, Step
from gateway.validator.model.document import DocumentKind


@pytest.mark.parametrize(("kinds", "words"), [(State, STATES), (Step, STEPS), (DocumentKind, DOCUMENTS)])
def test_each_has_its_words(kinds: type[StrEnum], words: Mapping[StrEnum, Text]) -> None:
    assert set(words) == set(kinds)
    assert all(text.en and text.nl for text in words.values())
