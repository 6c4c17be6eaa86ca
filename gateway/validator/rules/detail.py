"""Why a rule does not hold: what was found, what was expected, what to change."""

from dataclasses import dataclass
from typing import Any

from gateway.i18n import Text
from gateway.validator.model.terms import Group


@dataclass(frozen=True, slots=True)
class Detail:
    """Why a rule does not hold: the value found, the value expected, what to change.

    `found` and `expected` are a Text unless they are the same in every language: values, ids, signs. `term` is
    the term of the node that is wrong (`BT-131`). `node` is the group to report, where that is another one than
    the group that was evaluated.
    """

    found: Text | str | None = None
    expected: Text | str | None = None
    advice: Text | None = None
    term: str | None = None
    node: Group | None = None


def no_detail(_node: Any, _facts: Any) -> Detail:
    """The detail of a rule whose sentence says everything."""
    return Detail()
