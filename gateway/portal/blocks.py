"""Pages made of blocks: notes, facts, tables and forms, so that a page is its data and needs no template.

A value in a block is shown by its type, in the reader's language: a `Decimal` is an amount in euros, an `int` a
count, a `Text` a sentence, None a dash; a `Link` and a `Button` are what they say.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import ClassVar

from aiohttp import web
from markupsafe import Markup, escape

from gateway.api.call import Call
from gateway.api.schema import TextResource
from gateway.api.viewers import see_other
from gateway.http import problems
from gateway.http.forms import FORM_FIELDS, Form, read_form
from gateway.http.problems import Problem
from gateway.i18n import Text, format_amount, format_count, format_date, format_moment
from gateway.portal.answers import PAGES

ROWS_MAX = 100
"""Rows of a table on one page."""
_ELSEWHERE = (problems.Forbidden, problems.UnsupportedMediaType, problems.BodyTooLarge, problems.RequestTimeout)
"""Problems that no other input solves: they have their own page."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a page of ours."""

    href: str
    text: "Value"


@dataclass(frozen=True, slots=True)
class Named:
    """A name, and as a detail the id that it is the name of."""

    text: str
    detail: str


def with_name(names: Mapping[str, str], one: str | None) -> "Value":
    """The name of this id, with the id; the id alone where it has no name."""
    return Named(names[one], one) if one and one in names else one


@dataclass(frozen=True, slots=True)
class Mark:
    """A good or a bad state, in words and with a sign."""

    text: "Value"
    is_good: bool


@dataclass(frozen=True, slots=True)
class Button:
    """A button that changes something; `about` says what for those who hear it alone."""

    action: str
    text: Text
    hidden: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


Value = (
    str | int | bool | Decimal | date | datetime | Enum | Text | TextResource | Link | Mark | Named | Button | None
)
Cell = Value | Sequence[Value]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence. `is_good`: something went well or is well; None: neither."""

    kind: ClassVar[str] = "note"
    text: Text
    is_good: bool | None = None


@dataclass(frozen=True, slots=True)
class FactList:
    """Names and values."""

    kind: ClassVar[str] = "facts"
    title: Text | None
    pairs: Sequence[tuple[Value, Cell]]


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table that folds on a phone. `empty`: what to do when it has no rows. `earlier` and `following`: the pages
    next to this one; of more rows than are shown at once, `page` makes them."""

    kind: ClassVar[str] = "table"
    title: Text
    heads: Sequence[Text]
    rows: Sequence[Sequence[Cell]]
    empty: Text
    following: str | None = None
    earlier: str | None = None

    def is_number(self, column: int) -> bool:
        """Whether the column has counts or amounts, which are aligned to the right."""
        cells = [row[column] for row in self.rows if row[column] is not None]
        return bool(cells) and all(isinstance(one, int | Decimal) and not isinstance(one, bool) for one in cells)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form. `lines` above 1: a text of several lines; `options`: one of these."""

    name: str
    label: Text
    value: str = ""
    hint: Text | None = None
    input_type: str = "text"
    is_required: bool = False
    lines: int = 1
    options: Sequence[tuple[str, Value]] = ()


@dataclass(frozen=True, slots=True)
class FormBlock:
    """A form. `buttons`: what each sends as `action`, and its text; a form that only asks changes nothing."""

    kind: ClassVar[str] = "form"
    title: Text | None
    action: str
    fields: Sequence[Field]
    buttons: Sequence[tuple[str, Text]]
    hidden: Mapping[str, str] = field(default_factory=dict)
    only_asks: bool = False


Block = Notice | FactList | DataTable | FormBlock


def page(
    call: Call, title: Value, blocks: Iterable[Block], problem: Problem | None = None, *, done: bool = False
) -> web.Response:
    """The page. `problem`: what was wrong with the form that was sent; its fields keep what was entered."""
    language, held = call.language, [_part(call, one) if isinstance(one, DataTable) else one for one in blocks]
    labels = {one.name: one.label for block in held if isinstance(block, FormBlock) for one in block.fields}
    return PAGES.answer(
        "blocks.html",
        call.request,
        problem.status if problem else 200,
        heading=title,
        blocks=held,
        fault=problem,
        labels=labels,
        done=done,
        entered=call.request.get(FORM_FIELDS, {}) if problem else {},
        show=lambda value: show(value, language),
    )


def _part(call: Call, table: DataTable) -> DataTable:
    """The rows of the page that is asked for, with the ways to the pages next to it."""
    count = len(table.rows)
    if count <= ROWS_MAX:
        return table
    text = call.request.query.get("page", "")
    number = min(max(1, int(text) if text.isdecimal() and len(text) < 7 else 1), -(-count // ROWS_MAX))
    address = call.request.rel_url.without_query_params("done")
    return replace(
        table,
        rows=table.rows[(number - 1) * ROWS_MAX : number * ROWS_MAX],
        following=str(address.update_query(page=number + 1)) if number * ROWS_MAX < count else None,
        earlier=str(address.update_query(page=number - 1)) if number > 1 else None,
    )


async def answer_form(
    call: Call,
    kind: type[Form],
    act: Callable[[Form], Awaitable[object]],
    again: Callable[[Problem], Awaitable[web.StreamResponse]],
    path: str,
) -> web.StreamResponse:
    """Read a form, do what it asks and go on to `path`; where the input is wrong, show the page with what must
    change."""
    try:
        await act(await read_form(call.request, call.services.limits, kind))
    except Problem as problem:
        if isinstance(problem, _ELSEWHERE) or problem.status >= 500:
            raise
        return await again(problem)
    return see_other(f"{path}?done=true")


def show(value: object, language: str) -> Markup:
    """A plain value as text."""
    if isinstance(value, Text):
        return escape(value.in_language(language))
    if isinstance(value, TextResource):
        return escape(value.nl if language == "nl" else value.en)
    if isinstance(value, bool):
        return escape((Text("yes") if value else Text("no")).in_language(language))
    if isinstance(value, datetime):
        stamp = Markup('<time datetime="{}">{}</time>')
        return stamp.format(value.isoformat(), format_moment(value, language))
    if isinstance(value, date):
        return escape(format_date(value, language))
    if isinstance(value, Enum):
        return escape(value.value)
    if isinstance(value, Decimal):
        return escape(format_amount(value, language))
    return escape(format_count(value, language) if isinstance(value, int) else value)
