"""Layouts name what their models have."""

import dataclasses

import pytest

from gateway.validator.kinds import KINDS
from gateway.validator.model.terms import Document, Group
from gateway.validator.rendering.layouts import CardsPart, FactsPart, Layout, SumsPart, TablePart, plain_layout
from gateway.validator.rendering.rendering import LAYOUTS, layout_of


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.model.__name__)
def test_every_attribute_of_a_layout_is_one_of_its_model(layout: Layout) -> None:
    wanted = {*layout.facts, layout.number}
    for part in layout.parts:
        if isinstance(part, FactsPart | CardsPart):
            wanted |= set(part.attributes)
        elif isinstance(part, TablePart):
            wanted.add(part.path.partition(".")[0])
        elif isinstance(part, SumsPart):
            wanted.add(part.total.partition(".")[0])
    assert {name for name in wanted if not hasattr(layout.model, name)} == set()


def test_every_layout_is_of_another_model_of_a_kind() -> None:
    models = [layout.model for layout in LAYOUTS]
    assert set(models) <= {definition.model for definition in KINDS if definition.model}
    assert len(set(models)) == len(models)


def test_a_model_without_a_layout_is_shown_by_its_fields() -> None:
    @dataclasses.dataclass(slots=True, eq=False)
    class Letter(Document):
        """A document that nobody laid out."""

        subject: str | None = None
        pages: tuple[Group, ...] = ()

    facts, cards = layout_of(Letter).parts
    assert layout_of(Letter) == plain_layout(Letter)
    assert isinstance(facts, FactsPart)
    assert isinstance(cards, CardsPart)
    assert (facts.attributes, cards.attributes) == (("subject",), ("pages",))
