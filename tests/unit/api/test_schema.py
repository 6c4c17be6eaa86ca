"""Bodies that are made from objects of the domain."""

from dataclasses import dataclass, field

import msgspec
import pytest

from gateway.api.schema import Schema, TextResource
from gateway.i18n import Text


@dataclass(frozen=True)
class Line:
    text: Text
    units: int


@dataclass(frozen=True)
class Sums:
    total: int = 7
    number: str = "of the sums"


@dataclass(frozen=True)
class Order:
    number: str = "1"
    lines: tuple[Line, ...] = (Line(Text("received"), 2),)
    note: Text | None = None
    sums: Sums = field(default_factory=Sums)


class LineResource(Schema):
    text: TextResource
    units: int


class OrderResource(Schema):
    number: str
    total: int
    lines: list[LineResource]
    note: TextResource | None
    is_late: bool = False


def test_inner_objects_become_their_own_bodies() -> None:
    order = Order(note=Text("received"))
    body = msgspec.json.decode(msgspec.json.encode(OrderResource.of(order, order.sums)))
    text = {"en": "received", "nl": Text("received").nl}
    lines = [{"text": text, "units": 2}]
    assert body == {"number": "1", "total": 7, "lines": lines, "note": text, "isLate": False}


def test_given_values_and_the_first_source_have_precedence() -> None:
    order = Order()
    assert OrderResource.of(order.sums, order).number == "of the sums"
    assert OrderResource.of(order, order.sums, total=8, lines=[]).total == 8
    assert OrderResource.of(order, order.sums).note is None


def test_a_field_that_no_source_has_is_an_error() -> None:
    with pytest.raises(TypeError, match="total"):
        OrderResource.of(Order())
